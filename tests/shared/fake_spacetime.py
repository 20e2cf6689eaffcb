"""A server that says what a test tells it to, over the real protocols."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from typing import Any, NamedTuple

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

from nerv_lab.inner_universe.spacetime.bsatn import (
    BYTES,
    STRING,
    U8,
    U32,
    Array,
    Product,
    Variant,
)
from nerv_lab.inner_universe.spacetime.module import schema
from nerv_lab.inner_universe.spacetime.module.arguments import REDUCERS
from nerv_lab.inner_universe.spacetime.module.history_arguments import HISTORY_REDUCERS
from nerv_lab.inner_universe.spacetime.wire import messages as m

IDENTITY = b"\x11" * 32
CONNECTION = b"\x22" * 16
OTHERS = b"\x33" * 16
NOBODY = m.RowList.of([])


class Call(NamedTuple):
    reducer: str
    args: bytes
    request_id: int
    flags: int


class Query(NamedTuple):
    message_id: bytes
    query: str


class Subscription(NamedTuple):
    queries: list[str]
    request_id: int
    query_id: int


_CLIENT = {
    0: Product(Call, STRING, BYTES, U32, U8),
    2: Product(Query, BYTES, STRING),
    4: Product(Subscription, Array(STRING), U32, U32),
}


def described(shape: Any) -> Any:
    """Return a type as the server's schema describes it."""
    if isinstance(shape, str):
        return {shape: []}
    kind, inner = shape
    if kind == "Array":
        return {"Array": {inner: []} if isinstance(inner, str) else described(inner)}
    members = [{"name": {"some": n}, "algebraic_type": described(s)} for n, s in inner]
    return {kind: {"elements" if kind == "Product" else "variants": members}}


def module_schema() -> dict[str, Any]:
    """Return the schema of our module."""
    types = [described(codec.shape()) for codec in schema.TABLES.values()]
    return {
        "typespace": {"types": types},
        "tables": [{"name": name, "product_type_ref": i} for i, name in enumerate(schema.TABLES)],
        "reducers": [
            {"name": name, "params": described(codec.shape())["Product"]}
            for name, codec in {**REDUCERS, **HISTORY_REDUCERS}.items()
        ],
    }


def event(seq: int, **fields: Any) -> schema.EventRow:
    """Return a row of the log."""
    row = schema.EventRow(
        seq, f"id{seq}", "origin", seq, "said", None, 1_000_000, "{}", "ab", "main", f"batch{seq}"
    )
    return row._replace(**fields)


def fixed(rows: list[bytes]) -> m.RowList:
    """Return rows of one length as newer servers send them."""
    return m.RowList(Variant(0, len(rows[0])), b"".join(rows))


