"""What was committed last, each transaction as one record, until it is spread over the tables.

Rows of ten items lie on ten pages of the file, and their events, versions and indexes on as many
more: writing one record instead is most of what makes a commit fast. Records are self-contained
and checked, and whoever opens the file reads them as if they had been spread already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import apsw
import msgspec
from blake3 import blake3

from nerv_lab.core.errors import CorruptStoreError, ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.item_changes import ItemChange, fold
from nerv_lab.core.graph.model import Item, Relation
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import decode, encode
from nerv_lab.inner_universe.contract.log_events import (
    Origin,
    Place,
    change_events,
    placed,
    version_event,
)
from nerv_lab.inner_universe.contract.writing import Batch
from nerv_lab.inner_universe.embedded.queries import add_event_rows, add_version, write_rows
from nerv_lab.inner_universe.embedded.rows import Row, change_json, event_row, pack

__all__ = [
    "Behind",
    "Transaction",
    "add_record",
    "is_empty",
    "read_records",
    "record_of",
    "spread",
    "write_tables",
]

Key: TypeAlias = tuple[str, str]
"""A branch, and the key of an item on it."""

_CHECK: Final = 16
_ADD = "INSERT INTO journal VALUES (?, ?, ?)"
_ANY = "SELECT EXISTS (SELECT 1 FROM journal)"
_READ = "SELECT seq, last, record FROM journal WHERE last > ? ORDER BY seq"


class _Record(msgspec.Struct, array_like=True, frozen=True):
    """A transaction as it is stored."""

    batch: str
    branch: str
    source: str | None
    reason: str | None
    origin: str
    origin_seq: int
    actor: str | None
    moment: int
    changes: list[bytes]
    version: bytes | None = None
    committed: int = 0
    delta: bytes | None = None


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Record).decode


@dataclass(frozen=True, slots=True)
class Transaction:
    """A batch of changes, and the version that it ends with where it does.

    Attributes
    ----------
    batch : Batch
        What was asked for; only its fields count, not its changes.
    origin : Origin
        Who wrote.
    moment : int
        When, in microseconds since the epoch.
    changes : tuple of ItemChange
        What was done.
    events : tuple of Event
        One for each change, and one for the version; all have their places in the log.
    version : Version or None
        What was committed.
    delta : bytes
        Its delta.
    """

    batch: Batch
    origin: Origin
    moment: int
    changes: tuple[ItemChange, ...]
    events: tuple[Event, ...]
    version: Version | None = None
    delta: bytes = b""

    @classmethod
    def of(
        cls,
        batch: Batch,
        moment: int,
        changes: tuple[ItemChange, ...],
        place: Place,
        version: Version | None = None,
        delta: bytes = b"",
        committed: int | None = None,
    ) -> Transaction:
        """Return the transaction of these changes, with its events in their places."""
        events = change_events(batch, changes, moment, place)
        if version is not None:
            seq, origin_seq = place.seq + len(events), place.origin_seq + len(events)
            event = version_event(version, seq, committed)
            events.append(placed(event, seq, place.origin, origin_seq, version.id))
        return cls(batch, place.origin, moment, changes, tuple(events), version, delta)

    @property
    def branch(self) -> str:
        """The branch it happened on."""
        return self.batch.branch

    @property
    def first(self) -> int:
        """Place of its first event."""
        return self.events[0].seq or 0

    @property
    def last(self) -> int:
        """Place of its last event."""
        return self.events[-1].seq or 0

    def payloads(self) -> list[bytes]:
        """Return the canonical bytes of the payload of each event."""
        payloads = [change_json(change, self.batch.reason) for change in self.changes]
        if self.version is not None:
            payloads.append(self.commit_payload)
        return payloads

    @property
    def commit_payload(self) -> bytes:
        """The canonical bytes of the payload of the event of the version."""
        return encode(self.events[-1].data)


def _delta_of(encoded: Mapping[str, bytes]) -> bytes:
    """Return the delta of a version that holds these changes alone."""
    return b"[%b]" % b",".join([encoded[key] for key in sorted(encoded)])


def record_of(done: Transaction) -> bytes:
    """Return a transaction as it is stored."""
    encoded = [change.encoded() for change in done.changes]
    version, delta = done.version, None
    if version is not None:
        keys = [change.key for change in done.changes]
        by_key = dict(zip(keys, encoded, strict=True))
        if len(by_key) != len(keys) or _delta_of(by_key) != done.delta:
            delta = done.delta
    record = _encode(
        _Record(
            done.batch.id,
            done.batch.branch,
            done.batch.source,
            done.batch.reason,
            done.origin.id,
            done.events[0].origin_seq or 0,
            done.origin.actor,
            done.moment,
            encoded,
            None if version is None else done.commit_payload,
            round(done.events[-1].timestamp * 1_000_000),
            delta,
        )
    )
    return _checksum(record) + record


def add_record(connection: apsw.Connection, done: Transaction, record: bytes) -> None:
    """Append a transaction to the journal."""
    connection.execute(_ADD, (done.first, done.last, record))


def is_empty(connection: apsw.Connection) -> bool:
    """Return whether the tables hold everything."""
    return not connection.execute(_ANY).get


def _checksum(record: bytes) -> bytes:
    return blake3(record).digest(_CHECK)


def read_records(connection: apsw.Connection, after: int = 0) -> list[Transaction]:
    """Return the transactions of the journal that end behind a position, oldest first.

    Raises
    ------
    CorruptStoreError
        When a record is not what was written.
    """
    rows: list[Any] = connection.execute(_READ, (after,)).fetchall()
    return [_transaction(first, last, stored) for first, last, stored in rows]


def _transaction(first: int, last: int, stored: bytes) -> Transaction:
    check, record = stored[:_CHECK], stored[_CHECK:]
    try:
        if _checksum(record) != check:
            raise ValidationError("record", "its checksum is not that of what it holds")
        done = _rebuilt(first, _decode(record))
        if done.first != first or done.last != last:
            raise ValidationError("record", f"its events are {done.first} to {done.last}")
    except (ValidationError, msgspec.MsgspecError, LookupError) as error:
        raise CorruptStoreError(
            f"the record of events {first} to {last} is damaged: {error}; run verify to see how "
            f"far it goes, and restore a backup"
        ) from error
    return done


def _rebuilt(first: int, record: _Record) -> Transaction:
    changes = tuple(ItemChange.from_encoded(encoded) for encoded in record.changes)
    batch = Batch(record.batch, (), record.reason, record.source, record.branch, False)
    origin = Origin(record.origin, record.actor)
    version, delta = None, b""
    if record.version is not None:
        version = Version.from_record(decode(record.version))
        encoded = {c.key: b for c, b in zip(changes, record.changes, strict=True)}
        delta = _delta_of(encoded) if record.delta is None else record.delta
    place = Place(first, record.origin_seq, origin)
    return Transaction.of(batch, record.moment, changes, place, version, delta, record.committed)


def spread(connection: apsw.Connection, records: Sequence[Transaction]) -> None:
    """Write what is in the journal into the tables, and empty it."""
    if records:
        write_tables(connection, records)
        connection.execute("DELETE FROM journal")


def write_tables(connection: apsw.Connection, records: Sequence[Transaction]) -> None:
    """Write transactions into the tables, which hold everything before them."""
    rows: list[Row] = []
    cursors: dict[str, int] = {}
    branches: dict[str, list[ItemChange]] = {}
    for done in records:
        rows += map(event_row, done.events, done.payloads())
        cursors[done.origin.id] = done.events[-1].origin_seq or 0
        branches.setdefault(done.branch, []).extend(done.changes)
        if done.version is not None:
            add_version(connection, done.last, done.version, pack(done.delta))
    add_event_rows(connection, rows, cursors)
    for branch, changes in branches.items():
        write_rows(connection, branch, fold(changes))


@dataclass(frozen=True, slots=True)
class Behind:
    """What the tables do not hold yet, as a reader has to lay it over them.

    Attributes
    ----------
    records : list of Transaction
        Oldest first.
    items : dict of (branch, key) to item or None
        The working rows that differ; None for one that is gone.
    versions : dict of str to Transaction
        By the id of the version.
    heads : dict of str to str
        The newest of those on each branch.
    """

    records: list[Transaction] = field(default_factory=list)
    items: dict[Key, Item | None] = field(default_factory=dict)
    versions: dict[str, Transaction] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Transaction]) -> Behind:
        """Return what these transactions come to."""
        behind = cls()
        for done in records:
            behind.add(done)
        return behind

    def add(self, done: Transaction) -> None:
        """Take in one transaction more."""
        self.records.append(done)
        branch = done.branch
        for change in done.changes:
            self.items[branch, change.key] = change.new
        if done.version is not None:
            self.versions[done.version.id] = done
            self.heads[branch] = done.version.id

    def over(self, branch: str, rows: Iterable[Item]) -> tuple[Item, ...]:
        """Return the working rows of a branch as they are with all of this done."""
        late = {key: item for (on, key), item in self.items.items() if on == branch}
        if not late:
            return tuple(rows)
        kept = [row for row in rows if row.key not in late]
        kept += [item for item in late.values() if item is not None]
        return tuple(sorted(kept, key=lambda item: isinstance(item, Relation)))
