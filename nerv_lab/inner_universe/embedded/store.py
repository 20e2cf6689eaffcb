"""The embedded store: what the Inner Universe keeps, in one SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import apsw

from nerv_lab.core.changes import ItemChange, fold
from nerv_lab.core.errors import CorruptStoreError, DuplicateIdError, HeadMovedError
from nerv_lab.core.events import Event
from nerv_lab.core.model import Item
from nerv_lab.core.pruning import PruneStep
from nerv_lab.core.rules import plan
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
from nerv_lab.inner_universe.embedded.database import Database
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
    RowCache,
    find_entity,
    find_relation,
)
from nerv_lab.inner_universe.embedded.rows import change_json, pack
from nerv_lab.inner_universe.ids import new_id
from nerv_lab.inner_universe.retention import TOP_ROWS, check_unpruned, with_marks
from nerv_lab.inner_universe.writing import (
    Batch,
    Origin,
    branch_event,
    change_events,
    check_place,
    check_same,
    check_start,
    checked_version,
    now_us,
    version_event,
)

__all__ = ["SqliteStore"]


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

    @property
    def cache_use(self) -> CacheUse:
        """How often an item that a write asked for was at hand."""
        return self._cache.use

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None."""
        return self._database.read_only

    def reading(self, doing: str) -> AbstractContextManager[apsw.Connection]:
        """Hold the connection that reads, for one look at the file."""
        return self._database.reading(doing)

    @contextmanager
    def _logging(self, doing: str) -> Iterator[tuple[apsw.Connection, int]]:
        """Write to the log, from the position given on, and to anything but the rows."""
        with self._database.write_lock:
            with self._database.writing(doing) as connection:
                last = last_seq(connection)
                yield connection, last
                now = last_seq(connection)
            self._cache.skip(last, now)

    def apply(self, batch: Batch, origin: Origin) -> tuple[Receipt, tuple[Event, ...]]:
        """Apply a batch, rows and events together."""
        with self._database.write_lock:
            with self._database.writing("apply") as connection:
                if batch.repeatable and (stored := stored_receipt(connection, batch.id)):
                    return stored, ()
                receipt, entries = self._apply(connection, batch)
                events = append_events(connection, entries, origin, receipt.first_seq - 1)
            self._remember(batch.branch, receipt.changes, receipt.last_seq)
        return receipt, events

    def apply_and_commit(
        self, batch: Batch, seal: Seal, origin: Origin
    ) -> tuple[Receipt, Version, tuple[Event, ...]]:
        """Apply a batch and commit what it leads to, in one transaction."""
        with self._database.write_lock:
            with self._database.writing("apply_and_commit") as connection:
                receipt, entries = self._apply(connection, batch)
                version, delta = seal(receipt.changes, receipt.last_seq)
                checked_version(version, delta)
                entries.append(_commit(connection, version, pack(delta), receipt.last_seq))
                events = append_events(connection, entries, origin, receipt.first_seq - 1)
            self._remember(batch.branch, receipt.changes, receipt.last_seq + 1)
        return receipt, version, events

    def _apply(self, connection: apsw.Connection, batch: Batch) -> tuple[Receipt, list[Entry]]:
        last = last_seq(connection)
        self._cache.advance(last)
        moment = now_us()
        reader = BranchReader(connection, batch.branch, self._cache)
        changes = plan(reader, batch.changes, moment)
        receipt = Receipt(batch.id, last + 1, last + len(changes), tuple(changes))
        write_rows(connection, batch.branch, fold(changes))
        entries: list[Entry] = [
            (event, change_json(change, batch.reason), batch.id)
            for event, change in zip(change_events(batch, changes, moment), changes, strict=True)
        ]
        return receipt, entries

    def _remember(self, branch: str, changes: Sequence[ItemChange], seq: int) -> None:
        """Keep what was written at hand; only what was committed may be remembered."""
        latest = {change.key: change.new for change in changes}
        self._cache.replace(branch, latest.items(), seq)

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
        with self._database.one_moment("branches") as connection:
            return with_marks(all_branches(connection), stored_marks(connection))

    def move_branch(self, move: BranchMove, origin: Origin) -> tuple[Event, ...]:
        """Make, move or delete a branch."""
        with self._database.write_lock:
            with self._database.writing("move_branch") as connection:
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
                    self._cache.advance(-1)
                    check_start(BranchReader(connection, move.name, self._cache), move.changes)
                    write_rows(connection, move.name, move.changes)
                entry = event, encode(event.data), move.id
                written = append_events(connection, [entry], origin, last)
            self._cache.advance(-1)
        return written

    def branch_head(self, branch: str) -> str | None:
        """Return the head of a branch."""
        with self._database.reading("branch_head") as connection:
            return head_of(connection, branch)

    def versions(self) -> list[Version]:
        """Return all versions, in log order."""
        with self._database.reading("versions") as connection:
            return all_versions(connection)

    def version(self, version_id: str) -> Version:
        """Return a version."""
        with self._database.reading("version") as connection:
            return known_version(connection, version_id)

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""
        with self._database.reading("delta") as connection:
            return stored_delta(connection, version_id)

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows of a branch."""
        with self._database.one_moment("snapshot") as connection:
            seq = last_seq(connection)
            head = head_of(connection, branch)
            items = tuple(items_of(connection, branch))
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
        with self._database.reading("events") as connection:
            return events_between(connection, after, limit, until)

    def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a convenient number of them."""
        with self._database.reading("delivery") as connection:
            return transactions_behind(connection, after)

    def last_seq(self) -> int:
        """Return the position of the newest event."""
        with self._database.reading("last_seq") as connection:
            return last_seq(connection)

    def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version."""
        with self._database.writing("set_tag") as connection:
            kept_version(connection, version_id)
            connection.execute("INSERT OR REPLACE INTO tag VALUES (?, ?)", (name, version_id))

    def tags(self) -> dict[str, str]:
        """Return all tags."""
        with self._database.reading("tags") as connection:
            return dict(connection.execute("SELECT name, version FROM tag ORDER BY name"))

    def load_history(self, history: StoredHistory) -> None:
        """Take in a history of another store, in one transaction."""
        with self._database.write_lock:
            with self._database.writing("load_history") as connection:
                check_unpruned(stored_retention(connection))
                load_history(connection, history)
            self._cache.advance(-1)

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
        with self._database.writing("set_setting") as connection:
            set_setting(connection, name, value)

    def change_setting(self, name: str, change: Callable[[str | None], str]) -> None:
        """Make another setting of the one there is, in one transaction."""
        with self._database.writing("change_setting") as connection:
            set_setting(connection, name, change(setting(connection, name)))

    def release(self, *, wait: bool) -> None:
        """Let the file shrink."""
        self._database.shrink(wait=wait)

    def verify(self) -> list[Problem]:
        """Check the file, then what it says."""
        problems: list[Problem] = []
        try:
            with self._database.one_moment("verify") as connection:
                problems.extend(check(connection))
        except (CorruptStoreError, UnicodeDecodeError) as error:
            problems.append(Problem("file", str(error)))
        return problems

    def rekey(self, key: Key | None) -> None:
        """Write the file anew under another key."""
        self._database.rekey(key)

    def close(self) -> None:
        """Close the connections."""
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
