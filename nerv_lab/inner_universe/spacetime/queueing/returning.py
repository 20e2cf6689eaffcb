"""Sending what waits when the server is back."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from nerv_lab.core.errors import NervError
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.spacetime.queueing.following import GONE
from nerv_lab.inner_universe.spacetime.queueing.forking import ForkingUniverse
from nerv_lab.inner_universe.spacetime.sending import Clash

__all__ = ["ReturningUniverse"]

logger = logging.getLogger(__name__)


class ReturningUniverse(ForkingUniverse):
    """The part of a queueing client that sends, in the background, until nothing waits."""

    async def _resync_for_ever(self) -> None:
        pause = 0.1
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._busy = True
            try:
                if await self._resync():
                    pause = 0.1
                    continue
            except GONE as error:
                logger.debug("%s is still away: %s", self.uri, error)
            except NervError as error:
                logger.warning("what is queued could not be sent yet: %s", error)
            except Exception:
                logger.exception("what is queued could not be sent yet")
            finally:
                self._busy = False
                with self._settled:
                    self._settled.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wanted.wait()
            pause = min(pause * 2, 5.0)
            self._wanted.set()

    async def _resync(self) -> bool:
        """Send what is queued and be online again; False where the server is not there yet."""
        if self._gone.is_set() and self._local is None and not self.remote.connected:
            async with self._writing:
                await self._go_offline()
        if not self.remote.connected and not await self._reached_again():
            return False
        for journal in self.queues.journals:
            clash = await self._send(journal)
            while clash is not None:
                await self._fork(journal, clash)
                clash = await self._send(journal)
        if self._local is not None:
            await self._go_online()
        else:
            await self._unless_gone(self._read_tags())
        self._release_idle()
        self._room.set()
        self._watchers.tell()
        await self._offer_forks()
        return True

    async def _reached_again(self) -> bool:
        """Open the connection anew where it was never open, or has given up."""
        if self.remote.broken or self._forget_status is None:
            if self._local is None:
                async with self._writing:
                    await self._go_offline()
            self._stop_following()
            self._other_log = True
            await self.remote.reconnect()
            self._follow_connection()
        return self.remote.connected

    async def _send(self, journal: Journal) -> Clash | None:
        sender = self._sender(journal)
        if journal is not self.queues.own:
            return await self._unless_gone(sender.send_all())
        if self._local is None:
            async with self._writing:
                self._turn += 1
                return await self._unless_gone(sender.send_all())
        try:
            return await self._unless_gone(sender.send_all())
        finally:
            self._room.set()

    async def _go_online(self) -> None:
        """Send what was written meanwhile, and follow the server again, while others wait."""
        own = self.queues.own
        async with self._writing:
            if await self._unless_gone(self._sender(own).send_all()) is not None:
                self._wanted.set()  # to be put on a branch of its own
            elif self._local is not None:
                await self._leave_local()

    def _release_idle(self) -> None:
        """Give up the outboxes of others in which nothing waits."""
        for journal in list(self.queues.adopted):
            if journal.idle:
                self.queues.adopted.remove(journal)
                journal.close()

    # Waiting for it

    def wait_sent(self, timeout: float) -> bool:
        """Wait until nothing is left to send; False when time is over."""
        if not self._is_sent():
            self._poke()
        with self._settled:
            return self._settled.wait_for(self._is_sent, timeout)

    def _is_sent(self) -> bool:
        if self._queues is None:
            return True
        under_way = 1 if self._local is None and self._writing.locked() else 0
        return self._local is None and not self._busy and self._queues.open <= under_way
