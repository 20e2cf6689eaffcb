"""One event loop in a thread of its own, for clients that wait for a network.

Connections live in the portal's loop. Any thread, with or without a loop of its own, reaches them
through it: a synchronous caller waits, an asynchronous one awaits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary, ref

__all__ = ["Portal", "portal"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_MOST_ASIDE = 64


class _Mailbox:
    """Takes calls into a loop from other threads: as many as there are wake it once.

    ``call_soon_threadsafe`` alone writes to a socket for every call.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = ref(loop)  # so that a loop which is over can be forgotten
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False

    def post(self, call: Callable[..., object], *args: Any) -> None:
        self._calls.append((call, args))
        if not self._woken:
            self._woken = True
            loop = self._loop()
            if loop is not None:
                loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        self._woken = False  # before the first is taken, so that none is left behind
        while self._calls:
            call, args = self._calls.popleft()
            call(*args)


class _Hop(Generic[_T]):
    """A coroutine that runs in one loop and is awaited in another."""

    __slots__ = ("_back", "_coroutine", "_task", "future")

    def __init__(self, coroutine: Coroutine[Any, Any, _T], back: _Mailbox) -> None:
        self._coroutine = coroutine
        self._back = back
        self._task: asyncio.Task[_T] | None = None
        self.future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

    # There

    def start(self) -> None:
        self._task = asyncio.create_task(self._coroutine)
        self._task.add_done_callback(self._ended)

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[_T]) -> None:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits any more
            self._back.post(self._tell, task, error)

    # Here

    def _tell(self, task: asyncio.Task[_T], error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(task.result())
        elif isinstance(error, asyncio.CancelledError):
            self.future.cancel()
        else:
            self.future.set_exception(error)


class _Waits:
    """What a thread waits for, on behalf of a coroutine that may be cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = False
        self._futures: set[Future[Any]] = set()

    def add(self, future: Future[Any]) -> None:
        with self._lock:
            self._futures.add(future)
            ended = self._ended
        future.add_done_callback(self._futures.discard)
        if ended:
            future.cancel()

    def end(self) -> None:
        with self._lock:
            self._ended = True
            futures = list(self._futures)
        for future in futures:
            future.cancel()


_waits: ContextVar[_Waits | None] = ContextVar("_waits", default=None)


class Portal:
    """A thread that runs an event loop until the process ends."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._inbox = _Mailbox(self.loop)
        self._boxes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Mailbox] = WeakKeyDictionary()
        self._threads = ThreadPoolExecutor(_MOST_ASIDE, "nerv-aside")
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(started,), name="nerv-portal", daemon=True
        )
        self._thread.start()
        started.wait()

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.call_soon(started.set)
        self.loop.run_forever()

    @property
    def inside(self) -> bool:
        """Whether the caller is the portal's own thread."""
        return threading.current_thread() is self._thread

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine in the portal's loop, wait for it, and return its result.

        An interrupt, such as Jupyter's stop button, ends the waiting and cancels the coroutine.

        Raises
        ------
        RuntimeError
            In the portal's own thread, which would wait for itself.
        """
        if self.inside:
            coroutine.close()
            raise RuntimeError("the portal's thread cannot wait for itself; await instead")
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        if (waits := _waits.get()) is not None:
            waits.add(future)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def aside(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a function that may wait for the portal, in a thread; called in the portal's loop.

        The threads are apart from those of ``asyncio.to_thread``, which a connection needs to come
        back: they may all be waiting for it. Who stops waiting for the function ends what it
        waits for.
        """
        waits, context = _Waits(), copy_context()
        context.run(_waits.set, waits)
        work = partial(context.run, function, *args, **kwargs)
        try:
            return await self.loop.run_in_executor(self._threads, work)
        except asyncio.CancelledError:
            waits.end()
            raise

    async def hop(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine in the portal's loop, whichever loop awaits it."""
        if self.inside:
            return await coroutine
        here = asyncio.get_running_loop()
        back = self._boxes.get(here)
        if back is None:
            back = self._boxes[here] = _Mailbox(here)
        hop = _Hop(coroutine, back)
        self._inbox.post(hop.start)
        try:
            return await hop.future
        except asyncio.CancelledError:
            self._inbox.post(hop.cancel)
            raise


_lock = threading.Lock()
_current: Portal | None = None
_process = 0


def portal() -> Portal:
    """Return the portal of this process; it is started when it is first needed."""
    global _current, _process
    with _lock:
        # A fork copies the object, but not the thread.
        if _current is None or _process != os.getpid():
            _current, _process = Portal(), os.getpid()
        return _current
