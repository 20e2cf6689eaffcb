"""Items before and after changes, folding them, and the bytes of a delta."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import EventType
from nerv_lab.core.graph.changes import (
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
)
from nerv_lab.core.graph.item_changes import (
    ItemChange,
    compact,
    decode_delta,
    encode_delta,
    restoring,
)
from nerv_lab.core.graph.model import Entity, EntityMetadata, Item, Relation, RelationMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import decode, encode, freeze

properties = st.dictionaries(
    st.sampled_from(["a", "b"]), st.integers(0, 2) | st.floats(0, 1) | st.dates(), max_size=2
)
entities = st.builds(
    Entity,
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from(["t", "u"]),
    st.builds(EntityMetadata, name=st.none() | st.just("n"), properties=properties),
    revision=st.integers(1, 3),
)
relations = st.builds(
    Relation,
    st.sampled_from(["x", "r"]),
    st.just("x"),
    st.just("y"),
    st.just("t"),
    st.builds(RelationMetadata, properties=properties),
)


@st.composite
def changes(draw: st.DrawFn) -> ItemChange:
    new = draw(entities | relations)
    kind = entities if isinstance(new, Entity) else relations
    old = draw(st.none() | kind.filter(lambda item: item.key == new.key))
    change = ItemChange(new.key, old, new)
    return draw(st.sampled_from([change, change.inverse()]))


@st.composite
def histories(draw: st.DrawFn) -> list[ItemChange]:
    """Draw changes of entities that follow each other."""
    present: dict[str, Item | None] = {}
    out = []
    for item, gone in draw(st.lists(st.tuples(entities, st.booleans()), max_size=12)):
        old = present.get(item.key)
        new = None if gone and old else item
        out.append(ItemChange(item.key, old, new))
        present[item.key] = new
    return out


@given(changes())
def test_a_change_survives_the_data_of_its_event_and_the_bytes_of_it(change: ItemChange) -> None:
    assert ItemChange.from_data(change.data()) == change
    assert ItemChange.from_data(decode(encode(change.data("why")))) == change


@given(changes())
def test_a_change_made_in_the_short_way_is_any_other(change: ItemChange) -> None:
    made = ItemChange.of(change.key, change.old, change.new)
    assert type(made) is ItemChange
    assert made == change
    assert repr(made) == repr(change)
    assert made.encoded() == change.encoded()
    with pytest.raises(AttributeError, match="cannot assign"):
        made.key = "e:other"  # type: ignore[misc]


@given(changes())
def test_the_inverse_of_the_inverse_is_the_change(change: ItemChange) -> None:
    assert change.inverse().inverse() == change


@given(st.lists(changes(), unique_by=lambda change: change.key))
def test_a_delta_survives_its_bytes_whatever_its_order(given_: list[ItemChange]) -> None:
    data = encode_delta(given_)
    assert encode_delta(reversed(given_)) == data
    assert decode_delta(data) == tuple(sorted(given_, key=lambda change: change.key))
    assert encode_delta(decode_delta(data)) == data


@given(histories())
def test_compacted_changes_lead_to_the_same_state(history: list[ItemChange]) -> None:
    step_by_step = GraphState.empty()
    for change in history:
        step_by_step = step_by_step.apply([change])
    assert GraphState.empty().apply(compact(history)) == step_by_step


@given(histories())
def test_compacting_leaves_one_real_change_for_each_item(history: list[ItemChange]) -> None:
    compacted = compact(history)
    assert len({change.key for change in compacted}) == len(compacted)
    assert compact(compacted) == compacted
    assert compact([*history, *(change.inverse() for change in reversed(history))]) == ()


@given(histories(), histories())
def test_restoring_asks_for_each_item_as_it_was(
    one: list[ItemChange], other: list[ItemChange]
) -> None:
    start, end = (GraphState.empty().apply(compact(h)) for h in (one, other))
    asked = restoring(start.diff(end))
    gone = {change.id for change in asked if isinstance(change, DeleteEntity)}
    restored = {change.entity.id for change in asked if isinstance(change, RestoreEntity)}
    assert gone == set(start.entities) - set(end.entities)
    assert restored | gone == {change.item.id for change in start.diff(end)}


def test_restoring_removes_relations_before_entities_and_adds_them_after() -> None:
    ends = [Entity("x", "t"), Entity("y", "t")]
    relation = Relation("r", "x", "y", "t")
    adding = [ItemChange(item.key, None, item) for item in (relation, *ends)]
    removing = [change.inverse() for change in reversed(adding)]
    assert restoring(adding)[-1] == RestoreRelation(relation)
    assert restoring(removing)[0] == DeleteRelation("r")


@pytest.mark.parametrize(
    ("old", "new", "kind", "event_type"),
    [
        (None, Entity("e", "t"), "added", EventType.ENTITY_CREATED),
        (Entity("e", "t"), Entity("e", "u"), "changed", EventType.ENTITY_UPDATED),
        (Entity("e", "t"), None, "removed", EventType.ENTITY_DELETED),
        (None, Relation("e", "a", "b", "t"), "added", EventType.RELATION_CREATED),
        (Relation("e", "a", "b", "t"), None, "removed", EventType.RELATION_DELETED),
    ],
)
def test_a_change_knows_what_happened(old: Any, new: Any, kind: str, event_type: EventType) -> None:
    change = ItemChange((new or old).key, old, new)
    assert (change.kind, change.event_type, change.item) == (kind, event_type, new or old)


@pytest.mark.parametrize(
    "data",
    [
        5,
        [],
        {},
        {"old": None, "new": None},
        {"new": 5},
        {"new": {"id": "e"}},
        {"old": Entity("a", "t").record(), "new": Entity("b", "t").record()},
        {"old": Entity("a", "t").record(), "new": Relation("a", "b", "c", "t").record()},
    ],
)
def test_what_is_no_data_of_a_change_is_refused(data: Any) -> None:
    with pytest.raises(ValidationError):
        ItemChange.from_data(freeze(data))


@pytest.mark.parametrize("data", [b"", b"5", b"{}", b"[5]", b"[{}]", b"[[]]"])
def test_bytes_that_are_no_delta_are_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        decode_delta(data)


def test_bytes_that_are_no_change_are_refused() -> None:
    change = ItemChange("e:ada", None, Entity("ada", "person"))
    assert ItemChange.from_encoded(change.encoded()) == change
    with pytest.raises(ValidationError):
        ItemChange.from_encoded(b'{"new":null,"old":null}')
