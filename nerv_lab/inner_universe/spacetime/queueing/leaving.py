"""Going on without the server when it is away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from nerv_lab.core.errors import NervError, OutboxFullError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.outbox.standing import Standing
from nerv_lab.inner_universe.outbox.writes import QueuedWrite
from nerv_lab.inner_universe.spacetime.queueing.following import GONE, FollowingUniverse
from nerv_lab.inner_universe.spacetime.queueing.offline_store import OfflineStore

__all__ = ["LeavingUniverse"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

# What was under way when the connection was lost is among the last events, if it is there at all.
_LOOK_BACK = 10_000


class LeavingUniverse(FollowingUniverse):
    """The part of a queueing client that works on a graph in memory while the server is away."""

    async def _go_offline(self) -> OfflineStore:
        """Go on from where the Lab stands; only while nobody else writes here."""
        if self._local is None:
            self._ahead = None
            self._turn += 1
            self.queues.own.doubt()
            self._local = await self._portal.aside(self._stand)
            logger.warning("%s is away; what is written is queued", self.uri)
            self._wanted.set()
            self._watchers.tell()
        return self._local

    def _stand(self) -> OfflineStore:
        try:
            self._delivery.catch_up()
        except NervError as error:
            logger.debug("what was confirmed last could not be delivered: %s", error)
        with self._delivery.halted():
            standing = self._lent()
            if standing is None:
                standing = Standing(self._delivery.position)
            else:
                self.queues.own.stand(standing)
            store = OfflineStore(standing, self.origin, self.queues.own.cursor)
            self._delivery.go_to(standing.seq)
            self._local = store
        return store

    def _arrived(self, write: QueuedWrite, store: OfflineStore) -> tuple[Event, ...]:
        """Return the events of a write that was under way, where they were confirmed after all."""
        tail = self.remote.connection.tail
        kept = tail.read(max(tail.first, store.base.seq - _LOOK_BACK), store.base.seq) or ()
        ids = {write.id} | ({write.version.id} if write.version else set())
        found = tuple(event for event in kept if event.batch_id in ids)
        if found and write.id in self.queues.own.outbox:
            self.queues.own.accept([(write.id, found[-1].origin_seq or 0)])
        return found

    async def _make_room(self, write: QueuedWrite) -> None:
        """Wait for room in a full outbox, as long as that is allowed.

        Raises
        ------
        OutboxFullError
            There is none.
        """
        limit = asyncio.get_running_loop().time() + self._queue_limits.wait
        size = len(write.delta) + 1024
        while True:
            self._room.clear()
            try:
                self.queues.own.outbox.check_room(size)
                return
            except OutboxFullError:
                left = limit - asyncio.get_running_loop().time()
                if left <= 0:
                    raise
            self._writing.release()  # so that the outbox can be emptied
            try:
                async with asyncio.timeout(left):
                    await self._room.wait()
            except TimeoutError:
                pass
            finally:
                await self._writing.acquire()

    # Asking whoever is there

    async def _asked(
        self, local: Callable[[OfflineStore], _T], remote: Callable[[], Coroutine[Any, Any, _T]]
    ) -> _T:
        """Ask the server, or what is at hand while it is away."""
        return await self._portal.hop(self._ask(local, remote))

    async def _ask(
        self, local: Callable[[OfflineStore], _T], remote: Callable[[], Coroutine[Any, Any, _T]]
    ) -> _T:
        if self._local is None:
            if self._resetting and self._basis is not None:
                return local(self._basis)
            try:
                return await self._unless_gone(remote())
            except GONE:
                if self._resetting or not self._gone.is_set():
                    raise
                async with self._writing:
                    await self._go_offline()
        assert self._local is not None
        return local(self._local)
