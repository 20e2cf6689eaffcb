from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.shown.arrangement import Arranger, parse_layout


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
    columns = groups.columns(lab.state, entities)
    assert np.frombuffer(columns["group"], "<u4").tolist() == [1, 2, 1, 1]
    assert Arranger().columns(lab.state, entities) == {}


def test_groups_have_titles_and_so_has_what_is_in_none(lab: Any) -> None:
    for id, place in (("a", "Rome"), ("b", "Oslo"), ("c", "Rome")):
        lab.add_entity("x", id=id, properties={"place": place})
    lab.add_entity("x", id="d")
    entities = [lab.state.entities[id] for id in "abcd"]
    groups = Arranger({"name": "grouped", "by": "place"})
    groups.learn(lab.state, entities)
    assert groups.columns(lab.state, entities)["titles"] == [
        [0, "no place"],
        [1, "Rome"],
        [2, "Oslo"],
    ]
    assert groups.columns(lab.state, entities[1:2])["titles"] == [[2, "Oslo"]]


def test_groups_beyond_the_most_are_called_others(lab: Any) -> None:
    many = [lab.add_entity("x", id=f"n{i:03}", name=f"{i:03}") for i in range(201)]
    groups = Arranger({"name": "grouped", "by": "name"})
    groups.learn(lab.state, many)
    assert groups.titles(lab.state, many[199:]) == {"n199": "199", "n200": "others"}
