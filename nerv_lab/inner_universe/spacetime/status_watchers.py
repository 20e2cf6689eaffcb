"""Who is told when the state of a connection changes."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["StatusWatchers"]


class StatusWatchers:
    """Functions that are called when a state changes, each until it is taken back."""

    def __init__(self) -> None:
        # In lists of their own, so that one function may be added twice.
        self._watching: list[list[Callable[[], None]]] = []

    def add(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Add a function; returns how to take it back."""
        watching = [changed]
        self._watching.append(watching)

        def forget() -> None:
            self._watching[:] = [kept for kept in self._watching if kept is not watching]

        return forget

    def tell(self) -> None:
        """Call all of them."""
        for (changed,) in tuple(self._watching):
            changed()
