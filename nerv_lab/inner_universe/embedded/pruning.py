"""Pruning in a store file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import apsw

from nerv_lab.core.errors import CorruptStoreError, HistoryPrunedError, VersionNotFoundError
from nerv_lab.core.events import Event
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.thinning import BranchMark, Bridge, Retention, seal
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import decode, encode
from nerv_lab.inner_universe.contract.retention import TOP_ROWS, check_step, prune_event
from nerv_lab.inner_universe.embedded.queries import (
    known_version,
    last_seq,
    write_rows,
)
from nerv_lab.inner_universe.embedded.rows import (
    VERSION_COLUMNS,
    Row,
    pack,
    unpack,
    version_from_row,
)

__all__ = [
    "kept_version",
    "set_setting",
    "setting",
    "stored_bridge",
    "stored_marks",
    "stored_retention",
    "stored_seal",
    "take_out",
]

_STATE = "pruned"
_PUT_SETTING = "INSERT OR REPLACE INTO config VALUES (?, ?)"
_PUT_BRIDGE = "INSERT OR REPLACE INTO bridge VALUES (?, ?, ?, ?)"
_BRIDGE = "SELECT base, delta, digest FROM bridge WHERE version_id = ?"
_PRUNED = "SELECT version_id FROM state_version WHERE seal IS NOT NULL"
_SEAL = "SELECT seal FROM state_version WHERE version_id = ?"
_TAKE = f"DELETE FROM state_version WHERE version_id = ? RETURNING seq, {VERSION_COLUMNS}"
_PUT_SEALED = f"""
    INSERT INTO state_version (seq, {VERSION_COLUMNS}, delta, seal)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', ?)
"""
_PINNED = "SELECT version FROM branch UNION SELECT version FROM tag"


def setting(connection: apsw.Connection, name: str) -> str | None:
    """Return a setting of the store, or None."""
    value: str | None = connection.execute("SELECT value FROM config WHERE name = ?", (name,)).get
    return value


def set_setting(connection: apsw.Connection, name: str, value: str) -> None:
    """Set a setting of the store."""
    connection.execute(_PUT_SETTING, (name, value))


def _state(connection: apsw.Connection) -> Retention:
    """Return what was pruned, but for the versions and bridges."""
    text = setting(connection, _STATE)
    return Retention() if text is None else Retention.from_record(decode(text))


def stored_marks(connection: apsw.Connection) -> Mapping[str, BranchMark]:
    """Return where each branch was at the floor of the log."""
    return _state(connection).marks


def stored_retention(connection: apsw.Connection) -> Retention:
    """Return what was pruned."""
    return replace(
        _state(connection),
        pruned=frozenset(str(id) for (id,) in connection.execute(_PRUNED)),
        bridges={
            str(id): str(base)
            for id, base in connection.execute("SELECT version_id, base FROM bridge")
        },
    )


def stored_bridge(connection: apsw.Connection, version_id: str) -> Bridge:
    """Return the bridge to a version.

    Raises
    ------
    VersionNotFoundError
        When there is none.
    """
    row = connection.execute(_BRIDGE, (version_id,)).fetchone()
    if row is None:
        raise VersionNotFoundError(version_id, "no bridge leads to it")
    base, packed, digest = row
    return Bridge(version_id, base, unpack(packed, version_id), digest)


def stored_seal(connection: apsw.Connection, version_id: str) -> str:
    """Return the seal of a pruned version."""
    found: str | None = connection.execute(_SEAL, (version_id,)).get
    if found is None:
        raise CorruptStoreError(f"version {version_id!r} was pruned and has no seal")
    return found


def kept_version(connection: apsw.Connection, version_id: str) -> Version:
    """Return a version that was not pruned.

    Raises
    ------
    VersionNotFoundError
        When there is none with this id.
    HistoryPrunedError
        When only its fields are left.
    """
    version = known_version(connection, version_id)
    if connection.execute(_SEAL, (version_id,)).get is not None:
        raise HistoryPrunedError(f"version {version_id!r}", "the log says which are kept")
    return version


def _take(connection: apsw.Connection, version_id: str) -> Row:
    """Remove the row of a version, and return it as it is to be put back.

    An update would leave the page that held the delta as large as it was.
    """
    rows = connection.execute(_TAKE, (version_id,)).fetchall()
    if not rows:
        raise VersionNotFoundError(version_id)
    seq, *columns = rows[0]
    return (seq, *columns, seal(version_from_row(tuple(columns))))


def take_out(connection: apsw.Connection, step: PruneStep, batch_id: str) -> Event:
    """Make a step of pruning, and return the event that records it."""
    now, last = _state(connection), last_seq(connection)
    newest: int = connection.execute("SELECT coalesce(max(seq), 0) FROM state_version").get
    pinned = [str(id) for (id,) in connection.execute(_PINNED)]
    check_step(step, now, newest, pinned, last)
    sealed = [_take(connection, version_id) for version_id in step.versions]
    connection.executemany(_PUT_SEALED, sealed)
    gone = [(id,) for id in (*step.versions, step.top) if id is not None]
    connection.executemany("DELETE FROM bridge WHERE version_id = ?", gone)
    connection.executemany(
        _PUT_BRIDGE, [(b.version_id, b.base, pack(b.delta), b.digest) for b in step.bridges]
    )
    write_rows(connection, TOP_ROWS, step.changes)
    connection.execute("DELETE FROM event_log WHERE seq <= ?", (step.floor,))
    set_setting(connection, _STATE, encode(step.after(now).record()).decode())
    return prune_event(step, batch_id, last + 1)
