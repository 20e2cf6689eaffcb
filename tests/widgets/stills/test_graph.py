"""Still pictures follow the style of a view and the places of its nodes."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import nerv_lab as nl

STYLE = {
    "node": {
        "color": "type",
        "shape": {"text": "diamond"},
        "icon": {"text": "<&"},
        "size": nl.by("degree"),
    },
    "edge": {
        "dash": {"wrote": "dashed"},
        "width": nl.by("strength", domain=(0, 4)),
        "label": "type",
    },
}


@pytest.fixture
def lab_with_text(lab: Any) -> Any:
    lab.add_entity("person", name="Ada", id="ada")
    lab.add_entity("text", name="Note G", id="note")
    lab.relate("ada", "wrote", "note", strength=4)
    return lab


def test_a_picture_has_the_looks_and_a_legend_of_them(lab_with_text: Any, tmp_path: Path) -> None:
    view = lab_with_text.view(style=STYLE)
    text = view.to_svg(tmp_path / "graph.svg").read_text()
    ET.fromstring(text)
    assert 'stroke-dasharray="6 4"' in text
    assert 'stroke-width="6.0"' in text
    assert "<polygon" in text
    assert "&lt;&amp;" in text
    assert 'fill="#225a98"' in text
    for word in ("type", "person", "text", "degree", "strength"):
        assert f">{word}</text>" in text
    data, _ = view._repr_mimebundle_()
    assert 'stroke-dasharray="6 4"' in data["image/svg+xml"]


def spots(text: str) -> list[tuple[float, float]]:
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', text)
    return [(float(x), float(y)) for x, y in found]


def test_a_picture_has_nodes_where_they_are_held_with_y_upwards(lab: Any, tmp_path: Path) -> None:
    for id in "abc":
        lab.add_entity("x", id=id)
    view = lab.view(positions={"a": (0, 0), "b": (10, 0), "c": (10, 5)})
    a, b, c = spots(view.to_svg(tmp_path / "graph.svg").read_text())
    assert a[0] < b[0] == c[0]
    assert a[1] == b[1] > c[1]


def test_a_picture_of_nodes_that_are_all_held_needs_no_layout(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id in "ab":
        lab.add_entity("x", id=id)
    monkeypatch.setitem(sys.modules, "networkx", None)  # cannot be imported
    view = lab.view(positions={"a": (0, 0), "b": (10, 5)})
    assert len(spots(view.to_svg(tmp_path / "graph.svg").read_text())) == 2


def test_nodes_without_a_place_are_put_around_those_that_have_one(lab: Any, tmp_path: Path) -> None:
    for id in "abcd":
        lab.add_entity("x", id=id)
    view = lab.view(positions={"a": (0, 0), "b": (1000, 0)})
    assert len(set(spots(view.to_svg(tmp_path / "graph.svg").read_text()))) == 4


def test_parts_without_relations_between_them_stay_together(lab: Any, tmp_path: Path) -> None:
    for number in range(16):
        lab.add_entity("x", id=f"n{number:02}")
    for number in range(16):
        first = number - number % 8
        lab.relate(f"n{number:02}", "knows", f"n{first + (number + 1) % 8:02}")
    found = spots(lab.to_svg(tmp_path / "graph.svg").read_text())
    apart = min(math.dist(a, b) for a in found[:8] for b in found[8:])
    assert apart < max(math.dist(a, b) for a in found[:8] for b in found[:8])


def test_a_picture_shows_what_the_view_shows(lab_with_text: Any, tmp_path: Path) -> None:
    view = lab_with_text.view(filter="type:person")
    text = view.to_svg(tmp_path / "graph.svg", title="people").read_text()
    assert "Ada" in text
    assert "Note G" not in text
    assert "people" in text


def test_the_lab_draws_with_a_style_and_places_too(lab_with_text: Any, tmp_path: Path) -> None:
    text = lab_with_text.to_svg(
        tmp_path / "graph.svg", style=STYLE, positions={"ada": (0, 0), "note": (9, 0)}
    ).read_text()
    assert 'stroke-dasharray="6 4"' in text
    with pytest.raises(nl.ValidationError, match="knot"):
        lab_with_text.to_svg(tmp_path / "other.svg", style={"knot": {}})
    assert not (tmp_path / "other.svg").exists()


def test_a_ramp_is_in_the_legend(lab: Any, tmp_path: Path) -> None:
    for id, born in [("a", 1780), ("b", 1820)]:
        lab.add_entity("x", id=id, properties={"born": born})
    view = lab.view(style={"node": {"color": "born"}})
    text = view.to_svg(tmp_path / "graph.svg").read_text()
    assert ">1780</text>" in text
    assert ">1820</text>" in text


def test_types_are_in_the_legend_where_colours_mean_nothing_else(
    lab_with_text: Any, tmp_path: Path
) -> None:
    text = lab_with_text.to_svg(tmp_path / "plain.svg").read_text()
    assert ">person</text>" in text
    assert ">text</text>" in text
    styled = {"node": {"color": nl.by("degree")}}
    text = lab_with_text.to_svg(tmp_path / "ramp.svg", style=styled).read_text()
    assert ">person</text>" not in text


def test_a_shape_by_type_has_the_colour_of_the_type_in_the_legend(
    lab_with_text: Any, tmp_path: Path
) -> None:
    shaped = {"node": {"shape": {"text": "diamond"}}}
    text = lab_with_text.to_svg(tmp_path / "graph.svg", style=shaped).read_text()
    fills = re.findall(r'<polygon points="[^"]+" fill="([^"]+)"', text)
    assert len(fills) == 2
    assert fills[0] == fills[1]


def test_a_graph_of_one_type_has_no_legend(lab: Any, tmp_path: Path) -> None:
    lab.add_entity("only", id="a")
    assert ">only</text>" not in lab.to_svg(tmp_path / "graph.svg").read_text()


def test_groups_are_apart_and_have_titles(lab: Any, tmp_path: Path) -> None:
    for number in range(12):
        place = {"place": "Rome & co" if number < 8 else "Oslo"}
        lab.add_entity("x", id=f"n{number:02}", properties=place)
    view = lab.view(layout={"name": "grouped", "by": "place"})
    text = view.to_svg(tmp_path / "graph.svg").read_text()
    ET.fromstring(text)
    assert ">Rome &amp; co (8)</text>" in text
    assert ">Oslo (4)</text>" in text
    found = spots(text)
    rome, oslo = (
        tuple(sum(values) / len(values) for values in zip(*part, strict=True))
        for part in (found[:8], found[8:])
    )
    assert math.dist(rome, oslo) > max(math.dist(rome, spot) for spot in found[:8])


def test_a_collapsed_type_is_named_in_bold(lab_with_text: Any, tmp_path: Path) -> None:
    view = lab_with_text.view(collapsed="person")
    text = view.to_svg(tmp_path / "graph.svg").read_text()
    assert 'font-weight="600">person (1)</text>' in text
