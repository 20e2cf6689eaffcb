"""Who is told when something changes, such as the state of a connection, or the tags."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Generic, ParamSpec

__all__ = ["Watchers"]

_P = ParamSpec("_P")


class Watchers(Generic[_P]):
    """Functions that are called when something changes, each until it is taken back.

    They may be added, taken back and called by several threads at once.
    """

    def __init__(self) -> None:
        # In lists of their own, so that one function may be added twice.
        self._watching: tuple[list[Callable[_P, object]], ...] = ()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._watching)

    def __iter__(self) -> Iterator[Callable[_P, object]]:
        """Return those of this moment, in the order they were added."""
        return (changed for (changed,) in self._watching)

    def add(self, changed: Callable[_P, object]) -> Callable[[], None]:
        """Add a function; returns how to take it back."""
        watching = [changed]
        with self._lock:
            self._watching = (*self._watching, watching)

        def forget() -> None:
            with self._lock:
                self._watching = tuple(kept for kept in self._watching if kept is not watching)

        return forget

    def tell(self, *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Call all of them."""
        for changed in self:
            changed(*args, **kwargs)
