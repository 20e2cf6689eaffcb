"""A mapping that keeps what was used last."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Recent"]

_K = TypeVar("_K")
_V = TypeVar("_V")


class Recent(Generic[_K, _V]):
    """At most ``size`` entries; the one used longest ago goes first.

    Whoever puts or pops holds a lock; `get` needs none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._entries: OrderedDict[_K, _V] = OrderedDict()

    def put(self, key: _K, value: _V) -> None:
        """Keep an entry as the most recent."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self.size:
            self._entries.popitem(last=False)

    def get(self, key: _K) -> _V | None:
        """Return an entry and mark it as used, or None."""
        try:
            return self[key]
        except KeyError:
            return None

    def pop(self, key: _K) -> None:
        """Forget an entry; it may be gone already."""
        self._entries.pop(key, None)

    def __getitem__(self, key: _K) -> _V:
        self._entries.move_to_end(key)
        return self._entries[key]

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
