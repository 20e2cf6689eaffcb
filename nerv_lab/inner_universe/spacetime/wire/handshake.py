"""Opening a WebSocket to a database."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)

from nerv_lab.core.errors import (
    NERVPersistenceError,
    ProtocolNotOfferedError,
    ServerError,
    ServerTimeoutError,
    ServerUnreachableError,
)
from nerv_lab.inner_universe.spacetime.tokens import Secret
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.http import (
    database_missing,
    tls_context,
    token_refused,
)
from nerv_lab.inner_universe.spacetime.wire.messages import SUBPROTOCOL
from nerv_lab.inner_universe.spacetime.wire.quiet import WIRE
from nerv_lab.inner_universe.spacetime.wire.session import Heard, Session, Updated

__all__ = ["open_session"]

_MAX_MESSAGE = 1024 * 1024 * 1024
_PING_SECONDS = 15.0
_CLOSE_SECONDS = 2.0


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
            logger=WIRE,
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
