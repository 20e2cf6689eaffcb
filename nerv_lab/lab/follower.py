"""Following the confirmed events of a store: the one door through which a Lab's state changes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from nerv_lab.core.bus import EventBus
from nerv_lab.core.errors import CorruptStoreError
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.graph.item_changes import ItemChange, compact
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import LTHASH, Version
from nerv_lab.inner_universe.contract.retention import thinned_by
from nerv_lab.lab.announcing import Announcer, ConfirmedBatch
from nerv_lab.lab.expected import Expected
from nerv_lab.lab.position import Pending, Position, pending_in

__all__ = ["Follower"]


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

    Attributes
    ----------
    announcer : Announcer
        Tells bus and watchers.
    """

    def __init__(self, history: TemporalStore, bus: EventBus) -> None:
        self._history = history
        self.announcer = Announcer(bus)
        self._branch = DEFAULT_BRANCH
        self._state = GraphState.empty()
        self._seq = 0
        self._log = 0
        self._moved_at = 0
        self._moves: dict[str, int] = {}
        self._floor = 0
        self._waiting: list[Pending] = []
        self._expected: Expected | None = None
        self._broken: Exception | None = None
        self._lock = threading.Lock()

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
    def log(self) -> int:
        """Counts the logs that were followed."""
        return self._log

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
                self._log,
            )

    def start(
        self, branch: str, state: GraphState, seq: int, moves: Mapping[str, int], floor: int
    ) -> None:
        """Begin at a position that a snapshot gave."""
        self._log += 1
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
        waiting = list(pending_in(events, branch))
        with self._lock:
            if seq != self._seq:
                return False
            changes = self._state.diff(state)
            self._branch, self._state, self._moved_at = branch, state, moved_at
            self._waiting = waiting
            self._remember_head()
            self.announcer.add(ConfirmedBatch((), changes, (), state, seq))
        return True

    def touch(self) -> None:
        """Tell the watchers of something that no event is about, by a batch without events."""
        with self._lock:
            self.announcer.add(ConfirmedBatch((), (), (), self._state, self._seq))
        self.announcer.tell()

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
        waiting = list(pending_in(events, branch))
        with self._lock:
            changes = self._state.diff(state)
            self.start(branch, state, seq, moves, floor)
            self._waiting, self._broken = waiting, None
            self._remember_head()
            self.announcer.add(ConfirmedBatch((), changes, tuple(versions), state, seq))

    def resume(self, events: Iterable[Event]) -> None:
        """Take note of what happened between the head and the state that was started from."""
        with self._lock:
            self._waiting = list(pending_in(events, self._branch))
            self._remember_head()

    def _remember_head(self) -> None:
        head = self._history.head(self._branch)
        if head is not None:
            undone = (p.change.inverse() for p in reversed(self._waiting))
            self._history.remember(head.id, state=self._state.apply(undone))

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
        self.announcer.add(batch)

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
            for pending in pending_in((event,), self._branch):
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
