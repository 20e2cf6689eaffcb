from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

import nerv_lab as nl


def texts(picture: str) -> list[str]:
    return ["".join(node.itertext()) for node in fromstring(picture).iter()][1:]


@pytest.fixture
def shown() -> Any:
    """Return one of each of what a cell may show."""
    with nl.open() as lab:
        ada = lab.add_entity("person", name="<b>Ada</b>", properties={"born": 1815})
        lab.relate(ada, "knows", ada, id="r")
        first = lab.commit("first & last")
        with lab.branch("other"):
            lab.update(ada, properties={"born": 1816})
            lab.commit("theirs")
        lab.update(ada, properties={"born": 1817})
        lab.commit("ours")
        (conflict,) = lab.preview("other").conflicts
        yield {
            "Lab": lab,
            "View": lab.at(first),
            "Entity": ada,
            "Relation": lab.relation("r"),
            "Version": first,
            "Diff": lab.diff(first),
            "Conflict": conflict,
        }


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Lab", "<b>Ada</b>"),
        ("View", "<b>Ada</b>"),
        ("Entity", "1815"),
        ("Relation", "knows"),
        ("Version", "first & last"),
        ("Diff", "properties.born: 1815 -> 1817"),
        ("Conflict", "1816"),
    ],
)
def test_what_a_cell_shows_is_text_html_and_a_picture(
    shown: dict[str, Any], kind: str, text: str
) -> None:
    item = shown[kind]
    assert repr(item).isprintable() or kind == "Diff"
    assert "<table" in item._repr_html_()
    assert "<b>" not in item._repr_html_()
    found = texts(item._repr_svg_())
    assert any(text in line for line in found), found


def test_a_lab_that_is_closed_has_no_picture() -> None:
    lab = nl.open()
    lab.close()
    assert lab._repr_svg_() is None
