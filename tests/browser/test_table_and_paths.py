"""Table, focus, paths and perspectives in the explorer, on a page made for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl


@pytest.fixture
def lab() -> Iterator[Any]:
    """A chain of five, and one that stands alone."""
    with nl.open() as opened:
        for number in range(5):
            opened.add_entity("person", name=f"P{number}", id=f"p{number}", tags=["chain"])
        for number in range(4):
            opened.relate(f"p{number}", "knows", f"p{number + 1}", id=f"r{number}")
        opened.add_entity("text", name="Alone", id="alone")
        opened.commit("first")
        yield opened


def names(root: Any) -> list[str]:
    return [
        cell.strip() for cell in root.locator(".nerv-table-row > :first-child").all_inner_texts()
    ]


def test_the_table_lists_sorts_and_filters_the_same_graph(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    root = table.root
    table.button("Show as a table").click()
    root.get_by_role("grid").wait_for()
    assert names(root) == ["Alone", "P0", "P1", "P2", "P3", "P4"]
    root.get_by_role("button", name="Name", exact=True).click()
    root.locator("[aria-sort=descending]").wait_for()
    assert names(root)[0] == "P4"
    root.get_by_role("button", name="Relations", exact=True).click()
    assert names(root)[:3] == ["P1", "P2", "P3"]
    root.get_by_label("Search nodes").fill("type:text")
    root.locator("[role=grid][aria-rowcount='2']").wait_for()
    assert names(root) == ["Alone"]


def test_the_table_and_the_graph_have_one_selection(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, selection="p2")
    table.button("Show as a table").click()
    root = table.root
    root.locator(".nerv-table-row[aria-selected=true]").get_by_text("P2").wait_for()
    root.locator(".nerv-table-row").get_by_text("P4").click()
    table.wait(selection="p4")
    root.locator(".nerv-table-row").get_by_text("P0").click(modifiers=["Control"])
    table.wait(selection="p4 p0")
    assert table.widget.selection == ("p4", "p0")


def test_the_table_goes_by_keyboard(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.button("Show as a table").click()
    press = table.page.keyboard.press
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        press(key)
    table.wait(selection="p1")
    press("End")
    press("Space")
    table.wait(selection="p4")


def test_of_many_rows_only_those_in_sight_are_there(bench: Callable[..., Any]) -> None:
    with nl.open() as lab:
        with lab.transaction():
            for number in range(3_000):
                lab.add_entity("x", name=f"N{number}")
        table = bench(lab, renderer="canvas")
        table.button("Show as a table").click()
        table.root.get_by_text("N0", exact=True).wait_for()
        assert table.root.locator(".nerv-table-row").count() < 60
        table.page.keyboard.press("End")
        table.root.get_by_text("N2999", exact=True).wait_for()
        assert table.root.get_by_role("grid").get_attribute("aria-rowcount") == "3001"


def test_the_table_follows_the_graph(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.button("Show as a table").click()
    lab.add_entity("person", name="Newcomer")
    table.flush()
    table.root.locator(".nerv-table-row").get_by_text("Newcomer").wait_for()


def test_a_double_click_shows_a_neighbourhood_and_the_next_one_widens_it(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab, renderer="canvas")
    table.wait(renderer="canvas")
    focus = table.root.locator(".nerv-focus")

    def double_click(id: str) -> None:
        spot = table.root.evaluate("(root, id) => root.nerv.spot(id)", id)
        table.root.locator(".nerv-stage").dblclick(position=spot)

    double_click("p0")
    focus.get_by_text("2 of 6 entities").wait_for()
    double_click("p1")
    focus.get_by_text("3 of 6 entities").wait_for()
    table.button("Show all").click()
    focus.wait_for(state="hidden")


def test_the_path_between_two_selected_is_selected(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, selection=["p0", "p3"])
    table.button("Select the path between them: 3 steps").click()
    table.wait(selection="p0 r0 p1 r1 p2 r2 p3")
    table.widget.selection = ("p0", "alone")
    table.flush()
    table.root.get_by_text("No path leads").wait_for()


def test_the_inspector_looks_through_a_perspective(bench: Callable[..., Any], lab: Any) -> None:
    lab.perspectives.add("labels", ["name", "tags"])
    table = bench(lab, selection="p0")
    inspector = table.root.get_by_label("Inspector")
    inspector.get_by_label("Perspective").select_option("labels")
    inspector.get_by_role("heading", name="As labels").wait_for()
    inspector.locator("dd", has_text="P0").wait_for()
    inspector.get_by_label("Perspective").select_option("")
    inspector.get_by_role("heading", name="As labels").wait_for(state="detached")
