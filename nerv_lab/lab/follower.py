"""Following the confirmed events of a store: the one door through which a Lab's state changes."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from nerv_lab.core.bus import EventBus
from nerv_lab.core.change_events import ChangeEvent, change_in
from nerv_lab.core.errors import CorruptStoreError
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.item_changes import CHANGE_EVENT_TYPES, ItemChange, compact
from nerv_lab.core.state import GraphState
from nerv_lab.core.temporal import TemporalStore
from nerv_lab.core.versions import LTHASH, Version
from nerv_lab.inner_universe.ids import batch_of
from nerv_lab.inner_universe.retention import thinned_by

__all__ = ["ConfirmedBatch", "Expected", "Follower", "Pending", "Position", "changes_of"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConfirmedBatch:
    """Confirmed events, in log order, and what they made of the graph.

    Attributes
    ----------
    events : tuple of Event
        All of them, users' own events included.
    changes : tuple of ItemChange
        What they did to the graph, in order.
    versions : tuple of Version
        Those that were committed.
    state : GraphState
        The graph after the batch.
    seq : int
        Position of the last event in the log.
    """

    events: tuple[Event, ...]
    changes: tuple[ItemChange, ...]
    versions: tuple[Version, ...]
    state: GraphState
    seq: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that no version includes yet.

    Attributes
    ----------
    seq : int
        Its position in the log.
    batch : str
        Id of the batch it was made in.
    origin : str or None
        The client that made it.
    change : ItemChange
    """

    seq: int
    batch: str
    origin: str | None
    change: ItemChange


