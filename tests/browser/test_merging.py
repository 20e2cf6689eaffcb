"""Branches and merges from the explorer, on a page made for tests; one in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl


def diverge(lab: Any) -> None:
    """Change the year she was born on both sides, and more on one."""
    lab.add_entity("person", name="Ada", id="ada", properties={"born": 1815})
    lab.commit("first")
    with lab.branch("what-if"):
        lab.update("ada", name="Countess", properties={"born": 1816})
        lab.add_entity("text", name="Note G", id="note")
        lab.commit("theirs")
    lab.update("ada", properties={"born": 1814})
    lab.commit("ours")


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        diverge(opened)
        yield opened


def open_merge(root: Any) -> Any:
    root.get_by_title("Branches and tags").click()
    root.get_by_role("button", name="Merge…").click()
    dialog = root.get_by_role("dialog", name="Merge what-if into main")
    dialog.get_by_role("radio").first.wait_for()
    return dialog


def test_a_conflict_is_decided_and_the_merge_is_the_same_as_from_a_cell(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    dialog = open_merge(table.root)
    dialog.get_by_text("+1 added").wait_for()
    dialog.get_by_text("1 conflict of 1 to decide.").wait_for()
    go = dialog.get_by_role("button", name="Merge")
    assert go.is_disabled()
    dialog.get_by_role("radio", name="Theirs").check()
    dialog.get_by_text("All conflicts are decided.").wait_for()
    go.click()
    table.wait(version="v4", nodes=2)
    with nl.open() as other:
        diverge(other)
        other.merge("what-if", resolutions={("e:ada", ("properties", "born")): "theirs"})
        assert lab.head.data_hash == other.head.data_hash
    assert len(lab.head.parents) == 2


def test_a_value_is_typed_and_an_error_is_shown_beside_it(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    dialog = open_merge(table.root)
    typed = dialog.get_by_role("textbox", name="Another value of properties.born")
    typed.fill("long ago")
    dialog.locator(".nerv-conflict").get_by_text("is not a whole number").wait_for()
    assert dialog.get_by_role("button", name="Merge").is_disabled()
    typed.fill("1817")
    dialog.get_by_text("All conflicts are decided.").wait_for()
    dialog.get_by_label("Description of the merge").fill("both were wrong")
    dialog.get_by_role("button", name="Merge").click()
    table.wait(version="v4")
    assert lab.entity("ada").properties["born"] == 1817
    assert lab.head.description == "both were wrong"


def test_escape_leaves_everything_as_it_was_and_the_focus_comes_back(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    before = (lab.seq, lab.head)
    dialog = open_merge(table.root)
    dialog.get_by_role("radio", name="Theirs").check()
    dialog.get_by_text("All conflicts are decided.").wait_for()
    dialog.press("Escape")
    dialog.wait_for(state="detached")
    assert (lab.seq, lab.head) == before
    assert table.page.evaluate("document.activeElement.title") == "Branches and tags"


def test_the_whole_merge_goes_by_keyboard(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    page = table.page
    table.root.get_by_title("Branches and tags").focus()
    page.keyboard.press("Enter")
    table.root.get_by_role("button", name="Merge…").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = table.root.get_by_role("dialog")
    dialog.get_by_role("radio").first.wait_for()
    dialog.get_by_role("radio", name="Ours").focus()
    page.keyboard.press("Space")
    dialog.get_by_text("All conflicts are decided.").wait_for()
    dialog.get_by_label("Description of the merge").press("Enter")
    table.wait(version="v4")
    assert lab.entity("ada").properties["born"] == 1814


def test_the_focus_stays_inside_the_dialog(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    dialog = open_merge(table.root)
    for _ in range(12):
        table.page.keyboard.press("Tab")
        assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")


def test_what_cannot_be_merged_now_says_why_in_the_dialog(
    bench: Callable[..., Any], lab: Any
) -> None:
    lab.update("ada", properties={"x": 1})
    table = bench(lab)
    table.root.get_by_title("Branches and tags").click()
    table.root.get_by_role("button", name="Merge…").click()
    table.root.get_by_role("dialog").get_by_text("commit before you merge").wait_for()


def test_markup_in_conflicts_is_text(bench: Callable[..., Any]) -> None:
    bad = "<img src=x onerror='window.hacked = 1'>"
    with nl.open() as lab:
        lab.add_entity(bad, name=bad, id="a", properties={bad: bad})
        lab.commit(bad)
        with lab.branch(bad):
            lab.update("a", properties={bad: bad + "1"})
            lab.commit(bad)
        lab.update("a", properties={bad: bad + "2"})
        lab.commit(bad)
        table = bench(lab)
        table.root.get_by_title("Branches and tags").click()
        table.root.get_by_role("button", name="Merge…").click()
        table.root.get_by_role("dialog").get_by_text(bad + "1").wait_for()
        assert table.root.locator("img").count() == 0
        assert table.page.evaluate("window.hacked") is None


def test_a_branch_is_made_switched_to_and_left_by_the_menu(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    menu = table.root.get_by_role("group", name="Branches and tags")
    opener = table.root.get_by_title("Branches and tags")
    opener.click()
    menu.get_by_label("New branch at v3").fill("aside")
    menu.get_by_role("button", name="Create").click()
    menu.wait_for(state="hidden")
    assert opener.inner_text() == "aside"
    opener.click()
    menu.get_by_role("button", name="Switch to what-if").click()
    table.wait(version="v2", nodes=2)
    assert lab.branch_name == "what-if"


def test_a_tag_is_given_and_a_bad_name_is_refused_in_the_menu(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    menu = table.root.get_by_role("group", name="Branches and tags")
    table.root.get_by_title("Branches and tags").click()
    menu.get_by_label("Tag for v3").fill("v1")
    menu.get_by_role("button", name="Tag").click()
    menu.get_by_role("alert").get_by_text("already means a version").wait_for()
    menu.get_by_label("Tag for v3").fill("paper")
    menu.get_by_role("button", name="Tag").click()
    menu.wait_for(state="hidden")
    assert lab.tags == {"paper": lab.head.id}


def test_in_jupyterlab_a_branch_is_merged_with_a_typed_value(
    notebook: Callable[..., Any],
) -> None:
    book = notebook(
        "import nerv_lab as nl\n"
        "lab = nl.open()\n"
        "ada = lab.add_entity('person', name='Ada', properties={'born': 1815})\n"
        "lab.commit('first')\n"
        "with lab.branch('what-if'):\n"
        "    lab.update(ada, properties={'born': 1816}); lab.commit('theirs')\n"
        "lab.update(ada, properties={'born': 1814}); lab.commit('ours')\n"
        "explorer = lab.explorer()",
        "explorer",
    )
    root = book.wait(nodes=1, layout="done", version="v3")
    dialog = open_merge(root)
    dialog.get_by_role("textbox", name="Another value of properties.born").fill("1817")
    dialog.get_by_text("All conflicts are decided.").wait_for()
    dialog.get_by_role("button", name="Merge").click()
    book.wait(version="v4", uncommitted=0)
    told = book.run("print(lab.entity(ada).properties['born'], len(lab.head.parents))")
    assert told == "1817 2\n"


MERGE_SLOWLY = """
import threading
from nerv_lab.core.walking import followed
from nerv_lab.widgets.commands import commands

