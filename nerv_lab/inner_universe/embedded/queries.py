"""The statements of the embedded store, each given the connection to use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apsw
import orjson

from nerv_lab.core.errors import DuplicateIdError, HistoryPrunedError, VersionNotFoundError
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Item, Relation, keeps_ends
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import Branch, Receipt
from nerv_lab.inner_universe.contract.ids import event_id
from nerv_lab.inner_universe.contract.log_events import ROW_EVENTS, Origin, change_of, placed
from nerv_lab.inner_universe.contract.permitting import ACCESS, check_events
from nerv_lab.inner_universe.embedded.rows import (
    ENTITY_COLUMNS,
    EVENT_COLUMNS,
    RELATION_COLUMNS,
    VERSION_COLUMNS,
    ItemRows,
    Row,
    entity_row,
    event_from_row,
    event_row,
    relation_row,
    unpack,
    version_from_row,
    version_row,
)

__all__ = [
    "Entry",
    "add_event_rows",
    "add_version",
    "all_branches",
    "all_versions",
    "append_events",
    "cursor_of",
    "drop_branch",
    "events_between",
    "find_event",
    "find_version",
    "granted",
    "head_of",
    "is_known",
    "items_of",
    "known_version",
    "last_seq",
    "log_of",
    "put_branch",
    "rows_changed",
    "stored_delta",
    "stored_deltas",
    "stored_receipt",
    "transactions_behind",
    "write_rows",
]

Entry = tuple[Event, bytes | None, str]
"""An event, its encoded payload, and the id of its batch."""

_NO_END = 2**63 - 1
_AT_LEAST = 1000

_LAST_SEQ = """
    SELECT max(
        (SELECT coalesce(max(seq), 0) FROM event_log),
        coalesce((SELECT last FROM journal ORDER BY seq DESC LIMIT 1), 0)
    )
"""
_CURSOR = "SELECT seq FROM origin_cursor WHERE origin_id = ?"
_HEAD = "SELECT version FROM branch WHERE name = ?"
_EVENTS = f"SELECT {EVENT_COLUMNS} FROM event_log WHERE seq > ? ORDER BY seq"
_EVENTS_BETWEEN = (
    f"SELECT {EVENT_COLUMNS} FROM event_log WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
)
_EVENT_BY_ID = f"SELECT {EVENT_COLUMNS} FROM event_log WHERE event_id = ?"
_KNOWN = """
    SELECT EXISTS (SELECT 1 FROM state_version WHERE version_id = ?1)
        OR EXISTS (SELECT 1 FROM event_log WHERE event_id = ?2)
"""
_VERSION = f"SELECT {VERSION_COLUMNS} FROM state_version WHERE version_id = ?"
_ENTITIES = f"SELECT {ENTITY_COLUMNS} FROM entity WHERE branch = ?"
_RELATIONS = f"SELECT {RELATION_COLUMNS} FROM relation WHERE branch = ?"

_PUT_ENTITY = "INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?, ?, ?, ?)"
_PUT_RELATION = "INSERT OR REPLACE INTO relation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# Unlike OR REPLACE this leaves the indexes alone, whose pages lie all over the file.
_KEEP_ENDS = """
    UPDATE relation SET
        relation_type = ?5, metadata = ?6, created_at = ?7, updated_at = ?8, revision = ?9
    WHERE branch = ?1 AND relation_id = ?2 AND from_entity = ?3 AND to_entity = ?4
"""
_DROP_ENTITY = "DELETE FROM entity WHERE branch = ? AND entity_id = ?"
_DROP_RELATION = "DELETE FROM relation WHERE branch = ? AND relation_id = ?"
_GRANTED = "SELECT value FROM config WHERE name = ?"
_ADD_EVENT = f"INSERT INTO event_log ({EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COPY_ROWS = (
    f"INSERT INTO entity SELECT ?, {ENTITY_COLUMNS} FROM entity WHERE branch = ?",
    f"INSERT INTO relation SELECT ?, {RELATION_COLUMNS} FROM relation WHERE branch = ?",
)
_ROWS_CHANGED = f"""
    SELECT (SELECT min(seq) FROM event_log) > ?1 + 1 OR EXISTS (
        SELECT 1 FROM event_log
        WHERE seq > ?1 AND branch = ?2
            AND event_type IN ({", ".join(f"'{type}'" for type in sorted(ROW_EVENTS))})
    )
"""
_MOVE_BRANCH = "INSERT OR REPLACE INTO branch VALUES (?, ?)"
_ADD_VERSION = f"""
    INSERT INTO state_version (seq, {VERSION_COLUMNS}, delta)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_DELTAS = """
    SELECT version_id, delta, seal FROM json_each(?)
    JOIN state_version ON version_id = json_each.value
"""


def last_seq(connection: apsw.Connection) -> int:
    """Return the position of the newest event, 0 for an empty log."""
    seq: int = connection.execute(_LAST_SEQ).get
    return seq


