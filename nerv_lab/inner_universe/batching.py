"""Writing events together that are published at about the same time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future

from nerv_lab.core.events import Event
from nerv_lab.core.values import encode
from nerv_lab.inner_universe.writing import checked_events

__all__ = ["EventBatcher"]

_MOST_BYTES = 4 * 1024 * 1024


class _Batch:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.events: list[Event] = []
        self.size = 0
        self.written: Future[None] = Future()
        self._loop = loop
        self._due = asyncio.Event()

    def hurry(self) -> None:
        """Let it be written now; from any thread."""
        self._loop.call_soon_threadsafe(self._due.set)

    async def wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._due.wait()
        except TimeoutError:
            pass


class EventBatcher:
    """Gathers events until there are enough of them, or the first has waited long enough.

    Parameters
    ----------
    publish : callable
        Writes events as one batch.
    most : int
        How many events are gathered.
    seconds : float
        How long the first of them waits at most.
    """

    def __init__(
        self,
        publish: Callable[[Sequence[Event]], Awaitable[object]],
        most: int,
        seconds: float,
    ) -> None:
        self._publish = publish
        self._most = most
        self._seconds = seconds
        self._lock = threading.Lock()
        self._batch: _Batch | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def add(self, event: Event) -> None:
        """Return when the event is durable.

        Raises
        ------
        ValidationError
            When the event is refused; nothing that it would have shared a batch with is harmed.
        NERVPersistenceError
            When its batch could not be written.
        """
        (event,) = checked_events([event])
        size = len(encode(event.data))
        with self._lock:
            batch = self._batch
            if batch is None:
                batch = self._batch = _Batch(asyncio.get_running_loop())
                task = asyncio.create_task(self._write(batch))
                self._writing.add(task)
                task.add_done_callback(self._writing.discard)
            batch.events.append(event)
            batch.size += size
            if len(batch.events) >= self._most or batch.size >= _MOST_BYTES:
                self._batch = None
                batch.hurry()
        # Who gives up waiting must not take the others' events along.
        await asyncio.shield(asyncio.wrap_future(batch.written))

    async def flush(self) -> None:
        """Return when everything that was added is durable, or has failed."""
        with self._lock:
            batch, self._batch = self._batch, None
        if batch is not None:
            batch.hurry()
        tasks = [task for task in self._writing if task.get_loop() is asyncio.get_running_loop()]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, batch: _Batch) -> None:
        await batch.wait(self._seconds)
        with self._lock:
            if self._batch is batch:
                self._batch = None
        try:
            await self._publish(batch.events)
        except BaseException as error:
            batch.written.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            batch.written.set_result(None)
