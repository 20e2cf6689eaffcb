"""Calls of reducers that are under way."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from nerv_lab.core.errors import NervError, NERVPersistenceError
from nerv_lab.inner_universe.spacetime.wire.failures import refusal
from nerv_lab.inner_universe.spacetime.wire.messages import (
    COMMITTED,
    FAILED,
    ReducerCall,
    TransactionUpdate,
)

__all__ = ["Calls"]


@dataclass(slots=True)
class _Call:
    reducer: str
    args: bytes
    limit: float
    future: asyncio.Future[Any]


class Calls:
    """Finds the call that an answer belongs to, and gives up those that wait too long.

    Parameters
    ----------
    uri : str
        Who is called, for errors.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, _Call] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, number: int, reducer: str, args: bytes, limit: float) -> asyncio.Future[Any]:
        """Return the future of a call that is about to be sent.

        Parameters
        ----------
        number, reducer, args
            The call.
        limit : float
            The loop's time when it is given up; may be infinite.
        """
        future = self._loop.create_future()
        self._calls[number] = _Call(reducer, args, limit, future)
        if self._timer is None or limit < self._timer.when():
            self._watch(limit)
        return future

    def settle(self, message: TransactionUpdate, found: object) -> None:
        """Give a call of ours what came of it; `found` is its result."""
        call = self._taken(message.call, message.status.tag)
        if call is None or call.future.done():
            return
        if message.status.tag == COMMITTED:
            call.future.set_result(found)
        else:
            call.future.set_exception(self._failure(message))

    def _taken(self, told: ReducerCall, status: int) -> _Call | None:
        call = self._calls.get(told.request_id)
        if call is not None and call.reducer == told.name and call.args == told.args:
            return self._calls.pop(told.request_id)
        # A call that failed comes back without its number, but holds ids that we made.
        number = next(self._alike(told, status), None)
        return None if number is None else self._calls.pop(number)

    def _alike(self, told: ReducerCall, status: int) -> Iterator[int]:
        for number, call in self._calls.items():
            if call.reducer == told.name and call.args == told.args:
                yield number
        if status == FAILED and not told.args:
            # One that never reached its reducer comes back without its arguments, too.
            yield from (n for n, call in self._calls.items() if call.reducer == told.name)

    def _failure(self, message: TransactionUpdate) -> NervError:
        name = message.call.name
        if message.status.tag == FAILED:
            return refusal(message.status.value, name, self._uri)
        return NERVPersistenceError(f"{name} failed on {self._uri}: the database is out of energy")

    def fail(self, error: Callable[[], Exception]) -> None:
        """Give each of them an error of its own."""
        if self._timer is not None:
            self._timer.cancel()
        calls, self._calls = self._calls, {}
        for call in calls.values():
            _fail(call, error())

    # One timer for all: it looks when the first may be late, and most are answered by then.

    def _watch(self, limit: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if math.isinf(limit) else self._loop.call_at(limit, self._expire)

    def _expire(self) -> None:
        now = self._loop.time()
        for number in [number for number, call in self._calls.items() if call.limit <= now]:
            _fail(self._calls.pop(number), TimeoutError())
        self._timer = None
        self._watch(min((call.limit for call in self._calls.values()), default=math.inf))


def _fail(call: _Call, error: Exception) -> None:
    if not call.future.done():
        call.future.set_exception(error)
        call.future.exception()  # nobody may be waiting any more
