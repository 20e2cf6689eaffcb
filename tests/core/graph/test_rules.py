from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import as_plain, changes, states

from nerv_lab.core.errors import (
    DanglingRelationError,
    DuplicateIdError,
    EntityInUseError,
    EntityNotFoundError,
    NervError,
    RelationNotFoundError,
    ValidationError,
)
from nerv_lab.core.graph.changes import (
    REMOVE,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.item_changes import ItemChange, restoring
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState


@pytest.fixture
def graph() -> GraphState:
    """Return two entities and one relation between them."""
    return GraphState.build(
        [
            Entity("ada", "person", EntityMetadata("Ada", properties={"born": 1815, "x": 1})),
            Entity("note", "text"),
            Relation("wrote", "ada", "note", "wrote"),
        ]
    )


def planned(graph: GraphState, *wanted: Change) -> list[ItemChange]:
    return plan(graph, wanted, 1_000)


def test_a_new_entity_starts_at_revision_one_and_the_present(graph: GraphState) -> None:
    [change] = planned(graph, CreateEntity("eve", "person"))
    assert change.old is None
    assert change.new == Entity("eve", "person", EntityMetadata(), 1_000, 1_000, 1)


def test_an_update_sets_what_is_given_and_leaves_the_rest(graph: GraphState) -> None:
    [change] = planned(graph, UpdateEntity("ada", properties={"died": 1852}))
    assert change.new is not None
    assert dict(change.new.properties) == {"born": 1815, "x": 1, "died": 1852}
    assert isinstance(change.new, Entity)
    assert change.new.name == "Ada"


def test_an_update_counts_the_revision_and_keeps_the_creation(graph: GraphState) -> None:
    [change] = planned(graph, UpdateEntity("ada", name="Ada Lovelace"))
    assert change.new is not None
    assert (change.new.created_at, change.new.updated_at, change.new.revision) == (0, 1_000, 2)


def test_remove_takes_a_property_away(graph: GraphState) -> None:
    [change] = planned(graph, UpdateEntity("ada", properties={"x": REMOVE, "absent": REMOVE}))
    assert change.new is not None
    assert dict(change.new.properties) == {"born": 1815}


def test_none_is_a_value_and_not_a_removal(graph: GraphState) -> None:
    [change] = planned(graph, UpdateEntity("ada", name=None, properties={"x": None}))
    assert isinstance(change.new, Entity)
    assert change.new.name is None
    assert change.new.properties["x"] is None


def test_an_update_that_alters_nothing_is_no_change(graph: GraphState) -> None:
    assert planned(graph, UpdateEntity("ada", name="Ada", properties={"born": 1815})) == []


def test_one_and_one_point_zero_are_different_values(graph: GraphState) -> None:
    assert len(planned(graph, UpdateEntity("ada", properties={"x": 1.0}))) == 1


def test_a_relation_is_updated_field_by_field(graph: GraphState) -> None:
    [change] = planned(graph, UpdateRelation("wrote", strength=2.5, tags=["key"]))
    assert isinstance(change.new, Relation)
    assert (change.new.strength, change.new.tags) == (2.5, ("key",))


def test_each_change_sees_those_before_it(graph: GraphState) -> None:
    done = planned(
        graph,
        CreateEntity("eve", "person"),
        CreateRelation("knows", "ada", "eve", "knows"),
        UpdateEntity("eve", name="Eve"),
        DeleteRelation("knows"),
        DeleteEntity("eve"),
    )
    assert [c.kind for c in done] == ["added", "added", "changed", "removed", "removed"]
    assert graph.apply(done) == graph


def test_a_cascade_deletes_the_relations_first(graph: GraphState) -> None:
    done = planned(graph, DeleteEntity("ada", cascade=True))
    assert [c.key for c in done] == ["r:wrote", "e:ada"]


def test_a_cascade_sees_relations_of_the_same_batch(graph: GraphState) -> None:
    done = planned(
        graph,
        CreateRelation("self", "ada", "ada", "is"),
        DeleteRelation("wrote"),
        DeleteEntity("ada", cascade=True),
    )
    assert [c.key for c in done] == ["r:self", "r:wrote", "r:self", "e:ada"]


def test_restoring_brings_back_what_was_deleted(graph: GraphState) -> None:
    ada, wrote = graph.entities["ada"], graph.relations["wrote"]
    gone = graph.apply(planned(graph, DeleteEntity("ada", cascade=True)))
    back = gone.apply(planned(gone, RestoreEntity(ada), RestoreRelation(wrote)))
    assert back == graph
    assert back.entities["ada"].revision == ada.revision + 1


def test_restoring_what_is_there_already_is_no_change(graph: GraphState) -> None:
    assert planned(graph, RestoreEntity(graph.entities["ada"])) == []


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (CreateEntity("ada", "person"), DuplicateIdError, "entity 'ada' exists already"),
        (CreateRelation("wrote", "ada", "note", "w"), DuplicateIdError, "relation 'wrote'"),
        (UpdateEntity("eve", name="E"), EntityNotFoundError, "no entity 'eve'"),
        (UpdateRelation("eve"), RelationNotFoundError, "no relation 'eve'"),
        (DeleteEntity("eve"), EntityNotFoundError, "no entity 'eve'"),
        (DeleteRelation("eve"), RelationNotFoundError, "no relation 'eve'"),
        (DeleteEntity("ada"), EntityInUseError, "'wrote'.*cascade"),
        (CreateRelation("r", "eve", "ada", "w"), DanglingRelationError, "from_entity.*'eve'"),
        (CreateRelation("r", "ada", "eve", "w"), DanglingRelationError, "to_entity.*'eve'"),
        (RestoreRelation(Relation("r", "x", "ada", "w")), DanglingRelationError, "'x'"),
        (UpdateEntity("ada", name=3), ValidationError, "^name: "),  # type: ignore[arg-type]
        (UpdateEntity("ada", type=""), ValidationError, "^type: "),
        (UpdateEntity("ada", tags="draft"), ValidationError, "^tags: "),
        (
            UpdateEntity("ada", properties={"a": [{"b": float("nan")}]}),
            ValidationError,
            r"^properties\.a\[0\]\.b: ",
        ),
        (UpdateEntity("ada", properties=[]), ValidationError, "^properties: "),  # type: ignore[arg-type]
        (UpdateRelation("wrote", strength=float("inf")), ValidationError, "^strength: "),
        (
            UpdateEntity("ada", properties={"x": "y" * 2_000_000}),
            ValidationError,
            "2000",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(
    graph: GraphState, change: Change, error: type[NervError], message: str
) -> None:
    with pytest.raises(error, match=message):
        planned(graph, CreateEntity("before", "person"), change)


@given(states, st.lists(changes, max_size=6))
def test_what_is_planned_applies_to_the_state_it_was_planned_on(
    state: GraphState, wanted: list[Change]
) -> None:
    try:
        done = plan(state, wanted, 7)
    except NervError:
        return
    after = state.apply(done)
    assert state.apply(done).apply([c.inverse() for c in reversed(done)]) == state
    ends = {e for r in after.relations.values() for e in (r.from_entity, r.to_entity)}
    assert ends <= set(after.entities)


@given(states, states)
def test_restoring_the_difference_leads_from_any_state_to_any_other(
    start: GraphState, end: GraphState
) -> None:
    done = plan(start, restoring(start.diff(end)), 7)
    assert as_plain(start.apply(done)) == as_plain(end)


def test_the_planner_asks_only_for_what_it_needs(graph: GraphState) -> None:
    class Counting:
        asked: list[Any] = []  # noqa: RUF012

        def entity(self, id: str, /) -> Entity | None:
            self.asked.append(id)
            return graph.entity(id)

        def relation(self, id: str, /) -> Relation | None:
            raise AssertionError

        def relations_of(self, entity_id: str, /) -> list[Relation]:
            raise AssertionError

    plan(Counting(), [UpdateEntity("ada", name="A"), UpdateEntity("ada", name="B")], 1)
    assert Counting.asked == ["ada"]
