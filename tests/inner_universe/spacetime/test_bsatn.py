"""The codec: what goes out comes back, and whatever comes in is a value or refused."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import ProtocolError, ValidationError
from nerv_lab.inner_universe.spacetime.bsatn import (
    BOOL,
    BYTES,
    F64,
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


class _Pair(NamedTuple):
    left: str
    right: int | None


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_SIMPLE: list[tuple[Codec[Any], st.SearchStrategy[Any]]] = [
    (BOOL, st.booleans()),
    (U8, st.integers(0, 2**8 - 1)),
    (U16, st.integers(0, 2**16 - 1)),
    (U32, st.integers(0, 2**32 - 1)),
    (U64, st.integers(0, 2**64 - 1)),
    (I64, st.integers(-(2**63), 2**63 - 1)),
    (F64, st.floats(allow_nan=False)),
    (STRING, _TEXT),
    (BYTES, st.binary()),
    (Fixed("U128", 16), st.binary(min_size=16, max_size=16)),
    (UNIT, st.just(())),
    (
        Product(_Pair, STRING, Option(I64)),
        st.builds(_Pair, _TEXT, st.none() | st.integers(-(2**63), 2**63 - 1)),
    ),
    (
        Sum(number=U32, text=STRING),
        st.builds(Variant, st.just(0), st.integers(0, 2**32 - 1))
        | st.builds(Variant, st.just(1), _TEXT),
    ),
]


def _wrapped(
    pair: tuple[Codec[Any], st.SearchStrategy[Any]],
) -> st.SearchStrategy[tuple[Codec[Any], st.SearchStrategy[Any]]]:
    codec, values = pair
    makers = [pair, (Option(codec), st.none() | values)]
    if codec.least:
        makers.append((Array(codec), st.lists(values, max_size=5)))
    return st.sampled_from(makers)


# An option of something that may itself be None cannot be told apart in Python.
_CODECS = st.sampled_from(_SIMPLE).flatmap(_wrapped)


@given(st.data(), _CODECS)
def test_what_is_written_is_read_again(
    data: st.DataObject, pair: tuple[Codec[Any], st.SearchStrategy[Any]]
) -> None:
    codec, values = pair
    value = data.draw(values)
    encoded = codec.encode(value)
    assert codec.decode(encoded) == value
    assert len(encoded) >= codec.least


@given(st.binary(), _CODECS)
def test_random_bytes_are_a_value_or_refused(
    raw: bytes, pair: tuple[Codec[Any], st.SearchStrategy[Any]]
) -> None:
    codec, _ = pair
    try:
        value = codec.decode(raw)
    except ProtocolError:
        return
    if value == value:  # not NaN
        assert codec.encode(value) == raw


@given(st.data(), _CODECS)
def test_a_cut_value_is_refused(
    data: st.DataObject, pair: tuple[Codec[Any], st.SearchStrategy[Any]]
) -> None:
    codec, values = pair
    encoded = codec.encode(data.draw(values))
    cut = data.draw(st.integers(0, max(len(encoded) - 1, 0)))
    if encoded:
        with pytest.raises(ProtocolError):
            codec.decode(encoded[:cut])


@pytest.mark.parametrize(
    ("codec", "raw", "reason"),
    [
        (BOOL, b"\x02", "neither true nor false"),
        (STRING, b"\x01\x00\x00\x00\xff", "UTF-8"),
        (STRING, b"\xff\xff\xff\xff", "announced"),
        (Array(U64), b"\xff\xff\xff\x7f" + b"\0" * 8, "announced"),
        (Option(U8), b"\x02", "no alternative 2"),
        (Sum(a=U8), b"\x01", "no alternative 1"),
        (U8, b"\x01\x02", "follow the end"),
    ],
)
def test_malformed_bytes_say_what_is_wrong(codec: Codec[Any], raw: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        codec.decode(raw)


@pytest.mark.parametrize(
    ("codec", "value"),
    [
        (U8, 256),
        (I64, 2**63),
        (U64, -1),
        (STRING, "\ud800"),
        (STRING, None),
        (Fixed("U128", 16), b""),
    ],
)
def test_what_a_type_cannot_hold_is_refused(codec: Codec[Any], value: Any) -> None:
    with pytest.raises(ValidationError):
        codec.encode(value)


def test_an_array_of_nothing_has_no_bounded_size() -> None:
    with pytest.raises(ValueError, match="bounded"):
        Array(UNIT)


def test_the_encoding_is_that_of_the_server() -> None:
    codec = Product(_Pair, STRING, Option(I64))
    assert codec.encode(_Pair("ä", None)) == b"\x02\x00\x00\x00\xc3\xa4\x01"
    assert codec.encode(_Pair("", -1)) == b"\x00\x00\x00\x00\x00" + b"\xff" * 8
