"""Looks, layouts, filters and groups, and what Python sees and sets of a view."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import nerv_lab as nl

STYLE = {
    "node": {"color": "type", "shape": {"text": "square"}, "size": nl.by("born", (5, 15))},
    "edge": {"dash": {"knows": "dashed"}, "width": "strength"},
}
LAYOUTS = [
    "force",
    "layered",
    {"name": "layered", "direction": "right"},
    "circular",
    "grouped",
    {"name": "axes", "x": "born", "y": "degree"},
]


@pytest.fixture
def lab() -> Iterator[Any]:
    """A chain of people, of whom the first wrote two texts."""
    with nl.open() as opened:
        for number in range(4):
            born = {"born": 1800 + number}
            name = f"P{number}"
            opened.add_entity("person", name=name, id=name.lower(), tags=["chain"], properties=born)
        for number in range(3):
            opened.relate(f"p{number}", "knows", f"p{number + 1}", id=f"r{number}")
        for number in range(2):
            opened.add_entity("text", name=f"T{number}", id=f"t{number}")
            opened.relate("p0", "wrote", f"t{number}", id=f"w{number}")
        opened.commit("first")
        yield opened


def nerv(table: Any, expression: str) -> Any:
    return table.root.evaluate(f"root => {{ const view = root.nerv; return {expression}; }}")


def places(table: Any) -> dict[str, list[float]]:
    return dict(nerv(table, "view.positions()"))


def spot(table: Any, id: str) -> dict[str, float]:
    return dict(table.root.evaluate("(root, id) => root.nerv.spot(id)", id))


def click(table: Any, id: str, **options: Any) -> None:
    table.root.locator(".nerv-stage").click(position=spot(table, id), **options)


@contextmanager
def arranging(table: Any) -> Iterator[None]:
    """Wait until another layout is done."""
    before = int(table.root.get_attribute("data-arranged"))
    yield
    table.wait(arranged=before + 1)


def shown(table: Any) -> set[str]:
    return set(places(table))


@pytest.mark.parametrize(("theme", "at"), [("light", 0), ("dark", 1)])
def test_a_style_is_painted_and_its_legend_says_what_it_means(
    bench: Callable[..., Any], lab: Any, theme: str, at: int
) -> None:
    table = bench(lab, style=STYLE, theme=theme)
    tones = table.widget.styler.colors
    colours = nerv(table, "['p0', 't0'].map(id => view.store.graph.node(id).color)")
    assert sorted(colours) == sorted(tone[at] for tone in tones[:2])
    legend = table.root.locator(".nerv-legend")
    assert legend.locator("h4").all_inner_texts() == [
        "born",
        "type (relations)",
        "strength (relations)",
    ]
    assert legend.locator(".nerv-legend-entry").all_inner_texts() == ["person\n4", "text\n2"]
    legend.locator("summary").click()
    legend.locator("h4").first.wait_for(state="hidden")


def test_a_style_changes_live_and_can_be_taken_away(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, style=STYLE)
    before = places(table)
    usual = "view.store.graph.nodes.ownSize[view.store.graph.nodes.at('p3')]"
    assert nerv(table, usual) == 15
    lab.update("p3", properties={"born": 1801})
    table.flush()
    table.wait(seq=lab.seq)
    assert nerv(table, usual) < 15
    table.widget.style = None
    table.flush()
    table.root.locator(".nerv-legend h4").first.wait_for(state="detached")
    assert nerv(table, usual) == 0
    assert places(table) == before


def test_a_past_version_and_what_is_gone_are_styled_too(
    bench: Callable[..., Any], lab: Any
) -> None:
    lab.delete("t1", cascade=True)
    lab.commit("second")
    table = bench(lab, style=STYLE)
    mark = table.root.locator(".nerv-mark[data-label=v1]")
    shape = "view.store.graph.nodes.shape[view.store.graph.nodes.at('t1')]"
    mark.click(modifiers=["Shift"])
    table.wait(compared="+0 ~0 -2")
    assert nerv(table, shape) == 1
    table.root.get_by_role("button", name="End comparison").or_(
        table.root.locator(".nerv-compare button")
    ).first.click()
    mark.click()
    table.wait(shown="v1")
    assert nerv(table, shape) == 1


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_every_layout_gives_each_node_a_place_and_the_same_again(
    bench: Callable[..., Any], lab: Any, layout: Any
) -> None:
    table = bench(lab, layout=layout)
    found = places(table)
    assert len({tuple(p) for p in found.values()}) == 6
    with arranging(table):
        table.button("Arrange the graph anew").click()
    if layout != "force":
        again = places(table)
        assert all(again[id] == pytest.approx(found[id], abs=0.01) for id in found)


def test_a_layout_is_chosen_in_the_view_and_python_knows(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    table.button("Filter and arrange").click()
    with arranging(table):
        table.root.get_by_label("Layout").select_option("layered")
    assert table.widget.arrangement == {"name": "layered", "direction": "down"}
    found = places(table)
    assert [p for p in sorted(found, key=lambda id: -found[id][1]) if p < "q"] == [
        "p0",
        "p1",
        "p2",
        "p3",
    ]
    with arranging(table):
        table.root.get_by_label("Layout").select_option("axes")
    table.root.get_by_label("Across").wait_for()
    assert table.widget.arrangement == {"name": "axes", "x": "born", "y": "degree"}


def test_newcomers_move_no_other_and_positions_hold(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, layout="layered", positions={"p0": (500, 400)})
    before = places(table)
    assert before["p0"] == [500, 400]
    lab.add_entity("person", id="new")
    lab.relate("p0", "knows", "new")
    table.flush()
    table.wait(seq=lab.seq)
    after = places(table)
    assert {id: after[id] for id in before} == before
    with arranging(table):
        table.button("Arrange the graph anew").click()
    assert places(table)["p0"] == [500, 400]
    table.button("Let go of what was moved by hand").click()
    table.root.locator(".nerv-stage-tools [title^='Let go']").wait_for(state="hidden")
    assert table.widget.pinned == ()


def test_the_camera_is_read_and_set(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    assert table.widget.camera is None
    x, y = places(table)["p3"]
    table.widget.camera = {"x": x, "y": y, "ratio": 0.25}
    table.flush()
    table.settle()
    assert nerv(table, "view.graph.stage.sight.ratio") == 0.25
    box = table.root.locator(".nerv-stage").bounding_box()
    at = spot(table, "p3")
    assert at["x"] == pytest.approx(box["width"] / 2, abs=2)
    assert at["y"] == pytest.approx(box["height"] / 2, abs=2)
    table.button("Fit the whole graph").click()
    table.until(lambda: table.widget.camera is None)
    table.button("Zoom in").click()
    table.until(lambda: table.widget.camera is not None and table.widget.camera["ratio"] < 1)


def test_functions_are_told_what_is_clicked_and_their_errors_are_shown(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab, renderer="canvas")
    heard: list[Any] = []
    remove = table.widget.on_click(lambda item: heard.append(item.id))
    table.widget.on_hover(lambda item: heard.append(f"over {item.id}"))
    table.flush()
    click(table, "t1")
    table.wait(selection="t1")
    table.until(lambda: "t1" in heard)
    assert "over t1" in heard
    remove()
    table.widget.on_click(lambda item: 1 / 0)
    click(table, "p3")
    table.root.get_by_role("alert").get_by_text("on_click: ZeroDivisionError").wait_for()
    assert "p3" not in heard


def test_a_filter_leaves_a_part_and_check_boxes_say_which(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    table.button("Filter and arrange").click()
    table.root.get_by_role("checkbox", name="text 2").check()
    table.wait(nodes=2)
    assert table.widget.filter == "type:text"
    table.root.get_by_role("checkbox", name="person 4").check()
    table.wait(nodes=6)
    table.root.get_by_label("Least relations").fill("2")
    table.wait(nodes=3)
    assert table.widget.filter == "type:text|person degree>=2"
    assert shown(table) == {"p0", "p1", "p2"}
    table.root.get_by_label("Other conditions").fill("degree>x")
    table.root.get_by_label("Other conditions").press("Enter")
    table.root.get_by_role("alert").get_by_text("a degree is a number").wait_for()
    table.root.locator(".nerv-focus").get_by_role("button", name="Show all").click()
    table.wait(nodes=6)
    table.root.get_by_role("status").get_by_text("6 of 6 entities shown").wait_for()


def test_a_double_click_loads_what_was_left_out(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, around="p3", renderer="canvas")
    assert shown(table) == {"p2", "p3"}
    table.root.locator(".nerv-stage").dblclick(position=spot(table, "p2"))
    table.wait(nodes=3)
    assert shown(table) == {"p1", "p2", "p3"}
    table.root.get_by_role("status").get_by_text("1 more node; 3 of 6 entities shown").wait_for()


def test_types_collapse_and_open_by_keyboard(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    press = table.page.keyboard.press
    table.button("Filter and arrange").focus()
    press("Enter")
    table.root.get_by_label("Layout").wait_for()
    table.button("One node per type").focus()
    press("Enter")
    table.wait(nodes=2, edges=1)
    press("Escape")
    table.button("Show as a table").focus()
    press("Enter")
    press("Enter")
    table.root.get_by_role("heading", name="person (4)").wait_for()
    table.settle()
    table.button("Open the group").focus()
    press("Enter")
    table.wait(nodes=5)
    assert table.widget.collapsed == ("text",)


def test_a_picture_is_saved_by_a_button(
    bench: Callable[..., Any], lab: Any, tmp_path: Path
) -> None:
    table = bench(lab, style=STYLE)
    table.button("Filter and arrange").click()
    table.settle()
    with table.page.expect_download() as downloading:
        table.button("Save as PNG").click()
    target = tmp_path / "graph.png"
    downloading.value.save_as(target)
    width, height = struct.unpack(">II", target.read_bytes()[16:24])
    box = table.root.locator(".nerv-stage").bounding_box()
    assert (width, height) == (round(2 * box["width"]), round(2 * box["height"]))


@pytest.mark.parametrize("renderer", ["auto", "canvas"])
def test_a_picture_has_the_legend_where_it_is_open(
    bench: Callable[..., Any], lab: Any, renderer: str
) -> None:
    table = bench(lab, style=STYLE, renderer=renderer)
    table.page.evaluate(
        """() => {
            window.said = [];
            const { fillText } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
                window.said.push(text);
                return fillText.call(this, text, ...rest);
            };
        }"""
    )

    def drawn() -> list[str]:
        table.page.evaluate("window.said = []")
        with table.page.expect_download():
            table.button("Save as PNG").click()
        return list(table.page.evaluate("window.said"))

    table.button("Filter and arrange").click()
    legend = {"born", "1800", "type (relations)", "knows", "person", "text"}
    assert legend <= set(drawn())
    table.root.locator(".nerv-legend summary").click()
    assert not {"born", "1800", "type (relations)"} & set(drawn())


def titles(table: Any) -> list[str]:
    return list(nerv(table, "view.graph.painter.overlay.titles.groups.map(g => g.text)"))


@pytest.mark.parametrize("renderer", ["auto", "canvas"])
def test_groups_have_titles_that_follow_the_graph(
    bench: Callable[..., Any], lab: Any, renderer: str
) -> None:
    table = bench(lab, layout={"name": "grouped", "by": "type"}, renderer=renderer)
    assert titles(table) == ["person (4)", "text (2)"]
    with arranging(table):
        lab.add_entity("text", name="T2", id="t2")
        table.flush()
    assert titles(table) == ["person (4)", "text (3)"]
    with arranging(table):
        lab.update("t2", type="person")
        table.flush()
    assert titles(table) == ["person (5)", "text (2)"]
    spots = places(table)
    assert math.dist(spots["t2"], spots["p0"]) < math.dist(spots["t2"], spots["t0"])


def test_where_nothing_matches_it_says_so(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, filter="type:nothing")
    assert table.root.locator(".nerv-empty strong").inner_text() == "Nothing matches"


def test_an_empty_graph_says_how_to_begin(bench: Callable[..., Any]) -> None:
    with nl.open() as empty:
        assert "lab.add_entity" in bench(empty).root.locator(".nerv-empty").inner_text()


@pytest.mark.parametrize("width", [520, 700, 1200])
def test_what_is_in_the_header_lies_side_by_side(
    bench: Callable[..., Any], lab: Any, width: int
) -> None:
    lab.update("p0", properties={"seen": True})
    table = bench(lab)
    table.page.set_viewport_size({"width": width, "height": 700})
    boxes = table.root.locator(
        ".nerv-header :is(.nerv-search, .nerv-icon-button, .nerv-branch, .nerv-where, .nerv-commit)"
    )
    found = [b for b in (boxes.nth(i).bounding_box() for i in range(boxes.count())) if b]
    assert len(found) == 6
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            beside = (
                one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            )
            below = one["y"] + one["height"] <= other["y"]
            assert beside or below


def test_what_is_selected_has_its_new_neighbours_around_it(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab, selection="p0")
    near = "[...view.graph.look.near].sort().join(' ')"
    assert nerv(table, near) == "p1 t0 t1"
    lab.relate("p3", "knows", "p0", id="new")
    table.flush()
    table.wait(edges=6)
    assert nerv(table, near) == "p1 p3 t0 t1"
    lab.delete("w1")
    table.flush()
    table.wait(edges=5)
    assert nerv(table, near) == "p1 p3 t0"
