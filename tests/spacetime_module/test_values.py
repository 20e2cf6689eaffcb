"""What the module takes for a value is what the package can read, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.envelopes import envelopes
from shared.spacetime_database import Database, RefusedError, own_event
from shared.spacetime_server import the_server

from nerv_lab.core.errors import ValueRefusedError
from nerv_lab.core.values import decode, encode, freeze
from nerv_lab.inner_universe.contract.ids import new_id

_zones = st.integers(-86_399, 86_399).map(lambda s: dt.timezone(dt.timedelta(seconds=s)))
_leaves: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.dates()
    | st.datetimes(timezones=st.none() | _zones)
    | st.binary(max_size=6)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.uuids()
    | envelopes
)
_keys = st.text(max_size=3) | st.just("$nerv")
_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(_leaves, max_size=3)
        | st.dictionaries(_keys, inner, max_size=3)
    ),
    max_leaves=8,
)
_dicts = st.dictionaries(_keys, _values, max_size=4).map(freeze)

_databases: list[Database] = []


def _database() -> Database:
    if not _databases:
        database = Database(the_server())
        database.publish()
        _databases.append(database)
    return _databases[0]


def _accepts(text: str) -> bool:
    try:
        event = own_event(new_id(), "value", text)
        _database().call("publish_events", new_id(), "tests", 0, "main", [event])
    except RefusedError as refused:
        if refused.name not in ("ValueRefused", "ValidationError"):
            raise
        return False
    return True


@settings(max_examples=300)
@given(_dicts)
def test_whatever_the_package_writes_is_taken(value: Any) -> None:
    assert _accepts(encode(value).decode())


@settings(max_examples=300)
@given(_dicts, st.data())
def test_what_the_package_cannot_read_is_refused(value: Any, data: st.DataObject) -> None:
    """Change one character: what is still taken must be readable, and mean what it says."""
    text = encode(value).decode()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from('0123456789-+.eE"\\,:{}[] abtnu$TZ=é\x00'))
    mutated = text[:place] + other + text[place + data.draw(st.integers(0, 1)) :]
    if _accepts(mutated):
        assert encode(decode(mutated)).decode() == mutated


@pytest.mark.parametrize("text", ['{"a":1e999}', '{"a":NaN}', '{"a":18446744073709551616}', "{"])
def test_what_is_no_json_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueRefusedError):
        decode(text)
    assert not _accepts(text)
