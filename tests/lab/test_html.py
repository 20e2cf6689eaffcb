"""What is shown in a notebook; texts of the graph are never markup."""

from __future__ import annotations

from typing import Any

import pytest

from nerv_lab.lab import Lab


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "<b>Ada</b>", id="ada", tags=["maths"], properties={"born": 1815})
    lab.relate("ada", "knows", "ada", id="self", properties={"since": "<i>"})
    lab.commit("<u>one</u>", author="<me>")
    return lab


def conflict(lab: Lab) -> Any:
    with lab.branch("aside"):
        lab.update("ada", properties={"born": "<1816>"})
        lab.commit("aside")
    lab.update("ada", properties={"born": 1817})
    lab.commit("here")
    return lab.merge("aside").conflicts[0]


def test_items_versions_labs_and_views_are_tables(lab: Lab) -> None:
    ada = lab.entity("ada")._repr_html_()
    assert '>properties.born</th><td style="text-align: left; padding: 0.5em">1815<' in ada
    assert "&lt;b&gt;Ada" in ada
    assert "'maths'" in ada.replace("&#x27;", "'")
    assert "&lt;i&gt;" in lab.relation("self")._repr_html_()
    assert "&lt;u&gt;one" in lab.version("head")._repr_html_()
    assert "v1 &lt;u&gt;one" in lab._repr_html_()
    assert "1 entity: 1 person" in lab.at("v1")._repr_html_()
    assert "none" in lab.at(0)._repr_html_()


def test_a_conflict_shows_its_sides(lab: Lab) -> None:
    found = conflict(lab)
    assert repr(found) == (
        "<Conflict e:ada.properties.born: ours 1817, theirs '<1816>', before 1815>"
    )
    assert "&lt;1816&gt;" in found._repr_html_()


@pytest.mark.parametrize("name", ["ada", "self", "head", "lab"])
def test_nothing_in_a_table_is_markup(lab: Lab, name: str) -> None:
    shown: dict[str, Any] = {
        "ada": lab.entity("ada"),
        "self": lab.relation("self"),
        "head": lab.version("head"),
        "lab": lab,
    }
    html = shown[name]._repr_html_()
    assert not any(markup in html for markup in ("<b>", "<i>", "<u>", "<me>"))


def test_a_closed_lab_still_shows_itself(lab: Lab) -> None:
    lab.close()
    assert "closed" in lab._repr_html_()


def test_ids_are_offered_as_keys(lab: Lab) -> None:
    lab.add_entity("person", id="bob")
    assert lab.entities._ipython_key_completions_() == ["ada", "bob"]
    assert lab.relations._ipython_key_completions_() == ["self"]
