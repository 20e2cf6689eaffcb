"""Pauses between attempts, each longer than the last, that somebody who waits can end."""

from __future__ import annotations

import asyncio
import contextlib
import random

__all__ = ["Backoff"]


class Backoff:
    """Pauses of a client that tries to come back to its server; belongs to one loop.

    Parameters
    ----------
    shortest, longest : float
        The first pause in seconds, and the longest.
    """

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest = shortest
        self._longest = longest
        self._next = shortest
        self._wanted = asyncio.Event()

    def restart(self) -> None:
        """Begin with the shortest pause again."""
        self._next = self._shortest

    def hasten(self) -> None:
        """End the pause there is, once it has taken as long as the shortest, and begin anew."""
        self.restart()
        self._wanted.set()

    async def pause(self) -> None:
        """Wait a little, and longer each time."""
        # Many clients lose a server at once, and should not come back at once.
        seconds = self._next * random.uniform(0.5, 1.0)
        self._next = min(self._next * 2, self._longest)
        shortest = min(seconds, self._shortest)
        self._wanted.clear()
        await asyncio.sleep(shortest)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds - shortest):
                await self._wanted.wait()
