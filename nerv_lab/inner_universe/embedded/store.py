"""The embedded store: what the Inner Universe keeps, in one SQLite file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final

import apsw

from nerv_lab.core.errors import (
    CorruptStoreError,
    DuplicateIdError,
    HeadMovedError,
    NERVPersistenceError,
    StoreBusyError,
)
from nerv_lab.core.events import Event
from nerv_lab.core.model import Item
from nerv_lab.core.pruning import PruneStep
from nerv_lab.core.rules import Reader, plan
from nerv_lab.core.thinning import Bridge, Retention
from nerv_lab.core.values import encode
from nerv_lab.core.versions import Version
from nerv_lab.inner_universe.client import (
    Branch,
    BranchMove,
    CacheUse,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    StoredHistory,
)
from nerv_lab.inner_universe.embedded.checking import check
from nerv_lab.inner_universe.embedded.connecting import MEMORY
from nerv_lab.inner_universe.embedded.database import Database
from nerv_lab.inner_universe.embedded.journal import (
    Behind,
    Transaction,
    add_record,
    is_empty,
    read_records,
    record_of,
    write_tables,
)
from nerv_lab.inner_universe.embedded.keys import Key
from nerv_lab.inner_universe.embedded.loading import load_history
from nerv_lab.inner_universe.embedded.pruning import (
    kept_version,
    set_setting,
    setting,
    stored_bridge,
    stored_marks,
    stored_retention,
    take_out,
)
from nerv_lab.inner_universe.embedded.queries import (
    Entry,
    add_version,
    all_branches,
    all_versions,
    append_events,
    drop_branch,
    events_between,
    find_event,
    find_version,
    head_of,
    items_of,
    known_version,
    last_seq,
    put_branch,
    stored_delta,
    stored_receipt,
    transactions_behind,
    write_rows,
)
from nerv_lab.inner_universe.embedded.reader import (
    BranchReader,
    find_entity,
    find_relation,
)
from nerv_lab.inner_universe.embedded.rows import pack
from nerv_lab.inner_universe.embedded.tip import Tip
from nerv_lab.inner_universe.ids import event_id, new_id
from nerv_lab.inner_universe.permitting import check_events
from nerv_lab.inner_universe.retention import TOP_ROWS, check_unpruned, with_marks
from nerv_lab.inner_universe.writing import (
    Batch,
    Origin,
    Place,
    branch_event,
    check_place,
    check_same,
    check_start,
    checked_version,
    now_us,
    version_event,
)

__all__ = ["SqliteStore"]

logger = logging.getLogger(__name__)
# Beyond so many changed items, or bytes, the journal is spread over the tables.
_MOST_BEHIND: Final = 512
_LARGEST_JOURNAL: Final = 1_000_000
# What is larger than so many bytes is written once rather than twice.
_LARGEST_RECORD: Final = 64_000
# So many seconds a reader waits for a writer before it does without.
_MOMENT: Final = 0.05
_ATTEMPTS: Final = 100


class SqliteStore:
    """One client's hold on a store file; safe to use from any thread.

    Parameters
    ----------
    database : Database
        Its open connections.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tip = Tip()

    @property
    def cache_use(self) -> CacheUse:
        """How often an item that a write asked for was at hand."""
        return self._tip.cache.use

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None."""
        return self._database.read_only

    def reading(self, doing: str) -> AbstractContextManager[apsw.Connection]:
        """Hold the connection that reads, for one look at the file."""
        return self._database.reading(doing)

    @contextmanager
    def _writing(self, doing: str) -> Iterator[apsw.Connection]:
        """Write to tables that hold everything."""
        with self._database.write_lock:
            try:
                with self._database.writing(doing) as connection:
                    self._tip.find(connection)
                    self._tip.spread(connection)
                    yield connection
            finally:
                self._tip.forget()

    @contextmanager
    def _logging(self, doing: str) -> Iterator[tuple[apsw.Connection, int]]:
        """Write to the log, from the position given on, and to anything but the rows."""
        with self._database.write_lock:
            with self._writing(doing) as connection:
                last = last_seq(connection)
                yield connection, last
                now = last_seq(connection)
            self._tip.cache.skip(last, now)

    @contextmanager
    def _looking(self, doing: str) -> Iterator[tuple[apsw.Connection, Behind]]:
        """Read, at one moment, what the tables hold and what they do not hold yet.

        Reading does not wait for a writer; where nobody writes, the tables are filled first.
        """
        with self._database.one_moment(doing) as connection:
            if is_empty(connection):
                yield connection, Behind()
                return
        self._fill_soon()
        with self._database.one_moment(doing) as connection:
            yield connection, Behind.of(read_records(connection))

    def _fill_soon(self) -> None:
        """Let the tables hold everything, if that can be done at once."""
        if self._database.write_lock.acquire(timeout=_MOMENT):
            try:
                if not self._database.is_writing:
                    self._fill(_MOMENT)
            except NERVPersistenceError as error:
                logger.debug("the journal stays as it is: %s", error)
            finally:
                self._database.write_lock.release()

    def _fill(self, seconds: float | None = None) -> None:
        """Let the tables hold everything, having waited so long for another writer."""
        with self._database.write_lock:
            try:
                with self._database.rearranging("fill", seconds) as connection:
                    self._tip.find(connection)
                    self._tip.spread(connection)
            finally:
                self._tip.forget()

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

    def branches(self) -> dict[str, Branch]:
        """Return every branch by name."""
        with self._looking("branches") as (connection, behind):
            found = all_branches(connection)
            for name, head in behind.heads.items():
                found[name] = replace(found.get(name, Branch(name, head)), head=head)
            return with_marks(dict(sorted(found.items())), stored_marks(connection))

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
                    put_branch(connection, move.name, move.to, move.rows_of)
                    self._tip.cache.advance(-1)
                    reader = BranchReader(connection, move.name, self._tip)
                    check_start(reader, move.changes)
                    write_rows(connection, move.name, move.changes)
                entry = event, encode(event.data), move.id
                written = append_events(connection, [entry], origin, last)
            self._tip.cache.advance(-1)
        return written

    def branch_head(self, branch: str) -> str | None:
        """Return the head of a branch."""
        with self._looking("branch_head") as (connection, behind):
            return behind.heads.get(branch) or head_of(connection, branch)

    def versions(self) -> list[Version]:
        """Return all versions, in log order."""
        with self._looking("versions") as (connection, behind):
            late = [done.version for done in behind.versions.values() if done.version]
            return [*all_versions(connection), *late]

    def version(self, version_id: str) -> Version:
        """Return a version."""
        with self._looking("version") as (connection, behind):
            late = behind.versions.get(version_id)
            return (late and late.version) or known_version(connection, version_id)

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""
        with self._looking("delta") as (connection, behind):
            late = behind.versions.get(version_id)
            return stored_delta(connection, version_id) if late is None else late.delta

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows of a branch."""
        with self._looking("snapshot") as (connection, behind):
            seq = last_seq(connection)
            head = behind.heads.get(branch) or head_of(connection, branch)
            items = behind.over(branch, items_of(connection, branch))
        # Remembering is a convenience, which is not worth waiting for a writer.
        if self._database.write_lock.acquire(blocking=False):
            try:
                self._tip.cache.advance(seq)
                self._tip.cache.add(branch, items)
            finally:
                self._database.write_lock.release()
        return Snapshot(seq, items, head)

    def item(self, key: str, branch: str) -> Item | None:
        """Return a working row, or None."""
        find = find_entity if key.startswith("e:") else find_relation
        with self._looking("get") as (connection, behind):
            if (branch, key) in behind.items:
                return behind.items[branch, key]
            return find(connection, branch, key[2:])

    def events(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        """Return a part of the log."""
        with self._database.one_moment("events") as connection:
            late = read_records(connection, after)
            found = events_between(connection, after, limit, until)
        end = until if until is not None else late[-1].last if late else 0
        found += (e for done in late for e in done.events if after < (e.seq or 0) <= end)
        return found if limit is None else found[:limit]

    def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a convenient number of them."""
        with self._database.one_moment("delivery") as connection:
            late = read_records(connection, after)
            if late and late[0].first <= after + 1:
                found: tuple[Event, ...] = ()
            else:
                found = transactions_behind(connection, after)
        # What comes before the journal may be more than is convenient at once.
        if not late or (found and found[-1].seq != late[0].first - 1):
            return found
        return (*found, *(e for done in late for e in done.events if (e.seq or 0) > after))

    def last_seq(self) -> int:
        """Return the position of the newest event."""
        with self._database.reading("last_seq") as connection:
            return last_seq(connection)

    def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version."""
        with self._writing("set_tag") as connection:
            kept_version(connection, version_id)
            connection.execute("INSERT OR REPLACE INTO tag VALUES (?, ?)", (name, version_id))

    def tags(self) -> dict[str, str]:
        """Return all tags."""
        with self._database.reading("tags") as connection:
            return dict(connection.execute("SELECT name, version FROM tag ORDER BY name"))

    def load_history(self, history: StoredHistory) -> None:
        """Take in a history of another store, in one transaction."""
        with self._database.write_lock:
            with self._writing("load_history") as connection:
                check_unpruned(stored_retention(connection))
                load_history(connection, history)
            self._tip.cache.advance(-1)

    def retention(self) -> Retention:
        """Return what was pruned."""
        with self._database.one_moment("retention") as connection:
            return stored_retention(connection)

    def bridge(self, version_id: str) -> Bridge:
        """Return the bridge to a version."""
        with self._database.reading("bridge") as connection:
            return stored_bridge(connection, version_id)

    def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""
        with self._database.one_moment("top") as connection:
            return stored_retention(connection).top, tuple(items_of(connection, TOP_ROWS))

    def prune(self, step: PruneStep, origin: Origin) -> tuple[Event, ...]:
        """Make one step of pruning."""
        with self._logging("prune") as (connection, last):
            batch_id = new_id()
            event = take_out(connection, step, batch_id)
            entry = event, encode(event.data), batch_id
            return append_events(connection, [entry], origin, last)

    def setting(self, name: str) -> str | None:
        """Return a setting of the store."""
        with self._database.reading("setting") as connection:
            return setting(connection, name)

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting of the store."""
        with self._writing("set_setting") as connection:
            set_setting(connection, name, value)

    def change_setting(self, name: str, change: Callable[[str | None], str]) -> None:
        """Make another setting of the one there is, in one transaction."""
        with self._writing("change_setting") as connection:
            set_setting(connection, name, change(setting(connection, name)))

    def release(self, *, wait: bool) -> None:
        """Let the file shrink."""
        self._database.shrink(wait=wait)

    def verify(self) -> list[Problem]:
        """Check the file, then what it says."""
        problems: list[Problem] = []
        try:
            with self._filled("verify") as connection:
                problems.extend(check(connection))
        except (CorruptStoreError, UnicodeDecodeError) as error:
            problems.append(Problem("file", str(error)))
        return problems

    @contextmanager
    def _filled(self, doing: str) -> Iterator[apsw.Connection]:
        """Read, at one moment, tables that hold everything, having waited for other writers."""
        for _ in range(_ATTEMPTS):
            with self._database.one_moment(doing) as connection:
                if is_empty(connection):
                    yield connection
                    return
            self._fill()
        raise StoreBusyError(f"{doing} on {self._database.path}: others never cease to write")

    def rekey(self, key: Key | None) -> None:
        """Write the file anew under another key."""
        self._database.rekey(key)

    def close(self) -> None:
        """Fill the tables where nobody else is writing, and close the connections."""
        self._fill_soon()
        self._database.close()


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
