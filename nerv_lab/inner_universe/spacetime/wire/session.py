"""One WebSocket to a database, from its first message to its end."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from nerv_lab.core.errors import NERVPersistenceError, ProtocolError
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.calling import Calls
from nerv_lab.inner_universe.spacetime.wire.messages import (
    COMMITTED,
    DatabaseUpdate,
    IdentityToken,
    OneOffQueryResponse,
    ServerMessage,
    SubscribeMultiApplied,
    SubscriptionError,
    TransactionUpdate,
    TransactionUpdateLight,
    call_reducer,
    hex_id,
    one_off_query,
    read_server_message,
    subscribe_multi,
)

__all__ = ["Heard", "Session", "SessionLostError", "Updated"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

Updated = Callable[[DatabaseUpdate], Any]
Heard = Callable[[TransactionUpdate], None]
# Small enough for an empty buffer to take it without asking the sender to wait.
_AT_ONCE = 16 * 1024


class SessionLostError(Exception):
    """The WebSocket ended while something was under way; what became of it is not known."""


class Session:
    """A WebSocket that is open; belongs to the loop that made it.

    Parameters
    ----------
    address : Address
        Where it leads.
    socket : ClientConnection
        The open socket.
    updated : callable
        Given what each transaction did to the subscribed tables, in order; what it returns is
        the result of the call.
    heard : callable, optional
        Given each transaction that the server tells of.

    Attributes
    ----------
    identity : str
        Who the server says we are, in hexadecimal.
    ended : asyncio.Event
        Set when it is over.
    """

    def __init__(
        self,
        address: Address,
        socket: ClientConnection,
        updated: Updated,
        heard: Heard | None = None,
    ) -> None:
        self._heard = heard
        self._address = address
        self._socket = socket
        self._updated = updated
        self._numbers = itertools.count(1)
        self._greeting: asyncio.Future[IdentityToken] = _future()
        self._queries: dict[bytes, asyncio.Future[OneOffQueryResponse]] = {}
        self._subscriptions: dict[int, tuple[asyncio.Future[None], Updated]] = {}
        self._calls = Calls(address.uri)
        self._error: NERVPersistenceError | None = None
        self._connection = b""
        self.identity = ""
        self.ended = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def greeted(self) -> None:
        """Wait until the server has said who we are."""
        greeting = await self._greeting
        self.identity = hex_id(greeting.identity)
        self._connection = greeting.connection

    @property
    def error(self) -> NERVPersistenceError | None:
        """Why it ended, where the server broke the protocol."""
        return self._error

    async def query(self, sql: str) -> OneOffQueryResponse:
        """Ask a query once.

        Raises
        ------
        NERVPersistenceError
            When the server refuses it.
        """
        number = next(self._numbers).to_bytes(8, "little")
        future: asyncio.Future[OneOffQueryResponse] = _future()
        self._queries[number] = future
        try:
            await self._send(one_off_query(number, sql))
            answer = await future
        finally:
            self._queries.pop(number, None)
        if answer.error is not None:
            raise NERVPersistenceError(
                f"{self._address.uri} refused a query ({answer.error[:500]}): {sql[:200]}"
            )
        return answer

    async def subscribe(self, queries: Sequence[str], applied: Updated) -> None:
        """Follow queries.

        Parameters
        ----------
        queries : sequence of str
            In SQL.
        applied : callable
            Given what they find at this moment, before any later update is handed over.

        Raises
        ------
        NERVPersistenceError
            When the server refuses them.
        """
        number = next(self._numbers)
        future: asyncio.Future[None] = _future()
        self._subscriptions[number] = future, applied
        try:
            await self._send(subscribe_multi(queries, number, number))
            await future
        finally:
            self._subscriptions.pop(number, None)

    async def call(self, reducer: str, args: bytes, limit: float = math.inf) -> Any:
        """Call a reducer, and return what `updated` made of its transaction.

        Parameters
        ----------
        reducer, args : str and bytes
            What to call, and with what. Equal arguments mean the same call.
        limit : float
            The loop's time when it is given up.

        Raises
        ------
        NervError
            When the reducer refuses.
        TimeoutError
            When there is no answer in time.
        """
        self._check_open()
        number = next(self._numbers)
        future = self._calls.add(number, reducer, args, limit)
        await self._send(call_reducer(reducer, args, number), limit)
        return await future

    async def close(self) -> None:
        """End it; nothing happens when it has ended."""
        await self._socket.close()
        await self.ended.wait()

    async def _send(self, message: bytes, limit: float = math.inf) -> None:
        self._check_open()
        try:
            if len(message) <= _AT_ONCE and not self._socket.transport.get_write_buffer_size():
                await self._socket.send(message)  # nothing that it would have to wait for
            else:
                async with asyncio.timeout_at(None if math.isinf(limit) else limit):
                    await self._socket.send(message)
        except ConnectionClosed as error:
            raise self._lost() from error

    def _check_open(self) -> None:
        if self.ended.is_set():
            raise self._lost()

    def _lost(self) -> Exception:
        return self._error or SessionLostError(str(self._socket.close_reason or "closed"))

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if isinstance(message, str):
                    raise ProtocolError("the server sent text under a binary protocol")
                self._dispatch(read_server_message(message))
        except ConnectionClosed:
            pass
        except NERVPersistenceError as error:
            self._error = error
            logger.error("%s: %s; the connection is closed", self._address.uri, error)
        except Exception as error:
            logger.exception("%s: a message could not be taken in", self._address.uri)
            self._error = ProtocolError(f"{type(error).__name__}: {error}")
        finally:
            self._end()
        if self._error is not None:
            await self._socket.close(1002)

    def _end(self) -> None:
        self.ended.set()
        self._calls.fail(self._lost)
        waiting: list[asyncio.Future[Any]] = [
            self._greeting,
            *self._queries.values(),
            *(future for future, _ in self._subscriptions.values()),
        ]
        for future in waiting:
            if not future.done():
                future.set_exception(self._lost())
                future.exception()  # nobody may be waiting any more

    def _dispatch(self, message: ServerMessage) -> None:
        match message:
            case TransactionUpdate():
                self._transaction(message)
            case TransactionUpdateLight():
                self._updated(message.update)
            case OneOffQueryResponse():
                _settle(self._queries.get(message.message_id), message)
            case IdentityToken():
                _settle(self._greeting, message)
            case SubscriptionError():
                self._subscription_failed(message)
            case SubscribeMultiApplied():
                self._subscribed(message)
            case _:
                pass

    def _transaction(self, message: TransactionUpdate) -> None:
        if self._heard is not None:
            self._heard(message)
        found: object = None
        if message.status.tag == COMMITTED:
            found = self._updated(message.status.value)
        if message.caller_connection == self._connection:
            self._calls.settle(message, found)

    def _subscribed(self, message: SubscribeMultiApplied) -> None:
        if message.request_id in self._subscriptions:
            future, applied = self._subscriptions[message.request_id]
            applied(message.update)
            _settle(future, None)

    def _subscription_failed(self, message: SubscriptionError) -> None:
        text = f"{self._address.uri} refused a subscription: {message.error[:500]}"
        if message.request_id not in self._subscriptions:
            raise NERVPersistenceError(text)
        future, _ = self._subscriptions[message.request_id]
        if not future.done():
            future.set_exception(NERVPersistenceError(text))


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


def _settle(future: asyncio.Future[_T] | None, value: _T) -> None:
    if future is not None and not future.done():
        future.set_result(value)
