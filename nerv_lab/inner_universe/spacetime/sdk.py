"""The client of ``spacetimedb-sdk`` on a transport that servers since 1.0 understand.

Code that was written for the SDK imports its names from here. Its classes and callbacks are the
SDK's own; only what goes over the network is ours: ``v1.bsatn`` instead of a text protocol that no
server speaks any more, and no thread of its own.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable, Sequence
from typing import Any

from spacetimedb_sdk.spacetimedb_client import (
    Address,
    DbEvent,
    Identity,
    ReducerEvent,
    TransactionUpdateMessage,
    _IdentityReceivedMessage,
    _SubscriptionUpdateMessage,
)
from spacetimedb_sdk.spacetimedb_client import SpacetimeDBClient as _SdkClient

from nerv_lab.core.errors import NervError, ServerGoneError
from nerv_lab.inner_universe.config import InnerUniverseConfig
from nerv_lab.inner_universe.portal import portal
from nerv_lab.inner_universe.spacetime.module.checking import read_schema
from nerv_lab.inner_universe.spacetime.tokens import Secret
from nerv_lab.inner_universe.spacetime.wire.address import Address as DatabaseAddress
from nerv_lab.inner_universe.spacetime.wire.dynamic import codec_of, is_option, legacy
from nerv_lab.inner_universe.spacetime.wire.handshake import open_session
from nerv_lab.inner_universe.spacetime.wire.http import HttpApi
from nerv_lab.inner_universe.spacetime.wire.messages import (
    COMMITTED,
    FAILED,
    DatabaseUpdate,
    TransactionUpdate,
    rows_of,
)
from nerv_lab.inner_universe.spacetime.wire.session import (
    Session,
    SessionLostError,
)

__all__ = [
    "Address",
    "DbEvent",
    "Identity",
    "ReducerEvent",
    "SpacetimeDBClient",
    "TransactionUpdateMessage",
]

RowCallback = Callable[[str, Any, Any, Any], None]

_OPEN_SECONDS = 10.0
_STATUS = {COMMITTED: "committed", FAILED: "failed"}


class _Reducers(dict[str, Callable[[Any], Any]]):
    """How generated code reads the arguments of a reducer; without any, they stay as they are."""

    def __missing__(self, name: str) -> Callable[[Any], Any]:
        return list


class _Tables(dict[str, Any]):
    """Tables under the server's names, and under those that generated code gives them."""

    def __missing__(self, name: str) -> Any:
        return self[_camel(name)] if _camel(name) in self else self._named(name)

    def _named(self, name: str) -> Any:
        raise KeyError(f"no table {name!r}; there are {', '.join(sorted(self))}")


def _camel(name: str) -> str:
    return name.replace("_", " ").title().replace(" ", "")


