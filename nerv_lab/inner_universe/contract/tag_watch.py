"""Seeing that tags of a store are not what they were, whoever set them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from nerv_lab.inner_universe.contract.records import TagsChanged
from nerv_lab.inner_universe.contract.watchers import Watchers

__all__ = ["TagWatch"]


class TagWatch:
    """Compares the tags with those seen last, and tells of others; safe to use from any thread.

    Parameters
    ----------
    read : callable
        Returns the tags there are now.
    """

    def __init__(self, read: Callable[[], Mapping[str, str]]) -> None:
        self._read = read
        self._watchers: Watchers[Mapping[str, str]] = Watchers()
        self._seen: Mapping[str, str] = {}
        self._looking = threading.Lock()
        # Set by whoever cannot look because another does; that one looks again.
        self._pending = False

    def add(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function when the tags change from now on; returns how to end it."""
        if not self._watchers:
            self._seen = self._read()
        return self._watchers.add(changed)

    def look(self) -> None:
        """Tell of tags that are new since the last look; reads nothing where nobody watches."""
        if not self._watchers:
            return
        self._pending = True
        while self._pending and self._looking.acquire(blocking=False):
            try:
                self._pending = False
                before, self._seen = self._seen, self._read()
                if self._seen != before:
                    self._watchers.tell(self._seen)
            finally:
                self._looking.release()
