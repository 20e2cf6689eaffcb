"""One WebSocket to a database, from its first message to its end."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)

from nerv_lab.core.errors import (
    NERVPersistenceError,
    ProtocolError,
    ProtocolNotOfferedError,
    ServerError,
    ServerTimeoutError,
    ServerUnreachableError,
)
from nerv_lab.inner_universe.spacetime.address import Address
from nerv_lab.inner_universe.spacetime.failures import refusal
from nerv_lab.inner_universe.spacetime.http import (
    database_missing,
    tls_context,
    token_refused,
)
from nerv_lab.inner_universe.spacetime.messages import (
    COMMITTED,
    FAILED,
    SUBPROTOCOL,
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
from nerv_lab.inner_universe.spacetime.tokens import Secret

__all__ = ["Session", "SessionLostError", "open_session"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

Updated = Callable[[DatabaseUpdate], object]
Heard = Callable[[TransactionUpdate], None]
_MAX_MESSAGE = 1024 * 1024 * 1024
_PING_SECONDS = 15.0
_CLOSE_SECONDS = 2.0


class SessionLostError(Exception):
    """The WebSocket ended while something was under way; what became of it is not known."""


async def open_session(
    address: Address,
    token: Secret,
    token_place: str,
    updated: Updated,
    open_timeout: float,
    heard: Heard | None = None,
) -> Session:
    """Connect, and return when the server has said who we are.

    Parameters
    ----------
    address : Address
        The database.
    token, token_place : Secret and str
        Who we are, and where that is kept.
    updated : callable
        Given what each transaction did to the subscribed tables, in order.
    open_timeout : float
        Seconds it may take.
    heard : callable, optional
        Given each transaction that the server tells of, others' included.

    Raises
    ------
    ServerError
        When it cannot; the kind of error says why.
    """
    url = address.socket(light=heard is None)
    socket = await _connect(address, url, token, token_place, open_timeout)
    session = Session(address, socket, updated, heard)
    try:
        async with asyncio.timeout(open_timeout):
            await session.greeted()
    except TimeoutError:
        await session.close()
        raise ServerTimeoutError(f"{address.server} accepted us, but did not say a word") from None
    except BaseException:
        await session.close()
        raise
    return session


async def _connect(
    address: Address, url: str, token: Secret, token_place: str, open_timeout: float
) -> ClientConnection:
    try:
        socket = await connect(
            url,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            additional_headers={"Authorization": f"Bearer {token.reveal()}"},
            ssl=tls_context(address) if address.tls else None,
            compression=None,
            open_timeout=open_timeout,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PING_SECONDS,
            close_timeout=_CLOSE_SECONDS,
            max_size=_MAX_MESSAGE,
            user_agent_header="nerv-lab",
        )
    except InvalidStatus as error:
        raise _refused(address, error.response.status_code, token_place) from None
    except NegotiationError as error:
        raise _not_offered(address, str(error)) from None
    except TimeoutError:
        raise ServerTimeoutError(
            f"{address.server} did not answer within {open_timeout:g} s; check the address"
        ) from None
    except (OSError, InvalidHandshake, InvalidURI, EOFError) as error:
        raise ServerUnreachableError(
            f"nobody answers at {address.server} as a SpacetimeDB server does "
            f"({type(error).__name__}: {error}); check the address, and that the server runs"
        ) from None
    if socket.subprotocol != SUBPROTOCOL:
        await socket.close()
        raise _not_offered(address, "it chose none of ours")
    return socket


def _refused(address: Address, status: int, token_place: str) -> NERVPersistenceError:
    if status == 401:
        return token_refused(address, token_place)
    if status == 404:
        return database_missing(address)
    if status == 400:
        return _not_offered(address, "HTTP 400")
    return ServerError(
        f"{address.server} refused the connection with HTTP {status}; "
        f"look into its log, or try again later"
    )


def _not_offered(address: Address, why: str) -> ProtocolNotOfferedError:
    return ProtocolNotOfferedError(
        f"{address.server} does not speak {SUBPROTOCOL} ({why}); "
        f"use a SpacetimeDB server from 1.0 on, and no proxy that drops WebSocket subprotocols"
    )


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
        self._calls: dict[
            tuple[str, bytes], deque[asyncio.Future[tuple[TransactionUpdate, object]]]
        ] = {}
        self._error: NERVPersistenceError | None = None
        self._connection = b""
        self.identity = ""
        self.ended = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def greeted(self) -> None:
        """Wait until the server has said who we are."""
        greeting = await self._answer(self._greeting)
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
            answer = await self._answer(future)
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
            await self._answer(future)
        finally:
            self._subscriptions.pop(number, None)

    async def call(self, reducer: str, args: bytes) -> Any:
        """Call a reducer, and return what `updated` made of its transaction.

        Raises
        ------
        NervError
            When the reducer refuses.
        """
        # Failed calls come back without their number, so the arguments tell them apart: they
        # hold ids that we made.
        future: asyncio.Future[tuple[TransactionUpdate, object]] = _future()
        waiting = self._calls.setdefault((reducer, args), deque())
        waiting.append(future)
        try:
            await self._send(call_reducer(reducer, args, next(self._numbers)))
            made, found = await self._answer(future)
        finally:
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._calls.pop((reducer, args), None)
        if made.status.tag == COMMITTED:
            return found
        if made.status.tag == FAILED:
            raise refusal(made.status.value, reducer, self._address.uri)
        raise NERVPersistenceError(
            f"{reducer} failed on {self._address.uri}: the database is out of energy"
        )

    async def close(self) -> None:
        """End it; nothing happens when it has ended."""
        await self._socket.close()
        await self.ended.wait()

    async def _send(self, message: bytes) -> None:
        try:
            await self._socket.send(message)
        except ConnectionClosed as error:
            raise self._lost() from error

    async def _answer(self, future: asyncio.Future[_T]) -> _T:
        if self.ended.is_set() and not future.done():
            raise self._lost()
        return await future

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
        waiting: list[asyncio.Future[Any]] = [
            self._greeting,
            *self._queries.values(),
            *(future for future, _ in self._subscriptions.values()),
            *(future for listed in self._calls.values() for future in listed),
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
            waiting = self._waiting(message)
            if waiting:
                _settle(waiting.popleft(), (message, found))

    def _waiting(self, message: TransactionUpdate) -> deque[asyncio.Future[Any]] | None:
        call = message.call
        found = self._calls.get((call.name, call.args))
        if found is None and message.status.tag == FAILED and not call.args:
            # A call that never reached its reducer comes back without its arguments.
            return next((w for (name, _), w in self._calls.items() if name == call.name), None)
        return found

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
