"""What a server offers over HTTP: identities, modules, schemas, queries."""

from __future__ import annotations

import json
import ssl
from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

import httpx

from nerv_lab.core.errors import (
    DatabaseNotFoundError,
    NERVPersistenceError,
    PermissionDeniedError,
    ProtocolError,
    ServerTimeoutError,
    ServerUnreachableError,
    TokenRefusedError,
    ValidationError,
)
from nerv_lab.inner_universe.spacetime.tokens import Secret
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.failures import refusal
from nerv_lab.inner_universe.spacetime.wire.quiet import hide_tokens_in_logs

__all__ = ["HttpApi", "database_missing", "tls_context", "token_refused"]

_MOST = 64 * 1024 * 1024
_SHOWN = 500
_REDUCER_REFUSED = 530


def tls_context(address: Address) -> ssl.SSLContext:
    """Return how to verify a server; without TLS, a context that trusts nobody.

    Names and certificates are always checked; there is no way to turn that off.

    Raises
    ------
    ValidationError
        When the file of certificates cannot be read, or holds none.
    """
    if not address.tls:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=address.ca_file)
    except OSError as error:  # that of OpenSSL is one
        raise ValidationError(
            "ca_file",
            f"{address.ca_file} is no file of certificates in PEM ({type(error).__name__}); give "
            f"that of the authority that signed the server's, in NERV_CA_FILE or the settings",
        ) from None


def database_missing(address: Address) -> DatabaseNotFoundError:
    """Return the error for a database that is not there."""
    return DatabaseNotFoundError(
        f"{address.server} has no database {address.database!r}; check the name, or make it with "
        f"nerv_lab.inner_universe.spacetime.publish_module({address.uri!r})"
    )


def token_refused(address: Address, where: str) -> TokenRefusedError:
    """Return the error for a token that is not accepted."""
    return TokenRefusedError(
        f"{address.server} does not accept the token from {where}; put the right one there, or "
        f"remove it to be known under a new identity (which may do less)"
    )


class _Bearer(httpx.Auth):
    """Puts a token into the header of a request, and into no variable that an error could show."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        yield request


class HttpApi:
    """A server's HTTP interface; use it in ``async with``.

    Parameters
    ----------
    address : Address
        The server and the database.
    token : Secret, optional
        Who asks.
    token_place : str
        Where the token is from, for errors.
    timeout : float
        Seconds that one request may take.
    """

    def __init__(
        self,
        address: Address,
        token: Secret | None = None,
        *,
        token_place: str = "the settings",
        timeout: float = 30.0,
    ) -> None:
        self._address = address
        self._token_place = token_place
        hide_tokens_in_logs()
        self._client = httpx.AsyncClient(
            base_url=address.server,
            timeout=timeout,
            verify=tls_context(address),
            auth=None if token is None else _Bearer(token),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def health(self) -> dict[str, Any]:
        """Return what the server says of itself, its ``version`` for one."""
        found = await self._json("GET", "/v1/health")
        return dict(found) if isinstance(found, dict) else {}

    async def new_identity(self) -> tuple[str, Secret]:
        """Return a new identity (hexadecimal) and its token."""
        made = await self._json("POST", "/v1/identity")
        try:
            return str(made["identity"]), Secret(str(made["token"]))
        except (TypeError, LookupError):
            raise ProtocolError(
                f"{self._address.server} gave no identity; is it a SpacetimeDB server?"
            ) from None

    async def schema(self) -> dict[str, Any]:
        """Return the description of the database's tables and reducers."""
        found = await self._json("GET", f"{self._database}/schema?version=9")
        if not isinstance(found, dict):
            raise ProtocolError(f"{self._address.server} describes the database as no object")
        return found

    async def schema_versions(self) -> dict[str, int]:
        """Return which version of the tables the module has, and the oldest that reads them."""
        query = "SELECT component, version FROM schema_version"
        try:
            return {str(name): int(version) for name, version in await self._rows(query)}
        except (TypeError, ValueError):
            raise ProtocolError(f"{self._address.server} did not answer {query!r}") from None

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        found = await self._numbers(f"SELECT COUNT(*) AS n FROM {table}")
        if not found:
            raise ProtocolError(f"{self._address.server} could not count {table}")
        return found[0]

    async def log_ends(self) -> tuple[int, int]:
        """Return the position of the last event that was dropped from the log, and of the last."""
        while True:
            floor = await self._floor()
            count = await self.count("event_log")
            if await self._floor() == floor:
                return floor, floor + count

    async def _floor(self) -> int:
        return max(await self._numbers('SELECT "floor" FROM retention'), default=0)

    async def _numbers(self, query: str) -> list[int]:
        """Return the first column of what a query finds."""
        try:
            return [int(row[0]) for row in await self._rows(query)]
        except (TypeError, LookupError, ValueError):
            raise ProtocolError(f"{self._address.server} did not answer {query!r}") from None

    async def _rows(self, query: str) -> list[Any]:
        found = await self._json("POST", f"{self._database}/sql", query.encode())
        try:
            return list(found[0]["rows"])
        except (TypeError, LookupError):
            raise ProtocolError(f"{self._address.server} did not answer {query!r}") from None

    async def call(self, reducer: str) -> None:
        """Call a reducer that takes no arguments.

        Raises
        ------
        NervError
            When it refuses.
        """
        headers = {"Content-Type": "application/json"}
        await self._send("POST", f"{self._database}/call/{reducer}", b"[]", headers)

    async def publish(self, wasm: bytes) -> None:
        """Make the database run a module; its rows are kept where the tables allow it."""
        headers = {"Content-Type": "application/wasm"}
        await self._send("PUT", self._database, wasm, headers)

    @property
    def _database(self) -> str:
        return f"/v1/database/{self._address.database}"

    async def _json(self, method: str, path: str, body: bytes | None = None) -> Any:
        answer = await self._send(method, path, body)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise ProtocolError(
                f"{self._address.server} answered {path} with something other than JSON; "
                f"is it a SpacetimeDB server?"
            ) from None

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        try:
            async with self._client.stream(method, path, content=body, headers=headers) as answer:
                received = await self._received(answer)
                status = answer.status_code
        except httpx.TimeoutException:
            raise ServerTimeoutError(
                f"{self._address.server} did not answer {path} in time; is the address right?"
            ) from None
        except httpx.HTTPError as error:
            raise ServerUnreachableError(
                f"nobody answers at {self._address.server} ({type(error).__name__}: {error}); "
                f"check the address, and that the server runs"
            ) from None
        self._check(status, path, received)
        return received

    async def _received(self, answer: httpx.Response) -> bytes:
        received = bytearray()
        async for part in answer.aiter_bytes():
            received += part
            if len(received) > _MOST:
                raise ProtocolError(f"{self._address.server} answers without an end")
        return bytes(received)

    def _check(self, status: int, path: str, received: bytes) -> None:
        if status < 300:
            return
        said = received[:_SHOWN].decode(errors="replace").strip()
        if status == _REDUCER_REFUSED:
            raise refusal(said, path, self._address.uri)
        if status == 401:
            raise token_refused(self._address, self._token_place)
        if status == 404 and path.startswith("/v1/database"):
            raise database_missing(self._address)
        if status == 403:
            raise PermissionDeniedError("of this token", "change", self._address.database)
        raise NERVPersistenceError(
            f"{self._address.server} refused {path} (HTTP {status})" + (f": {said}" if said else "")
        )
