"""The explorer where there is little room: nothing is cut off, and nothing covers the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from shared.pictures import picture_of

import nerv_lab as nl

TYPES = ("a person of some importance", "a rather long document", "a place that is far away")


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        for number in range(30):
            kind = TYPES[number % 3]
            opened.add_entity(
                kind, name=f"N{number}", id=f"n{number}", properties={"betweenness": 1}
            )
        for number in range(29):
            opened.relate(f"n{number}", "knows", f"n{number + 1}")
        opened.commit("first")
        with opened.branch("aside"):
            opened.update("n0", name="other")
            opened.commit("second")
        opened.update("n1", name="one more")
        opened.commit("third")
        yield opened


def narrow(bench: Callable[..., Any], lab: Any, width: int, **options: Any) -> Any:
    table = bench(lab, **options)
    resize(table, width)
    return table


def resize(table: Any, width: int) -> None:
    table.page.set_viewport_size({"width": width, "height": 700})
    table.settle()


def inside(table: Any, part: str) -> bool:
    """Return whether a part lies inside of the view as a whole."""
    return bool(
        table.root.locator(part).evaluate(
            """part => {
                const [a, b] = [part, part.closest(".nerv")].map((e) => e.getBoundingClientRect());
                return a.width > 0 && a.left >= b.left && a.right <= b.right
                    && a.top >= b.top && a.bottom <= b.bottom;
            }"""
        )
    )


def legend_is_open(table: Any) -> bool:
    return bool(table.root.locator(".nerv-legend").evaluate("legend => legend.open"))


def under(table: Any, part: str) -> list[str]:
    """Which nodes cannot be clicked, since something lies over them."""
    return list(
        table.root.evaluate(
            """(root, part) => {
                const stage = root.querySelector(".nerv-stage").getBoundingClientRect();
                const over = root.querySelector(part).getBoundingClientRect();
                return Object.keys(root.nerv.positions()).filter((id) => {
                    const spot = root.nerv.spot(id);
                    const [x, y] = [spot.x + stage.left, spot.y + stage.top];
                    return x > over.left && x < over.right && y > over.top && y < over.bottom;
                });
            }""",
            part,
        )
    )


CORNERS = {"n0": (0, 0), "n1": (0, 200), "n2": (900, 0), "n3": (900, 200), "n4": (20, 20)}


@pytest.mark.parametrize("width", [620, 1100, 1600])
def test_no_node_lies_under_the_legend(bench: Callable[..., Any], width: int) -> None:
    with nl.open() as lab:
        for number, id in enumerate(CORNERS):
            lab.add_entity(TYPES[number % 3], name=id, id=id)
        table = narrow(bench, lab, width, positions=CORNERS)
        assert under(table, ".nerv-legend") == []
        resize(table, 800)
        assert under(table, ".nerv-legend") == []


@pytest.mark.parametrize("width", [620, 1600])
def test_no_node_lies_under_what_is_said_of_a_filter(bench: Callable[..., Any], width: int) -> None:
    places = {f"n{number}": (number * 30, number % 2 * 600) for number in range(31)}
    with nl.open() as lab:
        for id in places:
            lab.add_entity("person", name=id, id=id)
        lab.add_entity("text", name="another")
        table = narrow(bench, lab, width, positions=places, filter="type:person")
        table.root.get_by_text("31 of 32 entities").wait_for()
        table.settle()
        assert under(table, ".nerv-focus") == []
        assert under(table, ".nerv-legend") == []


def test_a_change_of_the_graph_moves_no_picture(bench: Callable[..., Any]) -> None:
    with nl.open() as lab:
        for id in ("n0", "n1"):
            lab.add_entity("person", name=id, id=id)
        table = bench(lab, positions={"n0": (0, 100), "n1": (300, 0)})
        before = table.root.evaluate("root => root.nerv.spot('n0')")
        table.widget.positions = {"n0": (0, 100), "n1": (0, 0)}
        lab.update("n0", name="renamed")
        table.flush()
        table.wait(seq=lab.seq)
        table.settle()
        assert table.root.evaluate("root => root.nerv.spot('n0')") == before


def test_the_legend_is_a_button_where_it_would_cover_the_graph(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = narrow(bench, lab, 1200)
    assert legend_is_open(table)
    resize(table, 620)
    table.until(lambda: not legend_is_open(table))
    resize(table, 1200)
    table.until(lambda: legend_is_open(table))


def test_a_legend_that_was_opened_by_keyboard_stays_open_and_escape_closes_it(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = narrow(bench, lab, 620)
    summary = table.root.locator(".nerv-legend summary")
    summary.press("Enter")
    table.until(lambda: legend_is_open(table))
    lab.add_entity("another type", name="newcomer")
    table.flush()
    table.wait(nodes=31)
    table.settle()
    assert legend_is_open(table)
    table.root.locator(".nerv-legend-entry").first.press("Escape")
    table.until(lambda: not legend_is_open(table))
    assert table.page.evaluate("document.activeElement.textContent") == "Legend"
    resize(table, 1200)
    assert not legend_is_open(table)


@pytest.mark.parametrize("width", [1200, 700, 620, 480])
def test_the_menu_of_branches_is_inside_of_the_view(
    bench: Callable[..., Any], lab: Any, width: int
) -> None:
    table = narrow(bench, lab, width)
    for past in (False, True):
        if past:
            table.root.locator(".nerv-mark[data-label=v1]").press("Enter")
            table.wait(shown="v1")
        table.root.get_by_title("Branches and tags").click()
        table.root.get_by_role("button", name="Merge…").wait_for()
        assert inside(table, ".nerv-menu")
        table.page.keyboard.press("Escape")


def test_what_is_selected_is_shown_below_where_there_is_no_room_beside(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = narrow(bench, lab, 480)
    inspector = table.root.locator(".nerv-inspector")
    assert not inspector.is_visible()
    table.widget.selection = ["n3"]
    table.flush()
    inspector.get_by_text("N3", exact=True).wait_for()
    assert inside(table, ".nerv-inspector")
    box, view = inspector.bounding_box(), table.root.bounding_box()
    assert box["width"] > 0.95 * view["width"]
    assert box["height"] < 0.5 * view["height"]
    table.settle()
    above = picture_of(table.root.locator(".nerv-stage"))[: int(0.4 * view["height"])]
    assert (np.ptp(above, axis=2) > 40).sum() > 300  # the graph is still painted there
    inspector.get_by_role("button", name="Clear the selection").click()
    inspector.wait_for(state="hidden")


def test_of_several_the_type_is_readable(bench: Callable[..., Any], lab: Any) -> None:
    table = narrow(bench, lab, 700, selection=["n0", "n3"])
    chip = table.root.locator(".nerv-inspector .nerv-type")
    chip.wait_for()
    assert chip.bounding_box()["height"] < 26
    assert inside(table, ".nerv-inspector-head")


def test_names_of_properties_are_not_broken_in_the_midst(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = narrow(bench, lab, 700, selection=["n3"])
    name = table.root.locator(".nerv-properties dt").first
    name.wait_for()
    assert name.evaluate("name => name.getClientRects().length === 1 && name.offsetHeight < 26")


def test_the_card_of_a_version_is_gone_once_the_version_is_shown(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = narrow(bench, lab, 700)
    mark = table.root.locator(".nerv-mark[data-label=v1]")
    mark.hover()
    card = table.root.locator(".nerv-card")
    card.wait_for()
    mark.click()
    table.wait(shown="v1")
    card.wait_for(state="hidden")


def test_an_empty_log_has_nothing_to_go_through(bench: Callable[..., Any]) -> None:
    with nl.open() as empty:
        table = bench(empty)
        head = table.root.get_by_role("slider", name="Position in the log")
        head.wait_for(state="hidden")
        empty.add_entity("person", id="ada")
        table.flush()
        head.wait_for()
