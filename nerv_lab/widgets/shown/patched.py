"""A mapping that shares what it holds with the one it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, ValuesView
from typing import Any, Final, TypeVar

from immutables import Map

__all__ = ["Patched"]

_V = TypeVar("_V")
_UNCHANGED: Final = object()
_FEW: Final = 1_000


class Patched(Mapping[str, _V]):
    """A dict that never changes, and what has changed since.

    It is made as fast as a dict, and another one with some changes costs these alone; once there
    are many of them, they are put into a dict anew.

    Parameters
    ----------
    base : dict
        Nobody may write to it any more.
    """

    __slots__ = ("_base", "_length", "_over")

    def __init__(self, base: dict[str, _V]) -> None:
        self._base = base
        self._over: Map[str, _V | None] = Map()
        self._length = len(base)

    def __getitem__(self, key: str) -> _V:
        found: Any = self._over.get(key, _UNCHANGED)
        if found is _UNCHANGED:
            return self._base[key]
        if found is None:
            raise KeyError(key)
        kept: _V = found
        return kept

    def __iter__(self) -> Iterator[str]:
        over = self._over
        yield from (key for key in self._base if key not in over)
        yield from (key for key, value in over.items() if value is not None)

    def values(self) -> ValuesView[_V]:
        """Return the values; at the speed of a dict, where nothing has changed."""
        return super().values() if self._over else self._base.values()

    def __len__(self) -> int:
        return self._length

    def patched(self, changes: Mapping[str, _V | None]) -> Patched[_V]:
        """Return a mapping with these values; those of None are gone."""
        made = Patched(self._base)
        made._over = self._over.update(changes)
        grown = sum((value is not None) - (key in self) for key, value in changes.items())
        made._length = self._length + grown
        return Patched(dict(made)) if 4 * len(made._over) > len(self._base) + _FEW else made
