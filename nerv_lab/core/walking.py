"""Long walks through a history: who waits for one is told how far it is, and may stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

__all__ = ["followed", "following_walks"]

_T = TypeVar("_T")
_EVERY: Final = 64
_follower: ContextVar[Callable[[int, int], object] | None] = ContextVar("walk", default=None)


@contextmanager
def following_walks(tell: Callable[[int, int], object]) -> Iterator[None]:
    """Be told of the walks that this thread makes inside a block.

    Parameters
    ----------
    tell : callable
        Given the steps done and those there are, now and then; raising stops the walk.
    """
    token = _follower.set(tell)
    try:
        yield
    finally:
        _follower.reset(token)


def followed(steps: Iterable[_T], total: int) -> Iterator[_T]:
    """Yield the steps of a walk, telling whoever follows it."""
    tell = _follower.get()
    for done, step in enumerate(steps):
        if tell is not None and done % _EVERY == 0:
            tell(done, total)
        yield step
