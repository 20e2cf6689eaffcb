from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import jsonpatch
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import changes, names, scalars, states

from nerv_lab.core.graph.changes import Change, CreateEntity
from nerv_lab.core.graph.json_patch import json_document, json_patch
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState

tagged = (
    st.datetimes(timezones=st.just(dt.UTC) | st.none())
    | st.dates()
    | st.binary(max_size=4)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.uuids()
    | st.just({"$nerv": "date", "value": "2026-01-01"})
)
hashables = scalars.filter(lambda value: not isinstance(value, float)) | st.dates()
anything: st.SearchStrategy[Any] = st.recursive(
    scalars | tagged | st.frozensets(hashables, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from(["a", "b/c", "~", "", "-", "0"]), inner, max_size=3)
    ),
    max_leaves=8,
)
dicts = st.dictionaries(names | st.sampled_from(["a/b", "~1"]), anything, max_size=3)


def exactly(document: object) -> bytes:
    """Return JSON in which 1, 1.0 and True are told apart."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def patched(old: GraphState, new: GraphState) -> Any:
    patch = json_patch(old.diff(new))
    # As text, since that is how a patch travels.
    return jsonpatch.JsonPatch.from_string(orjson.dumps(patch).decode()).apply(json_document(old))


@given(states, states)
def test_a_patch_leads_from_one_document_to_the_other(old: GraphState, new: GraphState) -> None:
    assert exactly(patched(old, new)) == exactly(json_document(new))


@given(dicts, dicts)
def test_a_patch_keeps_the_type_of_every_value(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = (
        GraphState.build([Entity("a", "t", EntityMetadata(properties=properties))])
        for properties in (old, new)
    )
    assert exactly(patched(before, after)) == exactly(json_document(after))


@given(states, st.lists(changes, max_size=3))
def test_equal_states_have_equal_documents(state: GraphState, wanted: list[Change]) -> None:
    same = GraphState.build(reversed(list(state.items())))
    assert exactly(json_document(same)) == exactly(json_document(state))
    assert json_patch(state.diff(same)) == []


def one(value: Any) -> GraphState:
    return GraphState.build([Entity("a/b", "t", EntityMetadata(properties={"p": value}))])


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        (1, 1.0, [{"op": "replace", "path": "", "value": 1.0}]),
        (1, True, [{"op": "replace", "path": "", "value": True}]),
        ([1, 2, 3], [2, 3], [{"op": "remove", "path": "/0"}]),
        ([1, 3], [1, 2, 3], [{"op": "add", "path": "/1", "value": 2}]),
        ({"a": 1}, {"b": 1}, [{"op": "remove", "path": "/a"}, {"op": "add", "path": "/b"}]),
    ],
)
def test_a_patch_touches_no_more_than_what_differs(
    old: Any, new: Any, patch: list[dict[str, Any]]
) -> None:
    made = json_patch(one(old).diff(one(new)))
    root = "/entities/a~1b/properties/p"
    assert [step["path"] for step in made] == [root + step["path"] for step in patch]
    assert [step["op"] for step in made] == [step["op"] for step in patch]


def test_what_json_lacks_is_tagged_in_the_document() -> None:
    metadata = EntityMetadata(properties={"n": Decimal("1.50"), "u": uuid.UUID(int=1)})
    done = plan(GraphState.empty(), [CreateEntity("a", "t", metadata)], 1)
    document = json_document(GraphState.empty().apply(done))
    assert document["entities"]["a"]["properties"]["n"] == {"$nerv": "decimal", "value": "1.50"}
    assert document["relations"] == {}