def write_rows(connection: apsw.Connection, branch: str, changes: Sequence[ItemChange]) -> None:
    """Bring the rows to where the changes lead; each item occurs once, with its old row."""
    entities: list[tuple[Any, ...]] = []
    relations: list[tuple[Any, ...]] = []
    unmoved: list[tuple[Any, ...]] = []
    for change in changes:
        if isinstance(change.new, Entity):
            entities.append(entity_row(branch, change.new))
        elif isinstance(change.new, Relation):
            where = unmoved if keeps_ends(change.old, change.new) else relations
            where.append(relation_row(branch, change.new))
        else:
            drop = _DROP_ENTITY if change.key.startswith("e:") else _DROP_RELATION
            connection.execute(drop, (branch, change.item.id))
    if entities:
        connection.executemany(_PUT_ENTITY, entities)
    if relations:
        connection.executemany(_PUT_RELATION, relations)
    if unmoved:
        connection.executemany(_KEEP_ENDS, unmoved)


def append_events(
    connection: apsw.Connection, entries: Sequence[Entry], origin: Origin, last: int
) -> tuple[Event, ...]:
    """Put events behind the last one, if who writes them may."""
    if not entries:
        return ()
    check_events(granted(connection), origin.actor, (event for event, _, _ in entries))
    cursor = cursor_of(connection, origin.id)
    rows = [
        event_row(placed(event, last + index, origin, cursor + index, batch_id), payload)
        for index, (event, payload, batch_id) in enumerate(entries, start=1)
    ]
    add_event_rows(connection, rows, {origin.id: cursor + len(rows)})
    return tuple(event for event, _, _ in entries)


def granted(connection: apsw.Connection) -> str | None:
    """Return the setting that says who may do what, or None where everybody may do all."""
    text: str | None = connection.execute(_GRANTED, (ACCESS,)).get
    return text


def cursor_of(connection: apsw.Connection, origin_id: str) -> int:
    """Return how many events a client has written."""
    return connection.execute(_CURSOR, (origin_id,)).get or 0


def add_event_rows(
    connection: apsw.Connection, rows: Sequence[Row], cursors: Mapping[str, int]
) -> None:
    """Add rows of the log, and take note of how many events each client has written."""
    connection.executemany(_ADD_EVENT, rows)
    connection.executemany("INSERT OR REPLACE INTO origin_cursor VALUES (?, ?)", cursors.items())


def is_known(connection: apsw.Connection, version_id: str) -> bool:
    """Return whether there is a version, or an event, with the id that a new one is to have."""
    return bool(connection.execute(_KNOWN, (version_id, event_id(version_id, 0))).get)


def events_between(
    connection: apsw.Connection, after: int, limit: int | None, until: int | None
) -> list[Event]:
    """Return events with ``after < seq <= until``, at most ``limit`` of them."""
    bounds = after, _NO_END if until is None else until, -1 if limit is None else limit
    rows = connection.execute(_EVENTS_BETWEEN, bounds).fetchall()
    if not rows or rows[0][0] != after + 1:
        _check_dropped(connection, after, until)
    return [event_from_row(row) for row in rows]


def _check_dropped(connection: apsw.Connection, after: int, until: int | None) -> None:
    """Refuse a part of the log of which the beginning was dropped."""
    first: int | None = connection.execute("SELECT min(seq) FROM event_log").get
    if first is not None and max(after, 0) + 1 < first and (until is None or until > after):
        raise HistoryPrunedError(
            f"event {max(after, 0) + 1}", f"the log begins with event {first} now"
        )


def transactions_behind(connection: apsw.Connection, after: int) -> tuple[Event, ...]:
    """Return about a thousand events behind a position; the last transaction is whole."""
    found: list[Event] = []
    batch_id = None
    cursor = connection.execute(_EVENTS, (after,))
    for row in cursor:
        if len(found) >= _AT_LEAST and row[-1] != batch_id:
            break
        if not found and row[0] != after + 1:
            _check_dropped(connection, after, None)
        batch_id = row[-1]
        found.append(event_from_row(row))
    cursor.close(force=True)
    return tuple(found)


def log_of(connection: apsw.Connection) -> Iterator[Event]:
    """Yield every event, in order."""
    return map(event_from_row, connection.execute(_EVENTS, (0,)))


def find_event(connection: apsw.Connection, id: str) -> Event | None:
    """Return the event with an id, or None."""
    row = connection.execute(_EVENT_BY_ID, (id,)).fetchone()
    return None if row is None else event_from_row(row)


def stored_receipt(connection: apsw.Connection, batch_id: str) -> Receipt | None:
    """Return the receipt of a batch that the log holds already."""
    first = connection.execute(_EVENT_BY_ID, (event_id(batch_id, 0),)).fetchone()
    if first is None:
        return None
    if first[-1] != batch_id:
        raise DuplicateIdError("event", event_id(batch_id, 0))
    changes = []
    for row in connection.execute(_EVENTS, (first[0] - 1,)):
        if row[-1] != batch_id:
            break
        change = change_of(event_from_row(row))
        if change is None:
            raise DuplicateIdError("event", row[1])
        changes.append(change)
    return Receipt(batch_id, first[0], first[0] + len(changes) - 1, tuple(changes))


