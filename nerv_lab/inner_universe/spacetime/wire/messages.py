"""What client and server say to each other under ``v1.bsatn.spacetimedb``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

from nerv_lab.core.errors import ProtocolError
from nerv_lab.inner_universe.spacetime.bsatn import (
    BYTES,
    I64,
    STRING,
    U8,
    U16,
    U32,
    U64,
    UNIT,
    Array,
    Codec,
    Fixed,
    Option,
    Product,
    Sum,
    Variant,
)

__all__ = [
    "COMMITTED",
    "FAILED",
    "SUBPROTOCOL",
    "DatabaseUpdate",
    "IdentityToken",
    "InitialSubscription",
    "OneOffQueryResponse",
    "OneOffTable",
    "QueryUpdate",
    "ReducerCall",
    "RowList",
    "ServerMessage",
    "SubscribeMultiApplied",
    "SubscriptionError",
    "TableUpdate",
    "TransactionUpdate",
    "TransactionUpdateLight",
    "UnsubscribeMultiApplied",
    "call_reducer",
    "hex_id",
    "one_off_query",
    "read_server_message",
    "rows_of",
    "subscribe_multi",
    "write_server_message",
]

SUBPROTOCOL: Final = "v1.bsatn.spacetimedb"

COMMITTED, FAILED = 0, 1


class RowList(NamedTuple):
    """Rows, one after the other, and how to tell them apart.

    Attributes
    ----------
    size_hint : Variant
        0: all rows have this size; 1: the rows begin at these offsets.
    data : bytes
        The rows.
    """

    size_hint: Variant
    data: bytes

    @classmethod
    def of(cls, rows: Sequence[bytes]) -> RowList:
        """Return a list of encoded rows."""
        offsets = [0]
        for row in rows:
            offsets.append(offsets[-1] + len(row))
        return cls(Variant(1, offsets[:-1]), b"".join(rows))

    def rows(self) -> Iterator[bytes]:
        """Yield each row's bytes.

        Raises
        ------
        ProtocolError
            When hint and data do not belong together.
        """
        data, (kind, hint) = self.data, self.size_hint
        offsets = self._fixed(hint) if kind == 0 else hint
        if (offsets[0] != 0) if offsets else len(data):
            raise ProtocolError("a list of rows does not begin with its first row")
        for start, stop in pairwise((*offsets, len(data))):
            if not start <= stop <= len(data):
                raise ProtocolError("a list of rows has offsets out of order")
            yield data[start:stop]

    def _fixed(self, size: int) -> Sequence[int]:
        if not self.data:
            return ()
        if size == 0 or len(self.data) % size:
            raise ProtocolError(f"{len(self.data)} bytes are no whole number of {size}-byte rows")
        return range(0, len(self.data), size)


class QueryUpdate(NamedTuple):
    """Rows that left and rows that came."""

    deletes: RowList
    inserts: RowList


class TableUpdate(NamedTuple):
    """What happened to one table; several queries may have found it."""

    table_id: int
    table_name: str
    num_rows: int
    updates: list[Variant]


class DatabaseUpdate(NamedTuple):
    """What happened to the tables that are subscribed to."""

    tables: list[TableUpdate]


class InitialSubscription(NamedTuple):
    """Answer to a plain Subscribe, which we do not send."""

    update: DatabaseUpdate
    request_id: int
    duration_us: int


class ReducerCall(NamedTuple):
    """Which reducer was called, and with what."""

    name: str
    reducer_id: int
    args: bytes
    request_id: int


class TransactionUpdate(NamedTuple):
    """A transaction: what became of it, who asked for it, and how."""

    status: Variant
    timestamp: int
    caller_identity: bytes
    caller_connection: bytes
    call: ReducerCall
    energy: bytes
    duration_us: int


class TransactionUpdateLight(NamedTuple):
    """A transaction of somebody else's."""

    request_id: int
    update: DatabaseUpdate


class IdentityToken(NamedTuple):
    """Who we are; the first message."""

    identity: bytes
    token: str
    connection: bytes

    def __repr__(self) -> str:
        return f"IdentityToken({hex_id(self.identity)})"


class OneOffTable(NamedTuple):
    """Rows that a query found."""

    table_name: str
    rows: RowList


class OneOffQueryResponse(NamedTuple):
    """Answer to a one-off query."""

    message_id: bytes
    error: str | None
    tables: list[OneOffTable]
    duration_us: int


class _SubscribeRows(NamedTuple):
    table_id: int
    table_name: str
    rows: TableUpdate


class _SubscribeApplied(NamedTuple):
    request_id: int
    duration_us: int
    query_id: int
    rows: _SubscribeRows


class SubscriptionError(NamedTuple):
    """A subscription was refused, or ended."""

    duration_us: int
    request_id: int | None
    query_id: int | None
    table_id: int | None
    error: str


class SubscribeMultiApplied(NamedTuple):
    """Answer to a subscription: every row it covers at this moment."""

    request_id: int
    duration_us: int
    query_id: int
    update: DatabaseUpdate


class UnsubscribeMultiApplied(SubscribeMultiApplied):
    """Answer to the end of a subscription."""

    __slots__ = ()


ServerMessage: TypeAlias = (
    InitialSubscription
    | TransactionUpdate
    | TransactionUpdateLight
    | IdentityToken
    | OneOffQueryResponse
    | SubscriptionError
    | SubscribeMultiApplied
    | UnsubscribeMultiApplied
)

