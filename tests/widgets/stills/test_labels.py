"""Names in still pictures lie over nothing, and the more important are there first."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.widgets.stills.labels import LANDMARKS, Box, Labels, text_width

SIZE = 11.0
ROOM = (0.0, 0.0, 400.0, 200.0)


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def box_of(place: tuple[float, float, str], text: str) -> Box:
    x, base, anchor = place
    width = text_width(text, SIZE)
    left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    return left, base - 0.8 * SIZE, left + width, base


def test_a_name_is_beside_its_node_and_goes_elsewhere_where_another_node_is() -> None:
    labels = Labels(ROOM)
    assert labels.beside(50, 50, 5, "Ada", SIZE) == (59, 54, "start")
    labels = Labels(ROOM)
    labels.keep_off_nodes([(70, 50, 5)])
    place = labels.beside(50, 50, 5, "Ada", SIZE)
    assert place is not None
    assert place[2] == "end"


def test_an_important_name_lies_over_small_nodes_where_there_is_no_other_place() -> None:
    nodes = [(200.0, 100.0, 9.0)] * LANDMARKS + [(200.0, 100.0, 250.0)]
    for important, placed in ((False, False), (True, True)):
        labels = Labels(ROOM)
        labels.keep_off_nodes(nodes)
        place = labels.beside(200, 100, 9, "Ada", SIZE, important=important)
        assert (place is not None) is placed


def test_without_room_there_is_no_name() -> None:
    labels = Labels(ROOM)
    labels.keep_off([ROOM])
    assert labels.beside(50, 50, 5, "Ada", SIZE) is None
    assert not labels.at(50, 50, "wrote", SIZE)


spots = st.tuples(st.integers(0, 400), st.integers(0, 200), st.integers(2, 12))


@given(st.lists(spots, max_size=40))
def test_no_name_lies_over_another_or_over_a_node_or_leaves_the_picture(
    nodes: list[tuple[int, int, int]],
) -> None:
    labels = Labels(ROOM)
    labels.keep_off_nodes(nodes)
    places = [labels.beside(*node, "some name", SIZE) for node in nodes]
    boxes = [box_of(place, "some name") for place in places if place]
    assert not any(overlap(a, b) for a, b in combinations(boxes, 2))
    for left, top, right, low in boxes:
        assert left > -0.1
        assert top > 0
        assert right < 400.1
        assert low < 200
        for x, y, radius in nodes:
            half = 0.5 * radius
            assert not overlap((left, top, right, low), (x - half, y - half, x + half, y + half))


def test_of_a_crowd_the_most_connected_have_their_names(lab: Any, tmp_path: Path) -> None:
    for number in range(40):
        lab.add_entity("x", name=f"a rather long name {number:02}", id=f"n{number:02}")
    for number in range(1, 40):
        lab.relate("n00", "knows", f"n{number:02}")
    places = {f"n{number:02}": (number % 20, number // 20) for number in range(40)}
    text = lab.to_svg(tmp_path / "crowd.svg", positions=places).read_text()
    shown = set(re.findall(r">(a rather long name \d\d)</text>", text))
    assert "a rather long name 00" in shown
    assert 5 < len(shown) < 40
    titled = set(re.findall(r"<title>(a rather long name \d\d)</title>", text))
    assert shown | titled == {f"a rather long name {number:02}" for number in range(40)}
    assert shown.isdisjoint(titled)
