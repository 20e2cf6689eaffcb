from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import as_plain, changed, changes, states

from nerv_lab.core.errors import IntegrityError
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Item, Relation
from nerv_lab.core.graph.state import GraphState

ADA = Entity("ada", "person", EntityMetadata("Ada"))
NOTE = Entity("note", "text")
WROTE = Relation("wrote", "ada", "note", "wrote")
KNOWN_HASH = "05a0aceed1011bf014e4cf0454436fe84d62bc53f20503d34a559e3c2a81db56"
IS = Relation("is", "ada", "ada", "is")


def test_a_state_is_built_from_items_in_any_order() -> None:
    assert GraphState.build([WROTE, NOTE, ADA]) == GraphState.build([ADA, NOTE, WROTE])


def test_an_item_that_is_given_twice_is_refused() -> None:
    with pytest.raises(IntegrityError, match="e:ada: it is given twice"):
        GraphState.build([ADA, NOTE, ADA])


@given(states)
def test_a_state_that_is_built_is_that_which_changes_lead_to(state: GraphState) -> None:
    built = GraphState.build(state.items())
    stepwise = GraphState.empty().apply(ItemChange(i.key, None, i) for i in state.items())
    for one in (built, stepwise):
        assert (one.entities, one.relations, one.data_hash) == (
            state.entities,
            state.relations,
            state.data_hash,
        )
        for id in state.entities:
            assert {r.id for r in one.relations_of(id)} == {r.id for r in state.relations_of(id)}


def test_applying_leaves_the_state_before_as_it_was() -> None:
    before = GraphState.build([ADA])
    before.apply([ItemChange(ADA.key, ADA, None)])
    assert before.entity("ada") is ADA


def test_a_missing_item_is_none() -> None:
    state = GraphState.empty()
    assert state.entity("ada") is state.relation("wrote") is state.get("e:ada") is None


def test_a_key_finds_an_entity_or_a_relation() -> None:
    state = GraphState.build([ADA, NOTE, WROTE])
    assert (state.get("e:ada"), state.get("r:wrote")) == (ADA, WROTE)


def test_relations_of_an_entity_are_each_given_once() -> None:
    state = GraphState.build([ADA, NOTE, WROTE, IS])
    assert sorted(r.id for r in state.relations_of("ada")) == ["is", "wrote"]
    assert state.degree("ada") == 2
    assert [r.id for r in state.relations_of("note")] == ["wrote"]


def test_an_entity_without_relations_has_none() -> None:
    assert list(GraphState.build([ADA]).relations_of("ada")) == []


def test_a_change_that_starts_elsewhere_is_refused() -> None:
    state = GraphState.build([ADA])
    with pytest.raises(IntegrityError, match="e:ada"):
        state.apply([ItemChange(ADA.key, None, ADA)])


def test_times_and_revisions_are_no_part_of_the_hash() -> None:
    later = Entity("ada", "person", EntityMetadata("Ada"), 5, 6, 7)
    assert GraphState.build([ADA]).data_hash == GraphState.build([later]).data_hash


def test_an_entity_and_a_relation_of_one_id_are_two_items() -> None:
    state = GraphState.build([ADA, Relation("ada", "ada", "ada", "is")])
    assert len(state) == 2


def test_the_known_state_keeps_its_known_hash() -> None:
    """A change of this value makes every store that exists unverifiable."""
    state = GraphState.build([ADA, NOTE, WROTE])
    assert state.data_hash == KNOWN_HASH


@given(st.lists(changes, max_size=20))
def test_the_hash_of_a_path_is_that_of_the_rebuilt_state(wanted: list[Change]) -> None:
    state = changed(GraphState.empty(), wanted)
    assert state.data_hash == GraphState.build(state.items()).data_hash


@given(states, states)
def test_applying_the_difference_gives_the_other_side(a: GraphState, b: GraphState) -> None:
    assert as_plain(a.apply(a.diff(b))) == as_plain(b)
    assert a.apply(a.diff(b)) == b


@given(states)
def test_a_state_does_not_differ_from_itself(state: GraphState) -> None:
    assert state.diff(state) == state.diff(GraphState.build(state.items())) == ()


@given(states)
def test_neighbours_are_found_as_a_search_through_all_relations_finds_them(
    state: GraphState,
) -> None:
    for id in state.entities:
        expected = {r.id for r in state.relations.values() if id in (r.from_entity, r.to_entity)}
        assert {r.id for r in state.relations_of(id)} == expected


@given(states, states)
def test_items_that_are_put_in_place_lead_to_the_state_that_holds_them(
    a: GraphState, b: GraphState
) -> None:
    there: dict[str, Item | None] = {item.key: None for item in a.items()}
    there |= {item.key: item for item in b.items()}
    put = a.with_items(there)
    assert put == b
    assert as_plain(put) == as_plain(b)
    for entity in b.entities.values():
        assert set(put.relations_of(entity.id)) == set(b.relations_of(entity.id))
    assert all(put.degree(id) == b.degree(id) for id in (*a.entities, *b.entities))


def test_putting_what_is_there_changes_nothing() -> None:
    state = GraphState.build([ADA])
    assert state.with_items({"e:ada": ADA, "r:none": None}) is state
