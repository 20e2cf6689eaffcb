"""Following the confirmed events of a store: the one door through which a Lab's state changes."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nerv_lab.core.bus import EventBus
from nerv_lab.core.changes import CHANGE_EVENT_TYPES, ItemChange, compact
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.state import GraphState
from nerv_lab.core.temporal import TemporalStore
from nerv_lab.core.versions import LTHASH, Version

__all__ = ["ConfirmedBatch", "Follower", "Position"]

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
class Position:
    """Where a Lab stands: all four belong to the same moment.

    Attributes
    ----------
    state : GraphState
        The working state.
    seq : int
        The last event it includes.
    head : Version or None
        The newest version.
    pending : tuple of ItemChange
        What happened since that version, in order.
    """

    state: GraphState
    seq: int
    head: Version | None
    pending: tuple[ItemChange, ...]


class Follower:
    """Applies confirmed events to the state and the history, then tells bus and watchers.

    The state moves as soon as an event is confirmed, in the client's thread and order. Telling
    others comes after, with no lock held, so that a handler may use the Lab freely.

    Parameters
    ----------
    state : GraphState
        The state of the store's branch at position `seq`.
    seq : int
        Position in the log.
    history : TemporalStore
        The versions at that position; kept up to date from here on.
    bus : EventBus
        Receives every confirmed event once.
    branch : str
        The branch to follow.
    """

    def __init__(
        self, state: GraphState, seq: int, history: TemporalStore, bus: EventBus, branch: str
    ) -> None:
        self._state = state
        self._seq = seq
        self._history = history
        self._bus = bus
        self._branch = branch
        self._pending: list[tuple[int, ItemChange]] = []
        self._lock = threading.Lock()
        self._untold: deque[ConfirmedBatch] = deque()
        # Never waited for: who finds it taken leaves the batch to whoever holds it.
        self._telling = threading.Lock()
        self._watchers: tuple[Callable[[ConfirmedBatch], None], ...] = ()

    @property
    def state(self) -> GraphState:
        """The working state."""
        return self._state

    @property
    def seq(self) -> int:
        """Position of the last event seen."""
        return self._seq

    def position(self) -> Position:
        """Return state, position, head and pending changes of one moment."""
        with self._lock:
            head = self._history.head(self._branch)
            pending = tuple(change for _, change in self._pending)
            return Position(self._state, self._seq, head, pending)

    def watch(self, handler: Callable[[ConfirmedBatch], None]) -> Callable[[], None]:
        """Call a handler with each confirmed batch from now on; returns how to stop it."""
        with self._lock:
            self._watchers = (*self._watchers, handler)

        def unwatch() -> None:
            with self._lock:
                # Not ==: a bound method equals another of the same object.
                self._watchers = tuple(w for w in self._watchers if w is not handler)

        return unwatch

    def resume(self, events: Iterable[Event]) -> None:
        """Take note of what happened between the head and the state that was started from."""
        with self._lock:
            self._pending = [
                (event.seq or 0, change)
                for event in events
                for change in changes_of((event,), self._branch)
            ]
            head = self._history.head(self._branch)
            if head is not None:
                undone = (change.inverse() for _, change in reversed(self._pending))
                self._history.remember(head.id, state=self._state.apply(undone))

    def receive(self, events: tuple[Event, ...]) -> None:
        """Move to the position after these events; called by the client, in log order."""
        if not events:
            return
        changes: list[ItemChange] = []
        applied = 0
        versions: list[Version] = []
        with self._lock:
            state = self._state
            for event in events:
                assert event.seq is not None
                if event.type == EventType.STATE_VERSION_COMMITTED:
                    state = state.apply(changes[applied:])
                    applied = len(changes)
                    versions.append(self._add_version(event, state))
                for change in changes_of((event,), self._branch):
                    changes.append(change)
                    self._pending.append((event.seq, change))
                self._seq = event.seq
            self._state = state = state.apply(changes[applied:])
        self._untold.append(
            ConfirmedBatch(events, tuple(changes), tuple(versions), state, self._seq)
        )

    def _add_version(self, event: Event, state: GraphState) -> Version:
        assert event.data is not None
        version = Version.from_record(event.data)
        if version.branch != self._branch or version.algorithm != LTHASH:
            self._history.add(version)
            return version
        included = [c for seq, c in self._pending if seq <= version.event_seq]
        self._pending = [p for p in self._pending if p[0] > version.event_seq]
        self._history.add(version, state=None if self._pending else state)
        self._history.remember(version.id, compact(included, exact=True))
        return version

    def tell(self) -> None:
        """Hand what was received to the bus and the watchers; no lock may be held."""
        while self._untold and self._telling.acquire(blocking=False):
            try:
                while self._untold:
                    self._tell(self._untold.popleft())
            finally:
                self._telling.release()

    def _tell(self, batch: ConfirmedBatch) -> None:
        for event in batch.events:
            self._bus.publish_event(event)
        for watcher in self._watchers:
            try:
                watcher(batch)
            except Exception:
                logger.exception("watcher %r failed on the batch up to %d", watcher, batch.seq)


def changes_of(events: Iterable[Event], branch: str) -> tuple[ItemChange, ...]:
    """Return what events did to the graph of a branch, in order."""
    return tuple(
        ItemChange.from_data(event.data or {})
        for event in events
        if event.type in CHANGE_EVENT_TYPES and event.branch == branch
    )
