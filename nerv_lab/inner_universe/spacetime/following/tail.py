"""The newest part of a server's log, kept in memory for everybody who follows it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from nerv_lab.core.errors import ProtocolError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.spacetime.following.entries import LogEntry

__all__ = ["LogTail"]


class LogTail:
    """Confirmed events in log order, without gaps; any thread may read, one writes.

    Parameters
    ----------
    keep : int
        How many events to keep, up to twice as many; older ones are read from the server again.
    """

    def __init__(self, keep: int = 10_000) -> None:
        self._keep = keep
        self._entries: list[LogEntry] = []
        self._last = 0
        self._changed = threading.Condition()
        self._listeners: tuple[Callable[[Sequence[LogEntry]], None], ...] = ()

    @property
    def last(self) -> int:
        """Position of the newest event."""
        return self._last

    @property
    def first(self) -> int:
        """Position before the oldest event that is kept."""
        with self._changed:
            return self._last - len(self._entries)

    def on_feed(self, listener: Callable[[Sequence[LogEntry]], None]) -> None:
        """Call a function with new entries, before anybody else can read them."""
        self._listeners = (*self._listeners, listener)

    def off_feed(self, listener: Callable[[Sequence[LogEntry]], None]) -> None:
        """Call it no more."""
        self._listeners = tuple(known for known in self._listeners if known != listener)

    def start(self, last: int) -> None:
        """Begin behind a position."""
        with self._changed:
            self._entries.clear()
            self._last = last

    def feed(self, entries: Sequence[LogEntry]) -> None:
        """Take in entries, ascending; those that are known already are passed over.

        Raises
        ------
        ProtocolError
            When they do not follow what is there.
        """
        new = [entry for entry in entries if entry.seq > self._last]
        if not new:
            return
        for place, entry in enumerate(new, self._last + 1):
            if entry.seq != place:
                raise ProtocolError(f"event {entry.seq} came where event {place} was expected")
        for listener in self._listeners:
            listener(new)
        with self._changed:
            self._entries += new
            self._last += len(new)
            if len(self._entries) > 2 * self._keep:  # rarely, since it moves all that stay
                del self._entries[: -self._keep]
            self._changed.notify_all()

    def read(self, after: int, until: int | None = None) -> tuple[Event, ...] | None:
        """Return the events behind a position, or None where they are not kept any more.

        Raises
        ------
        ProtocolError
            When one of them is not an event.
        """
        with self._changed:
            first = self._last - len(self._entries)
            if after < first:
                return None if after < self._last else ()
            stop = self._last if until is None else min(until, self._last)
            found = self._entries[after - first : max(stop - first, 0)]
        return tuple([entry.event for entry in found])

    def wait(self, after: int, stopped: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait for an event behind a position, or some seconds at most; False when stopped."""
        with self._changed:
            self._changed.wait_for(lambda: stopped() or self._last > after, seconds)
        return not stopped()

    def wake(self) -> None:
        """Let those who wait look whether they were stopped."""
        with self._changed:
            self._changed.notify_all()
