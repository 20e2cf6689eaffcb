"""The messages: written and read, and nothing else accepted."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import ProtocolError
from nerv_lab.inner_universe.spacetime import messages as m
from nerv_lab.inner_universe.spacetime.bsatn import Variant

_ROWS = m.RowList.of([b"one", b"", b"three"])
_NONE = m.RowList.of([])
_UPDATE = m.DatabaseUpdate(
    [m.TableUpdate(7, "event_log", 3, [Variant(0, m.QueryUpdate(_NONE, _ROWS))])]
)
_CALL = m.ReducerCall("apply_batch", 3, b"args", 9)
_MESSAGES: list[m.ServerMessage] = [
    m.IdentityToken(b"\1" * 32, "token", b"\2" * 16),
    m.InitialSubscription(_UPDATE, 1, 2),
    m.TransactionUpdate(
        Variant(m.COMMITTED, _UPDATE), 5, b"\1" * 32, b"\2" * 16, _CALL, b"\0" * 16, 4
    ),
    m.TransactionUpdate(Variant(m.FAILED, "no"), 5, b"\1" * 32, b"\2" * 16, _CALL, b"\0" * 16, 4),
    m.TransactionUpdateLight(3, _UPDATE),
    m.OneOffQueryResponse(b"id", None, [m.OneOffTable("tag", _ROWS)], 4),
    m.OneOffQueryResponse(b"id", "no such table", [], 4),
    m.SubscriptionError(1, 2, None, 3, "refused"),
    m.SubscribeMultiApplied(1, 2, 3, _UPDATE),
    m.UnsubscribeMultiApplied(1, 2, 3, _UPDATE),
]


@pytest.mark.parametrize("message", _MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_written(message: m.ServerMessage) -> None:
    found = m.read_server_message(m.write_server_message(message))
    assert type(found) is type(message)
    assert found == message


@given(st.binary(max_size=200))
def test_random_bytes_are_a_message_or_refused(raw: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        m.read_server_message(raw)


@given(st.sampled_from(_MESSAGES), st.data())
def test_a_message_with_a_byte_changed_is_read_or_refused(
    message: m.ServerMessage, data: st.DataObject
) -> None:
    raw = bytearray(m.write_server_message(message))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    try:
        found = m.read_server_message(bytes(raw))
        if isinstance(found, m.TransactionUpdateLight | m.SubscribeMultiApplied):
            list(m.rows_of(found.update, "event_log"))
    except ProtocolError:
        pass


def test_a_compressed_message_is_refused() -> None:
    with pytest.raises(ProtocolError, match="unasked"):
        m.read_server_message(b"\x01\x00")


def test_rows_are_told_apart_by_offsets_or_by_size() -> None:
    by_offset = m.RowList(Variant(1, [0, 2]), b"aabb")
    by_size = m.RowList(Variant(0, 2), b"aabb")
    assert [bytes(row) for row in by_offset.rows()] == [b"aa", b"bb"]
    assert [bytes(row) for row in by_size.rows()] == [b"aa", b"bb"]
    assert list(m.RowList(Variant(0, 2), b"").rows()) == []
    assert list(m.RowList(Variant(0, 0), b"").rows()) == []


@pytest.mark.parametrize(
    "rows",
    [
        m.RowList(Variant(0, 3), b"aabb"),
        m.RowList(Variant(0, 0), b"a"),
        m.RowList(Variant(1, []), b"a"),
        m.RowList(Variant(1, [1]), b"ab"),
        m.RowList(Variant(1, [0, 5]), b"ab"),
        m.RowList(Variant(1, [0, 2, 1]), b"abc"),
    ],
)
def test_rows_that_cannot_be_told_apart_are_refused(rows: m.RowList) -> None:
    with pytest.raises(ProtocolError):
        list(rows.rows())


def test_rows_of_one_table_come_with_those_that_left_first() -> None:
    update = m.DatabaseUpdate(
        [
            m.TableUpdate(1, "tag", 1, [Variant(0, m.QueryUpdate(_NONE, m.RowList.of([b"t"])))]),
            m.TableUpdate(
                2,
                "branch",
                2,
                [Variant(0, m.QueryUpdate(m.RowList.of([b"old"]), m.RowList.of([b"new"])))],
            ),
        ]
    )
    found = [(came, bytes(row)) for came, row in m.rows_of(update, "branch")]
    assert found == [(False, b"old"), (True, b"new")]


def test_compressed_rows_are_refused() -> None:
    update = m.DatabaseUpdate([m.TableUpdate(1, "tag", 1, [Variant(2, b"gzip")])])
    with pytest.raises(ProtocolError, match="compressed"):
        list(m.rows_of(update, "tag"))


def test_a_token_is_not_shown() -> None:
    assert "secret" not in repr(m.IdentityToken(b"\1" * 32, "secret", b"\2" * 16))
