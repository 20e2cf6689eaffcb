from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

import nerv_lab as nl
from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.styling import Styler


@pytest.fixture
def people(lab: Any) -> Any:
    for name, born, job in [
        ("Ada", 1815, "writer"),
        ("Charles", 1791, "maker"),
        ("Mary", 1780, "writer"),
    ]:
        lab.add_entity(
            "person",
            name=name,
            id=name.lower(),
            tags=[job],
            properties={"born": born, "at": {"city": "London"}},
        )
    lab.add_entity("text", name="Note G", id="note")
    lab.relate("ada", "wrote", "note", id="wrote", strength=3)
    lab.relate("ada", "knows", "charles", id="knows")
    return lab


def looks(lab: Any, style: Any, *ids: str) -> list[Any]:
    styler = Styler(style)
    styler.start(lab.state, lab.state)
    state = lab.state
    return [styler.look(state, state.entity(id) or state.relation(id)) for id in ids]


def test_a_line_goes_from_the_least_to_the_most(people: Any) -> None:
    style = {"node": {"size": nl.by("born", (4, 20), domain=(1780, 1815))}}
    ada, mary, note = looks(people, style, "ada", "mary", "note")
    assert ada == {"size": 20}
    assert mary == {"size": 4}
    assert note == {}


def test_numbers_get_a_ramp_and_texts_get_categories(people: Any) -> None:
    born = looks(people, {"node": {"color": "born"}}, "ada", "charles", "mary", "note")
    assert len({look["color"] for look in born}) == 4
    jobs = looks(people, {"node": {"color": "tag"}}, "ada", "charles", "mary")
    assert jobs[0] == jobs[2] != jobs[1]


def test_a_dict_goes_by_type_and_by_takes_any_field(people: Any) -> None:
    style = {
        "node": {
            "shape": {"person": "square"},
            "icon": nl.by("tag", {"writer": "✎"}),
            "color": nl.by("at.city", {"London": "green"}),
        },
        "edge": {"dash": {"knows": "dotted"}, "width": "strength", "label": "type"},
    }
    ada, note, knows = looks(people, style, "ada", "note", "knows")
    assert ada == {"shape": "square", "icon": "✎", "color": ("#118a76", "#0a9f70")}
    assert note["color"] != ada["color"]
    assert "shape" not in note
    assert knows == {"dash": "dotted", "width": 1.0, "label": "knows"}


def test_a_function_gives_looks_or_values_for_a_scale(people: Any) -> None:
    style = {
        "node": {
            "size": lambda e: 5 + len(e.name),
            "color": nl.by(lambda e: len(e.name), palette="viridis"),
        }
    }
    ada, charles = looks(people, style, "ada", "charles")
    assert (ada["size"], charles["size"]) == (8, 12)
    assert ada["color"] != charles["color"]


def test_a_function_that_fails_is_refused_with_the_entity_it_failed_on(people: Any) -> None:
    with pytest.raises(ValidationError, match="entity note: KeyError") as caught:
        people.view(style={"node": {"size": lambda e: e.properties["born"] / 100}})
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_function_that_fails_later_leaves_the_usual_look_and_says_so(
    people: Any, caplog: pytest.LogCaptureFixture
) -> None:
    people.delete("note", cascade=True)
    view = people.view(style={"node": {"size": lambda e: e.properties["born"] / 100}})
    with caplog.at_level(logging.WARNING):
        people.add_entity("text", id="odd")
    board = view._feed.board
    assert board.styler.look(view.scene, view.scene.entity("odd")) == {}
    assert "entity odd" in board.styler.trouble
    assert "entity odd" in caplog.text
    view.close()


def test_columns_name_colours_by_number_and_leave_out_what_has_no_look(people: Any) -> None:
    styler = Styler(
        {
            "node": {
                "color": {"person": "blue"},
                "size": "born",
                "shape": {"text": "star"},
                "label": "name",
            }
        }
    )
    styler.start(people.state, people.state)
    items = [people.state.entities[id] for id in ("ada", "note")]
    columns = styler.columns("node", people.state, items)
    colors = np.frombuffer(columns["color"], "<u4")
    assert styler.colors[colors[0] - 1] == ("#225a98", "#416cb0")
    sizes = np.frombuffer(columns["size"], "<f4")
    assert sizes[0] > 4
    assert np.isnan(sizes[1])
    assert list(columns["shape"]) == [0, 6]
    assert columns["label"] == ["Ada", "Note G"]
    assert styler.columns("edge", people.state, []) == {}


def test_more_categories_than_colours_share_a_grey(lab: Any) -> None:
    for number in range(12):
        lab.add_entity(f"kind {number:02}", id=str(number))
    styler = Styler({"node": {"color": "type"}})
    styler.start(lab.state, lab.state)
    colors = [styler.look(lab.state, e)["color"] for e in lab.state.entities.values()]
    assert len(set(colors)) == 9
    assert styler.legend()[0]["rows"][-1]["text"] == "4 more"


def test_the_legend_tells_what_looks_mean(people: Any) -> None:
    styler = Styler(
        {
            "node": {
                "color": "type",
                "shape": {"person": "square"},
                "size": nl.by("degree", (4, 20)),
                "label": "name",
            },
            "edge": {"color": nl.by("strength", palette="cividis", title="how strong"), "width": 2},
        }
    )
    styler.start(people.state, people.state)
    by_type, by_degree, strength = styler.legend()
    assert by_type["rows"] == [
        {"text": "person", "color": ["#225a98", "#416cb0"], "shape": "square"},
        {"text": "text", "color": ["#b1900c", "#f09a0d"]},
    ]
    assert by_degree["kind"] == "line"
    assert by_degree["rows"] == [{"text": "0", "size": 4.0}, {"text": "2", "size": 20.0}]
    assert strength["title"] == "how strong"
    assert strength["ends"] == ["1", "3"]
    assert len(strength["colors"]) == 9


def test_looks_are_recorded_for_a_page_without_a_kernel(people: Any) -> None:
    styler = Styler({"node": {"size": nl.by("degree", (4, 20)), "color": {"text": "blue"}}})
    styler.start(people.state, people.state)
    items = [people.state.entities["note"], people.state.relations["wrote"]]
    recorded = styler.recorded(people.state, items)
    assert recorded["items"] == [{"color": 1}, None]
    assert recorded["by_degree"] == {"size": [4, 12, 20]}
    assert (recorded["nodes"], recorded["edges"]) == (["size", "color"], [])
    assert recorded["colors"][0] == ["#225a98", "#416cb0"]


def test_a_style_without_a_meaning_has_no_legend(people: Any) -> None:
    styler = Styler({"node": {"color": "#123", "label": "name"}})
    styler.start(people.state, people.state)
    assert styler.legend() == []
