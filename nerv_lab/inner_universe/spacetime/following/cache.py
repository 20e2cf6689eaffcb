"""Keeping what was read for a while, and forgetting it as soon as it changes."""

from __future__ import annotations

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from nerv_lab.inner_universe.contract.records import CacheUse

__all__ = ["TimedCache", "cache_entity"]

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
_S = TypeVar("_S")
_P = ParamSpec("_P")


class TimedCache(Generic[_K, _V]):
    """At most so many entries, each for so long; safe to use from any thread.

    Parameters
    ----------
    ttl : float
        Seconds that an entry lives.
    size : int
        How many entries are kept; the one used longest ago goes first.
    clock : callable
        Gives the time in seconds.
    """

    def __init__(
        self, ttl: float, size: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ttl = ttl
        self._size = size
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[_K, tuple[_V, float]] = OrderedDict()
        self._forgotten = 0
        self._readers = 0
        self._hits = 0
        self._misses = 0

    @property
    def use(self) -> CacheUse:
        """How often an entry that was asked for was there."""
        with self._lock:
            return CacheUse(self._hits, self._misses)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to forget: no entry, and none that is being read."""
        return not self._readers and not self._entries

    @contextmanager
    def reading(self) -> Iterator[int]:
        """Give the mark to put an entry under that is read within the block."""
        with self._lock:
            self._readers += 1
        try:
            yield self._forgotten
        finally:
            with self._lock:
                self._readers -= 1

    @property
    def mark(self) -> int:
        """How often something was forgotten; what is read after it is as new as that."""
        return self._forgotten

    def get(self, key: _K) -> tuple[_V] | None:
        """Return an entry in a tuple of one, or None."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                self._misses += 1
                return None
            if found[1] <= self._clock():
                del self._entries[key]
                self._misses += 1
                return None
            self._hits += 1
            self._entries.move_to_end(key)
            return (found[0],)

    def put(self, key: _K, value: _V, mark: int) -> None:
        """Keep an entry that was read after `mark`, unless something was forgotten since."""
        with self._lock:
            if mark != self._forgotten:
                return
            self._entries[key] = (value, self._clock() + self._ttl)
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def forget(self, key: _K | None = None) -> None:
        """Forget an entry, or all of them."""
        with self._lock:
            self._forgotten += 1
            if key is None:
                self._entries.clear()
            else:
                self._entries.pop(key, None)

    def forget_where(self, test: Callable[[_K], bool]) -> None:
        """Forget the entries whose keys pass a test."""
        with self._lock:
            self._forgotten += 1
            for key in [key for key in self._entries if test(key)]:
                del self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)


def cache_entity(
    ttl_seconds: float = 300, size: int = 10_000
) -> Callable[
    [Callable[Concatenate[_S, str, _P], Coroutine[Any, Any, _V]]],
    Callable[Concatenate[_S, str, _P], Coroutine[Any, Any, _V]],
]:
    """Decorate an asynchronous method of an id, so that each object remembers its answers.

    The integration guide's decorator: entries belong to one object, know all arguments, and are
    bounded in number. The method gains ``forget(self, entity_id=None)``.

    Parameters
    ----------
    ttl_seconds : float
        How long an answer is remembered.
    size : int
        How many answers each object remembers.
    """

    def decorate(
        function: Callable[Concatenate[_S, str, _P], Coroutine[Any, Any, _V]],
    ) -> Callable[Concatenate[_S, str, _P], Coroutine[Any, Any, _V]]:
        caches: WeakKeyDictionary[Any, TimedCache[Any, _V]] = WeakKeyDictionary()

        def cache_of(owner: Any) -> TimedCache[Any, _V]:
            return caches.setdefault(owner, TimedCache(ttl_seconds, size))

        @functools.wraps(function)
        async def wrapper(owner: _S, entity_id: str, *args: _P.args, **kwargs: _P.kwargs) -> _V:
            cache = cache_of(owner)
            key = (entity_id, args, tuple(sorted(kwargs.items())))
            if found := cache.get(key):
                return found[0]
            mark = cache.mark
            value = await function(owner, entity_id, *args, **kwargs)
            cache.put(key, value, mark)
            return value

        def forget(owner: Any, entity_id: str | None = None) -> None:
            cache_of(owner).forget_where(lambda key: entity_id in (None, key[0]))

        wrapper.forget = forget  # type: ignore[attr-defined]
        return cast("Callable[Concatenate[_S, str, _P], Coroutine[Any, Any, _V]]", wrapper)

    return decorate
