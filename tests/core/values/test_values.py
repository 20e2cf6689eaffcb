"""Values: the type table, its encoding, and what lies outside of both."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import hashlib
import json
import math
import pickle
import uuid
import zoneinfo
from collections import OrderedDict, namedtuple
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.envelopes import envelopes

from nerv_lab.core.errors import ValueRefusedError
from nerv_lab.core.limits import MAX_DEPTH
from nerv_lab.core.values import (
    ReadOnlyDict,
    ReadOnlyList,
    decode,
    encode,
    freeze,
    json_hash,
    thaw,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
offsets = st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)).map(dt.timezone)
hashable = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.datetimes(timezones=st.none() | offsets),
    st.dates(),
    st.binary(max_size=20),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
    envelopes,
)
keys = texts | st.just("$nerv")
values = st.recursive(
    hashable,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.frozensets(hashable | st.tuples(hashable, hashable), max_size=4),
    ),
    max_leaves=20,
)


def nested(depth: int, kind: str = "list") -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"list": [value], "tuple": (value,), "dict": {"$nerv": value}}[kind]
    return value


def typed(value: Any) -> Any:
    """Describe a value so that 1, 1.0, True and -0.0 differ."""
    if isinstance(value, dict):
        return dict, {k: typed(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return ("list" if isinstance(value, list) else "tuple"), [typed(v) for v in value]
    if isinstance(value, frozenset):
        return frozenset, sorted(repr(typed(v)) for v in value)
    return type(value), repr(value)


@given(values)
def test_a_value_survives_the_round_trip_with_its_types(value: Any) -> None:
    frozen = freeze(value)
    assert typed(decode(encode(frozen))) == typed(frozen)


@given(values)
def test_the_encoding_of_a_decoded_value_is_the_same_bytes(value: Any) -> None:
    data = encode(freeze(value))
    assert encode(decode(data)) == data


@given(values)
def test_the_encoding_is_json_with_sorted_keys(value: Any) -> None:
    def sorted_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert pairs == sorted(pairs, key=lambda pair: pair[0])
        return dict(pairs)

    json.loads(encode(freeze(value)), object_pairs_hook=sorted_keys)


@given(values)
def test_freezing_twice_changes_nothing(value: Any) -> None:
    frozen = freeze(value)
    assert typed(freeze(frozen)) == typed(frozen)


@given(values)
def test_a_thawed_value_freezes_to_the_same_bytes(value: Any) -> None:
    frozen = freeze(value)
    assert encode(freeze(thaw(frozen))) == encode(frozen)


@given(values)
def test_a_frozen_value_can_be_hashed(value: Any) -> None:
    frozen = freeze(value)
    assert hash(frozen) == hash(decode(encode(frozen)))


@given(st.dictionaries(texts, hashable, max_size=6))
def test_the_order_of_keys_does_not_reach_the_bytes(value: dict[str, Any]) -> None:
    backwards = dict(reversed(value.items()))
    assert encode(freeze(value)) == encode(freeze(backwards))


def test_a_container_is_copied_so_that_later_changes_do_not_reach_it() -> None:
    given_ = {"a": [1]}
    frozen = freeze(given_)
    given_["a"].append(2)
    assert frozen == {"a": [1]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, b"1"),
        (1.0, b"1.0"),
        (-0.0, b"-0.0"),
        (True, b"true"),
        (None, b"null"),
        ("é", b'"\xc3\xa9"'),
        ({"b": 1, "a": []}, b'{"a":[],"b":1}'),
        ((1,), b'{"$nerv":"tuple","value":[1]}'),
        ({2, 1}, b'{"$nerv":"set","value":[1,2]}'),
        (b"\x00\xff", b'{"$nerv":"bytes","value":"AP8="}'),
        (Decimal("1.10"), b'{"$nerv":"decimal","value":"1.10"}'),
        (dt.date(1815, 12, 10), b'{"$nerv":"date","value":"1815-12-10"}'),
        (uuid.UUID(int=1), b'{"$nerv":"uuid","value":"00000000-0000-0000-0000-000000000001"}'),
        (
            dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
            b'{"$nerv":"datetime","value":"2020-01-02T00:00:00+00:00"}',
        ),
        ({"$nerv": 1}, b'{"$nerv":"dict","value":[["$nerv",1]]}'),
        (1e16, b"1e+16"),
        (1.5e-7, b"1.5e-07"),
        (1e-4, b"0.0001"),
        (123456789012345.6, b"123456789012345.6"),
    ],
)
def test_the_written_form_never_changes(value: Any, text: bytes) -> None:
    assert encode(freeze(value)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_as_python_writes_it(value: float) -> None:
    assert encode(value) == repr(value).encode()


def test_a_users_dict_that_looks_like_a_tag_stays_a_dict() -> None:
    value = {"a": [{"$nerv": "date", "value": "2020-01-01"}]}
    assert decode(encode(freeze(value))) == value


def test_a_set_of_mixed_types_has_one_written_form() -> None:
    one, other = {1, "a", None, b"b", (2,)}, {(2,), b"b", None, "a", 1}
    assert encode(freeze(one)) == encode(freeze(other))
    assert decode(encode(freeze(one))) == one


@pytest.mark.parametrize("kind", ["list", "tuple", "dict"])
def test_the_deepest_value_allowed_can_be_encoded_and_decoded(kind: str) -> None:
    frozen = freeze(nested(MAX_DEPTH, kind))
    record = {"new": {"metadata": {"properties": ReadOnlyDict(x=frozen)}}}
    assert decode(encode([record])) == [record]


@pytest.mark.parametrize("kind", ["list", "tuple", "dict"])
def test_a_deeper_value_is_refused(kind: str) -> None:
    with pytest.raises(ValueRefusedError, match="nested too deep"):
        freeze(nested(MAX_DEPTH + 1, kind))


def test_a_value_that_holds_itself_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(ValueRefusedError, match="nested too deep"):
        freeze(ring)


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ({"a": [1, math.nan]}, "props.a[1]", "not a finite number"),
        ({"a": {"b": math.inf}}, "props.a.b", "not a finite number"),
        ({"a": ({"b": 2**63},)}, "props.a[0].b", "64 bits"),
        (-(2**63) - 1, "props", "64 bits"),
        ({"a": "\ud800"}, "props.a", "lone surrogate at character 0"),
        ({"a\udfff": 1}, "props.a\udfff", "lone surrogate"),
        ({"a": {1: 2}}, "props.a.1", "a key must be a string, not int"),
        ({"a": object()}, "props.a", "builtins.object cannot be stored"),
        ([dt.timedelta(1)], "props[0]", "datetime.timedelta cannot be stored"),
        ([1 + 2j], "props[0]", "builtins.complex cannot be stored"),
        ([Decimal("NaN")], "props[0]", "not a finite number"),
        ([Decimal("-Infinity")], "props[0]", "not a finite number"),
        ({"t": pd.NaT}, "props.t", "use None instead"),
        ({"t": pd.NA}, "props.t", "use None instead"),
        ({"t": pd.Timestamp("2020-01-01T00:00:00.000000001")}, "props.t", "nanoseconds"),
        ({"t": np.float32("nan")}, "props.t", "not a finite number"),
        ({"t": np.uint64(2**64 - 1)}, "props.t", "64 bits"),
        ({"t": np.datetime64("2020-01-01T00:00:00.000000001")}, "props.t", "numpy.datetime64"),
        ({"t": np.longdouble(1)}, "props.t", "numpy.longdouble"),
        ({"t": np.array([1])}, "props.t", r"use \.tolist\(\)"),
        ({"t": np.array(1)}, "props.t", r"use \.tolist\(\)"),
        ({"t": pd.Series([1])}, "props.t", r"use \.tolist\(\)"),
    ],
)
def test_what_is_outside_the_type_table_is_refused_with_its_path(
    value: Any, path: str, reason: str
) -> None:
    with pytest.raises(ValueRefusedError, match=reason) as caught:
        freeze(value, "props")
    assert caught.value.field == path


def test_a_time_zone_without_an_offset_is_refused() -> None:
    class Nowhere(dt.tzinfo):
        def utcoffset(self, moment: dt.datetime | None) -> None:
            return None

    with pytest.raises(ValueRefusedError, match="no offset"):
        freeze(dt.datetime(2020, 1, 1, tzinfo=Nowhere()))


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Point(1, 2), (1, 2)),
        (OrderedDict(a=1), ReadOnlyDict(a=1)),
        ({Colour.RED: 1}, ReadOnlyDict(red=1)),
        (np.str_("text"), "text"),
        (np.int64(3), 3),
        (np.uint8(3), 3),
        (np.bool_(True), True),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (bytearray(b"x"), b"x"),
        ({1}, frozenset({1})),
        (pd.Timestamp(4, unit="us", tz="UTC"), dt.datetime(1970, 1, 1, 0, 0, 0, 4, dt.UTC)),
    ],
)
def test_a_subclass_or_numpy_scalar_is_kept_as_the_plain_type(value: Any, kept: Any) -> None:
    assert typed(freeze(value)) == typed(kept)


def test_an_enum_without_a_plain_type_is_refused() -> None:
    class Plain(enum.Enum):
        A = 1

    with pytest.raises(ValueRefusedError, match="Plain cannot be stored"):
        freeze(Plain.A)


@pytest.mark.parametrize(("fold", "hours"), [(0, 2), (1, 1)])
def test_a_named_zone_is_kept_as_its_offset(fold: int, hours: int) -> None:
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    moment = dt.datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold)
    kept = freeze(moment)
    assert kept.utcoffset() == dt.timedelta(hours=hours)
    assert kept.replace(tzinfo=None) == moment.replace(tzinfo=None, fold=0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b"9223372036854775808",
        b"18446744073709551616",
        b'{"a":-9223372036854775809}',
        b'{"a":1,"a":1}',
        b'[{"a":1, "a":2}]',
        b'"\\ud800"',
        b"\xff",
        b"[" * 500 + b"]" * 500,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b'{"$nerv":"nothing","value":"x"}',
        b'{"$nerv":"date"}',
        b'{"$nerv":"date","value":"2020-01-01","more":1}',
        b'{"$nerv":"date","value":"20200101"}',
        b'{"$nerv":"date","value":7}',
        b'{"$nerv":"bytes","value":"A?P8="}',
        b'{"$nerv":"decimal","value":"NaN"}',
        b'{"$nerv":"decimal","value":"1_0"}',
        b'{"$nerv":"uuid","value":"00000000000000000000000000000001"}',
        b'{"$nerv":"uuid","value":["x"]}',
        b'{"$nerv":"set","value":[1,1]}',
        b'{"$nerv":"tuple","value":"ab"}',
        b'{"$nerv":"tuple","value":{"a":1}}',
        b'{"$nerv":"dict","value":["ab"]}',
        b'{"$nerv":"dict","value":[["a",1],["a",2]]}',
        b'{"$nerv":"dict","value":[[1,1]]}',
        b'{"$nerv":["date"],"value":"2020-01-01"}',
    ],
)
def test_bytes_that_would_come_back_as_another_value_are_refused(data: bytes) -> None:
    with pytest.raises(ValueRefusedError, match="not an encoded value"):
        decode(data)


def test_white_space_and_key_order_do_not_matter_to_decode() -> None:
    assert decode(' {"b": 1, "a": [1e2]} ') == {"a": [100.0], "b": 1}


@pytest.mark.parametrize("extreme", [2**63 - 1, -(2**63)])
def test_the_largest_integers_survive_among_unsorted_keys(extreme: int) -> None:
    assert decode(f'{{"b": {extreme}, "a": 0}}') == {"a": 0, "b": extreme}


MUTATIONS = {
    "dict": [
        lambda d: d.__setitem__("a", 1),
        lambda d: d.__delitem__("a"),
        lambda d: d.clear(),
        lambda d: d.pop("a"),
        lambda d: d.popitem(),
        lambda d: d.setdefault("b", 1),
        lambda d: d.update(b=1),
        lambda d: d.__ior__({"b": 1}),
    ],
    "list": [
        lambda x: x.__setitem__(0, 1),
        lambda x: x.__delitem__(0),
        lambda x: x.append(1),
        lambda x: x.extend([1]),
        lambda x: x.insert(0, 1),
        lambda x: x.pop(),
        lambda x: x.remove(1),
        lambda x: x.clear(),
        lambda x: x.sort(),
        lambda x: x.reverse(),
        lambda x: x.__iadd__([1]),
        lambda x: x.__imul__(2),
    ],
}


@pytest.mark.parametrize("mutate", MUTATIONS["dict"])
def test_a_read_only_dict_refuses_to_change(mutate: Any) -> None:
    frozen = freeze({"a": 1})
    with pytest.raises(TypeError, match="read-only"):
        mutate(frozen)
    assert frozen == {"a": 1}


@pytest.mark.parametrize("mutate", MUTATIONS["list"])
def test_a_read_only_list_refuses_to_change(mutate: Any) -> None:
    frozen = freeze([1])
    with pytest.raises(TypeError, match="read-only"):
        mutate(frozen)
    assert frozen == [1]


@pytest.mark.parametrize(
    "remake", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_a_copied_or_pickled_value_stays_read_only(remake: Any) -> None:
    again = remake(freeze({"a": [1]}))
    assert type(again) is ReadOnlyDict
    assert type(again["a"]) is ReadOnlyList
    assert again == {"a": [1]}


def test_the_copy_method_gives_a_plain_container() -> None:
    assert type(freeze({"a": 1}).copy()) is dict
    assert type(freeze([1]).copy()) is list


def test_equal_read_only_containers_have_equal_hashes() -> None:
    assert freeze({"a": 1}) == freeze({"a": 1.0})
    assert hash(freeze({"a": 1})) == hash(freeze({"a": 1.0}))
    assert hash(freeze([1, True])) == hash(freeze([1.0, 1]))


def test_a_thawed_value_is_plain_all_the_way_down() -> None:
    plain = thaw(freeze({"a": [({"b": 1},)], "s": {1}}))
    plain["a"][0][0]["b"] = 2
    plain["s"].add(2)
    assert plain == {"a": [({"b": 2},)], "s": {1, 2}}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | texts,
        lambda x: st.lists(x, max_size=3) | st.dictionaries(texts, x, max_size=3),
    )
)
def test_the_json_hash_is_that_of_the_integration_guide(state: Any) -> None:
    expected = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
    assert json_hash(state) == expected


@pytest.mark.parametrize("state", [{"a": math.nan}, {1: 2}, {"a": {1}}, {"a": b"x"}])
def test_the_json_hash_of_what_is_not_plain_json_is_refused(state: Any) -> None:
    with pytest.raises(ValueRefusedError, match="state"):
        json_hash(state)


def test_encoding_what_was_never_frozen_fails_loudly() -> None:
    with pytest.raises(TypeError):
        encode({"a": object()})
