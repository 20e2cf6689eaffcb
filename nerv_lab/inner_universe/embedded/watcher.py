"""Noticing what other writers do to the file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import apsw

from nerv_lab.core.errors import NervError

__all__ = ["Watcher"]

logger = logging.getLogger(__name__)
_STOP_SECONDS: Final = 5.0


class Watcher:
    """A thread that looks, many times a second, whether the file has a new commit.

    Parameters
    ----------
    connect : callable
        Opens a connection, which the thread has to itself.
    interval : float
        Seconds between two looks.
    changed : callable
        Called in the thread after a commit by any connection, and once at the start; returns
        False to be called again later.
    """

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        interval: float,
        changed: Callable[[], bool],
    ) -> None:
        self._connect = connect
        self._interval = interval
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nerv-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it, unless called by itself."""
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        try:
            connection = self._connect()
        except NervError:
            logger.exception("cannot watch the store; foreign changes arrive with refresh()")
            return
        try:
            self._watch(connection)
        finally:
            connection.close(force=True)

    def _watch(self, connection: apsw.Connection) -> None:
        seen: int | None = None
        complained = False
        while not self._stop.is_set():
            try:
                found = connection.pragma("data_version")
                if found != seen:
                    seen = found if self._changed() else None
                complained = False
            except (apsw.Error, NervError) as error:
                # A store that is busy or away for a while is looked at again.
                seen = None
                if not complained:
                    logger.warning("cannot look for changes of the store: %s", error)
                complained = True
            self._stop.wait(self._interval)
