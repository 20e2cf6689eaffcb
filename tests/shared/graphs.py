"""A small graph, strategies for others, and a model of the rules that is too plain to be wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.changes import (
    REMOVE,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState

ADA = CreateEntity("ada", "person", EntityMetadata("Ada", "Countess", ("math",), {"born": 1815}))
NOTE = CreateEntity("note", "text")
WROTE = CreateRelation("r", "ada", "note", "wrote", RelationMetadata(strength=0.5))

# Few ids, so that changes meet each other.
entity_ids = st.sampled_from(["a", "b", "c", "d", "ä e"])
relation_ids = st.sampled_from(["r", "s", "t", "a"])
types = st.sampled_from(["person", "text"])
texts = st.none() | st.text(max_size=8)
names = st.sampled_from(["x", "y", "long name"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
properties = st.dictionaries(names, values, max_size=3)
patches = st.dictionaries(names, values | st.just(REMOVE), max_size=3)
# Of few digits: a server's JSON, which the tests of the module speak, reads others a digit off.
strengths = st.integers(-(2**20), 2**20).map(lambda number: number / 1024)
tags = st.lists(st.sampled_from(["draft", "old"]), max_size=2).map(tuple)

changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(
        CreateEntity,
        entity_ids,
        types,
        st.builds(EntityMetadata, texts, texts, tags, properties),
    ),
    st.builds(UpdateEntity, entity_ids, name=texts, properties=patches),
    st.builds(UpdateEntity, entity_ids, type=types, tags=tags),
    st.builds(DeleteEntity, entity_ids, st.booleans()),
    st.builds(
        CreateRelation,
        relation_ids,
        entity_ids,
        entity_ids,
        types,
        st.builds(
            RelationMetadata,
            texts,
            strengths,
            st.booleans(),
            tags,
            properties,
        ),
    ),
    st.builds(UpdateRelation, relation_ids, description=texts, properties=patches),
    st.builds(DeleteRelation, relation_ids),
)


def changed(state: GraphState, wanted: list[Change]) -> GraphState:
    """Return the state after those of the changes that the rules allow."""
    for change in wanted:
        try:
            state = state.apply(plan(state, [change], 1))
        except NervError:
            continue
    return state


states = st.lists(changes, max_size=25).map(lambda wanted: changed(GraphState.empty(), wanted))


def as_plain(state: GraphState) -> dict[str, bytes]:
    """Return the content of a state by key."""
    return {item.key: item.content for item in state.items()}
