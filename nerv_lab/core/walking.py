"""Long walks through a history or a graph: who waits is told how far it is, and may stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final, TypeVar

__all__ = ["followed", "following_walks", "is_followed", "walk_part"]

_T = TypeVar("_T")
_EVERY: Final = 64
_WHOLE: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Follower:
    """Somebody who is told, and of which part of the whole the walks are that come now."""

    tell: Callable[[int, int], object]
    start: float = 0.0
    end: float = 1.0

    def hear(self, done: int, total: int) -> None:
        if (self.start, self.end) == (0.0, 1.0):
            self.tell(done, total)
        else:
            place = self.start + (self.end - self.start) * done / max(total, 1)
            self.tell(int(place * _WHOLE), _WHOLE)


_follower: ContextVar[_Follower | None] = ContextVar("walk", default=None)


@contextmanager
def following_walks(tell: Callable[[int, int], object]) -> Iterator[None]:
    """Be told of the walks that this thread makes inside a block.

    Parameters
    ----------
    tell : callable
        Given the steps done and those there are, now and then; raising stops the walk.
    """
    token = _follower.set(_Follower(tell))
    try:
        yield
    finally:
        _follower.reset(token)


def is_followed() -> bool:
    """Return whether somebody is told of the walks that this thread makes now."""
    return _follower.get() is not None


@contextmanager
def walk_part(start: float, end: float) -> Iterator[None]:
    """Tell of the walks inside a block as a part of something larger.

    Parameters
    ----------
    start, end : float
        Where it begins and ends, between 0 and 1. Of parts of parts these are multiplied.
    """
    outer = _follower.get()
    if outer is None:
        yield
        return
    length = outer.end - outer.start
    part = replace(outer, start=outer.start + length * start, end=outer.start + length * end)
    token = _follower.set(part)
    try:
        yield
    finally:
        _follower.reset(token)


def followed(
    steps: Iterable[_T], total: int, every: int = _EVERY, *, before: int = 0
) -> Iterator[_T]:
    """Return the steps of a walk, telling whoever follows it as they are taken.

    Parameters
    ----------
    steps : iterable
        The steps.
    total : int
        How many there are.
    every : int
        Tell at each so many steps: the more, the shorter they are.
    before : int
        How many of the total were taken by then.
    """
    follower = _follower.get()
    return iter(steps) if follower is None else _told(follower, steps, total, every, before)


def _told(
    follower: _Follower, steps: Iterable[_T], total: int, every: int, before: int
) -> Iterator[_T]:
    for done, step in enumerate(steps, start=before):
        if done % every == 0:
            follower.hear(done, total)
        yield step
