"""Editing, histories and search in the explorer, on a page made for tests; one in JupyterLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl

GROW = """\
lab.add_entity("person", name="Ada", id="ada", properties={"born": 1814})
lab.add_entity("person", name="Charles", id="charles", properties={"born": 1791})
lab.relate("ada", "knows", "charles", id="knows")
lab.commit("first", author="mary")
lab.update("ada", properties={"born": 1815})
lab.commit("second")
"""


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        exec(GROW, {"lab": opened})
        yield opened


def test_a_property_is_edited_in_place(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, selection="ada")
    inspector = table.root.get_by_label("Inspector")
    inspector.get_by_role("button", name="Edit born").click()
    field = inspector.get_by_role("textbox", name="born")
    assert field.input_value() == "1815"
    field.fill("1816")
    field.press("Enter")
    inspector.locator("dd", has_text="1816").wait_for()
    assert lab.entity("ada").properties["born"] == 1816
    table.wait(uncommitted=1)


def test_a_refused_value_says_why_beside_the_field_and_stays_there(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab, selection="ada")
    inspector = table.root.get_by_label("Inspector")
    inspector.get_by_role("button", name="Edit born").click()
    field = inspector.get_by_role("textbox", name="born")
    field.fill("long ago")
    inspector.get_by_role("button", name="Save").click()
    inspector.get_by_role("alert").get_by_text("is not a whole number").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    lab.update("ada", properties={"died": 1852})
    table.flush()
    table.wait(uncommitted=1)
    assert field.input_value() == "long ago"
    field.press("Escape")
    inspector.locator("dd", has_text="1852").wait_for()
    assert lab.entity("ada").properties["born"] == 1815


def test_properties_are_added_with_a_kind_and_removed(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, selection="ada")
    inspector = table.root.get_by_label("Inspector")
    inspector.get_by_role("button", name="Add a property").click()
    inspector.get_by_role("textbox", name="Name of the property").fill("works")
    inspector.get_by_label("Kind of Value of the property").select_option("json")
    inspector.get_by_role("textbox", name="Value of the property").fill('["Note G"]')
    inspector.get_by_role("button", name="Save").click()
    inspector.locator("dd", has_text="Note G").wait_for()
    assert lab.entity("ada").properties["works"] == ["Note G"]
    inspector.get_by_role("button", name="Edit works").click()
    inspector.get_by_role("button", name="Remove").click()
    inspector.locator("dd", has_text="Note G").wait_for(state="detached")
    assert "works" not in lab.entity("ada").properties


def test_the_name_and_the_tags_are_edited(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, selection="ada")
    inspector = table.root.get_by_label("Inspector")
    inspector.get_by_role("button", name="Edit the name").click()
    inspector.get_by_role("textbox", name="the name").fill("Augusta")
    inspector.get_by_role("button", name="Save").click()
    inspector.get_by_role("heading", name="Augusta").wait_for()
    inspector.get_by_role("button", name="Edit the tags").click()
    inspector.get_by_role("textbox", name="the tags").fill("countess, poet's daughter")
    inspector.get_by_role("button", name="Save").click()
    inspector.get_by_text("poet's daughter").wait_for()
    assert lab.entity("ada").tags == ("countess", "poet's daughter")


def test_the_past_offers_nothing_to_edit(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab, selection="ada")
    table.root.locator(".nerv-mark[data-label=v1]").click()
    table.wait(shown="v1")
    inspector = table.root.get_by_label("Inspector")
    inspector.locator("dd", has_text="1814").wait_for()
    assert inspector.get_by_role("button", name="Edit").count() == 0
    assert inspector.get_by_role("button", name="Add a property").count() == 0


def test_the_history_of_a_property_leads_to_the_moment_it_was_set(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab, selection="ada")
    inspector = table.root.get_by_label("Inspector")
    inspector.get_by_role("button", name="History of born").click()
    rows = inspector.locator(".nerv-history li")
    rows.nth(1).wait_for()
    assert "1814" in rows.nth(0).inner_text()
    assert "mary" in rows.nth(1).inner_text()
    rows.nth(1).get_by_role("button", name="v1").click()
    table.wait(shown="event 1")


def test_a_search_with_conditions_is_answered_by_the_kernel(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    search = table.root.get_by_label("Search nodes")
    search.fill("type:person born<1800")
    table.root.locator(".nerv-results[data-total='1']").wait_for()
    search.press("Enter")
    table.wait(selection="charles")
    search.fill("degree>many")
    results = table.root.locator(".nerv-results")
    results.get_by_text("a degree is a number").wait_for()
    assert results.get_by_text("Nothing found").count() == 0


def test_markup_in_properties_and_histories_is_text(bench: Callable[..., Any], lab: Any) -> None:
    bad = "<img src=x onerror='window.hacked = 1'>"
    lab.update("ada", properties={bad: bad}, tags=[bad], description=bad)
    table = bench(lab, selection="ada")
    inspector = table.root.get_by_label("Inspector")
    inspector.get_by_role("button", name=f"History of {bad}").click()
    inspector.locator(".nerv-history").get_by_text(bad).wait_for()
    inspector.get_by_role("button", name=f"Edit {bad}").click()
    inspector.get_by_role("textbox", name=bad).wait_for()
    assert table.root.locator("img").count() == 0
    assert table.page.evaluate("window.hacked") is None


def test_in_jupyterlab_an_edit_is_a_change_of_the_lab(notebook: Callable[..., Any]) -> None:
    code = "import nerv_lab as nl\nlab = nl.open()\n"
    book = notebook(code + GROW + "explorer = lab.explorer(selection='ada')", "explorer")
    root = book.wait(nodes=2, layout="done", version="v2", selection="ada")
    inspector = root.get_by_label("Inspector")
    inspector.get_by_role("button", name="Edit born").click()
    inspector.get_by_role("textbox", name="born").fill("1816")
    inspector.get_by_role("textbox", name="born").press("Enter")
    book.wait(uncommitted=1)
    assert book.run("print(lab.entity('ada').properties['born'])") == "1816\n"
