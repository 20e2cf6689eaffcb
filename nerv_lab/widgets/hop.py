"""Hopping to the kernel's loop: traits and comms are touched from its thread alone."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

__all__ = ["Hop"]


class Hop:
    """Runs calls where it was made: on that thread's running loop.

    Without a running loop there is no front end to protect, and calls run where they come from,
    one at a time.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._thread = threading.get_ident()
        self._alone = threading.RLock()

    @property
    def has_loop(self) -> bool:
        """Whether there is a loop to come back on."""
        return self._loop is not None

    def call(self, run: Callable[[], None]) -> None:
        """Run now if this is the right thread, else as soon as the loop gets to it."""
        if self._loop is None:
            with self._alone:
                run()
        elif threading.get_ident() == self._thread:
            run()
        else:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is looking
                self._loop.call_soon_threadsafe(run)

    def later(self, seconds: float, run: Callable[[], None]) -> Callable[[], None]:
        """Run after a while and return what cancels it; never, where there is no loop."""
        if self._loop is None or self._loop.is_closed():
            return lambda: None
        return self._loop.call_later(seconds, run).cancel
