"""Bringing foreign events to the subscribers as soon as they arrive."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from nerv_lab.core.errors import NervError
from nerv_lab.inner_universe.spacetime.following.tail import LogTail

__all__ = ["Pump"]

logger = logging.getLogger(__name__)

_PAUSE = 1.0


class Pump:
    """A thread that waits for events and has them delivered.

    Parameters
    ----------
    tail : LogTail
        Where they arrive.
    wake : callable
        Called in the thread when there are new ones, and once at the start.
    """

    def __init__(self, tail: LogTail, wake: Callable[[], None]) -> None:
        self._tail = tail
        self._wake = wake
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nerv-pump", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end; it is not waited for, since it may be the one that asks."""
        self._stop.set()
        self._tail.wake()

    def _run(self) -> None:
        seen = -1
        while self._tail.wait(seen, self._stop.is_set):
            newest = self._tail.last
            try:
                self._wake()
                seen = newest
            except NervError as error:
                if self._stop.is_set():
                    return
                # The server is away, perhaps; what could not be read is read later.
                logger.warning("events could not be read for delivery yet: %s", error)
                self._tail.wait(newest, self._stop.is_set, _PAUSE)
