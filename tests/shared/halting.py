"""Work that is begun in another thread, and stands still until the test lets it go on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from nerv_lab.core.walking import following_walks

__all__ = ["Halted", "halted"]

PATIENCE = 120


class Halted:
    """Something that was begun in another thread, and stands still at the first step of a walk."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._begun, self._may_go_on = threading.Event(), threading.Event()
        self._threads = ThreadPoolExecutor(1)
        self.result = self._threads.submit(self._run, work)
        assert self._begun.wait(PATIENCE)

    def _run(self, work: Callable[[], Any]) -> Any:
        with following_walks(self._wait):
            return work()

    def _wait(self, done: int, total: int) -> None:
        self._begun.set()
        if not self._may_go_on.wait(PATIENCE):
            raise TimeoutError("what was to come meanwhile waited for the walk")

    def go_on(self) -> Any:
        self._may_go_on.set()
        return self.result.result(PATIENCE)

    def close(self) -> None:
        self._may_go_on.set()
        self._threads.shutdown()


@contextmanager
def halted(work: Callable[[], Any]) -> Iterator[Halted]:
    walk = Halted(work)
    try:
        yield walk
    finally:
        walk.close()