_IDENTITY = Fixed("U256", 32)
_CONNECTION = Fixed("U128", 16)
_ROWS = Product(RowList, Sum(FixedSize=U16, RowOffsets=Array(U64)), BYTES)
_QUERY_UPDATE = Product(QueryUpdate, _ROWS, _ROWS)
_TABLE_UPDATE = Product(
    TableUpdate,
    U32,
    STRING,
    U64,
    Array(Sum(Uncompressed=_QUERY_UPDATE, Brotli=BYTES, Gzip=BYTES)),
)
_UPDATE = Product(DatabaseUpdate, Array(_TABLE_UPDATE))
_CALL = Product(ReducerCall, STRING, U32, BYTES, U32)
_STATUS = Sum(Committed=_UPDATE, Failed=STRING, OutOfEnergy=UNIT)
_APPLIED = Product(
    _SubscribeApplied, U32, U64, U32, Product(_SubscribeRows, U32, STRING, _TABLE_UPDATE)
)

_SERVER: tuple[tuple[type, Codec[Any]], ...] = (
    (InitialSubscription, Product(InitialSubscription, _UPDATE, U32, I64)),
    (
        TransactionUpdate,
        Product(TransactionUpdate, _STATUS, I64, _IDENTITY, _CONNECTION, _CALL, _CONNECTION, I64),
    ),
    (TransactionUpdateLight, Product(TransactionUpdateLight, U32, _UPDATE)),
    (IdentityToken, Product(IdentityToken, _IDENTITY, STRING, _CONNECTION)),
    (
        OneOffQueryResponse,
        Product(
            OneOffQueryResponse,
            BYTES,
            Option(STRING),
            Array(Product(OneOffTable, STRING, _ROWS)),
            I64,
        ),
    ),
    (_SubscribeApplied, _APPLIED),
    (_SubscribeApplied, _APPLIED),
    (
        SubscriptionError,
        Product(SubscriptionError, U64, Option(U32), Option(U32), Option(U32), STRING),
    ),
    (SubscribeMultiApplied, Product(SubscribeMultiApplied, U32, U64, U32, _UPDATE)),
    (UnsubscribeMultiApplied, Product(UnsubscribeMultiApplied, U32, U64, U32, _UPDATE)),
)
_TAG_OF = {kind: tag for tag, (kind, _) in enumerate(_SERVER)}


class _CallReducer(NamedTuple):
    reducer: str
    args: bytes
    request_id: int
    flags: int


class _OneOffQuery(NamedTuple):
    message_id: bytes
    query: str


class _SubscribeMulti(NamedTuple):
    queries: list[str]
    request_id: int
    query_id: int


_CALL_REDUCER = Product(_CallReducer, STRING, BYTES, U32, U8)
_ONE_OFF_QUERY = Product(_OneOffQuery, BYTES, STRING)
_SUBSCRIBE_MULTI = Product(_SubscribeMulti, Array(STRING), U32, U32)


def hex_id(little_endian: bytes) -> str:
    """Return an identity or connection id as people see it."""
    return little_endian[::-1].hex()


def call_reducer(reducer: str, args: bytes, request_id: int) -> bytes:
    """Return the message that calls a reducer."""
    return b"\x00" + _CALL_REDUCER.encode(_CallReducer(reducer, args, request_id, 0))


def one_off_query(message_id: bytes, query: str) -> bytes:
    """Return the message that asks a query once."""
    return b"\x02" + _ONE_OFF_QUERY.encode(_OneOffQuery(message_id, query))


def subscribe_multi(queries: Sequence[str], request_id: int, query_id: int) -> bytes:
    """Return the message that subscribes to several queries, all of one moment."""
    return b"\x04" + _SUBSCRIBE_MULTI.encode(_SubscribeMulti(list(queries), request_id, query_id))


def read_server_message(data: bytes) -> ServerMessage:
    """Return what the server said.

    Raises
    ------
    ProtocolError
        When it is not a message of the protocol.
    """
    if len(data) < 2:
        raise ProtocolError(f"a message of {len(data)} bytes")
    compression, tag = data[0], data[1]
    if compression != 0:
        raise ProtocolError(f"the server compressed a message (method {compression}) unasked")
    if tag >= len(_SERVER):
        raise ProtocolError(f"the protocol has no server message {tag}")
    message: ServerMessage = _SERVER[tag][1].decode(data, 2)
    return message


def write_server_message(message: ServerMessage) -> bytes:
    """Return a message as a server would send it."""
    tag = _TAG_OF[type(message)]
    return bytes((0, tag)) + _SERVER[tag][1].encode(message)


def rows_of(update: DatabaseUpdate, table: str) -> Iterator[tuple[bool, bytes]]:
    """Yield the rows of one table in an update: whether each came or left, and its bytes.

    Rows that left come first.

    Raises
    ------
    ProtocolError
        When they cannot be told apart, or are compressed.
    """
    for found in update.tables:
        if found.table_name != table:
            continue
        for part in found.updates:
            if part.tag != 0:
                raise ProtocolError("the server compressed rows unasked")
            for row in part.value.deletes.rows():
                yield False, row
            for row in part.value.inserts.rows():
                yield True, row
