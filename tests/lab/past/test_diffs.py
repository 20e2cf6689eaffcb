from __future__ import annotations

import os
import re
import subprocess
import sys

import jsonpatch
import pytest
from IPython.lib.pretty import pretty

from nerv_lab.core.graph.json_patch import json_document
from nerv_lab.lab import Lab
from nerv_lab.lab.past import diff_views, diffs


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1815, "facts": {"a": [1, 2]}})
    lab.commit("one")
    lab.update("ada", properties={"born": 1816, "facts": {"a": [1, 3, 4], "b": None}})
    lab.add_entity("text", "<b>Note</b>", id="note")
    lab.relate("ada", "wrote", "note", id="wrote")
    return lab


def test_a_difference_counts_by_kind(lab: Lab) -> None:
    diff = lab.diff()
    assert [c.key for c in diff.added] == ["e:note", "r:wrote"]
    assert [c.key for c in diff.changed] == ["e:ada"]
    assert diff.removed == ()
    assert len(diff) == 3
    assert diff[0] in diff


def test_a_difference_names_the_path_of_every_property_inside_dicts_and_lists(lab: Lab) -> None:
    assert [str(field) for _, field in lab.diff().fields] == [
        "~ properties.born: 1815 -> 1816",
        "~ properties.facts.a[1]: 2 -> 3",
        "+ properties.facts.a[2]: 4",
        "+ properties.facts.b: None",
    ]


def test_a_difference_calls_the_ends_of_a_relation_by_name(lab: Lab) -> None:
    assert "+ Ada -wrote-> <b>Note</b>" in repr(lab.diff())


def test_a_difference_in_html_shows_markup_in_data_as_text(lab: Lab) -> None:
    lab.add_entity("<script>", '"><img src=x onerror=alert(1)>', properties={"<i>": "<u>"})
    lab.update("note", properties={"<i>": "<u>"})
    html = lab.diff()._repr_html_()
    assert "&lt;b&gt;Note&lt;/b&gt;" in html
    tags = set(re.findall(r"</?(\w+)", html))
    assert tags == {"table", "caption", "thead", "tbody", "tr", "th", "td", "strong"}


def test_a_difference_in_html_marks_each_kind_by_sign_and_word(lab: Lab) -> None:
    lab.commit("two")
    lab.update("ada", properties={"born": None})
    lab.delete("wrote")
    lab.add_entity("text", id="new")
    html = lab.diff()._repr_html_()
    for mark in ("+ added", "\N{MINUS SIGN} removed", "~ changed"):
        assert f">{mark}</td>" in html


def test_the_text_of_a_difference_is_plain_unless_colour_is_asked_for(lab: Lab) -> None:
    diff = lab.diff()
    assert "\x1b" not in repr(diff)
    coloured = diff.to_text(colour=True)
    assert "\x1b[32m+ Ada -wrote-> <b>Note</b>\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == repr(diff)


def test_a_name_cannot_smuggle_commands_into_a_terminal(lab: Lab) -> None:
    lab.add_entity("x", "\x1b[2J\nevil")
    assert "\x1b" not in repr(lab.diff())
    assert "+ x \\x1b[2J\\nevil" in repr(lab.diff())


@pytest.mark.parametrize("is_terminal", [True, False])
def test_ipython_shows_colours_on_a_terminal_only(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    monkeypatch.setattr(diffs, "is_colour_terminal", lambda: is_terminal)
    assert ("\x1b[32m" in pretty(lab.diff())) == is_terminal


def test_a_process_without_ipython_is_no_colour_terminal() -> None:
    assert diff_views.is_colour_terminal() is False


def test_the_text_of_a_difference_is_the_same_in_every_process() -> None:
    code = (
        "import nerv_lab as nl\n"
        "with nl.open() as lab:\n"
        "    lab.add_entity('x', id='x'); lab.commit('')\n"
        "    lab.update('x', properties={'s': {'a', 'b', 'c', 'd'}})\n"
        "    print(lab.diff())"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert [text.splitlines() for text in shown] == [
        [
            "v1 -> working state: 0 added, 1 changed, 0 removed",
            "~ x x",
            "    + properties.s: {'a', 'b', 'c', 'd'}",
        ]
    ]


def test_a_long_difference_is_cut_and_says_so(lab: Lab) -> None:
    with lab.transaction():
        for n in range(60):
            lab.add_entity("thing", id=f"t{n}")
    assert repr(lab.diff()).endswith("… and 13 more; see .to_pandas()")
    assert "(the first 50 shown)" in lab.diff()._repr_html_()


def test_long_items_and_long_values_are_cut_and_say_so(lab: Lab) -> None:
    lab.update("ada", properties={f"p{n:02}": "x" * 1000 for n in range(30)})
    for text in (repr(lab.diff()), lab.diff()._repr_html_()):
        assert "… and 14 more properties" in text
        assert "… (1002 characters)" in text
        assert len(text) < 9_600


def test_a_difference_is_a_frame_with_a_row_for_each_property(lab: Lab) -> None:
    frame = lab.diff().to_pandas()
    assert frame[["kind", "id", "property", "change"]].to_numpy().tolist() == [
        ["changed", "ada", "properties.born", "changed"],
        ["changed", "ada", "properties.facts.a[1]", "changed"],
        ["changed", "ada", "properties.facts.a[2]", "added"],
        ["changed", "ada", "properties.facts.b", "added"],
        ["added", "note", None, None],
        ["added", "wrote", None, None],
    ]
    assert frame["old"].iloc[0] == 1815
    assert lab.diff("v1", "v1").to_pandas().shape == (0, 7)


def test_a_difference_is_a_json_patch_between_the_documents_of_its_states(lab: Lab) -> None:
    patch = lab.diff().to_json_patch()
    assert jsonpatch.apply_patch(lab.at("v1").to_json_document(), patch) == lab.to_json_document()
    assert lab.to_json_document() == json_document(lab.state)