@dataclass(frozen=True, slots=True)
class Position:
    """Where a Lab stands; everything belongs to the same moment.

    Attributes
    ----------
    branch : str
        The branch that is followed.
    state : GraphState
        The working state.
    seq : int
        The last event it includes.
    head : Version or None
        The newest version.
    moved_at : int
        From where on the branch can be followed in the log; 0 for its beginning.
    waiting : tuple of Pending
        What happened since the head, in order.
    """

    branch: str
    state: GraphState
    seq: int
    head: Version | None
    moved_at: int
    waiting: tuple[Pending, ...]

    @property
    def pending(self) -> tuple[ItemChange, ...]:
        """The changes since the head, in order."""
        return tuple(p.change for p in self.waiting)

    @property
    def uncommitted(self) -> tuple[ItemChange, ...]:
        """What those changes come to; what was taken back again is nothing."""
        return compact(self.pending)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a version that is being made will be, for whoever will see it confirmed.

    Attributes
    ----------
    start, state : GraphState
        The graph before its changes and after them.
    changes : tuple of ItemChange
        Those that are made together with it.
    included : tuple of ItemChange
        All that it changes against its parent.
    version : Version
    """

    start: GraphState
    state: GraphState
    changes: tuple[ItemChange, ...]
    included: tuple[ItemChange, ...]
    version: Version

    def is_met(self, branch: str, start: GraphState, events: tuple[Event, ...]) -> bool:
        """Return whether these events are that version and its changes, and nothing else.

        Parameters
        ----------
        branch, start : str, GraphState
            Where whoever follows stands.
        events : tuple of Event
            What was confirmed.
        """
        last, changes = events[-1], self.changes
        if start is not self.start or branch != last.branch or len(events) != len(changes) + 1:
            return False
        if last.type != EventType.STATE_VERSION_COMMITTED:
            return False
        if (last.data or {}).get("version_id") != self.version.id:
            return False
        # Events come without gaps, and a transaction as a whole: what is between them is ours too.
        for at in (0, -1) if changes else ():
            event = events[:-1][at]
            if type(event) is not ChangeEvent or event.change is not changes[at]:
                return False
        return True


class Follower:
    """Applies confirmed events to the state and the history, then tells bus and watchers.

    The state moves as soon as an event is confirmed, in the client's thread and order. Telling
    others comes after, with no lock held, so that a handler may use the Lab freely.

    Parameters
    ----------
    history : TemporalStore
        The versions; kept up to date from here on.
    bus : EventBus
        Receives every confirmed event once.
    """

    def __init__(self, history: TemporalStore, bus: EventBus) -> None:
        self._history = history
        self._bus = bus
        self._branch = DEFAULT_BRANCH
        self._state = GraphState.empty()
        self._seq = 0
        self._moved_at = 0
        self._moves: dict[str, int] = {}
        self._floor = 0
        self._waiting: list[Pending] = []
        self._expected: Expected | None = None
        self._broken: Exception | None = None
        self._lock = threading.Lock()
        self._untold: deque[ConfirmedBatch] = deque()
        # Never waited for: who finds it taken leaves the batch to whoever holds it.
        self._telling = threading.Lock()
        self._watchers: tuple[list[Callable[[ConfirmedBatch], None]], ...] = ()

    @property
    def branch(self) -> str:
        """The branch that is followed."""
        return self._branch

    @property
    def state(self) -> GraphState:
        """The working state."""
        self._check()
        return self._state

    @property
    def seq(self) -> int:
        """Position of the last event seen."""
        return self._seq

    @property
    def untold(self) -> int:
        """How many batches wait to be told to the bus and the watchers."""
        return len(self._untold)

    @property
    def floor(self) -> int:
        """Position of the last event that was dropped from the log; 0 for none."""
        return self._floor

    def moved_at(self, branch: str) -> int:
        """Return the position of the event that last moved a branch; 0 for none."""
        return self._moves.get(branch, 0)

    @property
    def moves(self) -> dict[str, int]:
        """Position of the event that last moved each branch."""
        return dict(self._moves)

    def _check(self) -> None:
        if self._broken is not None:
            raise CorruptStoreError(
                f"the events of the store stopped making sense after event {self._seq}: "
                f"{self._broken}; look into it with nerv-lab verify, and open the store again"
            ) from self._broken

    def position(self) -> Position:
        """Return where the Lab stands."""
        with self._lock:
            self._check()
            return Position(
                self._branch,
                self._state,
                self._seq,
                self._history.head(self._branch),
                self._moved_at,
                tuple(self._waiting),
            )

    def watch(self, handler: Callable[[ConfirmedBatch], None]) -> Callable[[], None]:
        """Call a handler with each confirmed batch from now on; returns how to stop it."""
        # A list of its own tells two subscriptions of one function apart.
        watcher = [handler]
        with self._lock:
            self._watchers = (*self._watchers, watcher)

        def unwatch() -> None:
            with self._lock:
                self._watchers = tuple(w for w in self._watchers if w is not watcher)

        return unwatch

    def start(
        self, branch: str, state: GraphState, seq: int, moves: Mapping[str, int], floor: int
    ) -> None:
        """Begin at a position that a snapshot gave."""
        self._branch, self._state, self._seq = branch, state, seq
        self._moves, self._floor = dict(moves), floor
        self._moved_at = self.moved_at(branch)

    def switch(
        self, branch: str, state: GraphState, seq: int, moved_at: int, events: Iterable[Event]
    ) -> bool:
        """Follow another branch from here on.

        Parameters
        ----------
        branch, state, seq, moved_at : str, GraphState, int, int
            The branch as a snapshot gave it.
        events : iterable of Event
            What happened on it since its head.

        Returns
        -------
        bool
            False, and nothing happened, where the log has moved on since the snapshot.
        """
        waiting = list(self._pending_of(events, branch))
        with self._lock:
            if seq != self._seq:
                return False
            changes = self._state.diff(state)
            self._branch, self._state, self._moved_at = branch, state, moved_at
            self._waiting = waiting
            self._remember_head()
            self._untold.append(ConfirmedBatch((), changes, (), state, seq))
        return True

    def touch(self) -> None:
        """Tell the watchers of something that no event is about, by a batch without events."""
        with self._lock:
            self._untold.append(ConfirmedBatch((), (), (), self._state, self._seq))
        self.tell()

    def restart(
        self,
        branch: str,
        state: GraphState,
        seq: int,
        moves: Mapping[str, int],
        floor: int,
        events: Iterable[Event],
        versions: Iterable[Version],
    ) -> None:
        """Go on from another position, since what led to the present one is void.

        Parameters
        ----------
        branch, state, seq, moves, floor
            As for `start`.
        events : iterable of Event
            What happened on the branch since its head.
        versions : iterable of Version
            Those that are new.
        """
        waiting = list(self._pending_of(events, branch))
        with self._lock:
            changes = self._state.diff(state)
            self.start(branch, state, seq, moves, floor)
            self._waiting, self._broken = waiting, None
            self._remember_head()
            self._untold.append(ConfirmedBatch((), changes, tuple(versions), state, seq))

    def resume(self, events: Iterable[Event]) -> None:
        """Take note of what happened between the head and the state that was started from."""
        with self._lock:
            self._waiting = list(self._pending_of(events, self._branch))
            self._remember_head()

    def _remember_head(self) -> None:
        head = self._history.head(self._branch)
        if head is not None:
            undone = (p.change.inverse() for p in reversed(self._waiting))
            self._history.remember(head.id, state=self._state.apply(undone))

    @staticmethod
    def _pending_of(events: Iterable[Event], branch: str) -> Iterator[Pending]:
        for event in events:
            if event.type in CHANGE_EVENT_TYPES and event.branch == branch:
                change = change_in(event)
                yield Pending(event.seq or 0, batch_of(event.id), event.origin_id, change)

    def receive(self, events: tuple[Event, ...]) -> None:
        """Move to the position after these events; called by the client, in log order."""
        if not events or self._broken is not None:
            return
        with self._lock:
            try:
                if (events[-1].seq or 0) <= self._seq:
                    # Included in a state that was read anew; told all the same.
                    batch = ConfirmedBatch(events, (), (), self._state, self._seq)
                else:
                    batch = self._follow(events)
            except Exception as error:
                self._broken = error
                raise
        self._untold.append(batch)

    def _follow(self, events: tuple[Event, ...]) -> ConfirmedBatch:
        expected, self._expected = self._expected, None
        if expected is not None and expected.is_met(self._branch, self._state, events):
            return self._take(expected, events)
        done: list[ItemChange] = []
        fresh: list[ItemChange] = []
        versions: list[Version] = []

        def catch_up() -> None:
            self._state = self._state.apply(fresh)
            done.extend(fresh)
            fresh.clear()

        for event in events:
            assert event.seq is not None
            if event.type == EventType.STATE_VERSION_COMMITTED:
                catch_up()
                versions.append(self._add_version(event))
            elif event.type == EventType.BRANCH_MOVED:
                catch_up()
                done.extend(self._move(event))
            elif event.type == EventType.HISTORY_PRUNED:
                self._prune(event)
            for pending in self._pending_of((event,), self._branch):
                fresh.append(pending.change)
                self._waiting.append(pending)
            self._seq = event.seq
        catch_up()
        return ConfirmedBatch(events, tuple(done), tuple(versions), self._state, self._seq)

    def _take(self, expected: Expected, events: tuple[Event, ...]) -> ConfirmedBatch:
        """Go on to a version of our own, of which everything is known."""
        version, state = expected.version, expected.state
        self._waiting = []
        self._history.add(version, state=state, confirmed=True)
        self._history.remember(version.id, expected.included)
        self._state, self._seq = state, events[-1].seq or 0
        return ConfirmedBatch(events, expected.changes, (version,), state, self._seq)

    def expect(self, expected: Expected) -> None:
        """Take note of a version that is being made, so that it is not worked out again."""
        self._expected = expected

    def _add_version(self, event: Event) -> Version:
        version = Version.from_record(event.data or {})
        if version.branch != self._branch or version.algorithm != LTHASH:
            self._history.add(version, confirmed=True)
            return version
        included = [p.change for p in self._waiting if p.seq <= version.event_seq]
        self._waiting = [p for p in self._waiting if p.seq > version.event_seq]
        state = None if self._waiting else self._state
        self._history.add(version, state=state, confirmed=True)
        self._history.remember(version.id, compact(included, exact=True))
        return version

    def _prune(self, event: Event) -> None:
        gone = thinned_by(event.data or {})
        self._history.thin(gone)
        self._floor = max(self._floor, gone.floor)

    def _move(self, event: Event) -> tuple[ItemChange, ...]:
        target = (event.data or {}).get("new")
        self._history.move(event.branch, target)
        self._moves[event.branch] = event.seq or 0
        if event.branch != self._branch or target is None:
            return ()
        state: GraphState = self._history.state_at(target)
        changes = self._state.diff(state)
        self._state, self._waiting, self._moved_at = state, [], event.seq or 0
        return changes

    def tell(self) -> None:
        """Hand what was received to the bus and the watchers; no lock may be held."""
        while self._untold and self._telling.acquire(blocking=False):
            try:
                while self._untold:
                    self._tell(self._untold.popleft())
            finally:
                self._telling.release()

    def _tell(self, batch: ConfirmedBatch) -> None:
        self._bus.publish_events(batch.events)
        for (handler,) in self._watchers:
            try:
                handler(batch)
            except Exception:
                logger.exception("watcher %r failed on the batch up to %d", handler, batch.seq)


def changes_of(events: Iterable[Event], branch: str) -> tuple[ItemChange, ...]:
    """Return what events did to the graph of a branch, in order."""
    return tuple(
        change_in(event)
        for event in events
        if event.type in CHANGE_EVENT_TYPES and event.branch == branch
    )
