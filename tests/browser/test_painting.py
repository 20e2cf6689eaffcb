"""What the painters paint, and what a pointer does on it, on a page made for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from shared.pictures import colour, near, picture_of

import nerv_lab as nl
from nerv_lab.core.graph.changes import CreateEntity, CreateRelation
from nerv_lab.widgets.sending import stream
from nerv_lab.widgets.shown import columns

PAINTERS = pytest.mark.parametrize("renderer", ["auto", "canvas"])
GRAPH = "root.nerv.store.graph"
PAINTER = "root.nerv.graph.painter"

NOTE_FIRST = """() => new MutationObserver((_, observer) => {
    const { frame } = document.querySelector(".nerv[data-painted]")?.nerv.graph.painter ?? {};
    if (!frame?.lists.nodes.length) return;
    const { straight, curved, nodes } = frame.lists;
    window.first = {
        edges: straight.length + curved.length, skip: frame.skip, nodes: nodes.length,
    };
    observer.disconnect();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-painted"] })"""


@pytest.fixture
def lab() -> Iterator[Any]:
    """A ring of eight with two parallel relations, one to itself, and one that is alone."""
    with nl.open() as opened:
        for number in range(8):
            kind = ("person", "text", "place")[number % 3]
            opened.add_entity(kind, name=f"N{number}", id=f"n{number}")
        for number in range(8):
            opened.relate(f"n{number}", "next", f"n{(number + 1) % 8}", id=f"r{number}")
        opened.relate("n1", "back", "n0", id="back")
        opened.relate("n4", "self", "n4", id="loop")
        opened.add_entity("text", name="Alone", id="alone")
        opened.commit("first")
        yield opened


def on(table: Any, code: str) -> Any:
    """Run code on the explorer's element, named `root`."""
    return table.root.evaluate(f"root => {{ {code} }}")


def until(table: Any, holds: str) -> None:
    """Wait until something holds of the explorer's element, named `root`."""
    table.page.wait_for_function(f"root => {holds}", arg=table.root.element_handle())


def stage(table: Any) -> Any:
    """The picture of the graph at rest, without what lies over it."""
    table.page.mouse.move(1, 1)
    table.settle()
    on(table, "root.querySelectorAll('.nerv-legend, .nerv-stage-tools').forEach(e => e.remove())")
    return picture_of(table.root.locator(".nerv-stage"))


def spot(table: Any, id: str) -> dict[str, float]:
    found: dict[str, float] = on(table, f"return root.nerv.spot({id!r})")
    return found


def middle_of(table: Any, relation: str) -> dict[str, float]:
    """Where the middle of a relation is on the screen, on the side to which it is bent."""
    return dict(
        on(
            table,
            f"""const graph = {GRAPH}, slot = graph.edges.at({relation!r});
            const [a, b] = graph.extremities({relation!r}).map(id => root.nerv.spot(id));
            const [dx, dy] = [b.x - a.x, b.y - a.y], length = Math.hypot(dx, dy);
            const aside = 0.75 * graph.edges.bend[slot] * Math.min(0.16 * length, 16) / length;
            return {{ x: (a.x + b.x) / 2 + dy * aside, y: (a.y + b.y) / 2 - dx * aside }};""",
        )
    )


@PAINTERS
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_node_has_its_colour_where_it_is(
    bench: Callable[..., Any], lab: Any, renderer: str, theme: str
) -> None:
    table = bench(lab, renderer=renderer, theme=theme)
    table.wait(renderer="canvas" if renderer == "canvas" else "webgl")
    picture = stage(table)
    for id in lab.entities:
        place = spot(table, id)
        wanted = colour(on(table, f"return {GRAPH}.node({id!r}).color"))
        assert near(picture, place["x"], place["y"], wanted), id
    assert near(picture, 3, 3, (255, 255, 255) if theme == "light" else (20, 22, 27))


def test_both_painters_paint_the_same(bench: Callable[..., Any], lab: Any) -> None:
    style = f"""const graph = {GRAPH};
        ["circle", "square", "diamond", "triangle", "hexagon", "star"].forEach((shape, i) =>
            graph.styleNode(`n${{i}}`, {{ shape, size: 18 }}));
        graph.styleNode("n6", {{ icon: "A", size: 20, color: "#804000" }});
        graph.styleEdge("r0", {{ dash: "dashed", width: 4, color: "#cc0000" }});
        graph.styleEdge("r5", {{ dash: "dotted", width: 3, arrow: "both", label: "own" }});
        graph.pin("n7", true);
        {PAINTER}.refresh();"""
    table = bench(lab, selection=["n2"])
    table.wait(renderer="webgl")
    on(table, style)
    pictures = [stage(table)]
    on(table, f"{PAINTER}.on.failed()")
    table.wait(renderer="canvas")
    pictures.append(stage(table))
    apart = np.abs(pictures[0] - pictures[1]).max(axis=2)
    painted = np.abs(pictures[0] - np.array((255, 255, 255))).max(axis=2) > 40
    assert painted.sum() > 4_000
    assert (apart > 60).sum() < 0.03 * painted.sum()


FAIL = "draw = () => { throw new Error('no ink'); }"
BROKEN = {
    "overlay": f"{PAINTER}.overlay.{FAIL}; {PAINTER}.touch();",
    "brush": f"{PAINTER}.brush.{FAIL}; {PAINTER}.repaint();",
    "timeline": """const { marks } = root.nerv.timeline, { render } = marks;
        marks.render = () => { marks.render = render; throw new Error("no ink"); };
        root.nerv.timeline.refresh();""",
    "camera": f"""const {{ eye }} = {PAINTER}, {{ state }} = eye;
        let steps = 0;
        const set = () => {{
            if (++steps < 3) return;
            delete eye.state;
            throw new Error("no ink");
        }};
        Object.defineProperty(eye, "state", {{ configurable: true, get: () => state, set }});
        {PAINTER}.zoom(2);""",
    "glide": """const { graph } = root.nerv.store, { movedAll } = graph;
        let steps = 0;
        graph.movedAll = () => {
            if (++steps < 3) return movedAll.call(graph);
            delete graph.movedAll;
            throw new Error("no ink");
        };
        root.nerv.graph.setArrangement({ name: "layered", direction: "down" }, true);""",
}


@pytest.mark.parametrize("part", BROKEN)
def test_a_picture_or_a_movement_that_fails_is_told_in_place_and_done_on_a_second_try(
    bench: Callable[..., Any], lab: Any, part: str
) -> None:
    table = bench(lab)
    table.wait(renderer="webgl")
    raised: list[str] = []
    table.page.on("pageerror", lambda error: raised.append(error.message))
    on(table, BROKEN[part])
    alert = table.root.get_by_role("alert")
    alert.get_by_text("Something went wrong in this view: no ink").wait_for()
    table.wait(failed="no ink")
    on(table, "root.removeAttribute('data-painted')")
    alert.get_by_role("button", name="Try again").press("Enter")
    alert.get_by_text("no ink").wait_for(state="detached")
    table.root.locator("xpath=self::*[@data-painted][not(@data-failed)]").wait_for()
    table.settle()
    place = spot(table, "n0")
    wanted = colour(on(table, f"return {GRAPH}.node('n0').color"))
    assert near(stage(table), place["x"], place["y"], wanted)
    assert raised == []


@PAINTERS
def test_a_relation_is_chosen_by_a_click_on_it_also_where_two_are_parallel(
    bench: Callable[..., Any], lab: Any, renderer: str
) -> None:
    table = bench(lab, renderer=renderer)
    table.settle()
    for id in ("r3", "r0", "back"):
        table.root.locator(".nerv-stage").click(position=middle_of(table, id))
        table.wait(selection=id)


@PAINTERS
def test_a_style_is_painted_and_stays_when_the_node_changes(
    bench: Callable[..., Any], lab: Any, renderer: str
) -> None:
    table = bench(lab, renderer=renderer)
    on(table, f"{GRAPH}.styleNode('n1', {{ color: '#123456', size: 30 }}); {PAINTER}.repaint()")
    lab.update("n1", name="renamed", type="place")
    table.flush()
    table.settle()
    place = spot(table, "n1")
    assert near(stage(table), place["x"] + 8, place["y"], colour("#123456"))


def test_a_lost_context_comes_back_with_the_same_picture(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    before = stage(table)
    on(table, f"window.loser = {PAINTER}.brush.gl.getExtension('WEBGL_lose_context')")
    on(table, "loser.loseContext()")
    until(table, f"{PAINTER}.brush.lost")
    lab.update("n0", name="meanwhile")
    table.flush()
    lab.update("n0", name="N0")
    table.flush()
    on(table, "loser.restoreContext()")
    until(table, f"!{PAINTER}.brush.lost")
    assert (np.abs(stage(table) - before).max(axis=2) > 20).sum() == 0


def test_where_the_context_stays_lost_the_canvas_goes_on(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    table.page.clock.install()
    on(table, f"{PAINTER}.brush.gl.getExtension('WEBGL_lose_context').loseContext()")
    until(table, f"{PAINTER}.brush.lost")
    table.page.clock.run_for(6_000)
    table.wait(renderer="canvas")
    table.page.clock.resume()
    place = spot(table, "n3")
    wanted = colour(on(table, f"return {GRAPH}.node('n3').color"))
    assert near(stage(table), place["x"], place["y"], wanted)


def test_out_of_sight_the_context_is_given_back_and_in_sight_it_is_there_again(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    before = stage(table)
    on(table, f"window.context = {PAINTER}.brush.gl")
    table.page.clock.install()
    on(table, "document.body.style.paddingTop = '4000px'; scrollTo(0, 0)")
    until(table, "root.nerv.graph.stage.visible === false")
    table.page.clock.run_for(6_000)
    until(table, f"{PAINTER} === null && window.context.isContextLost()")
    table.page.clock.resume()
    on(table, "document.body.style.paddingTop = ''")
    until(table, f"{PAINTER} !== null")
    assert (np.abs(stage(table) - before).max(axis=2) > 20).sum() == 0


def _drag(table: Any, *points: tuple[float, float]) -> None:
    box = table.root.locator(".nerv-stage").bounding_box()
    mouse = table.page.mouse
    mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    mouse.down()
    for x, y in points[1:]:
        mouse.move(box["x"] + x, box["y"] + y, steps=3)
    mouse.up()


def _around(table: Any, *ids: str, by: float = 14) -> tuple[float, float, float, float]:
    spots = [spot(table, id) for id in ids]
    xs, ys = [s["x"] for s in spots], [s["y"] for s in spots]
    return min(xs) - by, min(ys) - by, max(xs) + by, max(ys) + by


def _inside(table: Any, left: float, top: float, right: float, low: float) -> set[str]:
    places = {id: spot(table, id) for id in table.lab.entities}
    return {i for i, s in places.items() if left < s["x"] < right and top < s["y"] < low}


def test_a_box_selects_what_is_in_it_and_another_with_shift_adds(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    table.settle()
    left, top, right, low = _around(table, "n0", "n1")
    table.button("Select by a box (Shift and drag)").click()
    _drag(table, (left, top), (right, low))
    expected = _inside(table, left, top, right, low)
    assert {"n0", "n1"} <= expected
    until(table, "root.dataset.selection")
    assert set(table.root.get_attribute("data-selection").split()) == expected
    left, top, right, low = _around(table, "alone")
    table.page.keyboard.down("Shift")
    _drag(table, (left, top), (right, low))
    table.page.keyboard.up("Shift")
    more = expected | _inside(table, left, top, right, low)
    until(table, f"root.dataset.selection.split(' ').length === {len(more)}")
    assert set(table.root.get_attribute("data-selection").split()) == more


def test_a_line_around_selects_what_it_encloses(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.settle()
    place = spot(table, "n5")
    x, y = place["x"], place["y"]
    table.button("Select by a line around").click()
    _drag(table, (x, y - 20), (x + 18, y), (x, y + 20), (x - 18, y), (x, y - 20))
    table.wait(selection="n5")


def test_the_keyboard_selects_what_is_in_sight_moves_zooms_and_clears(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    table.root.locator(".nerv-stage").focus()
    press = table.page.keyboard.press
    press("Control+a")
    until(table, "root.dataset.selection")
    assert set(table.root.get_attribute("data-selection").split()) == set(lab.entities)
    press("Escape")
    table.wait(selection="")
    before = spot(table, "n0")
    press("ArrowRight")
    table.settle()
    assert spot(table, "n0")["x"] == pytest.approx(before["x"] - 60)
    press("+")
    table.settle()
    assert on(table, f"return {PAINTER}.camera.zoom") == pytest.approx(1.3)
    press("0")
    until(table, f"{PAINTER}.camera.zoom === 1")


def test_a_node_that_is_dragged_stays_where_it_is_put_until_it_is_let_go(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    table.settle()
    before = on(table, "return root.nerv.positions()")
    place = spot(table, "n3")
    _drag(table, (place["x"], place["y"]), (place["x"] + 50, place["y"] + 40))
    put = spot(table, "n3")
    assert put == pytest.approx({"x": place["x"] + 50, "y": place["y"] + 40}, abs=2)
    moved = on(table, "return root.nerv.positions()")
    assert {id: at for id, at in moved.items() if id != "n3"} == {
        id: at for id, at in before.items() if id != "n3"
    }
    lab.relate("n3", "likes", "n6")
    table.flush()
    table.button("Arrange the graph anew").click()
    table.wait(layout="done", edges=11)
    after = on(table, "return root.nerv.positions()")
    assert after["n3"] == moved["n3"]
    assert after["n4"] != moved["n4"]
    table.button("Let go of what was moved by hand").click()
    assert on(table, f"return {GRAPH}.pinned") == 0


def test_all_that_is_selected_is_dragged_together(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, selection=["n1", "n6"])
    table.settle()
    before = {id: spot(table, id) for id in ("n1", "n6", "n2")}
    at = before["n1"]
    _drag(table, (at["x"], at["y"]), (at["x"] - 30, at["y"] + 20))
    for id, by in (("n1", (-30, 20)), ("n6", (-30, 20)), ("n2", (0, 0))):
        moved = {"x": before[id]["x"] + by[0], "y": before[id]["y"] + by[1]}
        assert spot(table, id) == pytest.approx(moved, abs=2), id


def test_where_motion_is_not_wanted_the_camera_jumps(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.page.emulate_media(reduced_motion="reduce")
    zoom = on(table, f"{PAINTER}.center('n2'); return {PAINTER}.camera.zoom")
    assert zoom == pytest.approx(1.6)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs travel in parts of three entities or relations, one after the other."""
    monkeypatch.setattr(columns, "_PART_NODES", 3)
    monkeypatch.setattr(columns, "_PART_EDGES", 3)
    monkeypatch.setattr(stream, "_PARTS_UNDER_WAY", 1)


@pytest.mark.usefixtures("in_parts")
def test_a_graph_that_comes_in_parts_is_shown_whole(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    assert set(on(table, "return root.nerv.positions()")) == set(lab.entities)
    assert on(table, f"return {GRAPH}.size") == 10
    assert not table.root.locator(".nerv-progress").is_visible()
    lab.add_entity("text", id="new")
    table.flush()
    table.wait(nodes=10)


@pytest.mark.usefixtures("in_parts")
def test_loading_can_be_stopped_and_gone_on_with(
    bench: Callable[..., Any], lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = bench(lab)
    progress = table.root.locator(".nerv-progress")
    hear = table.widget._hear
    monkeypatch.setattr(
        table.widget,
        "_hear",
        lambda said, *more: None if said["type"] == "ack" else hear(said, *more),
    )
    on(table, "root.nerv.link.say('resync')")
    progress.get_by_text("Loading: 3 of 9 entities, 0 of 10 relations").wait_for()
    progress.get_by_role("button", name="Stop").click()
    progress.get_by_text("Stopped at 3 of 9 entities").wait_for()
    monkeypatch.setattr(table.widget, "_hear", hear)
    progress.get_by_role("button", name="Load the rest").click()
    progress.wait_for(state="hidden")
    assert on(table, f"return {GRAPH}.size") == 10


def test_the_first_painting_has_every_relation_also_of_very_many(
    bench: Callable[..., Any],
) -> None:
    with nl.open() as lab:
        nodes = [CreateEntity(f"n{i}", "x") for i in range(100)]
        pairs = [(a, b) for a in range(100) for b in range(100) for _ in range(4) if a != b]
        made = (CreateRelation(f"r{i}", f"n{a}", f"n{b}", "y") for i, (a, b) in enumerate(pairs))
        lab.apply([*nodes, *made])
        table = bench(lab)
        table.page.evaluate(NOTE_FIRST)
        table.load()
        first = table.page.evaluate("window.first")
        assert first == {"edges": len(pairs), "skip": 1, "nodes": 100}
