"""Comparing, scrubbing and playing in the explorer, on a page made for tests; one in JupyterLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import nerv_lab as nl

TOMORROW = datetime.now(UTC) + timedelta(days=1)
GROW = """\
lab.add_entity("person", name="Ada", id="ada", properties={"born": 1814})
lab.add_entity("person", name="Byron", id="byron")
lab.relate("byron", "father of", "ada")
lab.commit("first")
lab.delete("byron", cascade=True)
lab.add_entity("text", name="Note G", id="note")
lab.commit("second")
lab.update("ada", properties={"born": 1815})
"""


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        exec(GROW, {"lab": opened})
        yield opened


@pytest.mark.parametrize("renderer", ["auto", "canvas"])
def test_a_comparison_marks_the_graph_lists_the_changes_and_ends(
    bench: Callable[..., Any], lab: Any, renderer: str
) -> None:
    table = bench(lab, renderer=renderer)
    table.root.locator(".nerv-mark[data-label=v1]").click(modifiers=["Shift"])
    root = table.wait(base="v1", compared="+1 ~1 -2", shown="live")
    legend = root.locator(".nerv-compare")
    assert legend.inner_text().replace("\n", " ").startswith("v1 → now +1 added ~1 changed")
    inspector = root.get_by_label("Inspector")
    inspector.get_by_text("person Byron").wait_for()
    assert inspector.locator("del", has_text="1814").is_visible()
    assert root.evaluate("root => root.nerv.store.isGhost('byron')")
    inspector.get_by_role("button", name="person Ada").click()
    table.wait(selection="ada")
    legend.get_by_role("button", name="End the comparison").click()
    table.wait(base="", compared="")
    assert not root.evaluate("root => 'byron' in root.nerv.positions()")


def test_a_comparison_keeps_up_with_what_is_shown(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.root.locator(".nerv-mark[data-label=v1]").click(modifiers=["Shift"])
    table.wait(compared="+1 ~1 -2")
    lab.add_entity("person", name="Babbage")
    table.flush()
    table.wait(compared="+2 ~1 -2")
    table.root.locator(".nerv-mark[data-label=v1]").click()
    table.wait(shown="v1", compared="+0 ~0 -0")


def test_uncommitted_changes_are_shown_by_their_count(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.button("1 uncommitted change").click()
    table.wait(base="v2", compared="+0 ~1 -0")


def test_the_past_is_compared_with_now_from_its_banner(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.root.locator(".nerv-mark[data-label=v1]").click()
    table.wait(shown="v1")
    table.button("Compare with now").click()
    table.wait(shown="live", base="v1", compared="+1 ~1 -2")


def test_what_is_gone_cannot_be_selected(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, renderer="canvas")
    table.root.locator(".nerv-mark[data-label=v1]").click(modifiers=["Shift"])
    table.wait(compared="+1 ~1 -2")
    table.root.evaluate("root => root.nerv.graph.on.select(['byron', 'ada'])")
    table.wait(selection="ada")


def test_hovering_over_a_version_tells_what_it_changed(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.root.locator(".nerv-mark[data-label=v2]").hover()
    card = table.root.get_by_role("tooltip")
    card.get_by_text("2 removed").wait_for()
    card.get_by_text("text Note G").wait_for()


def test_the_playhead_goes_event_by_event_by_keyboard(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    head = table.root.get_by_role("slider", name="Position in the log")
    head.press("ArrowLeft")
    table.wait(shown=f"event {lab.seq - 1}")
    table.root.locator(f"[role=slider][aria-valuenow='{lab.seq - 1}']").wait_for()
    head.press("Home")
    table.wait(shown="event 0", nodes=0)
    head.press("ArrowRight")
    table.wait(shown="event 1", nodes=1)
    table.root.locator("[role=slider][aria-valuetext*='added person Ada']").wait_for()
    table.root.get_by_text("You are looking at event 1").wait_for()
    head.press("End")
    table.wait(shown="live", nodes=2)


def test_the_playhead_is_dragged_to_any_event(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    strip = table.root.locator(".nerv-scrub").bounding_box()
    mark = table.root.locator(".nerv-mark[data-label=v1]").bounding_box()
    mouse = table.page.mouse
    mouse.move(strip["x"] + strip["width"] - 120, strip["y"] + 10)
    mouse.down()
    mouse.move(mark["x"] + mark["width"] / 2, strip["y"] + 10, steps=5)
    table.wait(shown="event 3", nodes=2, edges=1)
    mouse.up()


# Some are there for a moment only.
WATCH = """() => {
    const root = document.querySelector(".nerv");
    const { playButton } = root.nerv.timeline.scrubber;
    window.shown = [];
    window.offered = new Set();
    const watch = (element, name, seen) =>
        new MutationObserver(seen).observe(element, { attributes: true, attributeFilter: [name] });
    watch(root, "data-shown", () => {
        if (window.shown.at(-1) !== root.dataset.shown) window.shown.push(root.dataset.shown);
    });
    watch(playButton, "title", () => window.offered.add(playButton.title));
}"""


def test_playing_goes_through_the_log_and_ends_at_now(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.page.evaluate(WATCH)
    table.root.get_by_label("Playing speed").select_option("4")
    table.button("Play the events").click()
    table.page.wait_for_function("window.shown.at(-1) === 'live'")
    assert table.page.evaluate("window.shown") == [*(f"event {n}" for n in range(lab.seq)), "live"]
    assert table.page.evaluate("[...window.offered]") == ["Pause", "Play the events"]


def test_playing_can_be_paused_where_it_is(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    table.page.clock.install()
    table.load()
    table.page.clock.pause_at(TOMORROW)
    table.button("Play the events").click()
    table.wait(shown="event 0")
    table.page.clock.run_for(700)
    table.wait(shown="event 1")
    table.button("Pause").click()
    table.button("Play the events").wait_for()
    table.page.clock.run_for(5_000)
    assert table.widget.position == 1


def test_in_jupyterlab_an_event_between_versions_is_shown_and_restored(
    notebook: Callable[..., Any],
) -> None:
    code = "import nerv_lab as nl\nlab = nl.open()\n"
    book = notebook(code + GROW + "explorer = lab.explorer()", "explorer")
    root = book.wait(nodes=2, layout="done", version="v2")
    root.locator(".nerv-mark[data-label=v1]").click(modifiers=["Shift"])
    book.wait(base="v1", compared="+1 ~1 -2")
    head = root.get_by_role("slider", name="Position in the log")
    head.press("Home")
    head.press("ArrowRight")
    book.wait(shown="event 1", nodes=1)
    assert book.run("print(explorer.position)") == "1\n"
    root.get_by_role("button", name="Restore…").click()
    root.get_by_role("button", name="Restore event 1").click()
    book.wait(shown="live", version="v3", nodes=1)
    assert book.run("print(list(lab.entities))") == "['ada']\n"


LOOK_SLOWLY = """
import threading
from nerv_lab.core.walking import followed
from nerv_lab.widgets.commands import commands

go = threading.Event()

def slowly(widget, args):
    for _ in followed(range(100_000), 100_000):
        go.wait(0.002)

commands.LOOKS["at"] = slowly
"""


def test_in_jupyterlab_a_long_look_shows_how_far_it_is_freezes_no_cell_and_is_stopped(
    notebook: Callable[..., Any],
) -> None:
    code = "import nerv_lab as nl\nlab = nl.open()\n"
    book = notebook(code + GROW + LOOK_SLOWLY + "explorer = lab.explorer()", "explorer")
    root = book.wait(nodes=2, layout="done", version="v2")
    root.locator(".nerv-mark[data-label=v1]").click()
    working = root.locator(".nerv-working")
    working.get_by_text("Working out that version").wait_for()
    working.locator("progress[max='100000']").wait_for()
    assert book.run("print(lab.add_entity('text', name='meanwhile').name)") == "meanwhile\n"
    book.wait(nodes=3, shown="live")
    working.get_by_role("button", name="Stop").click()
    working.wait_for(state="hidden")
    book.run("go.set(); commands.LOOKS.pop('at')")
    root.locator(".nerv-mark[data-label=v1]").click()
    book.wait(shown="v1")
