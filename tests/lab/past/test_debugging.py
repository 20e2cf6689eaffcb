from __future__ import annotations

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.projector import StateProjector
from nerv_lab.lab import Lab, View

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Return a Lab with a number that went wrong in version 14 of 20."""
    lab.add_entity("total", id="t")
    for n in range(1, 21):
        lab.update("t", properties={"n": n if n < 14 else -n})
        lab.commit(f"step {n}")
    return lab


def is_wrong(view: View) -> bool:
    return bool(view.entity("t").properties["n"] < 0)


def test_bisect_finds_the_first_version_at_which_something_holds(lab: Lab) -> None:
    opened: list[str] = []

    def holds(view: View) -> bool:
        opened.append(view.label)
        return is_wrong(view)

    assert lab.bisect(holds) == lab.version("v14")
    assert len(opened) <= 6


def test_bisect_finds_nothing_where_it_does_not_hold_at_the_end(lab: Lab) -> None:
    assert lab.bisect(lambda view: False) is None
    assert lab.bisect(is_wrong, last="v13") is None


def test_bisect_finds_the_beginning_where_it_always_holds(lab: Lab) -> None:
    assert lab.bisect(lambda view: True) == lab.version("v1")
    assert lab.bisect(lambda view: True, first="v5") == lab.version("v5")


def test_bisect_looks_only_between_ancestors(lab: Lab) -> None:
    with pytest.raises(ValidationError, match="first"):
        lab.bisect(is_wrong, first="v9", last="v3")


def test_trace_gives_a_value_for_each_version(lab: Lab) -> None:
    frame = lab.trace(lambda view: view.entity("t").properties["n"] < 0, first="v12", last="v15")
    assert frame["label"].tolist() == ["v12", "v13", "v14", "v15"]
    assert frame["value"].tolist() == [False, False, True, True]
    assert frame["changed"].tolist() == [False, False, True, False]


def test_trace_shows_an_error_in_its_row_and_goes_on(lab: Lab) -> None:
    frame = lab.trace(lambda view: 1 / (view.entity("t").properties["n"] - 2), last="v3")
    assert frame["error"].tolist() == [None, "ZeroDivisionError: division by zero", None]
    assert frame["value"].tolist() == [-1.0, None, 1.0]


def total(state: GraphState) -> int:
    return int(state.entities["t"].properties["n"])


def test_trace_runs_every_projection_of_a_projector_over_the_history(lab: Lab) -> None:
    projector = StateProjector()
    projector.add_projection("items", len)
    projector.add_projection("inverse", lambda state: 1 / (total(state) - 13))
    frame = lab.trace(projector, first="v12", last="v14")
    assert frame["items"].tolist() == [1, 1, 1]
    assert frame["inverse"].tolist() == [-1.0, None, 1 / -27]
    assert frame["changed"].tolist() == [False, True, True]
    assert frame["error"].tolist() == [None, "inverse: ZeroDivisionError: division by zero", None]


def test_a_projection_cannot_take_the_name_of_another_column(lab: Lab) -> None:
    projector = StateProjector()
    projector.add_projection("label", len)
    with pytest.raises(ValidationError, match="rename projection 'label'"):
        lab.trace(projector)


def test_trace_without_projections_still_names_the_versions(lab: Lab) -> None:
    frame = lab.trace(StateProjector(), last="v2")
    assert frame["label"].tolist() == ["v1", "v2"]
    assert frame["changed"].tolist() == [False, False]
