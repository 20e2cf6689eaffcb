"""Checking a store file: its pages, its texts, what its rows say of each other, and the rest."""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from nerv_lab.core.errors import CorruptStoreError, ValidationError
from nerv_lab.core.history.audit import Leftovers
from nerv_lab.core.values import decode, encode
from nerv_lab.inner_universe.checking.verifying import RESERVED_TYPES, check_store
from nerv_lab.inner_universe.contract.client import Problem
from nerv_lab.inner_universe.contract.retention import TOP_ROWS
from nerv_lab.inner_universe.embedded.pruning import (
    stored_bridge,
    stored_retention,
    stored_seal,
)
from nerv_lab.inner_universe.embedded.queries import (
    all_versions,
    items_of,
    log_of,
    stored_delta,
)
from nerv_lab.inner_universe.embedded.schema import READABLE_BY, SCHEMA_VERSION
from nerv_lab.inner_universe.embedded.upgrading import oldest_reader

__all__ = ["check"]

# Each gives the place of a text, and the text: whatever was written is in its canonical form.
_TEXTS = (
    "SELECT branch || ' e:' || entity_id, metadata FROM entity",
    "SELECT branch || ' r:' || relation_id, metadata FROM relation",
    "SELECT 'event ' || seq, data FROM event_log WHERE data IS NOT NULL",
    "SELECT 'version ' || version_id, parents FROM state_version",
)
# The id of an event of ours is made of its batch and its place in there.
_MISNAMED = f"""
    SELECT seq FROM (
        SELECT seq, event_id, batch_id,
            row_number() OVER (PARTITION BY batch_id ORDER BY seq) - 1 AS place
        FROM event_log WHERE event_type IN ({",".join("?" * len(RESERVED_TYPES))})
    ) WHERE event_id IS NOT batch_id || '.' || place
"""
_MISPLACED = """
    SELECT version_id FROM state_version LEFT JOIN event_log USING (seq)
    WHERE event_id IS NOT version_id || '.0' AND seq NOT BETWEEN 1 AND ?
"""
_MISCOUNTED = """
    SELECT origin_id FROM origin_cursor FULL JOIN
        (SELECT origin_id, max(origin_seq) AS written FROM event_log GROUP BY origin_id)
        USING (origin_id)
    WHERE seq IS NOT written AND NOT (? AND written IS NULL)
"""


def check(connection: apsw.Connection) -> Iterator[Problem]:
    """Yield what is wrong with the file and with what it says."""
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield Problem("file", str(line))
    yield from _check_texts(connection)
    try:
        versions = all_versions(connection)
        retention = stored_retention(connection)
    except CorruptStoreError as error:
        yield Problem("state_version", str(error))
        return
    except ValidationError as error:
        yield Problem("config", str(error))
        return
    yield from _check_readers(connection)
    yield from _check_columns(connection, retention.floor)
    branches = connection.execute(
        "SELECT branch FROM entity UNION SELECT branch FROM relation EXCEPT SELECT ?", (TOP_ROWS,)
    )
    yield from check_store(
        log_of(connection),
        versions,
        lambda version_id: stored_delta(connection, version_id),
        {str(branch): items_of(connection, str(branch)) for (branch,) in branches.fetchall()},
        dict(connection.execute("SELECT name, version FROM branch")),
        dict(connection.execute("SELECT name, version FROM tag")),
        Leftovers(
            retention,
            lambda version_id: stored_seal(connection, version_id),
            lambda version_id: stored_bridge(connection, version_id),
            lambda: items_of(connection, TOP_ROWS),
        ),
    )


def _check_readers(connection: apsw.Connection) -> Iterator[Problem]:
    """See that the store says rightly who may read it; before there was a rule it said nothing."""
    found = connection.execute("SELECT value FROM config WHERE name = ?", (READABLE_BY,)).get
    known = connection.pragma("user_version") == SCHEMA_VERSION
    if known and found not in (None, str(oldest_reader(SCHEMA_VERSION))):
        yield Problem("config", f"{READABLE_BY} is {found!r}, not {oldest_reader(SCHEMA_VERSION)}")


def _check_texts(connection: apsw.Connection) -> Iterator[Problem]:
    for query in _TEXTS:
        for where, text in connection.execute(query):
            try:
                canonical = encode(decode(text))
            except ValidationError as error:
                yield Problem(where, f"cannot be read: {error}")
            else:
                if canonical != text.encode():
                    yield Problem(where, "is not written as it was: its text is not canonical")


def _check_columns(connection: apsw.Connection, floor: int) -> Iterator[Problem]:
    for (seq,) in connection.execute(_MISNAMED, sorted(RESERVED_TYPES)):
        yield Problem(f"event {seq}", "its id does not belong to its place in its batch")
    for (version_id,) in connection.execute(_MISPLACED, (floor,)):
        yield Problem(f"version {version_id}", "is not at the place of its event")
    for (origin_id,) in connection.execute(_MISCOUNTED, (floor,)):
        yield Problem(f"origin {origin_id}", "its cursor is not at its last event")
