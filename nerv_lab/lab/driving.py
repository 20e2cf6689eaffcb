"""Running the client's coroutines from synchronous code, in a cell with or without a loop."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["run_inline"]

_T = TypeVar("_T")


def run_inline(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine that never suspends, and return its result.

    Raises
    ------
    RuntimeError
        When it suspends after all: only clients that complete inline may be driven so.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: _T = done.value
        return result
    coroutine.close()
    raise RuntimeError("the client waited for an event loop, which a synchronous call cannot give")
