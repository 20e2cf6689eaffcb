"""The state projector: steps, projections, and coming back to an earlier state."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from nerv_lab.core.errors import (
    NotFoundError,
    NotSerialisableError,
    ProjectionNotFoundError,
    ValidationError,
)
from nerv_lab.core.graph.changes import REMOVE
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.projector import FunctionDelta, PatchDelta, StateProjector


@pytest.fixture
def projector() -> StateProjector:
    projector = StateProjector({"n": 0})
    projector.apply_delta({"n": 1}, "one", source="me", tags=["odd"])
    projector.apply_delta({"n": 2}, "two", tags=["even", "prime"])
    projector.apply_delta(lambda state: {**state, "n": state["n"] + 1}, "three", tags=["odd"])
    return projector


def test_a_dict_patches_the_state_and_a_function_computes_it(projector: StateProjector) -> None:
    assert projector.state == {"n": 3}


def test_applying_a_delta_returns_the_state_after_it() -> None:
    assert StateProjector().apply_delta({"a": {"b": 1}}) == {"a": {"b": 1}}


def test_the_initial_state_is_a_copy() -> None:
    initial = {"a": [1]}
    projector = StateProjector(initial)
    initial["a"].append(2)
    assert projector.state == {"a": [1]}


def test_a_function_is_run_once_however_often_the_state_is_looked_at() -> None:
    calls = []
    projector = StateProjector()
    projector.apply_delta(lambda state: calls.append(1) or {"n": len(calls)})
    projector.apply_delta({"m": 1})
    assert projector.project(until=1) == projector.project(until=1) == {"n": 1}
    assert calls == [1]


def test_a_function_that_changes_the_state_in_place_is_refused_and_leaves_it() -> None:
    projector = StateProjector({"a": 1})
    with pytest.raises(TypeError, match="read-only"):
        projector.apply_delta(lambda state: state.update(a=2))
    assert projector.state == {"a": 1}
    assert projector.get_delta_history() == []


def test_a_function_that_forgets_to_return_is_refused() -> None:
    with pytest.raises(ValidationError, match="returned None"):
        StateProjector().apply_delta(lambda state: None)


async def coroutine(state: Any) -> Any:
    return state


@pytest.mark.parametrize("delta", [5, "text", None, coroutine])
def test_what_is_no_delta_is_refused(delta: Any) -> None:
    with pytest.raises(ValidationError):
        StateProjector().apply_delta(delta)


def test_the_state_a_function_returns_is_checked() -> None:
    with pytest.raises(ValidationError, match=r"state\.a"):
        StateProjector().apply_delta(lambda state: {"a": object()})


def test_a_named_projection_shows_the_state_its_own_way(projector: StateProjector) -> None:
    projector.add_projection("double", lambda state: state["n"] * 2)
    assert projector.project("double") == 6
    assert projector.project("double", until=1) == 2
    assert projector.projections == ("double",)


def test_an_unknown_projection_is_refused_with_the_known_ones(projector: StateProjector) -> None:
    projector.add_projection("double", lambda state: state["n"] * 2)
    with pytest.raises(ProjectionNotFoundError, match=r"'triple'; registered: double"):
        projector.project("triple")


def test_a_projection_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(ValidationError, match="callable"):
        StateProjector().add_projection("x", 5)  # type: ignore[arg-type]


def test_until_counts_deltas_or_names_the_last_one(projector: StateProjector) -> None:
    deltas = projector.get_delta_history()
    seen = [projector.project(until=until)["n"] for until in (0, 1, 2, 3, 99, -1)]
    assert seen == [0, 1, 2, 3, 3, 0]
    assert [projector.project(until=delta)["n"] for delta in deltas] == [1, 2, 3]
    assert [projector.project(until=delta.id)["n"] for delta in deltas] == [1, 2, 3]


def test_until_a_moment_counts_the_deltas_up_to_it() -> None:
    projector = StateProjector({"n": 0})
    for second in (10, 20):
        projector.apply_delta(PatchDelta({"n": second}, timestamp=float(second)))
    moments = [dt.datetime.fromtimestamp(second, dt.UTC) for second in (9, 10, 15, 30)]
    assert [projector.project(until=moment)["n"] for moment in moments] == [0, 10, 10, 20]


def test_until_a_delta_of_another_projector_is_refused(projector: StateProjector) -> None:
    with pytest.raises(NotFoundError, match="applied here"):
        projector.project(until=PatchDelta({}))


def test_the_history_is_oldest_first_and_filtered_by_any_of_the_tags(
    projector: StateProjector,
) -> None:
    def described(*tags: str) -> list[str | None]:
        return [delta.description for delta in projector.get_delta_history(tags or None)]

    assert described() == ["one", "two", "three"]
    assert described("odd") == ["one", "three"]
    assert described("prime", "odd") == ["one", "two", "three"]
    assert projector.get_delta_history([]) == []
    assert projector.get_delta_history()[0].source == "me"


def test_a_given_delta_keeps_its_identity_and_gains_the_tags() -> None:
    projector = StateProjector()
    delta = PatchDelta({"a": 1}, description="mine", tags=("x",))
    projector.apply_delta(delta, source="me", tags=["y"])
    (kept,) = projector.get_delta_history()
    assert (kept.id, kept.description, kept.source) == (delta.id, "mine", "me")
    assert kept.tags == ("x", "y")


def test_a_reset_forgets_the_deltas_and_keeps_the_projections(projector: StateProjector) -> None:
    projector.add_projection("n", lambda state: state["n"])
    assert projector.reset_to_initial() == {"n": 0}
    assert projector.get_delta_history() == []
    assert projector.project("n") == 0


def test_kept_records_restore_the_state_and_the_deltas() -> None:
    projector = StateProjector({"a": 1})
    projector.apply_delta({"b": {"c": 1}}, "first", tags=["t"])
    projector.apply_delta({"a": REMOVE})
    again = StateProjector({"a": 1})
    assert again.restore(projector.records()) == projector.state == {"b": {"c": 1}}
    assert again.get_delta_history() == projector.get_delta_history()


def test_a_projector_with_a_function_cannot_be_kept(projector: StateProjector) -> None:
    with pytest.raises(NotSerialisableError, match="'three' is a function"):
        projector.records()


def test_a_state_that_is_no_dict_takes_functions_only() -> None:
    projector = StateProjector(GraphState.empty())
    projector.apply_delta(FunctionDelta(lambda state: state.apply([])))
    assert projector.state == GraphState.empty()
    with pytest.raises(ValidationError, match="a patch needs a dict"):
        projector.apply_delta({"a": 1})
