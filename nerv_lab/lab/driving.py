"""Running the client's coroutines from synchronous code, in a cell with or without a loop."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.portal import portal
from nerv_lab.lab.changes.interrupts import interrupts_held

__all__ = ["run", "run_inline"]

_T = TypeVar("_T")


def run(client: InnerUniverseClient, coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine of a client, and return its result.

    One that has to wait does so in the portal's event loop, while this thread waits for it.
    """
    if client.completes_inline:
        return run_inline(coroutine)
    return portal().run(coroutine)


def run_inline(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine that never suspends, and return its result; an interrupt waits for that.

    Raises
    ------
    RuntimeError
        When it suspends after all: only clients that complete inline may be driven so.
    """
    with interrupts_held():
        try:
            coroutine.send(None)
        except StopIteration as done:
            result: _T = done.value
            return result
    coroutine.close()
    raise RuntimeError("the client waited for an event loop, which a synchronous call cannot give")
