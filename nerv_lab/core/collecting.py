"""Keeping Python's cyclic garbage collector out of work that makes many objects to stay."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

__all__ = ["collector_paused", "collector_paused_for"]

_MANY: Final = 1_000
# So many new objects take the collector a millisecond or so to look through.
_WORTH_KEEPING: Final = 10_000
# Python 3.12 begins with some hundred frozen objects; whoever freezes freezes all there are.
_FROZEN_BY_SOMEBODY: Final = 2_000

_lock = threading.Lock()
_pauses = 0
_resume = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """Stop the cyclic garbage collector while a graph is read or rebuilt.

    Every few hundred new objects the collector looks for cycles among them, and every so often
    among all objects there are. What is read from a store has no cycles and is there to stay, so
    that half of the time would go into looking. Pauses may nest, and may overlap between threads.
    """
    global _pauses, _resume
    with _lock:
        if _pauses == 0:
            _resume = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _resume:
                _let_stay()
                gc.enable()


def _let_stay() -> None:
    """Count what was made as old, or the collector would look through all of it at once, twice.

    Freezing and thawing does that to every object there is, in no time. Where somebody has frozen
    objects of their own they are left frozen, and the collector looks.
    """
    if gc.get_count()[0] >= _WORTH_KEEPING and gc.get_freeze_count() < _FROZEN_BY_SOMEBODY:
        gc.freeze()
        gc.unfreeze()


def collector_paused_for(count: int) -> AbstractContextManager[None]:
    """Pause the collector where this many items are made, and let it be where they are few.

    Threads that keep writing a little would keep it from ever running.
    """
    return collector_paused() if count >= _MANY else nullcontext()
