"""Functions that are called when the user does something in the graph."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from nerv_lab.core.errors import ValidationError

__all__ = ["EVENTS", "Callbacks"]

logger = logging.getLogger(__name__)
EVENTS: Final = ("click", "double_click", "hover", "select")


class Callbacks:
    """Registers functions by event, and calls them.

    Parameters
    ----------
    changed : callable
        Is given the events that are wanted, when that changes.
    failed : callable
        Is given a text when a function failed.
    """

    def __init__(self, changed: Callable[[list[str]], None], failed: Callable[[str], None]) -> None:
        self._changed = changed
        self._failed = failed
        self._functions: dict[str, list[Callable[..., Any]]] = {}

    def add(self, event: str, function: Callable[..., Any]) -> Callable[[], None]:
        """Register a function; return what takes it away again.

        Raises
        ------
        ValidationError
            It is no function.
        """
        if not callable(function):
            raise ValidationError(f"on_{event}", f"must be a function, not {function!r}")
        self._functions.setdefault(event, []).append(function)
        self._tell()

        def remove() -> None:
            known = self._functions.get(event, [])
            if function in known:
                known.remove(function)
                self._tell()

        return remove

    def _tell(self) -> None:
        self._changed(sorted(event for event, known in self._functions.items() if known))

    def call(self, event: str, args: Sequence[Any]) -> None:
        """Call the functions of an event; one that fails is told of, and stops no other."""
        for function in list(self._functions.get(event, ())):
            try:
                function(*args)
            except Exception as error:
                logger.exception("a function of on_%s failed", event)
                self._failed(f"on_{event}: {type(error).__name__}: {error}")
