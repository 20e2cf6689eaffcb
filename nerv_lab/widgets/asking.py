"""Asking the browser: a question to a view, and its answer, which comes when the kernel hears it.

While a cell runs, a kernel hears no browser: neither those that hear in the thread that runs cells
nor those that hear in another one, since what answers a cell is heard where the cell runs. So no
question waits. What an answer is wanted for happens when it comes: after the cell, or, on newer
kernels, while the cell awaits it.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from concurrent.futures import Future
from typing import Any, Final, Generic, TypeVar

from nerv_lab.core.errors import NervError

__all__ = ["Answer", "Asker", "BrowserError"]

WAIT_SECONDS: Final = 10.0

_T = TypeVar("_T")
logger = logging.getLogger(__name__)


class BrowserError(NervError):
    """No browser shows the view, or it did not do what it was asked."""


class Answer(Awaitable[_T], Generic[_T]):
    """What will come of a question to the browser; can be awaited, and need not be.

    Parameters
    ----------
    what : str
        What it is, for people to read.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self.future: Future[_T] = Future()

    def __await__(self) -> Generator[Any, None, _T]:
        return self._awaited().__await__()

    async def _awaited(self) -> _T:
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self.future), WAIT_SECONDS)
        except TimeoutError:
            raise BrowserError(
                f"the browser did not answer within {WAIT_SECONDS:.0f} seconds; some kernels hear "
                "it only after the cell: then do not await it"
            ) from None

    def __repr__(self) -> str:
        if not self.future.done():
            return f"<{self._what}: comes when this cell is done, or is awaited>"
        error = self.future.exception()
        return f"<{self._what}: {error}>" if error else f"<{self._what}: done>"


class Asker:
    """Asks the browser.

    Parameters
    ----------
    send : callable
        Takes a message and its buffers to the browser.
    failed : callable
        Is given a text when an answer could not be used.
    """

    def __init__(
        self,
        send: Callable[[dict[str, Any], list[bytes]], None],
        failed: Callable[[str], None],
    ) -> None:
        self._send = send
        self._failed = failed
        self._numbers = itertools.count(1)
        self._questions: dict[int, tuple[Answer[Any], Callable[..., Any]]] = {}

    def ask(
        self,
        view: str | None,
        what: str,
        args: Mapping[str, Any],
        take: Callable[[Mapping[str, Any], list[bytes]], _T],
        told: str,
    ) -> Answer[_T]:
        """Ask a view; what comes of its answer is what ``take`` makes of it and its buffers.

        Parameters
        ----------
        view : str or None
            Its stream; None where no view is there.
        what : str
            The question.
        args : mapping
            What goes with it.
        take : callable
            Is given the answer and its buffers.
        told : str
            What it is about, for people to read.

        Raises
        ------
        BrowserError
            No view is there.
        """
        if view is None:
            raise BrowserError("no browser shows this view; display it in a notebook first")
        number, answer = next(self._numbers), Answer[_T](told)
        self._questions[number] = answer, take
        self._send({"type": "ask", "stream": view, "id": number, "what": what, "args": args}, [])
        return answer

    def hear(self, message: Mapping[str, Any], buffers: list[Any]) -> None:
        """Take an answer; one that was not asked for is ignored."""
        number = message.get("id")
        asked = self._questions.pop(number, None) if isinstance(number, int) else None
        if asked is None:
            return
        answer, take = asked
        try:
            if message.get("ok") is not True:
                raise BrowserError(str(message.get("error")))
            answer.future.set_result(take(message, [bytes(buffer) for buffer in buffers]))
        except Exception as error:  # whoever asked may be gone: it is shown, and logged
            logger.exception("%s: the answer of the browser could not be used", answer)
            self._failed(f"{type(error).__name__}: {error}")
            answer.future.set_exception(error)
