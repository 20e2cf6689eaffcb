"""Everything by keyboard alone: each control is reached, and each command is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl
from nerv_lab.widgets.commands.commands import COMMANDS

MOST_STOPS = 150
FOCUSED = """() => {
    const at = document.activeElement;
    const label = at.labels?.[0]?.textContent;
    const name = at.getAttribute("aria-label") || label || at.textContent || at.title || "";
    return [name.trim(), at.closest(".nerv") !== null];
}"""
# What can be used, and what was not yet reached; arrows go on inside a group of marks or a toolbar.
NUMBER = """() => {
    const kinds = ["button", "select", "input", "textarea", "summary", "[tabindex='0']"];
    const found = [...document.querySelectorAll(kinds.map((kind) => `.nerv ${kind}`))];
    window.controls = found.filter((e) => !e.disabled && e.checkVisibility()
        && getComputedStyle(e).visibility === "visible" && !e.closest("[inert]"));
    window.reached = new Set();
    return window.controls.length;
}"""
NOTE = """() => {
    const at = document.activeElement;
    const known = window.reached.has(at);
    window.reached.add(at);
    return [known, at.closest(".nerv-marks") !== null];
}"""
MISSED = """() => window.controls
    .filter((e) => e.isConnected && !window.reached.has(e) && e.type !== "radio")
    .map((e) => `${e.tagName} ${e.getAttribute("aria-label") || e.textContent || e.className}`)"""


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        opened.add_entity("person", name="Ada", id="ada", properties={"born": 1815})
        opened.add_entity("person", name="Byron", id="byron")
        opened.relate("byron", "father of", "ada")
        opened.commit("first")
        opened.update("ada", properties={"died": 1852})
        opened.commit("second")
        with opened.branch("aside"):
            opened.update("ada", name="Ada Lovelace")
            opened.commit("her name")
        opened.update("ada", name="Augusta Ada")
        opened.commit("another name")
        yield opened


def walk(table: Any) -> list[str]:
    """Go through all stops, and return the controls that were not among them."""
    keyboard = table.page.keyboard
    assert table.page.evaluate(NUMBER) > 10
    table.page.evaluate("document.activeElement.blur()")
    for _ in range(MOST_STOPS):
        keyboard.press("Tab")
        known, in_marks = table.page.evaluate(NOTE)
        if known:
            break
        if in_marks:
            keyboard.press("Home")
            for _ in range(table.root.locator(".nerv-mark").count()):
                table.page.evaluate(NOTE)
                keyboard.press("ArrowRight")
    return list(table.page.evaluate(MISSED))


def open_filters(table: Any) -> None:
    table.root.get_by_role("button", name="Filter and arrange").click()


def select_range(table: Any) -> None:
    head = table.root.get_by_role("slider", name="Position in the log")
    head.press("Shift+ArrowLeft")
    table.root.get_by_role("group", name="Selected range").wait_for()


STATES: dict[str, Callable[[Any], object]] = {
    "plain": lambda table: None,
    "filters": open_filters,
    "range": select_range,
    "table": lambda table: table.button("Show as a table").click(),
    "past": lambda table: table.root.locator(".nerv-mark[data-label=v1]").click(),
}


@pytest.mark.parametrize("state", STATES)
def test_every_control_is_reached(bench: Callable[..., Any], lab: Any, state: str) -> None:
    table = bench(lab, selection=["ada"])
    table.root.get_by_label("Inspector").get_by_text("1815").wait_for()
    STATES[state](table)
    table.settle()
    assert walk(table) == []


def reach(table: Any, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    for _ in range(MOST_STOPS):
        if str(table.page.evaluate(FOCUSED)[0]).startswith(name):
            return
        table.page.keyboard.press("Tab")
    raise AssertionError(f"{name!r} was not reached")


def test_every_command_is_given(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    seen: set[str] = set()
    hear = table.widget._hear

    def noting(message: dict[str, Any], buffers: Any = ()) -> None:
        if message.get("type") == "command":
            seen.add(message["name"])
        hear(message, buffers)

    table.widget._hear = noting
    press, write = table.page.keyboard.press, table.page.keyboard.type

    reach(table, "Search nodes")
    write("type:person born>1800")
    table.root.get_by_role("option", name="Augusta Ada").wait_for()
    press("Enter")
    table.wait(selection="ada")
    table.root.get_by_label("Inspector").get_by_text("1815").wait_for()

    reach(table, "History of born")
    press("Enter")
    table.root.locator(".nerv-history li").first.wait_for()
    reach(table, "Edit born")
    press("Enter")
    press("Control+a")
    write("1816")
    press("Enter")
    table.wait(uncommitted=1)
    reach(table, "Description of the commit")
    write("by keyboard")
    press("Enter")
    table.wait(version="v5")

    reach(table, "main")
    press("Enter")
    reach(table, "New branch at v5")
    write("mine")
    press("Enter")
    table.root.locator(".nerv-branch", has_text="mine").wait_for()
    reach(table, "mine")
    press("Enter")
    reach(table, "Tag for v5")
    write("release")
    press("Enter")
    table.root.locator("[data-tags=release]").wait_for()
    reach(table, "mine")
    press("Enter")
    reach(table, "Switch to main")
    press("Enter")
    table.root.locator(".nerv-branch", has_text="main").wait_for()

    reach(table, "main")
    press("Enter")
    reach(table, "Merge…")
    press("Enter")
    table.root.locator(".nerv-conflict").first.wait_for()
    table.root.locator(".nerv-conflict input[type=radio]").first.focus()
    press("Space")
    reach(table, "Merge")
    press("Enter")
    table.wait(version="v6")

    reach(table, "Now")
    press("Home")
    table.root.locator(".nerv-card .nerv-added").first.wait_for()
    press("c")
    table.root.locator(".nerv-compare").wait_for()
    press("Enter")
    table.wait(shown="v1")
    reach(table, "Restore…")
    press("Enter")
    press("Enter")
    table.wait(shown="live", version="v7")
    reach(table, "Position in the log")
    press("Shift+ArrowLeft")
    table.root.get_by_role("group", name="Selected range").wait_for()
    press("End")
    table.wait(shown="live")
    reach(table, "Filter and arrange")
    press("Enter")
    said = table.root.locator(".nerv-news")
    reach(table, "person")
    press("Space")
    said.get_by_text("2 of 2 entities shown").wait_for()
    reach(table, "One node per type")
    press("Enter")
    table.button("Open all groups").wait_for()
    reach(table, "Open all groups")
    press("Enter")
    table.button("Open all groups").wait_for(state="detached")
    reach(table, "Show its neighbours")
    said.evaluate("said => said.replaceChildren()")
    press("Enter")
    said.get_by_text("entities shown").wait_for()
    reach(table, "Show all")
    press("Enter")
    table.root.locator(".nerv-focus").wait_for(state="hidden")

    reach(table, "Graph.")
    press("Shift+ArrowRight")
    table.button("Let go of what was moved by hand").wait_for()
    reach(table, "Let go")
    press("Enter")
    table.button("Let go of what was moved by hand").wait_for(state="hidden")
    assert seen == set(COMMANDS)


def test_what_is_selected_is_moved_by_keys_and_stays_where_it_is_put(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab, selection=["ada", "byron"])
    table.root.get_by_label("Inspector").get_by_text("1 more selected").wait_for()
    table.settle()
    stage, keyboard = table.root.locator(".nerv-stage"), table.page.keyboard
    spots = "root => ['ada', 'byron'].map((id) => root.nerv.spot(id))"
    before = table.root.evaluate(spots)
    stage.focus()
    keyboard.down("Shift")
    for _ in range(3):
        keyboard.press("ArrowRight")
    keyboard.press("ArrowUp")
    keyboard.up("Shift")
    table.button("Let go of what was moved by hand").wait_for()
    moved = [
        (round(now["x"] - was["x"]), round(now["y"] - was["y"]))
        for was, now in zip(before, table.root.evaluate(spots), strict=True)
    ]
    assert moved == [(36, -12)] * 2
    assert set(table.widget.pinned) == {"ada", "byron"}