class SpacetimeDBClient(_SdkClient):  # type: ignore[misc]
    """The SDK's client; `init` it, register callbacks, `subscribe`, and call `update` regularly.

    Parameters
    ----------
    autogen_package : module, optional
        The code that ``spacetime generate --lang python`` made; without it, rows are objects with
        an attribute for each column.
    """

    def __init__(self, autogen_package: types.ModuleType | None = None) -> None:
        super().__init__(
            types.SimpleNamespace(__path__=[], __name__="")
            if autogen_package is None
            else autogen_package
        )
        # The SDK keeps one client for all, under its own name.
        SpacetimeDBClient.instance = self
        self.client_cache.reducer_cache = _Reducers(self.client_cache.reducer_cache)
        self.client_cache.tables = _Tables(self.client_cache.tables)
        self._session: Session | None = None
        self._shapes: dict[str, Any] = {}
        self._arguments: dict[str, Any] = {}

    @classmethod
    def init(
        cls,
        auth_token: str | None,
        host: str,
        address_or_name: str,
        ssl_enabled: bool,
        autogen_package: types.ModuleType | None = None,
        on_connect: Callable[[], None] | None = None,
        on_disconnect: Callable[[str], None] | None = None,
        on_identity: Callable[[str, Any, Any], None] | None = None,
        on_error: Callable[[str], None] | None = None,
    ) -> None:
        """Connect, as the SDK's `init` does; the client is then ``SpacetimeDBClient.instance``."""
        cls(autogen_package).connect(
            auth_token,
            host,
            address_or_name,
            ssl_enabled,
            on_connect,
            on_disconnect,
            on_identity,
            on_error,
        )

    def connect(
        self,
        auth_token: str | None,
        host: str,
        address_or_name: str,
        ssl_enabled: bool,
        on_connect: Callable[[], None] | None = None,
        on_disconnect: Callable[[str], None] | None = None,
        on_identity: Callable[[str, Any, Any], None] | None = None,
        on_error: Callable[[str], None] | None = None,
    ) -> None:
        """Connect; without a token the server gives a new one, which `on_identity` is told.

        Raises
        ------
        ServerError
            When it cannot and there is no `on_error`.
        """
        self._on_identity = on_identity
        self._on_disconnect = on_disconnect
        scheme = "spacetimedbs" if ssl_enabled else "spacetimedb"
        where = DatabaseAddress.parse(
            f"{scheme}://{host}", database=address_or_name, ca_file=InnerUniverseConfig().ca_file
        )
        try:
            token = portal().run(self._open(where, auth_token))
        except NervError as error:
            if on_error is None:
                raise
            on_error(str(error))
            return
        identity = Identity.from_string(self._live().identity)
        self.message_queue.put(_IdentityReceivedMessage(token.reveal(), identity, self.address))
        if on_connect is not None:
            on_connect()

    async def _open(self, where: DatabaseAddress, auth_token: str | None) -> Secret:
        token = None if auth_token is None else Secret(auth_token)
        async with HttpApi(where, token, token_place="auth_token") as api:
            if token is None:
                _, token = await api.new_identity()
            self._shapes, self._arguments = read_schema(await api.schema(), where.uri)
        for name, shape in self._shapes.items():
            if (
                name not in self.client_cache.tables
                and _camel(name) not in self.client_cache.tables
            ):
                self.client_cache.tables[name] = _table_cache(name, shape)
        self._session = await open_session(
            where, token, "auth_token", lambda update: None, _OPEN_SECONDS, self._heard
        )
        self._ending = portal().loop.create_task(self._told_of_end(self._session))
        return token

    async def _told_of_end(self, session: Session) -> None:
        await session.ended.wait()
        if self._on_disconnect is not None:
            self._on_disconnect(str(session.error or "closed"))

    def _live(self) -> Session:
        if self._session is None:
            raise ServerGoneError("the client is not connected; call SpacetimeDBClient.init first")
        return self._session

    def close(self) -> None:
        """Disconnect; nothing happens when it is disconnected."""
        session, self._session = self._session, None
        if session is not None:
            portal().run(session.close())

    # Following

    def subscribe(self, queries: Sequence[str]) -> None:
        """Follow queries too; what they find now is in the cache after the next `update`."""
        self._run(self._live().subscribe(list(queries), self._applied))

    def register_row_update(self, table_name: str, callback: RowCallback) -> None:
        """Call ``callback(op, old, new, reducer_event)`` with each row that changes."""
        self._register_row_update(self._key(table_name), callback)

    def unregister_row_update(self, table_name: str, callback: RowCallback) -> None:
        """Call it no more."""
        self._unregister_row_update(self._key(table_name), callback)

    def register_reducer(self, reducer_name: str, callback: Callable[..., None]) -> None:
        """Call ``callback(identity, address, status, message, *args)`` after each such call."""
        self._register_reducer(reducer_name, callback)

    def call_reducer(self, reducer: str, *args: Any) -> None:
        """Call a reducer and wait until it has run.

        Raises
        ------
        NervError
            When the reducer refuses.
        """
        if reducer not in self._arguments:
            raise ServerGoneError(f"the database has no reducer {reducer!r}")
        encoded = codec_of(self._arguments[reducer]).encode(args)
        self._run(self._live().call(reducer, encoded))

    def _reducer_call(self, reducer: str, *args: Any) -> None:
        # What generated code calls: as with the SDK, a refusal reaches the callbacks only.
        session, encoded = self._live(), codec_of(self._arguments[reducer]).encode(args)

        async def ask() -> None:
            try:
                await session.call(reducer, encoded)
            except (NervError, SessionLostError):
                return

        self._run(ask())

    def _run(self, coroutine: Any) -> None:
        try:
            portal().run(coroutine)
        except SessionLostError as error:
            raise ServerGoneError(f"the connection was lost ({error}); call init again") from error

    # What comes in; in the portal's thread

    def _key(self, table: str) -> str:
        tables = self.client_cache.tables
        return table if table in tables or _camel(table) not in tables else _camel(table)

    def _applied(self, update: DatabaseUpdate) -> None:
        message = _SubscriptionUpdateMessage()
        self._append(message, update)
        self.message_queue.put(message)

    def _heard(self, transaction: TransactionUpdate) -> None:
        call, status = transaction.call, transaction.status
        args: list[Any] = []
        if call.args and call.name in self._arguments:
            shape = self._arguments[call.name]
            args = legacy(shape, codec_of(shape).decode(call.args))
        message = TransactionUpdateMessage(
            Identity.from_bytes(transaction.caller_identity[::-1]),
            Address.from_string(transaction.caller_connection[::-1].hex()),
            _STATUS.get(status.tag, "out_of_energy"),
            status.value if status.tag == FAILED else "",
            call.name,
            args,
        )
        if status.tag == COMMITTED:
            self._append(message, status.value)
        self.message_queue.put(message)

    def _append(self, message: Any, update: DatabaseUpdate) -> None:
        for table in dict.fromkeys(found.table_name for found in update.tables):
            shape, key = self._shapes[table], self._key(table)
            codec = codec_of(shape)
            for came, row in rows_of(update, table):
                identity = hashlib.blake2b(row, digest_size=16).hexdigest()
                if came:
                    value = self.client_cache.decode(key, legacy(shape, codec.decode(row)))
                    message.append_event(key, DbEvent(key, identity, "insert", value))
                else:
                    message.append_event(key, DbEvent(key, identity, "delete"))


def _table_cache(name: str, shape: Any) -> Any:
    """Return an empty cache of a table that no generated code knows."""
    from spacetimedb_sdk.client_cache import TableCache

    columns = [column for column, _ in shape[1]]
    optional = {column for column, member in shape[1] if is_option(member)}

    class Row:
        is_table_class = True
        primary_key = columns[0]

        def __init__(self, data: Sequence[Any]) -> None:
            self.data = {
                column: _unwrapped(value) if column in optional else value
                for column, value in zip(columns, data, strict=True)
            }

        def __getattr__(self, column: str) -> Any:
            try:
                return self.__dict__["data"][column]
            except KeyError:
                raise AttributeError(f"table {name!r} has no column {column!r}") from None

        def __repr__(self) -> str:
            return f"{_camel(name)}({self.data!r})"

    return TableCache(Row)


def _unwrapped(value: Any) -> Any:
    return value.get("0")
