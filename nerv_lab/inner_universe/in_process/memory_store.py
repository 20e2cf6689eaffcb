"""A store in dicts and lists."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nerv_lab.core.errors import (
    DuplicateIdError,
    HeadMovedError,
    HistoryPrunedError,
    LogMovedError,
    VersionNotFoundError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.audit import Leftovers
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.thinning import Bridge, Retention, seal
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.checking.verifying import check_store
from nerv_lab.inner_universe.contract.checked_events import check_same
from nerv_lab.inner_universe.contract.client import (
    Branch,
    BranchMove,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    StoredHistory,
)
from nerv_lab.inner_universe.contract.ids import event_id, new_id
from nerv_lab.inner_universe.contract.log_events import (
    ROW_EVENTS,
    Origin,
    branch_event,
    change_events,
    change_of,
    now_us,
    version_event,
)
from nerv_lab.inner_universe.contract.permitting import (
    ACCESS,
    check_events,
    permissions_from_text,
    require,
)
from nerv_lab.inner_universe.contract.retention import (
    TOP_ROWS,
    check_step,
    check_unpruned,
    prune_event,
)
from nerv_lab.inner_universe.contract.writing import Batch, check_place, checked_version
from nerv_lab.inner_universe.in_process.memory_log import MemoryLog

__all__ = ["MemoryStore", "Stored"]


@dataclass(slots=True)
class Stored:
    """A version, its delta where that is at hand, and its seal where it was pruned."""

    version: Version
    delta: bytes | None
    seal: str | None = None


class MemoryStore:
    """Everything the embedded store keeps, in dicts and lists."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._faults: deque[Exception] = deque()
        self._log = MemoryLog()
        self._states: dict[str, GraphState] = {}
        self._versions: dict[str, Stored] = {}
        self._heads: dict[str, str] = {}
        self._moved: dict[str, int] = {}
        self._tags: dict[str, str] = {}
        self._retention = Retention()
        self._bridges: dict[str, Bridge] = {}
        self._settings: dict[str, str] = {}

    def fail_next(self, error: Exception, times: int) -> None:
        """Let the next operations raise this error and do nothing else."""
        self._faults.extend([error] * times)

    def _fail(self) -> None:
        if self._faults:
            raise self._faults.popleft()

    def _append(self, batch_id: str, events: Sequence[Event], origin: Origin) -> tuple[Event, ...]:
        check_events(self._settings.get(ACCESS), origin.actor, events)
        return self._log.append(batch_id, events, origin)

    def apply(self, batch: Batch, origin: Origin) -> tuple[Receipt, tuple[Event, ...]]:
        """Apply a batch."""
        with self._lock:
            self._fail()
            if self._log.has_batch(batch.id):
                return self._receipt(batch.id), ()
            if event_id(batch.id, 0) in self._log:
                raise DuplicateIdError("event", event_id(batch.id, 0))
            moment = now_us()
            return self._apply(batch, self._planned(batch, moment), moment, origin)

    def _planned(self, batch: Batch, moment: int) -> tuple[ItemChange, ...]:
        state = self._states.get(batch.branch, GraphState.empty())
        return tuple(plan(state, batch.changes, moment))

    def _apply(
        self, batch: Batch, changes: tuple[ItemChange, ...], moment: int, origin: Origin
    ) -> tuple[Receipt, tuple[Event, ...]]:
        last = self._log.last
        receipt = Receipt(batch.id, last + 1, last + len(changes), changes)
        if not changes:
            return receipt, ()
        state = self._states.get(batch.branch, GraphState.empty()).apply(changes)
        events = self._append(batch.id, change_events(batch, changes, moment), origin)
        self._states[batch.branch] = state
        return receipt, events

    def apply_and_commit(
        self, batch: Batch, seal: Seal, origin: Origin
    ) -> tuple[Receipt, Version, tuple[Event, ...]]:
        """Apply a batch and commit what it leads to."""
        with self._lock:
            self._fail()
            moment = now_us()
            changes = self._planned(batch, moment)
            version, delta = seal(changes, self._log.last + len(changes))
            checked_version(version, delta)
            self._check_new(version)
            receipt, events = self._apply(batch, changes, moment, origin)
            version, committed = self.commit_version(version, delta, origin)
            return receipt, version, (*events, *committed)

    def _receipt(self, batch_id: str) -> Receipt:
        first, last, events = self._log.batch(batch_id)
        changes = [change_of(event) for event in events]
        return Receipt(batch_id, first, last, tuple(c for c in changes if c is not None))

    def publish(self, events: Sequence[Event], origin: Origin) -> tuple[Event, ...]:
        """Append events that are not in the log yet."""
        with self._lock:
            self._fail()
            new: dict[str, Event] = {}
            for event in events:
                stored = self._log.get(event.id) or new.get(event.id)
                if stored is None:
                    new[event.id] = event
                else:
                    check_same(stored, event)
            return self._append(new_id(), list(new.values()), origin) if new else ()

    def commit_version(
        self, version: Version, delta: bytes, origin: Origin
    ) -> tuple[Version, tuple[Event, ...]]:
        """Add a version by compare-and-set."""
        with self._lock:
            self._fail()
            stored = self._versions.get(version.id)
            if stored is not None:
                if stored.version != version:
                    raise DuplicateIdError("version", version.id)
                return stored.version, ()
            self._check_new(version)
            check_place(version, self._log.last)
            event = version_event(version, self._log.last + 1)
            if event.id in self._log:
                raise DuplicateIdError("event", event.id)
            written = self._append(version.id, [event], origin)
            self._versions[version.id] = Stored(version, delta)
            self._heads[version.branch] = version.id
            return version, written

    def _check_new(self, version: Version) -> None:
        head = self._heads.get(version.branch)
        if head != version.parent:
            raise HeadMovedError(version.branch, version.parent, head)
        for parent in version.parents:
            self._known(parent)

    def _known(self, version_id: str) -> Stored:
        self._fail()
        stored = self._versions.get(version_id)
        if stored is None:
            raise VersionNotFoundError(version_id)
        return stored

    def _kept(self, version_id: str) -> Stored:
        stored = self._known(version_id)
        if stored.seal is not None:
            raise HistoryPrunedError(f"version {version_id!r}", "the log says which are kept")
        return stored

    def branch_head(self, branch: str) -> str | None:
        """Return the head of a branch."""
        self._fail()
        return self._heads.get(branch)

    def branches(self) -> dict[str, Branch]:
        """Return all branches."""
        with self._lock:
            self._fail()
            names = dict.fromkeys([DEFAULT_BRANCH, *self._heads])
            return {n: Branch(n, self._heads.get(n), self._moved.get(n, 0)) for n in names}

    def move_branch(self, move: BranchMove, origin: Origin) -> tuple[Event, ...]:
        """Make, move or delete a branch."""
        with self._lock:
            self._fail()
            event = branch_event(move, self._log.last + 1)
            if event.id in self._log:
                return ()
            check_events(self._settings.get(ACCESS), origin.actor, [event])
            self._check_move(move)
            if move.to is None:
                self._heads.pop(move.name, None)
                self._states.pop(move.name, None)
            else:
                state = self._states.get(move.rows_of, GraphState.empty()).apply(move.changes)
                self._heads[move.name], self._states[move.name] = move.to, state
            self._moved[move.name] = self._log.last + 1
            return self._append(move.id, [event], origin)

    def _check_move(self, move: BranchMove) -> None:
        head = self._heads.get(move.name)
        if head != move.expected:
            raise HeadMovedError(move.name, move.expected, head)
        if move.to is not None:
            self._kept(move.to)
            if self._rows_changed(move.rows_of, move.read_at):
                raise LogMovedError(move.read_at, self._log.last)

    def _rows_changed(self, branch: str, since: int) -> bool:
        """Whether the rows of a branch are others than at a position, as far as is known."""
        if not self._log.floor <= since <= self._log.last:
            return True
        return any(e.branch == branch and e.type in ROW_EVENTS for e in self._log.read(since))

    def versions(self) -> list[Version]:
        """Return all versions."""
        self._fail()
        with self._lock:
            return [stored.version for stored in self._versions.values()]

    def version(self, version_id: str) -> Version:
        """Return a version."""
        return self._known(version_id).version

    def delta(self, version_id: str) -> bytes:
        """Return a delta."""
        delta = self._kept(version_id).delta
        assert delta is not None
        return delta

    def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of those versions that were not pruned."""
        known = {id: self._known(id).delta for id in version_ids}
        return {id: delta for id, delta in known.items() if delta is not None}

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows."""
        with self._lock:
            self._fail()
            state = self._states.get(branch, GraphState.empty())
            return Snapshot(self._log.last, tuple(state.items()), self._heads.get(branch))

    def item(self, key: str, branch: str) -> Item | None:
        """Return a working row."""
        self._fail()
        return self._states.get(branch, GraphState.empty()).get(key)

    def events(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        """Return events of the log."""
        with self._lock:
            self._fail()
            return self._log.read(max(after, 0), limit, until)

    def transactions(self, after: int) -> tuple[Event, ...]:
        """Return all events behind a position."""
        with self._lock:
            return tuple(self._log.read(max(after, 0)))

    def last_seq(self) -> int:
        """Return the position of the newest event."""
        with self._lock:
            self._fail()
            return self._log.last

    def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version."""
        with self._lock:
            self._kept(version_id)
            self._tags[name] = version_id

    def tags(self) -> dict[str, str]:
        """Return all tags."""
        self._fail()
        with self._lock:
            return dict(self._tags)

    def load_history(self, history: StoredHistory) -> None:
        """Take in a history of another store."""
        with self._lock:
            self._fail()
            check_unpruned(self._retention)
            if history.after != self._log.last:
                raise LogMovedError(history.after, self._log.last)
            events = list(history.read_events())
            versions = {v.id: Stored(v, history.delta_of(v.id)) for _, v in history.versions}
            for event in events:
                if event.id in self._log:
                    raise DuplicateIdError("event", event.id)
            for version_id in versions.keys() & self._versions.keys():
                raise DuplicateIdError("version", version_id)
            self._log.extend(events)
            self._moved |= {
                e.branch: e.seq or 0 for e in events if e.type == EventType.BRANCH_MOVED
            }
            self._versions |= versions
            self._states, self._heads = dict(history.rows), dict(history.heads)
            self._tags |= history.tags

    def retention(self) -> Retention:
        """Return what was pruned."""
        self._fail()
        return self._retention

    def bridge(self, version_id: str) -> Bridge:
        """Return the bridge to a version."""
        self._fail()
        if version_id not in self._bridges:
            raise VersionNotFoundError(version_id, "no bridge leads to it")
        return self._bridges[version_id]

    def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""
        with self._lock:
            self._fail()
            state = self._states.get(TOP_ROWS, GraphState.empty())
            return self._retention.top, tuple(state.items())

    def prune(self, step: PruneStep, origin: Origin) -> tuple[Event, ...]:
        """Make one step of pruning."""
        with self._lock:
            self._fail()
            require(permissions_from_text(self._settings.get(ACCESS)), origin.actor, "prune", "*")
            commits = (e.seq or 0 for e in self._log if e.type == EventType.STATE_VERSION_COMMITTED)
            pinned = (*self._heads.values(), *self._tags.values())
            check_step(step, self._retention, max(commits, default=0), pinned, self._log.last)
            going = [self._known(version_id) for version_id in step.versions]
            top = self._states.get(TOP_ROWS, GraphState.empty()).apply(step.changes)
            for stored in going:
                stored.delta, stored.seal = b"", seal(stored.version)
            self._bridges |= {bridge.version_id: bridge for bridge in step.bridges}
            for id in (*step.versions, step.top):
                self._bridges.pop(id or "", None)
            if step.changes:
                self._states[TOP_ROWS] = top
            self._log.drop_until(step.floor)
            self._retention = step.after(self._retention)
            batch_id = new_id()
            return self._append(batch_id, [prune_event(step, batch_id, self._log.last + 1)], origin)

    def setting(self, name: str) -> str | None:
        """Return a setting."""
        self._fail()
        return self._settings.get(name)

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting."""
        self._fail()
        self._settings[name] = value

    def change_setting(self, name: str, change: Callable[[str | None], str]) -> None:
        """Make another setting of the one there is."""
        with self._lock:
            self._fail()
            self._settings[name] = change(self._settings.get(name))

    def release(self, *, wait: bool) -> None:
        """Do nothing: Python gives back the memory by itself."""

    def verify(self) -> list[Problem]:
        """Check everything."""
        with self._lock:
            self._fail()
            return list(
                check_store(
                    list(self._log),
                    [stored.version for stored in self._versions.values()],
                    self.delta,
                    {
                        branch: state.items()
                        for branch, state in self._states.items()
                        if branch != TOP_ROWS
                    },
                    self._heads,
                    self._tags,
                    Leftovers(
                        self._retention,
                        lambda id: self._known(id).seal or "",
                        self._bridges.__getitem__,
                        lambda: self.top()[1],
                    ),
                )
            )

    def close(self) -> None:
        """Do nothing: what is in memory stays for the next connection."""
