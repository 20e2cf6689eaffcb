"""Following a log from where it was left, whatever happened to the server meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from nerv_lab.core.errors import HistoryPrunedError, LogRewoundError, NervError, ProtocolError
from nerv_lab.inner_universe.spacetime.following import queries
from nerv_lab.inner_universe.spacetime.following.entries import LogEntry, by_seq, entries_of
from nerv_lab.inner_universe.spacetime.following.queries import select_between
from nerv_lab.inner_universe.spacetime.following.tail import LogTail
from nerv_lab.inner_universe.spacetime.wire.messages import DatabaseUpdate
from nerv_lab.inner_universe.spacetime.wire.session import Session

__all__ = ["LogFollower", "RecentCalls", "whole_batches"]

logger = logging.getLogger(__name__)

# A server of 1.2 answers up to half a second before it has written to disk.
_DURABLE_AFTER = 3.0
_MOST_RECENT_BYTES = 64 * 1024 * 1024
_MOST_EARLY = 100_000
_LOOK_AGAIN = 0.05


class RecentCalls:
    """Our last calls that wrote something, until they are surely on the server's disk."""

    def __init__(self) -> None:
        self._calls: deque[tuple[float, str, bytes]] = deque()
        self._bytes = 0

    def add(self, reducer: str, args: bytes) -> None:
        """Keep a call that was confirmed just now."""
        now = time.monotonic()
        calls = self._calls
        calls.append((now, reducer, args))
        self._bytes += len(args)
        while calls and (calls[0][0] < now - _DURABLE_AFTER or self._bytes > _MOST_RECENT_BYTES):
            self._bytes -= len(calls.popleft()[2])

    async def repeat(self, session: Session) -> None:
        """Make them again; what the server still has of them it passes over."""
        for _, reducer, args in tuple(self._calls):
            with contextlib.suppress(NervError):
                await session.call(reducer, args)


class LogFollower:
    """Brings the rows of a server's log into a tail, in order; belongs to one loop.

    Parameters
    ----------
    uri : str
        Whose log, for errors.
    gap : callable
        Called when rows came before those that precede them.
    patience : float
        Seconds that other clients get to write again what a server lost of theirs.

    Attributes
    ----------
    tail : LogTail
        The newest events.
    recent : RecentCalls
        What to write again on a server that comes back without it.
    """

    def __init__(self, uri: str, gap: Callable[[], None], patience: float) -> None:
        self.tail = LogTail()
        self.recent = RecentCalls()
        self._uri = uri
        self._gap = gap
        self._patience = patience
        self._following = False
        self._early: list[LogEntry] = []

    @property
    def has_gap(self) -> bool:
        """Whether there are rows that wait for those before them."""
        return bool(self._early)

    async def follow(self, session: Session, last: int, floor: int) -> None:
        """Go on where we are, or begin behind the last event of the server.

        Raises
        ------
        LogRewoundError
            When the server's log is not the one that was followed.
        HistoryPrunedError
            When events that were not seen yet are gone.
        """
        held: list[LogEntry] = []
        self._early.clear()
        if not self._following:
            self.tail.start(last)
        else:
            if self.tail.last < floor:
                raise HistoryPrunedError(
                    f"event {self.tail.last + 1}", f"open {self._uri} again, to go on from there"
                )
            await self._check_continuity(session, last, floor)
            held = await self._catch_up(session)
        after = held[-1].seq if held else self.tail.last
        await session.subscribe(
            [f"SELECT * FROM event_log WHERE seq > {after}"],
            lambda update: self.feed([*held, *entries_of(update)]),
        )
        self._following = True

    async def _catch_up(self, session: Session) -> list[LogEntry]:
        """Take in what was missed, but for a last transaction that may not be whole."""
        held: list[LogEntry] = []
        while True:
            after = held[-1].seq if held else self.tail.last
            page = await select_between(session, after, after + queries.PAGE)
            held += page
            if len(page) < queries.PAGE:
                return held
            whole = whole_batches(held)
            self.feed(whole)
            held = held[len(whole) :]

    async def _check_continuity(self, session: Session, last: int, floor: int) -> None:
        """See that the server's log goes on where ours ends.

        A server that was killed may come back without its last half second. What of that was
        ours is written again, under the same ids, and so do other clients with what was theirs.
        """
        ours = self.tail.last
        if last < ours:
            logger.warning(
                "%s came back at event %d of %d; writing what was lost again",
                self._uri,
                last,
                ours,
            )
            await self.recent.repeat(session)
        first = max(min(last, ours) - 1, floor)
        limit = time.monotonic() + self._patience
        while (found := await self._checked(session, first, ours)) < ours:
            if time.monotonic() > limit:
                raise self._rewound(found + 1)
            await asyncio.sleep(_LOOK_AGAIN)

    async def _checked(self, session: Session, first: int, ours: int) -> int:
        """Return how far the server's log is ours, which it must be as far as it goes."""
        found = await select_between(session, first, ours)
        kept = self.tail.read(max(first, self.tail.first)) or ()
        ids = {event.seq: event.id for event in kept}
        for entry in found:
            if ids.get(entry.seq, entry.row.event_id) != entry.row.event_id:
                raise self._rewound(entry.seq)
        return found[-1].seq if found else first

    def _rewound(self, seq: int) -> LogRewoundError:
        return LogRewoundError(
            f"{self._uri} came back with another log: event {seq} is not the one that was "
            f"confirmed before; open it again, and look whether your last changes are there"
        )

    def updated(self, update: DatabaseUpdate) -> Sequence[int]:
        """Take in what a transaction wrote, and return its places in the log."""
        entries = entries_of(update)
        self.feed(entries)
        return [entry.seq for entry in entries]

    def feed(self, entries: Sequence[LogEntry]) -> None:
        """Take in entries, ascending; such as come too early wait for those before them.

        Raises
        ------
        ProtocolError
            When too many wait.
        """
        last = self.tail.last
        if not self._early and entries and _follows(entries, last):
            self.tail.feed(entries)
            return
        known = {entry.seq: entry for entry in (*self._early, *entries) if entry.seq > last}
        new = sorted(known.values(), key=by_seq)
        whole = next((i for i, entry in enumerate(new) if entry.seq != last + 1 + i), len(new))
        self._early = new[whole:]
        self.tail.feed(new[:whole])
        if len(self._early) > _MOST_EARLY:
            raise ProtocolError(f"{self._uri} leaves out events of its log")
        if self._early:
            self._gap()


def _follows(entries: Sequence[LogEntry], last: int) -> bool:
    return entries[0].seq == last + 1 and entries[-1].seq == last + len(entries)


def whole_batches(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """Return the entries without those of the last transaction."""
    last = entries[-1].row.batch_id
    return [entry for entry in entries if entry.row.batch_id != last]
