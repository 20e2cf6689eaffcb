"""One event loop in a thread of its own, for clients that wait for a network.

Connections live in the portal's loop. Any thread, with or without a loop of its own, reaches them
through it: a synchronous caller waits, an asynchronous one awaits.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["Portal", "portal"]

_T = TypeVar("_T")


class Portal:
    """A thread that runs an event loop until the process ends."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
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
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def hop(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine in the portal's loop, whichever loop awaits it."""
        if self.inside:
            return await coroutine
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.loop))


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
