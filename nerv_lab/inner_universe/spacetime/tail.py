"""The newest part of a server's log, kept in memory for everybody who follows it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from nerv_lab.core.errors import ProtocolError
from nerv_lab.core.events import Event

__all__ = ["LogTail"]


class LogTail:
    """Confirmed events in log order, without gaps; any thread may read, one writes.

    Parameters
    ----------
    keep : int
        How many events to keep; older ones are read from the server again.
    """

    def __init__(self, keep: int = 20_000) -> None:
        self._keep = keep
        self._events: deque[Event] = deque()
        self._last = 0
        self._changed = threading.Condition()
        self._listeners: tuple[Callable[[Sequence[Event]], None], ...] = ()

    @property
    def last(self) -> int:
        """Position of the newest event."""
        return self._last

    @property
    def first(self) -> int:
        """Position before the oldest event that is kept."""
        with self._changed:
            return self._last - len(self._events)

    def on_feed(self, listener: Callable[[Sequence[Event]], None]) -> None:
        """Call a function with new events, before anybody else can read them."""
        self._listeners = (*self._listeners, listener)

    def off_feed(self, listener: Callable[[Sequence[Event]], None]) -> None:
        """Call it no more."""
        self._listeners = tuple(known for known in self._listeners if known != listener)

    def start(self, last: int) -> None:
        """Begin behind a position."""
        with self._changed:
            self._events.clear()
            self._last = last

    def feed(self, events: Sequence[Event]) -> None:
        """Take in events, ascending; those that are known already are passed over.

        Raises
        ------
        ProtocolError
            When they do not follow what is there.
        """
        new = [event for event in events if (event.seq or 0) > self._last]
        if not new:
            return
        for place, event in enumerate(new, self._last + 1):
            if event.seq != place:
                raise ProtocolError(f"event {event.seq} came where event {place} was expected")
        for listener in self._listeners:
            listener(new)
        with self._changed:
            self._events.extend(new)
            self._last += len(new)
            while len(self._events) > self._keep:
                self._events.popleft()
            self._changed.notify_all()

    def read(self, after: int, until: int | None = None) -> tuple[Event, ...] | None:
        """Return the events behind a position, or None where they are not kept any more."""
        with self._changed:
            first = self._last - len(self._events)
            if after < first:
                return None if after < self._last else ()
            stop = self._last if until is None else min(until, self._last)
            return tuple(islice(self._events, after - first, max(stop - first, 0)))

    def wait(self, after: int, stopped: Callable[[], bool]) -> bool:
        """Wait for an event behind a position; False when stopped."""
        with self._changed:
            self._changed.wait_for(lambda: stopped() or self._last > after)
        return not stopped()

    def wake(self) -> None:
        """Let those who wait look whether they were stopped."""
        with self._changed:
            self._changed.notify_all()
