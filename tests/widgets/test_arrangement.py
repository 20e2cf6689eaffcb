from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.arrangement import Arranger, parse_layout


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("force", {"name": "force"}),
        ("layered", {"name": "layered", "direction": "down"}),
        ({"name": "layered", "direction": "right"}, {"name": "layered", "direction": "right"}),
        ("grouped", {"name": "grouped", "by": "type"}),
        (
            {"name": "axes", "x": "born", "y": "degree"},
            {"name": "axes", "x": "born", "y": "degree"},
        ),
    ],
)
def test_a_layout_is_a_name_or_a_name_with_options(lab: Any, given: Any, parsed: Any) -> None:
    assert lab.view(layout=given).arrangement == parsed


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("spiral", "layout"),
        (3, "layout"),
        ({"name": "layered", "direction": "sideways"}, "layout.direction"),
        ({"name": "circular", "by": "type"}, "layout.by"),
        ({"name": "axes", "x": "born"}, "layout.y"),
        ("axes", "layout.x"),
    ],
)
def test_another_layout_is_refused_by_the_name_of_its_part(given: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_layout(given)
    assert caught.value.field == field


def test_the_box_of_the_widget_is_still_its_layout(lab: Any) -> None:
    view = lab.view(layout={"width": "50%"})
    assert view.layout.width == "50%"
    assert view.arrangement == {"name": "force"}


def test_groups_and_axes_are_columns(lab: Any) -> None:
    for id, born, kind in [("a", 1800, "x"), ("b", 1850, "y"), ("c", 1900, "x")]:
        lab.add_entity(kind, id=id, properties={"born": born})
    lab.add_entity("x", id="d")
    entities = [lab.state.entities[id] for id in "abcd"]
    axes = Arranger({"name": "axes", "x": "born", "y": "degree"})
    axes.learn(lab.state, entities)
    columns = axes.columns(lab.state, entities)
    x = np.frombuffer(columns["x"], "<f4")
    assert x[:3].tolist() == [0, 0.5, 1]
    assert np.isnan(x[3])
    assert [section["title"] for section in axes.legend()] == ["→ born", "↑ degree"]
    groups = Arranger({"name": "grouped", "by": "type"})
    groups.learn(lab.state, entities)
    assert np.frombuffer(groups.columns(lab.state, entities)["group"], "<u4").tolist() == [
        1,
        2,
        1,
        1,
    ]
    assert Arranger().columns(lab.state, entities) == {}
