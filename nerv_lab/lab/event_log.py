"""The event log of a store, as a sequence that is read on demand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

from nerv_lab.core.events import Event
from nerv_lab.lab.tables import frame

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
    """

    def __init__(self, read: Read, last_seq: Callable[[], int]) -> None:
        self._read = read
        self._last_seq = last_seq

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
            raise IndexError(f"the log holds {size} events; there is none at index {index}")
        return self._read(position, 1, None)[0]

    def __iter__(self) -> Iterator[Event]:
        yield from self.between(0, self._last_seq())

    def between(self, after: int, until: int) -> Iterator[Event]:
        """Yield the events with ``after < seq <= until``, a page at a time."""
        while after < until and (page := self._read(after, _PAGE, until)):
            yield from page
            assert page[-1].seq is not None
            after = page[-1].seq

    def after(self, seq: int, limit: int | None = None) -> list[Event]:
        """Return the events behind a position, at most `limit` of them."""
        return self._read(seq, limit, None)

    def recent(self, count: int = 20) -> list[Event]:
        """Return the newest events, newest first."""
        return self._read(max(len(self) - count, 0), None, None)[::-1]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each event: ``seq``, ``type``, ``timestamp``, ``source``, ``data``."""
        rows = [
            {
                "seq": e.seq,
                "type": e.type,
                "timestamp": dt.datetime.fromtimestamp(e.timestamp, dt.UTC),
                "source": e.source,
                "data": e.data,
            }
            for e in self
        ]
        return frame(rows, ["seq", "type", "timestamp", "source", "data"])

    def __repr__(self) -> str:
        return f"<EventLog of {len(self)} events>"
