"""Frames of a server, and all that is made of one."""

from __future__ import annotations

from nerv_lab.inner_universe.spacetime.bsatn import Variant
from nerv_lab.inner_universe.spacetime.following.entries import entries_of
from nerv_lab.inner_universe.spacetime.module.schema import TABLES, EventRow
from nerv_lab.inner_universe.spacetime.wire import messages as m

_ROWS = m.RowList.of([b"one", b"", b"three"])
_NONE = m.RowList.of([])
_EVENTS = [
    EventRow(
        *(seq, f"id{seq}", "origin", seq, kind, None, 1_000_000, data, "ab", "main", f"batch{seq}")
    )
    for seq, (kind, data) in enumerate(
        [("said", '{"words":["ä",1,2.5,null]}'), ("said", None), ("ENTITY_CREATED", "{}")], 1
    )
]
_LOG = m.RowList.of([TABLES["event_log"].encode(row) for row in _EVENTS])
_UPDATE = m.DatabaseUpdate(
    [
        m.TableUpdate(7, "event_log", 3, [Variant(0, m.QueryUpdate(_NONE, _LOG))]),
        m.TableUpdate(8, "tag", 3, [Variant(0, m.QueryUpdate(_ROWS, _NONE))]),
    ]
)
_CALL = m.ReducerCall("apply_batch", 3, b"args", 9)
_IDS = (b"\1" * 32, b"\2" * 16)

MESSAGES: list[m.ServerMessage] = [
    m.IdentityToken(_IDS[0], "token", _IDS[1]),
    m.InitialSubscription(_UPDATE, 1, 2),
    m.TransactionUpdate(Variant(m.COMMITTED, _UPDATE), 5, *_IDS, _CALL, b"\0" * 16, 4),
    m.TransactionUpdate(Variant(m.FAILED, "no"), 5, *_IDS, _CALL, b"\0" * 16, 4),
    m.TransactionUpdateLight(3, _UPDATE),
    m.OneOffQueryResponse(b"id", None, [m.OneOffTable("event_log", _LOG)], 4),
    m.OneOffQueryResponse(b"id", "no such table", [], 4),
    m.SubscriptionError(1, 2, None, 3, "refused"),
    m.SubscribeMultiApplied(1, 2, 3, _UPDATE),
    m.UnsubscribeMultiApplied(1, 2, 3, _UPDATE),
]
"""One of every kind."""

FRAMES = [m.write_server_message(message) for message in MESSAGES]


def take_in(frame: bytes) -> m.ServerMessage:
    """Read a frame, and every row and event in it, as a client does sooner or later.

    Raises
    ------
    ProtocolError
        And nothing else, whatever the bytes are.
    """
    message = m.read_server_message(frame)
    match message:
        case m.TransactionUpdate(status=Variant(tag=m.COMMITTED, value=update)):
            _take_in_log(update)
        case m.TransactionUpdateLight(update=update) | m.SubscribeMultiApplied(update=update):
            _take_in_log(update)
        case m.OneOffQueryResponse(tables=tables):
            for found in tables:
                codec = TABLES.get(found.table_name, TABLES["entity"])
                for row in found.rows.rows():
                    codec.decode(row)
    return message


def _take_in_log(update: m.DatabaseUpdate) -> None:
    for entry in entries_of(update):
        assert entry.event.seq == entry.seq
    for table in update.tables:
        list(m.rows_of(update, table.table_name))