def head_of(connection: apsw.Connection, branch: str) -> str | None:
    """Return the version a branch is at, or None."""
    head: str | None = connection.execute(_HEAD, (branch,)).get
    return head


def all_branches(connection: apsw.Connection) -> dict[str, Branch]:
    """Return every branch by name; the main one is always there."""
    heads: dict[str, str | None] = {DEFAULT_BRANCH: None}
    heads |= dict(connection.execute("SELECT name, version FROM branch ORDER BY name"))
    moved: dict[str, int] = dict(
        connection.execute(
            "SELECT branch, max(seq) FROM event_log WHERE event_type = ? GROUP BY branch",
            (EventType.BRANCH_MOVED.value,),
        )
    )
    return {name: Branch(name, head, moved.get(name, 0)) for name, head in heads.items()}


def put_branch(connection: apsw.Connection, name: str, version_id: str, rows_of: str) -> None:
    """Let a branch be at a version, with a copy of another branch's working rows."""
    connection.execute(_MOVE_BRANCH, (name, version_id))
    if rows_of != name:
        _drop_rows(connection, name)
        for query in _COPY_ROWS:
            connection.execute(query, (name, rows_of))


def rows_changed(connection: apsw.Connection, branch: str, since: int, last: int) -> bool:
    """Return whether the rows of a branch are others than at a position, as far as is known.

    Parameters
    ----------
    branch, since : str, int
        The branch and the position.
    last : int
        Where the log ends.
    """
    return since > last or bool(connection.execute(_ROWS_CHANGED, (since, branch)).get)


def drop_branch(connection: apsw.Connection, name: str) -> None:
    """Remove a branch and its working rows; its versions and events stay."""
    connection.execute("DELETE FROM branch WHERE name = ?", (name,))
    _drop_rows(connection, name)


def _drop_rows(connection: apsw.Connection, branch: str) -> None:
    connection.execute("DELETE FROM entity WHERE branch = ?", (branch,))
    connection.execute("DELETE FROM relation WHERE branch = ?", (branch,))


def add_version(connection: apsw.Connection, seq: int, version: Version, packed: bytes) -> None:
    """Add a version with its packed delta, and move its branch to it."""
    connection.execute(_ADD_VERSION, version_row(seq, version, packed))
    connection.execute(_MOVE_BRANCH, (version.branch, version.id))


def find_version(connection: apsw.Connection, version_id: str) -> Version | None:
    """Return a version, or None."""
    row = connection.execute(_VERSION, (version_id,)).fetchone()
    return None if row is None else version_from_row(row)


def known_version(connection: apsw.Connection, version_id: str) -> Version:
    """Return a version.

    Raises
    ------
    VersionNotFoundError
        When there is none with this id.
    """
    version = find_version(connection, version_id)
    if version is None:
        raise VersionNotFoundError(version_id)
    return version


def all_versions(connection: apsw.Connection) -> list[Version]:
    """Return all versions, in log order."""
    rows = connection.execute(f"SELECT {VERSION_COLUMNS} FROM state_version ORDER BY seq")
    return [version_from_row(row) for row in rows.fetchall()]


def stored_delta(connection: apsw.Connection, version_id: str) -> bytes:
    """Return the delta of a version.

    Raises
    ------
    VersionNotFoundError
        When there is none with this id.
    HistoryPrunedError
        When only its fields are left.
    """
    query = "SELECT delta, seal FROM state_version WHERE version_id = ?"
    row = connection.execute(query, (version_id,)).fetchone()
    if row is None:
        raise VersionNotFoundError(version_id)
    packed, seal = row
    if seal is not None:
        raise HistoryPrunedError(f"version {version_id!r}", "the log says which are kept")
    return unpack(packed, version_id)


def stored_deltas(connection: apsw.Connection, version_ids: Sequence[str]) -> dict[str, bytes]:
    """Return the deltas of many versions by their ids; those that were pruned are left out.

    Raises
    ------
    VersionNotFoundError
        When there is none with one of the ids.
    """
    asked = orjson.dumps(list(version_ids)).decode()
    found = {id: (packed, seal) for id, packed, seal in connection.execute(_DELTAS, (asked,))}
    for id in version_ids:
        if id not in found:
            raise VersionNotFoundError(id)
    return {id: unpack(packed, id) for id, (packed, seal) in found.items() if seal is None}


def items_of(connection: apsw.Connection, branch: str) -> Iterator[Item]:
    """Yield the working rows of a branch, entities first."""
    rows = ItemRows()
    yield from map(rows.entity, connection.execute(_ENTITIES, (branch,)))
    yield from map(rows.relation, connection.execute(_RELATIONS, (branch,)))
