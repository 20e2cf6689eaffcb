"""The cache: what was read is remembered for a while, and never when it has changed."""

from __future__ import annotations

import asyncio

import pytest

from nerv_lab.inner_universe.spacetime.following.cache import TimedCache, cache_entity


def test_an_entry_lives_for_so_long() -> None:
    now = [0.0]
    cache: TimedCache[str, int | None] = TimedCache(10, clock=lambda: now[0])
    cache.put("a", None, cache.mark)
    assert cache.get("a") == (None,)
    now[0] = 9.9
    assert cache.get("a") == (None,)
    now[0] = 10.0
    assert cache.get("a") is None
    assert len(cache) == 0


def test_the_entry_used_longest_ago_goes_first() -> None:
    cache: TimedCache[str, int] = TimedCache(10, size=2)
    for key in "ab":
        cache.put(key, 1, cache.mark)
    cache.get("a")
    cache.put("c", 1, cache.mark)
    assert cache.get("b") is None
    assert cache.get("a") == (1,)


def test_what_changed_while_it_was_read_is_not_kept() -> None:
    cache: TimedCache[str, int] = TimedCache(10)
    mark = cache.mark
    cache.forget("a")
    cache.put("a", 1, mark)
    assert cache.get("a") is None


class _Store:
    def __init__(self) -> None:
        self.asked: list[str] = []

    @cache_entity(ttl_seconds=300)
    async def get(self, entity_id: str, branch: str = "main") -> str:
        """Return an entity."""
        self.asked.append(entity_id)
        await asyncio.sleep(0)
        if entity_id == "none":
            raise KeyError(entity_id)
        return f"{entity_id} on {branch}"


async def test_the_guides_decorator_asks_once() -> None:
    store, other = _Store(), _Store()
    assert await store.get("a") == await store.get("a") == "a on main"
    assert await store.get("a", "aside") == "a on aside"
    assert await other.get("a") == "a on main"
    assert (store.asked, other.asked) == (["a", "a"], ["a"])
    assert _Store.get.__doc__ == "Return an entity."


async def test_the_guides_decorator_forgets_when_told() -> None:
    store = _Store()
    await store.get("a")
    await store.get("b")
    _Store.get.forget(store, "a")  # type: ignore[attr-defined]
    await store.get("a")
    await store.get("b")
    assert store.asked == ["a", "b", "a"]


async def test_the_guides_decorator_remembers_no_failure() -> None:
    store = _Store()
    for _ in range(2):
        with pytest.raises(KeyError):
            await store.get("none")
    assert store.asked == ["none", "none"]
