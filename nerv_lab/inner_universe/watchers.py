"""Who is told when something changes, such as the state of a connection, or the tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

__all__ = ["Watchers"]

_P = ParamSpec("_P")


class Watchers(Generic[_P]):
    """Functions that are called when something changes, each until it is taken back."""

    def __init__(self) -> None:
        # In lists of their own, so that one function may be added twice.
        self._watching: list[list[Callable[_P, None]]] = []

    def __len__(self) -> int:
        return len(self._watching)

    def add(self, changed: Callable[_P, None]) -> Callable[[], None]:
        """Add a function; returns how to take it back."""
        watching = [changed]
        self._watching.append(watching)

        def forget() -> None:
            self._watching[:] = [kept for kept in self._watching if kept is not watching]

        return forget

    def tell(self, *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Call all of them."""
        for (changed,) in tuple(self._watching):
            changed(*args, **kwargs)
