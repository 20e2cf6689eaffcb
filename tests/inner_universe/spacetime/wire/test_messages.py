"""The messages: written and read, and nothing else accepted."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.fake_spacetime import event
from shared.frames import FRAMES, MESSAGES, take_in

from nerv_lab.core.errors import ProtocolError
from nerv_lab.inner_universe.spacetime.bsatn import Variant
from nerv_lab.inner_universe.spacetime.following.entries import LogEntry
from nerv_lab.inner_universe.spacetime.module.schema import TABLES
from nerv_lab.inner_universe.spacetime.wire import messages as m

_NONE = m.RowList.of([])
_LENGTHS = [0, 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_written(message: m.ServerMessage) -> None:
    found = m.read_server_message(m.write_server_message(message))
    assert type(found) is type(message)
    assert found == message


@pytest.mark.parametrize("frame", FRAMES)
def test_a_cut_frame_is_refused(frame: bytes) -> None:
    for stop in range(len(frame)):
        with pytest.raises(ProtocolError):
            take_in(frame[:stop])


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_with_something_behind_it_is_refused(frame: bytes) -> None:
    for more in (b"\0", frame):
        with pytest.raises(ProtocolError, match="follow the end"):
            take_in(frame + more)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("length", _LENGTHS)
def test_any_length_written_anywhere_is_read_or_refused(frame: bytes, length: int) -> None:
    raw = length.to_bytes(4, "little")
    for at in range(2, len(frame) - 3):
        with contextlib.suppress(ProtocolError):
            take_in(frame[:at] + raw + frame[at + 4 :])


@pytest.mark.parametrize("data", ["[" * 100_000, '{"a":' * 100_000, "{", "[]", '{"a":1e999}'])
def test_an_event_whose_payload_is_no_value_is_refused(data: str) -> None:
    row = TABLES["event_log"].encode(event(1, data=data))
    with pytest.raises(ProtocolError, match="makes no sense"):
        _ = LogEntry.of(row).event


@given(st.binary(max_size=200), st.integers(0, 9))
def test_random_bytes_are_a_message_or_refused(raw: bytes, tag: int) -> None:
    for frame in (raw, bytes((0, tag)) + raw):
        with contextlib.suppress(ProtocolError):
            take_in(frame)


_EDITS = st.lists(
    st.tuples(st.sampled_from(["set", "insert", "drop", "copy"]), st.floats(0, 1), st.binary()),
    min_size=1,
    max_size=8,
)


@given(st.sampled_from(FRAMES), _EDITS)
def test_an_edited_frame_is_read_or_refused(
    frame: bytes, edits: list[tuple[str, float, bytes]]
) -> None:
    raw = frame
    for edit, where, piece in edits:
        at = int(where * len(raw))
        match edit:
            case "set":
                raw = raw[:at] + piece + raw[at + len(piece) :]
            case "insert":
                raw = raw[:at] + piece + raw[at:]
            case "drop":
                raw = raw[:at] + raw[at + max(len(piece), 1) :]
            case "copy":  # a frame within a frame
                raw = raw[:at] + frame + raw[at:]
    with contextlib.suppress(ProtocolError):
        take_in(raw)


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
