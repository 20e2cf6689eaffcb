"""A log of events in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nerv_lab.core.errors import HistoryPrunedError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.log_events import Origin, placed

__all__ = ["MemoryLog"]


class MemoryLog:
    """Events in order, found by place, by id and by batch.

    Parameters
    ----------
    floor : int
        Position after which it begins.
    cursors : mapping of str to int, optional
        How many events each origin has written before.

    Attributes
    ----------
    floor : int
        Position of the last event that is not in it.
    """

    def __init__(self, floor: int = 0, cursors: Mapping[str, int] | None = None) -> None:
        self.floor = floor
        self._events: list[Event] = []
        self._by_id: dict[str, Event] = {}
        self._batches: dict[str, tuple[int, int]] = {}
        self._cursors = dict(cursors or {})

    @property
    def last(self) -> int:
        """Position of the newest event."""
        return self.floor + len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._by_id

    def get(self, event_id: str) -> Event | None:
        """Return an event, or None."""
        return self._by_id.get(event_id)

    def read(self, after: int, limit: int | None = None, until: int | None = None) -> list[Event]:
        """Return events with ``after < seq <= until``, at most ``limit`` of them.

        Raises
        ------
        HistoryPrunedError
            Some of them were dropped.
        """
        if after < self.floor and (until is None or until > after):
            raise HistoryPrunedError(
                f"event {after + 1}", f"the log begins with event {self.floor + 1} now"
            )
        stop = None if until is None else max(until - self.floor, 0)
        return self._events[max(after - self.floor, 0) : stop][:limit]

    def has_batch(self, batch_id: str) -> bool:
        """Return whether a batch was written."""
        return batch_id in self._batches

    def batch(self, batch_id: str) -> tuple[int, int, list[Event]]:
        """Return the first and the last position of a batch, and its events."""
        first, last = self._batches[batch_id]
        return first, last, self._events[first - 1 - self.floor : last - self.floor]

    def append(self, batch_id: str, events: Sequence[Event], origin: Origin) -> tuple[Event, ...]:
        """Write events as one batch, and return them with their places."""
        first = self.last + 1
        cursor = self._cursors.get(origin.id, 0)
        written = tuple(
            placed(event, first + i, origin, cursor + i + 1, batch_id)
            for i, event in enumerate(events)
        )
        self._events.extend(written)
        self._by_id.update((event.id, event) for event in written)
        self._batches[batch_id] = first, self.last
        self._cursors[origin.id] = cursor + len(written)
        return written

    def extend(self, events: Sequence[Event]) -> None:
        """Take in events that have their places already, and follow on the newest."""
        for event in events:
            assert event.seq is not None
            batch, origin = str(event.batch_id), str(event.origin_id)
            first, _ = self._batches.get(batch, (event.seq, event.seq))
            self._batches[batch] = first, event.seq
            self._by_id[event.id] = event
            self._cursors[origin] = event.origin_seq or 0
        self._events.extend(events)

    def drop_until(self, floor: int) -> None:
        """Forget the events up to a position."""
        dropped = self._events[: floor - self.floor]
        del self._events[: floor - self.floor]
        for event in dropped:
            del self._by_id[event.id]
        while self._batches and next(iter(self._batches.values()))[1] <= floor:
            del self._batches[next(iter(self._batches))]
        self.floor = floor
