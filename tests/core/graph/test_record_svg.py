from __future__ import annotations

from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.graph.record_svg import record_svg


def texts(picture: str) -> list[str]:
    return ["".join(node.itertext()) for node in fromstring(picture).iter()][1:]


@given(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=3))
def test_any_text_makes_a_picture_that_is_sound(title: str, rows: list[tuple[str, str]]) -> None:
    assert fromstring(record_svg(title, rows)).tag.endswith("svg")


def test_of_many_lines_the_first_are_shown_and_the_others_counted() -> None:
    found = texts(record_svg("many", [(f"n{n}", "v") for n in range(25)]))
    assert "n19" in found
    assert "n20" not in found
    assert "… and 5 more" in found