go, ended = threading.Event(), threading.Event()
work_out = commands.LOOKS["preview"]

def slowly(widget, args):
    try:
        for _ in followed(range(100_000), 100_000):
            go.wait(0.002)
    finally:
        ended.set()

commands.LOOKS["preview"] = slowly
"""


def test_in_jupyterlab_a_long_merge_shows_how_far_it_is_and_is_stopped_by_cancel(
    notebook: Callable[..., Any],
) -> None:
    book = notebook(
        "import nerv_lab as nl\n"
        "lab = nl.open()\n"
        "lab.add_entity('person', id='ada'); lab.commit('first')\n"
        "with lab.branch('what-if'):\n"
        "    lab.add_entity('text', id='note'); lab.commit('theirs')\n"
        "lab.add_entity('text', id='letter'); lab.commit('ours')\n"
        + MERGE_SLOWLY
        + "explorer = lab.explorer()",
        "explorer",
    )
    root = book.wait(nodes=2, layout="done", version="v3")
    root.get_by_title("Branches and tags").click()
    root.get_by_role("button", name="Merge…").click()
    dialog = root.get_by_role("dialog", name="Merge what-if into main")
    dialog.get_by_text("Working out the merge").wait_for()
    dialog.locator("progress[max='100000']").wait_for()
    assert book.run("print(len(lab.versions))") == "3\n"
    assert root.locator(".nerv-notices .nerv-working").is_hidden()
    dialog.get_by_role("button", name="Cancel").click()
    dialog.wait_for(state="hidden")
    told = book.run("print(ended.wait(10), len(lab.versions), len(lab.entities))")
    assert told == "True 3 2\n"
    book.run("commands.LOOKS['preview'] = work_out")
    root.get_by_title("Branches and tags").click()
    root.get_by_role("button", name="Merge…").click()
    dialog.get_by_text("No conflicts.").wait_for()
    dialog.get_by_role("button", name="Merge", exact=True).click()
    book.wait(version="v4", nodes=3)
