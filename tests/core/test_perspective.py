"""Perspectives: three kinds of view of a graph and of a dict."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from nerv_lab.core.errors import PerspectiveNotFoundError, ValidationError
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.perspective import PerspectiveAware


class Person(BaseModel):
    name: str
    born: int


@pytest.fixture
def graph() -> GraphState:
    ada = EntityMetadata("Ada", tags=("x",), properties={"born": 1815, "at": {"city": "London"}})
    return GraphState.build(
        [
            Entity("ada", "person", ada),
            Entity("note", "text", EntityMetadata("Note G", properties={"name": "hidden"})),
            Relation("r", "ada", "note", "wrote"),
        ]
    )


@pytest.fixture
def perspectives(graph: GraphState) -> PerspectiveAware:
    return PerspectiveAware(lambda: graph)


def test_a_callable_is_given_the_state(perspectives: PerspectiveAware, graph: GraphState) -> None:
    perspectives.add("whole", lambda state: state)
    assert perspectives.view("whole") is graph


def test_a_view_follows_the_state_it_looks_at() -> None:
    states = [{"n": 1}, {"n": 2}]
    perspectives = PerspectiveAware(lambda: states[0])
    perspectives.add("n", lambda state: state["n"])
    assert perspectives.view("n") == 1
    del states[0]
    assert perspectives.view("n") == 2


def test_another_state_may_be_looked_at(perspectives: PerspectiveAware) -> None:
    perspectives.add("count", lambda state: len(state.entities))
    assert perspectives.view("count") == 2
    assert perspectives.view("count", GraphState.empty()) == 0


def test_a_selection_of_fields_gives_a_dict_for_each_entity(
    perspectives: PerspectiveAware,
) -> None:
    perspectives.add("cards", ["name", "type", "properties.born", "at.city"])
    assert perspectives.view("cards") == {
        "ada": {"name": "Ada", "type": "person", "properties.born": 1815, "at.city": "London"},
        "note": {"name": "Note G", "type": "text"},
    }


def test_a_selection_may_be_limited_to_types(perspectives: PerspectiveAware) -> None:
    perspectives.add("people", ["name"], types=["person"])
    assert perspectives.view("people") == {"ada": {"name": "Ada"}}


def test_a_model_gives_an_instance_for_each_entity(perspectives: PerspectiveAware) -> None:
    perspectives.add("people", Person, types=["person"])
    assert perspectives.view("people") == {"ada": Person(name="Ada", born=1815)}


def test_an_entity_that_does_not_fit_the_model_is_named_with_its_field(
    perspectives: PerspectiveAware,
) -> None:
    perspectives.add("people", Person)
    with pytest.raises(ValidationError, match="does not fit Person") as caught:
        perspectives.view("people")
    assert caught.value.field == "note.born"


def test_a_dict_state_is_selected_from_and_validated_as_a_whole() -> None:
    perspectives = PerspectiveAware(lambda: {"name": "Ada", "born": 1815, "a": {"b": 1}})
    perspectives.add("selected", ["name", "a.b", "missing", "a.b.c"])
    perspectives.add("model", Person)
    assert perspectives.view("selected") == {"name": "Ada", "a.b": 1}
    assert perspectives.view("model") == Person(name="Ada", born=1815)


def test_an_unknown_name_is_refused_with_the_near_ones(perspectives: PerspectiveAware) -> None:
    perspectives.add("people", ["name"])
    with pytest.raises(PerspectiveNotFoundError, match=r"'poeple'; did you mean 'people'\?"):
        perspectives.view("poeple")
    with pytest.raises(PerspectiveNotFoundError, match=r"'xyz'; registered: people"):
        perspectives.view("xyz")


def test_a_removed_perspective_is_unknown(perspectives: PerspectiveAware) -> None:
    perspectives.add("people", ["name"])
    assert "people" in perspectives
    assert list(perspectives) == ["people"]
    perspectives.remove("people")
    assert perspectives.names == ()
    with pytest.raises(PerspectiveNotFoundError):
        perspectives.remove("people")


@pytest.mark.parametrize("view", [5, "name", None, [5], [""]])
def test_what_is_no_view_is_refused(perspectives: PerspectiveAware, view: Any) -> None:
    with pytest.raises(ValidationError, match="perspective"):
        perspectives.add("x", view)


def test_types_are_refused_for_a_callable(perspectives: PerspectiveAware) -> None:
    with pytest.raises(ValidationError, match="selects itself"):
        perspectives.add("x", lambda state: state, types=["person"])


def test_a_view_cannot_reach_into_the_state(perspectives: PerspectiveAware) -> None:
    perspectives.add("at", ["at"], types=["person"])
    seen = perspectives.view("at")
    seen["ada"]["more"] = 1
    with pytest.raises(TypeError, match="read-only"):
        seen["ada"]["at"]["city"] = "Paris"
    assert perspectives.view("at") == {"ada": {"at": {"city": "London"}}}


def test_the_repr_lists_the_names(perspectives: PerspectiveAware) -> None:
    perspectives.add("people", ["name"])
    assert repr(perspectives) == "<PerspectiveAware people>"
