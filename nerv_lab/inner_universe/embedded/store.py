"""The embedded store: what the Inner Universe keeps, in one SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import apsw

from nerv_lab.core.errors import DuplicateIdError, HeadMovedError, LogMovedError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.rules import Reader, plan
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import encode
from nerv_lab.inner_universe.contract.checked_events import check_same
from nerv_lab.inner_universe.contract.client import BranchMove, Receipt, Seal, StoredHistory
from nerv_lab.inner_universe.contract.ids import event_id, new_id
from nerv_lab.inner_universe.contract.log_events import (
    Origin,
    Place,
    branch_event,
    now_us,
    version_event,
)
from nerv_lab.inner_universe.contract.permitting import check_events
from nerv_lab.inner_universe.contract.retention import check_unpruned
from nerv_lab.inner_universe.contract.writing import (
    Batch,
    check_place,
    check_start,
    checked_version,
)
from nerv_lab.inner_universe.embedded.connecting import MEMORY
from nerv_lab.inner_universe.embedded.journal import (
    Transaction,
    add_record,
    record_of,
    write_tables,
)
from nerv_lab.inner_universe.embedded.loading import load_history
from nerv_lab.inner_universe.embedded.pruning import (
    kept_version,
    set_setting,
    setting,
    stored_retention,
    take_out,
)
from nerv_lab.inner_universe.embedded.queries import (
    Entry,
    add_version,
    append_events,
    drop_branch,
    find_event,
    find_version,
    head_of,
    known_version,
    last_seq,
    put_branch,
    rows_changed,
    stored_receipt,
    write_rows,
)
from nerv_lab.inner_universe.embedded.reader import BranchReader
from nerv_lab.inner_universe.embedded.rows import pack
from nerv_lab.inner_universe.embedded.store_reader import StoreReader

__all__ = ["SqliteStore"]

# Beyond so many changed items, or bytes, the journal is spread over the tables.
_MOST_BEHIND: Final = 512
_LARGEST_JOURNAL: Final = 1_000_000
# What is larger than so many bytes is written once rather than twice.
_LARGEST_RECORD: Final = 64_000


class SqliteStore(StoreReader):
    """Writes what a store is given, each call in one transaction; safe to use from any thread."""

    def apply(self, batch: Batch, origin: Origin) -> tuple[Receipt, tuple[Event, ...]]:
        """Apply a batch, rows and events together."""
        receipt, _, events = self._apply("apply", batch, origin, None)
        return receipt, events

    def apply_and_commit(
        self, batch: Batch, seal: Seal, origin: Origin
    ) -> tuple[Receipt, Version, tuple[Event, ...]]:
        """Apply a batch and commit what it leads to, in one transaction."""
        receipt, version, events = self._apply("apply_and_commit", batch, origin, seal)
        assert version is not None
        return receipt, version, events

    def _apply(
        self, doing: str, batch: Batch, origin: Origin, seal: Seal | None
    ) -> tuple[Receipt, Version | None, tuple[Event, ...]]:
        with self._database.write_lock:
            try:
                with self._database.writing(doing) as connection:
                    self._tip.find(connection)
                    if batch.repeatable and (stored := self._stored(connection, batch)):
                        return stored, None, ()
                    receipt, done = self._done(connection, batch, origin, seal)
                    size = self._write(connection, done)
            except BaseException:
                self._tip.forget()
                raise
            self._remember(done, size)
        return receipt, done.version, done.events

    def _stored(self, connection: apsw.Connection, batch: Batch) -> Receipt | None:
        self._tip.spread(connection)
        return stored_receipt(connection, batch.id)

    def _done(
        self, connection: apsw.Connection, batch: Batch, origin: Origin, seal: Seal | None
    ) -> tuple[Receipt, Transaction]:
        """Work out what a batch does, and the version of it."""
        tip, last = self._tip, self._tip.last
        moment = now_us()
        reader = self._reader(connection, batch, seal)
        changes = tuple(plan(reader, batch.changes, moment))
        receipt = Receipt(batch.id, last + 1, last + len(changes), changes)
        version, delta = None, b""
        if seal is not None:
            version, delta = seal(changes, receipt.last_seq)
            checked_version(version, delta)
            self._check_commit(connection, version, receipt.last_seq)
        place = Place(last + 1, tip.cursor(connection, origin.id) + 1, origin)
        done = Transaction.of(batch, moment, changes, place, version, delta)
        check_events(tip.granted, origin.actor, done.events)
        return receipt, done

    def _reader(self, connection: apsw.Connection, batch: Batch, seal: Seal | None) -> Reader:
        """Return who tells the rules how the graph is: whoever follows it, where that is known."""
        ask = getattr(seal, "reader", None)
        known: Reader | None = None if ask is None else ask(batch.branch, self._tip.last)
        if known is not None:
            self._tip.cache.hit(len(batch.changes))
            return known
        return BranchReader(connection, batch.branch, self._tip)

    def _check_commit(self, connection: apsw.Connection, version: Version, last: int) -> None:
        head = self._tip.head(connection, version.branch)
        if head != version.parent:
            raise HeadMovedError(version.branch, version.parent, head)
        for parent in version.parents[1:]:
            self._tip.spread(connection)
            known_version(connection, parent)
        check_place(version, last)
        if self._tip.knows(connection, version.id):
            raise DuplicateIdError("event", event_id(version.id, 0))

    def _write(self, connection: apsw.Connection, done: Transaction) -> int:
        """Write a transaction, and return how many bytes of the journal it takes."""
        if not done.events:
            return 0
        if len(done.events) <= _MOST_BEHIND and self._database.path != MEMORY:
            record = record_of(done)
            if len(record) <= _LARGEST_RECORD:
                add_record(connection, done, record)
                return len(record)
        self._tip.spread(connection)
        write_tables(connection, [done])
        return 0

    def _remember(self, done: Transaction, size: int) -> None:
        """Keep what was written at hand; only what was committed may be remembered."""
        if not done.events:
            return
        if size:
            self._tip.wrote(done, size)
        else:
            self._tip.forget()
            self._tip.cache.skip(self._tip.last, done.last)
            self._tip.cache.replace({(done.branch, c.key): c.new for c in done.changes})
        if len(self._tip.behind.items) > _MOST_BEHIND or self._tip.size > _LARGEST_JOURNAL:
            self._fill_soon()

    def publish(self, events: Sequence[Event], origin: Origin) -> tuple[Event, ...]:
        """Append those of the events that the log does not hold."""
        with self._logging("publish") as (connection, last):
            new: dict[str, Event] = {}
            for event in events:
                known = new.get(event.id) or find_event(connection, event.id)
                if known is None:
                    new[event.id] = event
                else:
                    check_same(known, event)
            batch_id = new_id()
            entries = [
                (event, None if event.data is None else encode(event.data), batch_id)
                for event in new.values()
            ]
            return append_events(connection, entries, origin, last)

    def commit_version(
        self, version: Version, delta: bytes, origin: Origin
    ) -> tuple[Version, tuple[Event, ...]]:
        """Add a version by compare-and-set."""
        packed = pack(delta)
        with self._logging("commit_version") as (connection, last):
            stored = find_version(connection, version.id)
            if stored is not None:
                if stored != version:
                    raise DuplicateIdError("version", version.id)
                return stored, ()
            entry = _commit(connection, version, packed, last)
            return version, append_events(connection, [entry], origin, last)

    def move_branch(self, move: BranchMove, origin: Origin) -> tuple[Event, ...]:
        """Make, move or delete a branch."""
        with self._database.write_lock:
            with self._writing("move_branch") as connection:
                last = last_seq(connection)
                event = branch_event(move, last + 1)
                if find_event(connection, event.id) is not None:
                    return ()
                head = head_of(connection, move.name)
                if head != move.expected:
                    raise HeadMovedError(move.name, move.expected, head)
                if move.to is None:
                    drop_branch(connection, move.name)
                else:
                    kept_version(connection, move.to)
                    if rows_changed(connection, move.rows_of, move.read_at, last):
                        raise LogMovedError(move.read_at, last)
                    put_branch(connection, move.name, move.to, move.rows_of)
                    self._tip.cache.advance(-1)
                    reader = BranchReader(connection, move.name, self._tip)
                    check_start(reader, move.changes)
                    write_rows(connection, move.name, move.changes)
                entry = event, encode(event.data), move.id
                written = append_events(connection, [entry], origin, last)
            self._tip.cache.advance(-1)
        return written

    def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version."""
        with self._writing("set_tag") as connection:
            kept_version(connection, version_id)
            connection.execute("INSERT OR REPLACE INTO tag VALUES (?, ?)", (name, version_id))

    def load_history(self, history: StoredHistory) -> None:
        """Take in a history of another store, in one transaction."""
        with self._database.write_lock:
            with self._writing("load_history") as connection:
                check_unpruned(stored_retention(connection))
                load_history(connection, history)
            self._tip.cache.advance(-1)

    def prune(self, step: PruneStep, origin: Origin) -> tuple[Event, ...]:
        """Make one step of pruning."""
        with self._logging("prune") as (connection, last):
            batch_id = new_id()
            event = take_out(connection, step, batch_id)
            entry = event, encode(event.data), batch_id
            return append_events(connection, [entry], origin, last)

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting of the store."""
        with self._writing("set_setting") as connection:
            set_setting(connection, name, value)

    def change_setting(self, name: str, change: Callable[[str | None], str]) -> None:
        """Make another setting of the one there is, in one transaction."""
        with self._writing("change_setting") as connection:
            set_setting(connection, name, change(setting(connection, name)))


def _commit(connection: apsw.Connection, version: Version, packed: bytes, last: int) -> Entry:
    head = head_of(connection, version.branch)
    if head != version.parent:
        raise HeadMovedError(version.branch, version.parent, head)
    for parent in version.parents[1:]:
        known_version(connection, parent)
    check_place(version, last)
    event = version_event(version, last + 1)
    if find_event(connection, event.id) is not None:
        raise DuplicateIdError("event", event.id)
    add_version(connection, last + 1, version, packed)
    return event, encode(event.data), version.id
