"""Seeing whether the server is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from nerv_lab.core.errors import ServerGoneError, ServerTimeoutError, ServerUnreachableError
from nerv_lab.inner_universe.contract.records import TagsChanged
from nerv_lab.inner_universe.spacetime.following.pump import Pump
from nerv_lab.inner_universe.spacetime.queueing.holding import QueueHolder

__all__ = ["GONE", "FollowingUniverse"]

_T = TypeVar("_T")

GONE = (ServerGoneError, ServerTimeoutError, ServerUnreachableError)
"""Errors that say nothing of what was asked, only that nobody answered."""


class FollowingUniverse(QueueHolder):
    """The part of a queueing client that follows its connection, and gives it up in time."""

    def _follow_connection(self) -> None:
        self._gone.clear()
        self._forget_status = self.remote.on_status(self._status_changed)
        self._pump = Pump(self.remote.connection.tail, self._delivery.wake)

    def _stop_following(self) -> None:
        forget, self._forget_status = self._forget_status, None
        if forget is not None:
            forget()
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _status_changed(self) -> None:
        if self.remote.connected:
            self._gone.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._wanted.set()
        elif self.remote.broken:
            self._give_up()
        elif self._timer is None:
            patience = self._queue_limits.patience
            self._timer = asyncio.get_running_loop().call_later(patience, self._give_up)
        self._watchers.tell()

    def _give_up(self) -> None:
        self._timer = None
        self._gone.set()
        self._wanted.set()

    async def _read_tags(self) -> dict[str, str]:
        """Return the server's tags, and remember them where none was set meanwhile."""
        turn = self._tag_turn
        tags = await self.remote.tags()
        if turn == self._tag_turn:
            self._tags_seen = dict(tags)
        return tags

    def _see_tag(self, name: str, version_id: str) -> None:
        self._tag_turn += 1
        self._tags_seen[name] = version_id

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in any thread, when the state changes; returns how to end it."""
        return self._watchers.add(changed)

    def on_tags(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function with all tags when one was set, by whomever; returns how to end it."""
        return self.remote.on_tags(changed)

    async def _unless_gone(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do something with the server, and give it up when that goes.

        Raises
        ------
        ServerGoneError
            It went; nobody knows what became of it.
        """
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not (self.remote.broken and task.exception() is not None):
                return await task
            raise ServerGoneError(f"{self.uri} is away")
        finally:
            for pending in (task, gone):
                pending.cancel()
