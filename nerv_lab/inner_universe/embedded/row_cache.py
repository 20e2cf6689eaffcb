"""Items that were built from rows already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from weakref import WeakValueDictionary

from nerv_lab.core.graph.model import Item
from nerv_lab.inner_universe.contract.records import CacheUse

__all__ = ["RowCache"]


class RowCache:
    """Items already built from rows, for as long as somebody else holds them.

    It is true of one position of the log; a write by anybody else empties it.
    Whoever calls holds the write lock.
    """

    def __init__(self) -> None:
        self._seq = -1
        self._items: WeakValueDictionary[tuple[str, str], Item] = WeakValueDictionary()
        self._hits = 0
        self._misses = 0

    @property
    def use(self) -> CacheUse:
        """How often an item that the rules asked for was at hand."""
        return CacheUse(self._hits, self._misses)

    def advance(self, found: int) -> None:
        """Forget everything unless the log is still where it was."""
        if found != self._seq:
            self._items = WeakValueDictionary()
            self._seq = found

    def skip(self, before: int, after: int) -> None:
        """Follow a write of our own that left the rows alone."""
        if self._seq == before:
            self._seq = after

    def add(self, branch: str, items: Iterable[Item]) -> None:
        """Remember items that are now in the rows."""
        for item in items:
            self._items[branch, item.key] = item

    def replace(self, items: Mapping[tuple[str, str], Item | None]) -> None:
        """Take in what a write of our own made of some items."""
        for at, item in items.items():
            if item is None:
                self._items.pop(at, None)
            else:
                self._items[at] = item

    def hit(self, count: int = 1) -> None:
        """Count items that were at hand elsewhere."""
        self._hits += count

    def get(self, branch: str, key: str) -> Item | None:
        """Return an item, or None where the rows have to be asked."""
        found = self._items.get((branch, key))
        if found is None:
            self._misses += 1
        else:
            self._hits += 1
        return found