class FakeServer:
    """Answers as a server with our module does, unless `on_call` and the like say otherwise."""

    def __init__(self, ssl_options: ssl.SSLContext | None = None) -> None:
        self.events: list[schema.EventRow] = []
        self.schema: Any = module_schema()
        self.status = 200
        self.socket_status = 101
        self.subprotocol: str | None = m.SUBPROTOCOL
        self.greets = True
        self.row_list: Callable[[list[bytes]], m.RowList] = m.RowList.of
        self.on_call: Callable[[Call], None] = self.commit
        self.sockets: list[_Socket] = []
        self.tokens: list[str | None] = []
        self.urls: list[str] = []
        self.calls: list[Call] = []
        self.queries: list[str] = []
        handlers: list[Any] = [
            (r"/v1/identity", _Identity, {"fake": self}),
            (r"/v1/database/[^/]+/schema", _Schema, {"fake": self}),
            (r"/v1/database/[^/]+/sql", _Sql, {"fake": self}),
            (r"/v1/database/[^/]+/subscribe", _Socket, {"fake": self}),
        ]
        (socket,) = bind_sockets(0, "127.0.0.1")
        self.port: int = socket.getsockname()[1]
        self._server = HTTPServer(Application(handlers), ssl_options=ssl_options)
        self._server.add_socket(socket)

    @property
    def uri(self) -> str:
        return f"spacetimedb://127.0.0.1:{self.port}/fake"

    async def close(self) -> None:
        self._server.stop()
        self.drop()
        await self._server.close_all_connections()

    def drop(self) -> None:
        """Break all sockets without a word."""
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()

    def send(self, message: m.ServerMessage) -> None:
        self.send_raw(m.write_server_message(message))

    def send_raw(self, data: bytes | str) -> None:
        for socket in self.sockets:
            socket.write_message(data, binary=isinstance(data, bytes))

    def update(self, rows: list[schema.EventRow]) -> m.DatabaseUpdate:
        listed = self.row_list([schema.TABLES["event_log"].encode(row) for row in rows])
        change = Variant(0, m.QueryUpdate(NOBODY, listed))
        return m.DatabaseUpdate([m.TableUpdate(1, "event_log", len(rows), [change])])

    def transaction(
        self, call: Call, status: Variant, connection: bytes = CONNECTION
    ) -> m.TransactionUpdate:
        made = m.ReducerCall(call.reducer, 1, call.args, call.request_id)
        return m.TransactionUpdate(status, 0, IDENTITY, connection, made, b"\0" * 16, 0)

    def commit(self, call: Call) -> None:
        """Write one event, whatever was called."""
        row = event(len(self.events) + 1)
        self.events.append(row)
        self.send(self.transaction(call, Variant(m.COMMITTED, self.update([row]))))

    def take(self, data: bytes) -> None:
        message = _CLIENT[data[0]].decode(data[1:])
        if isinstance(message, Call):
            self.calls.append(message)
            self.on_call(message)
        elif isinstance(message, Query):
            self.queries.append(message.query)
            self.send(
                m.OneOffQueryResponse(message.message_id, None, [self._found(message.query)], 0)
            )
        else:
            assert isinstance(message, Subscription)
            rows = self._rows(message.queries[0])
            ids = (message.request_id, 0, message.query_id)
            self.send(m.SubscribeMultiApplied(*ids, self.update(rows)))

    def _found(self, query: str) -> m.OneOffTable:
        table = query.split()[3]
        rows = self._rows(query) if table == "event_log" else []
        codec = schema.TABLES[table]
        return m.OneOffTable(table, m.RowList.of([codec.encode(row) for row in rows]))

    def _rows(self, query: str) -> list[schema.EventRow]:
        words = query.split()
        after = int(words[words.index(">") + 1]) if ">" in words else 0
        until = int(words[words.index("<=") + 1]) if "<=" in words else 2**63
        return [row for row in self.events if after < row.seq <= until]


class _Handler(RequestHandler):
    def initialize(self, fake: FakeServer) -> None:
        self.fake = fake

    def answer(self, body: Any) -> None:
        self.fake.urls.append(self.request.uri or "")
        self.fake.tokens.append(self.request.headers.get("Authorization"))
        self.set_status(self.fake.status)
        self.finish(body if isinstance(body, str | bytes) else json.dumps(body))


class _Identity(_Handler):
    def post(self) -> None:
        self.answer({"identity": "11" * 32, "token": "fake-token"})


class _Schema(_Handler):
    def get(self) -> None:
        self.answer(self.fake.schema)


class _Sql(_Handler):
    def post(self) -> None:
        counts = b"COUNT(" in self.request.body
        rows = [[len(self.fake.events)]] if counts else []
        self.answer([{"schema": {}, "rows": rows}])


class _Socket(WebSocketHandler):
    def initialize(self, fake: FakeServer) -> None:
        self.fake = fake

    async def get(self, *args: Any, **kwargs: Any) -> None:
        self.fake.urls.append(self.request.uri or "")
        if self.fake.socket_status != 101:
            self.set_status(self.fake.socket_status)
            self.finish()
            return
        await super().get(*args, **kwargs)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return self.fake.subprotocol

    def open(self, *args: str, **kwargs: str) -> None:
        self.fake.sockets.append(self)
        if self.fake.greets:
            self.fake.send(m.IdentityToken(IDENTITY, "fake-token", CONNECTION))

    def on_message(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        self.fake.take(message)

    def on_close(self) -> None:
        if self in self.fake.sockets:
            self.fake.sockets.remove(self)
