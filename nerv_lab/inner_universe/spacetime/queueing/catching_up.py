"""Standing where the server stands, once everything is sent."""

from __future__ import annotations

import logging
from dataclasses import replace

from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.standing import Standing, advanced
from nerv_lab.inner_universe.spacetime.queueing.leaving import LeavingUniverse
from nerv_lab.inner_universe.spacetime.queueing.offline_store import OfflineStore
from nerv_lab.inner_universe.spacetime.sending import Sender

__all__ = ["CatchingUpUniverse"]

logger = logging.getLogger(__name__)


class CatchingUpUniverse(LeavingUniverse):
    """The part of a queueing client that goes from the graph in memory back to the server's log."""

    def _sender(self, journal: Journal) -> Sender:
        stand = self._stand_now if journal is self.queues.own else None
        return Sender(self.remote.connection, journal, self._portal, stand, self._deltas)

    async def _stand_now(self) -> Standing | None:
        """Return where the server stands, by where we stood and what it has logged since."""
        if self._local is None or self._other_log:
            return None
        standing = self._ahead or self._local.base
        connection = self.remote.connection
        last = await connection.refresh("resync")
        while standing.seq < last:
            events = self._kept(standing.seq, last)
            if events is None:
                events = await connection.transactions(standing.seq)
            further = advanced(standing, events)
            if further is None:
                return None
            standing = self._ahead = further
        return standing

    async def _leave_local(self) -> None:
        local = self._local
        assert local is not None
        standing = await self._unless_gone(self._stand_now())
        tags = await self._unless_gone(self._read_tags())
        if standing is not None and standing.recent is not None:
            self._basis = OfflineStore(replace(standing, tags=tags), self.origin, 0)
        now = self.remote.connection.tail.last if standing is None else standing.seq
        # Of another log, what was handed over before may be there again at other places.
        common = now if self._other_log else min(local.base.seq, now)
        try:
            await self._portal.aside(self._follow_again, local, common, now)
        finally:
            self._basis = None
        self._turn += 1
        self._ahead, self._other_log = None, False
        self._deltas.clear()
        logger.info("%s is back; everything that was queued is sent", self.uri)

    def _follow_again(self, local: OfflineStore, common: int, now: int) -> None:
        with self._delivery.halted():
            # What was not delivered yet comes with the log.
            position = self._delivery.position
            told = frozenset(e.id for e in local.own if (e.seq or 0) <= position)
            self._echoes = told, now
            self._local = None
            self._resetting = True
            try:
                for reset in self._resets:
                    reset()
            except BaseException:
                self._local = local
                raise
            finally:
                self._resetting = False
            self._delivery.go_to(common)
        self._delivery.wake()
