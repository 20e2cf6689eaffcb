"""Letting others work at one chosen moment of what a Lab does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from nerv_lab.lab import Lab

__all__ = ["before_next", "nothing_before"]


def before_next(lab: Lab, method: str, work: Callable[[], object], times: int = 1) -> None:
    """Let something be done just before a Lab's client carries out the next calls of a method.

    What is done may use other Labs, on whichever store.
    """
    client = lab.client
    original = getattr(client, method)
    left = times

    async def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            nothing_before(lab, method)
        if client.completes_inline:
            work()
        else:  # in the portal, for which other Labs would wait
            await asyncio.to_thread(work)
        return await original(*args, **kwargs)

    setattr(client, method, call)


def nothing_before(lab: Lab, method: str) -> None:
    """Let the method be as it was."""
    vars(lab.client).pop(method, None)
