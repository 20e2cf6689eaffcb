"""Deltas: what a patch does, and its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import NotSerialisableError, ValidationError, ValueRefusedError
from nerv_lab.core.graph.changes import REMOVE
from nerv_lab.core.graph.deltas import FunctionDelta, PatchDelta
from nerv_lab.core.limits import MAX_DEPTH
from nerv_lab.core.values import decode, encode, freeze

names = st.sampled_from(["a", "b", "c", "$nerv"])
leaves = st.none() | st.booleans() | st.integers(0, 3) | st.floats(0, 1) | st.tuples(names)
states = st.dictionaries(
    names,
    st.recursive(leaves, lambda v: st.dictionaries(names, v, max_size=3) | st.lists(v, max_size=2)),
    max_size=4,
)
patches = st.dictionaries(
    names,
    st.recursive(leaves | st.just(REMOVE), lambda v: st.dictionaries(names, v, max_size=3)),
    max_size=4,
)


@given(states, states)
def test_the_patch_between_two_states_turns_one_into_the_other(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    patched = PatchDelta.between(old, new).apply(freeze(old))
    assert encode(patched) == encode(freeze(new))


@given(states)
def test_the_patch_between_equal_states_is_empty(state: dict[str, Any]) -> None:
    assert PatchDelta.between(state, state).patch == {}


@given(patches)
def test_a_patch_survives_its_record_and_the_bytes_of_it(patch: dict[str, Any]) -> None:
    delta = PatchDelta(patch, description="why", source="who", tags=("x",))
    record = delta.record()
    again = PatchDelta.from_record(decode(encode(freeze(record))))
    assert again == delta
    assert encode(freeze(again.record())) == encode(freeze(record))


@given(patches)
def test_the_order_of_keys_does_not_reach_the_record(patch: dict[str, Any]) -> None:
    backwards = dict(reversed(patch.items()))
    records = [PatchDelta(p, id="x", timestamp=1.0).record() for p in (patch, backwards)]
    assert encode(freeze(records[0])) == encode(freeze(records[1]))


@given(states, patches)
def test_a_patch_applied_twice_does_what_it_does_once(
    state: dict[str, Any], patch: dict[str, Any]
) -> None:
    delta = PatchDelta(patch)
    once = delta.apply(state)
    assert encode(delta.apply(once)) == encode(once)


@pytest.mark.parametrize(
    ("state", "patch", "patched"),
    [
        ({"a": 1}, {"a": None}, {"a": None}),
        ({"a": 1}, {"a": REMOVE}, {}),
        ({}, {"a": REMOVE}, {}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": REMOVE}}, {"a": {"c": 2}}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": 1}, {"a": {}}, {"a": {}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({}, {"a": {"b": {"c": REMOVE}}}, {"a": {"b": {}}}),
    ],
)
def test_a_patch_sets_merges_and_removes(
    state: dict[str, Any], patch: dict[str, Any], patched: dict[str, Any]
) -> None:
    assert PatchDelta(patch).apply(state) == patched


def test_a_patch_leaves_the_given_state_and_its_own_source_alone() -> None:
    state, patch = {"a": {"b": 1}}, {"a": {"c": [1]}}
    delta = PatchDelta(patch)
    patch["a"]["c"].append(2)
    assert delta.apply(state) == {"a": {"b": 1, "c": [1]}}
    assert state == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"a": {"b": object()}}, "patch.a.b"),
        ({"a": [REMOVE]}, "patch.a[0]"),
        ({"a": {5: 1}}, "patch.a.5"),
    ],
)
def test_a_patch_outside_the_type_table_is_refused_with_the_path(patch: Any, path: str) -> None:
    with pytest.raises(ValueRefusedError) as caught:
        PatchDelta(patch)
    assert caught.value.field == path


def test_a_patch_as_deep_as_a_value_is_accepted_and_a_deeper_one_refused() -> None:
    patch: Mapping[str, Any] = {"a": 1}
    for _ in range(MAX_DEPTH - 1):
        patch = {"a": patch}
    assert freeze(PatchDelta(patch).apply({})) == patch
    with pytest.raises(ValueRefusedError, match="too deep"):
        PatchDelta({"a": patch})


@pytest.mark.parametrize("patch", [None, 5, [("a", 1)]])
def test_a_patch_that_is_no_dict_is_refused(patch: Any) -> None:
    with pytest.raises(ValidationError, match="must be a dict"):
        PatchDelta(patch)


def test_tags_given_as_one_string_are_refused() -> None:
    with pytest.raises(ValidationError, match="list of strings"):
        PatchDelta({}, tags="draft")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"delta": "function"},
        {"delta": "patch", "set": 5, "remove": []},
        {"delta": "patch", "set": [[[], 1]], "remove": []},
        {"delta": "patch", "set": [[["a"], 1], [["a", "b"], 1]], "remove": []},
        {"delta": "patch", "set": [[["a"], 1], [["a", "b", "c"], 1]], "remove": []},
        {"delta": "patch", "set": [], "remove": [], "unknown": 1},
    ],
)
def test_a_record_that_is_no_patch_is_refused(record: Any) -> None:
    with pytest.raises(ValidationError, match="record"):
        PatchDelta.from_record(record)


def test_a_function_delta_says_that_it_cannot_be_kept() -> None:
    delta = FunctionDelta(lambda state: state, description="double it")
    with pytest.raises(NotSerialisableError, match=r"'double it' is a function.*PatchDelta"):
        delta.record()
