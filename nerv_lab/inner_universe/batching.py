"""Writing events together that are published at about the same time."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from nerv_lab.core.events import Event
from nerv_lab.core.limits import MAX_QUEUED
from nerv_lab.inner_universe.contract.checked_events import CheckedEvents, checked_event

__all__ = ["EventBatcher"]

_MOST_CHARACTERS = 4 * 1024 * 1024
# What an event takes besides its data.
_EVENT_BYTES = 512


class _Batch:
    """Events to be written together, and who waits for that in which loop."""

    def __init__(self) -> None:
        self.events = CheckedEvents()
        self.size = 0
        self._waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        self._loop = asyncio.get_running_loop()
        self._due = asyncio.Event()

    def add(self, event: Event, payload: str | None) -> None:
        self.events.take(event, payload)
        self.size += _size(payload)

    def waiter(self) -> asyncio.Future[None]:
        """Return a future that is done when the batch is; one for each who waits."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.setdefault(loop, []).append(future)
        return future

    def hurry(self) -> None:
        """End the waiting for more events; from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits there
            self._loop.call_soon_threadsafe(self._due.set)

    async def wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._due.wait()
        except TimeoutError:
            pass

    def settle(self, error: BaseException | None) -> None:
        """Tell all who wait what became of it."""
        here = asyncio.get_running_loop()
        for loop, futures in self._waiting.items():
            if loop is here:
                _settle(futures, error)
            else:
                with contextlib.suppress(RuntimeError):  # closed: nobody waits there any more
                    loop.call_soon_threadsafe(_settle, futures, error)


def _size(payload: str | None) -> int:
    return _EVENT_BYTES + len(payload or "")


def _settle(futures: list[asyncio.Future[None]], error: BaseException | None) -> None:
    for future in futures:
        if not future.done():
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)


class EventBatcher:
    """Gathers events until there are enough of them, or the first has waited long enough.

    Parameters
    ----------
    publish : callable
        Writes events as one batch; the same events again are left alone.
    most : int
        How many events are gathered.
    seconds : float
        How long the first of them waits at most.
    room : int
        How many bytes of events may wait to be written; who adds more waits.
    """

    def __init__(
        self,
        publish: Callable[[Sequence[Event]], Awaitable[object]],
        most: int,
        seconds: float,
        room: int = MAX_QUEUED,
    ) -> None:
        self._publish = publish
        self._most = most
        self._seconds = seconds
        self._lock = threading.Lock()
        self._batch: _Batch | None = None
        self._unwritten: set[_Batch] = set()
        self._room = room
        self._queued = 0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, event: Event, *, fresh: bool = False) -> None:
        """Return when the event is durable; where too much waits already, there is a wait first.

        Parameters
        ----------
        event : Event
            What to write.
        fresh : bool
            It comes from `new_event`, and nobody else holds it.

        Raises
        ------
        ValidationError
            When the event is refused; nothing that it would have shared a batch with is harmed.
        NERVPersistenceError
            When its batch could not be written.
        """
        checked, payload = checked_event(event, fresh=fresh)
        while (room := self._without_room(payload)) is not None:
            await room
        with self._lock:
            batch = self._batch
            if batch is None:
                batch = self._batch = _Batch()
                self._unwritten.add(batch)
                self._spawn(self._write_when_due(batch))
            batch.add(checked, payload)
            self._queued += _size(payload)
            written = batch.waiter()
            full = len(batch.events) >= self._most or batch.size >= _MOST_CHARACTERS
            if full:
                self._batch = None
        if full:
            batch.hurry()
            await self._write_now(batch)
        await written

    def _without_room(self, payload: str | None) -> asyncio.Future[None] | None:
        """Return what to wait for before an event can be taken, or None where it can be."""
        with self._lock:
            if not self._queued or self._queued + _size(payload) <= self._room:
                return None
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            self._waiting.append((loop, future))
            return future

    async def flush(self) -> None:
        """Return when everything that was added is durable, or has failed."""
        with self._lock:
            batch, self._batch = self._batch, None
            waiters = [unwritten.waiter() for unwritten in self._unwritten]
        if batch is not None:
            self._spawn(self._write(batch))
            batch.hurry()
        await asyncio.gather(*waiters, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_when_due(self, batch: _Batch) -> None:
        try:
            await batch.wait(self._seconds)
        except asyncio.CancelledError as error:
            # Its loop is about to end, and others may wait elsewhere.
            if self._taken(batch):
                self._settle(batch, error)
            raise
        if self._taken(batch):
            await self._write(batch)

    def _taken(self, batch: _Batch) -> bool:
        """Take a batch out of the way of new events, unless somebody else has."""
        with self._lock:
            mine = self._batch is batch
            if mine:
                self._batch = None
            return mine

    async def _write_now(self, batch: _Batch) -> None:
        """Write in the task of who filled it: one of its own would be behind all who add."""
        try:
            await self._write(batch)
        except asyncio.CancelledError:
            # Only who filled it gave up; what was written already is left alone.
            self._spawn(self._write(batch))
            raise

    async def _write(self, batch: _Batch) -> None:
        try:
            await self._publish(batch.events)
        except Exception as error:  # noqa: BLE001 - told to those who wait
            self._settle(batch, error)
        else:
            self._settle(batch, None)

    def _settle(self, batch: _Batch, error: BaseException | None) -> None:
        with self._lock:
            self._unwritten.discard(batch)
            self._queued -= batch.size
            waiting, self._waiting = self._waiting, []
            batch.settle(error)
        for loop, future in waiting:
            with contextlib.suppress(RuntimeError):  # closed: nobody waits there any more
                loop.call_soon_threadsafe(_settle, [future], None)
