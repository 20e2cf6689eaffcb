"""The embedded store: what the Inner Universe keeps, in one SQLite file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import apsw

from nerv_lab.core.changes import ItemChange
from nerv_lab.core.errors import (
    CorruptStoreError,
    DuplicateIdError,
    HeadMovedError,
    NERVPersistenceError,
    VersionNotFoundError,
)
from nerv_lab.core.events import Event
from nerv_lab.core.model import Entity, Item, Relation
from nerv_lab.core.rules import plan
from nerv_lab.core.values import encode
from nerv_lab.core.versions import Version
from nerv_lab.inner_universe.client import Problem, Receipt, Snapshot
from nerv_lab.inner_universe.embedded.database import Database
from nerv_lab.inner_universe.embedded.reader import (
    BranchReader,
    RowCache,
    find_entity,
    find_relation,
)
from nerv_lab.inner_universe.embedded.rows import (
    ENTITY_COLUMNS,
    EVENT_COLUMNS,
    RELATION_COLUMNS,
    VERSION_COLUMNS,
    change_json,
    entity_from_row,
    entity_row,
    event_from_row,
    event_row,
    pack,
    relation_from_row,
    relation_row,
    unpack,
    version_from_row,
    version_row,
)
from nerv_lab.inner_universe.ids import new_id
from nerv_lab.inner_universe.verifying import check_store
from nerv_lab.inner_universe.writing import (
    Batch,
    Origin,
    change_events,
    change_of,
    check_same,
    event_id,
    now_us,
    placed,
    version_event,
)

__all__ = ["SqliteStore"]

_NO_END = 2**63 - 1
_AT_LEAST = 1000

_LAST_SEQ = "SELECT coalesce(max(seq), 0) FROM event_log"
_HEAD = "SELECT version FROM branch WHERE name = ?"
_EVENTS = f"SELECT {EVENT_COLUMNS} FROM event_log WHERE seq > ? ORDER BY seq"
_EVENT_BY_ID = f"SELECT {EVENT_COLUMNS} FROM event_log WHERE event_id = ?"
_VERSION = f"SELECT {VERSION_COLUMNS} FROM state_version WHERE version_id = ?"
_ENTITIES = f"SELECT {ENTITY_COLUMNS} FROM entity WHERE branch = ?"
_RELATIONS = f"SELECT {RELATION_COLUMNS} FROM relation WHERE branch = ?"

_PUT_ENTITY = "INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?, ?, ?, ?)"
_PUT_RELATION = "INSERT OR REPLACE INTO relation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DROP_ENTITY = "DELETE FROM entity WHERE branch = ? AND entity_id = ?"
_DROP_RELATION = "DELETE FROM relation WHERE branch = ? AND relation_id = ?"
_ADD_EVENT = f"INSERT INTO event_log ({EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_VERSION = f"""
    INSERT INTO state_version (seq, {VERSION_COLUMNS}, delta)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class SqliteStore:
    """One client's hold on a store file; safe to use from any thread.

    Parameters
    ----------
    database : Database
        Its open connections.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = RowCache()

    @contextmanager
    def _logging(self, doing: str) -> Iterator[tuple[apsw.Connection, int]]:
        """Write to the log, from the position given on, and to anything but the rows."""
        with self._database.write_lock:
            with self._database.writing(doing) as connection:
                last = _last_seq(connection)
                yield connection, last
                now = _last_seq(connection)
            self._cache.skip(last, now)

    def apply(self, batch: Batch, origin: Origin) -> tuple[Receipt, tuple[Event, ...]]:
        """Apply a batch, rows and events together."""
        with self._database.write_lock:
            with self._database.writing("apply") as connection:
                last = _last_seq(connection)
                if batch.repeatable and (stored := _stored_receipt(connection, batch.id)):
                    return stored, ()
                self._cache.advance(last)
                moment = now_us()
                reader = BranchReader(connection, batch.branch, self._cache)
                changes = plan(reader, batch.changes, moment)
                receipt = Receipt(batch.id, last + 1, last + len(changes), tuple(changes))
                if not changes:
                    return receipt, ()
                latest = {change.key: change for change in changes}
                _write_rows(connection, batch.branch, list(latest.values()))
                events = change_events(batch, changes, moment, last)
                payloads = [change_json(change, batch.reason) for change in changes]
                written = _append(connection, batch.id, events, payloads, origin, last)
            # Only what was committed may be remembered.
            new = ((key, change.new) for key, change in latest.items())
            self._cache.replace(batch.branch, new, receipt.last_seq)
        return receipt, written

    def publish(self, events: Sequence[Event], origin: Origin) -> tuple[Event, ...]:
        """Append those of the events that the log does not hold."""
        with self._logging("publish") as (connection, last):
            new: dict[str, Event] = {}
            for event in events:
                known = new.get(event.id) or _event_by_id(connection, event.id)
                if known is None:
                    new[event.id] = event
                else:
                    check_same(known, event)
            listed = list(new.values())
            payloads = [None if e.data is None else encode(e.data) for e in listed]
            return _append(connection, new_id(), listed, payloads, origin, last)

    def commit_version(
        self, version: Version, delta: bytes, origin: Origin
    ) -> tuple[Version, tuple[Event, ...]]:
        """Add a version by compare-and-set."""
        packed = pack(delta)
        with self._logging("commit_version") as (connection, last):
            stored = _find_version(connection, version.id)
            if stored is not None:
                if stored != version:
                    raise DuplicateIdError("version", version.id)
                return stored, ()
            head = connection.execute(_HEAD, (version.branch,)).get
            if head != version.parent:
                raise HeadMovedError(version.branch, version.parent, head)
            for parent in version.parents[1:]:
                _known_version(connection, parent)
            event = version_event(version, last + 1)
            if _event_by_id(connection, event.id) is not None:
                raise DuplicateIdError("event", event.id)
            connection.execute(_ADD_VERSION, version_row(last + 1, version, packed))
            connection.execute(
                "INSERT OR REPLACE INTO branch VALUES (?, ?)", (version.branch, version.id)
            )
            payload = encode(event.data)
            return version, _append(connection, version.id, [event], [payload], origin, last)

    def branch_head(self, branch: str) -> str | None:
        """Return the head of a branch."""
        with self._database.reading("branch_head") as connection:
            head: str | None = connection.execute(_HEAD, (branch,)).get
            return head

    def versions(self) -> list[Version]:
        """Return all versions, in log order."""
        with self._database.reading("versions") as connection:
            return _all_versions(connection)

    def version(self, version_id: str) -> Version:
        """Return a version."""
        with self._database.reading("version") as connection:
            return _known_version(connection, version_id)

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""
        with self._database.reading("delta") as connection:
            return _delta(connection, version_id)

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows of a branch."""
        with self._database.one_moment("snapshot") as connection:
            seq = _last_seq(connection)
            head = connection.execute(_HEAD, (branch,)).get
            items = tuple(_rows_of(connection, branch))
        # Remembering is a convenience, which is not worth waiting for a writer.
        if self._database.write_lock.acquire(blocking=False):
            try:
                self._cache.advance(seq)
                self._cache.add(branch, items)
            finally:
                self._database.write_lock.release()
        return Snapshot(seq, items, head)

    def item(self, key: str, branch: str) -> Item | None:
        """Return a working row, or None."""
        find = find_entity if key.startswith("e:") else find_relation
        with self._database.reading("get") as connection:
            return find(connection, branch, key[2:])

    def events(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        """Return a part of the log."""
        query = (
            f"SELECT {EVENT_COLUMNS} FROM event_log WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
        )
        bounds = after, _NO_END if until is None else until, -1 if limit is None else limit
        with self._database.reading("events") as connection:
            rows = connection.execute(query, bounds).fetchall()
        return [event_from_row(row) for row in rows]

    def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a convenient number of them."""
        found: list[Event] = []
        batch_id = None
        with self._database.reading("delivery") as connection:
            cursor = connection.execute(_EVENTS, (after,))
            for row in cursor:
                if len(found) >= _AT_LEAST and row[-1] != batch_id:
                    break
                batch_id = row[-1]
                found.append(event_from_row(row))
            cursor.close(force=True)
        return tuple(found)

    def last_seq(self) -> int:
        """Return the position of the newest event."""
        with self._database.reading("last_seq") as connection:
            return _last_seq(connection)

    def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version."""
        with self._database.writing("set_tag") as connection:
            _known_version(connection, version_id)
            connection.execute("INSERT OR REPLACE INTO tag VALUES (?, ?)", (name, version_id))

    def tags(self) -> dict[str, str]:
        """Return all tags."""
        with self._database.reading("tags") as connection:
            return dict(connection.execute("SELECT name, version FROM tag ORDER BY name"))

    def verify(self) -> list[Problem]:
        """Check the file, then what it says."""
        problems: list[Problem] = []
        try:
            with self._database.one_moment("verify") as connection:
                for (line,) in connection.execute("PRAGMA integrity_check"):
                    if line != "ok":
                        problems.append(Problem("file", line))
                problems.extend(_check(connection))
        except CorruptStoreError as error:
            problems.append(Problem("file", str(error)))
        return problems

    def close(self) -> None:
        """Close the connections."""
        self._database.close()


def _last_seq(connection: apsw.Connection) -> int:
    seq: int = connection.execute(_LAST_SEQ).get
    return seq


def _write_rows(connection: apsw.Connection, branch: str, changes: Sequence[ItemChange]) -> None:
    """Bring the rows to where the changes lead; each item occurs once."""
    entities, relations = [], []
    for change in changes:
        if isinstance(change.new, Entity):
            entities.append(entity_row(branch, change.new))
        elif isinstance(change.new, Relation):
            relations.append(relation_row(branch, change.new))
        else:
            drop = _DROP_ENTITY if change.key.startswith("e:") else _DROP_RELATION
            connection.execute(drop, (branch, change.item.id))
    if entities:
        connection.executemany(_PUT_ENTITY, entities)
    if relations:
        connection.executemany(_PUT_RELATION, relations)


def _append(
    connection: apsw.Connection,
    batch_id: str,
    events: Sequence[Event],
    payloads: Sequence[bytes | None],
    origin: Origin,
    last: int,
) -> tuple[Event, ...]:
    if not events:
        return ()
    cursor = (
        connection.execute("SELECT seq FROM origin_cursor WHERE origin_id = ?", (origin.id,)).get
        or 0
    )
    written = tuple(
        placed(event, last + index, origin, cursor + index)
        for index, event in enumerate(events, start=1)
    )
    rows = [
        event_row(event, payload, batch_id, origin)
        for event, payload in zip(written, payloads, strict=True)
    ]
    connection.executemany(_ADD_EVENT, rows)
    connection.execute(
        "INSERT OR REPLACE INTO origin_cursor VALUES (?, ?)", (origin.id, cursor + len(written))
    )
    return written


def _event_by_id(connection: apsw.Connection, id: str) -> Event | None:
    row = connection.execute(_EVENT_BY_ID, (id,)).fetchone()
    return None if row is None else event_from_row(row)


def _stored_receipt(connection: apsw.Connection, batch_id: str) -> Receipt | None:
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


def _find_version(connection: apsw.Connection, version_id: str) -> Version | None:
    row = connection.execute(_VERSION, (version_id,)).fetchone()
    return None if row is None else version_from_row(row)


def _known_version(connection: apsw.Connection, version_id: str) -> Version:
    version = _find_version(connection, version_id)
    if version is None:
        raise VersionNotFoundError(version_id)
    return version


def _all_versions(connection: apsw.Connection) -> list[Version]:
    rows = connection.execute(f"SELECT {VERSION_COLUMNS} FROM state_version ORDER BY seq")
    return [version_from_row(row) for row in rows.fetchall()]


def _delta(connection: apsw.Connection, version_id: str) -> bytes:
    query = "SELECT delta FROM state_version WHERE version_id = ?"
    packed: bytes | None = connection.execute(query, (version_id,)).get
    if packed is None:
        raise VersionNotFoundError(version_id)
    return unpack(packed, version_id)


def _rows_of(connection: apsw.Connection, branch: str) -> Iterator[Item]:
    yield from map(entity_from_row, connection.execute(_ENTITIES, (branch,)))
    yield from map(relation_from_row, connection.execute(_RELATIONS, (branch,)))


def _check(connection: apsw.Connection) -> Iterator[Problem]:
    branches = connection.execute("SELECT branch FROM entity UNION SELECT branch FROM relation")
    try:
        versions = _all_versions(connection)
    except NERVPersistenceError as error:
        yield Problem("state_version", str(error))
        return
    yield from check_store(
        map(event_from_row, connection.execute(_EVENTS, (0,))),
        versions,
        lambda version_id: _delta(connection, version_id),
        {str(branch): _rows_of(connection, str(branch)) for (branch,) in branches.fetchall()},
        dict(connection.execute("SELECT name, version FROM branch")),
        dict(connection.execute("SELECT name, version FROM tag")),
    )
