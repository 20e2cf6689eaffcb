"""The event log of a store, as a sequence that is read on demand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.errors import HistoryPrunedError
from nerv_lab.core.events import Event
from nerv_lab.core.text import counted
from nerv_lab.lab.asking.tables import frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EventLog"]

Read = Callable[[int, int | None, int | None], list[Event]]
_PAGE = 5_000


class EventLog(Sequence[Event]):
    """Every confirmed event, oldest first; ``lab.events[0]`` has ``seq`` 1.

    Parameters
    ----------
    read : callable
        Gives the events with ``after < seq <= until``, at most ``limit`` of them.
    last_seq : callable
        Gives the position of the newest event.
    floor : callable, optional
        Gives the position of the last event that retention dropped; 0 for none. Asking for those
        up to there raises `HistoryPrunedError`, and so does iterating: use `kept`.
    """

    def __init__(
        self, read: Read, last_seq: Callable[[], int], floor: Callable[[], int] = lambda: 0
    ) -> None:
        self._read_any = read
        self._last_seq = last_seq
        self._floor = floor

    @property
    def floor(self) -> int:
        """Position of the last event that retention dropped; 0 where all are there."""
        return self._floor()

    def _read(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        # A client may remember what its store has dropped; all the same it is not in the log.
        if max(after, 0) < self.floor and (until is None or until > after):
            raise HistoryPrunedError(
                f"event {max(after, 0) + 1}", f"the log begins with event {self.floor + 1} now"
            )
        return self._read_any(after, limit, until)

    def __len__(self) -> int:
        return self._last_seq()

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            chosen = range(*index.indices(len(self)))
            if not chosen:
                return []
            low, high = min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1])
            span = self._read(low, None, high + 1)
            return [span[i - low] for i in chosen]
        size = len(self)
        position = index + size if index < 0 else index
        if not 0 <= position < size:
            raise IndexError(
                f"the log holds {counted(size, 'event')}; there is none at index {index}"
            )
        return self._read(position, 1, None)[0]

    def __iter__(self) -> Iterator[Event]:
        if floor := self.floor:
            raise HistoryPrunedError(
                f"event 1 to {floor}", "lab.events.kept() gives those that are there"
            )
        yield from self.between(0, self._last_seq())

    def kept(self) -> Iterator[Event]:
        """Yield the events that are in the log, oldest first."""
        yield from self.between(self.floor, self._last_seq())

    def between(self, after: int, until: int) -> Iterator[Event]:
        """Yield the events with ``after < seq <= until``, a page at a time."""
        while after < until:
            with collector_paused():
                page = self._read(after, _PAGE, until)
            if not page:
                return
            yield from page
            assert page[-1].seq is not None
            after = page[-1].seq

    def after(self, seq: int, limit: int | None = None) -> list[Event]:
        """Return the events behind a position, at most `limit` of them."""
        return self._read(seq, limit, None)

    def recent(self, count: int = 20) -> list[Event]:
        """Return the newest events, newest first."""
        return self._read(max(len(self) - count, self.floor), None, None)[::-1]

    def to_pandas(self) -> pd.DataFrame:
        """Return each event in the log as a row of seq, type, timestamp, source and data."""
        rows = [
            {
                "seq": e.seq,
                "type": e.type,
                "timestamp": dt.datetime.fromtimestamp(e.timestamp, dt.UTC),
                "source": e.source,
                "data": e.data,
            }
            for e in self.kept()
        ]
        return frame(rows, ["seq", "type", "timestamp", "source", "data"])

    def __repr__(self) -> str:
        pruned = f", 1 to {self.floor} pruned" if self.floor else ""
        return f"<EventLog of {counted(len(self), 'event')}{pruned}>"
