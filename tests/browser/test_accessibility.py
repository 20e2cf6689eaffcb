"""What axe-core finds in the explorer and in the exported page: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nerv_lab as nl

AXE = Path(__file__).resolve().parents[2] / "js/node_modules/axe-core/axe.min.js"
pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in js/")


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        opened.add_entity("person", name="Ada", id="ada", tags=["poet"], properties={"born": 1815})
        opened.add_entity("person", name="Byron", id="byron")
        opened.relate("byron", "father of", "ada")
        opened.commit("first")
        opened.update("ada", properties={"died": 1852})
        opened.commit("second")
        yield opened


def violations(page: Any, scope: str) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("(scope) => axe.run(scope)", scope)["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", ["selected", "past", "compared", "table"])
def test_nothing_is_found_in_the_explorer(
    bench: Callable[..., Any], lab: Any, theme: str, state: str
) -> None:
    table = bench(lab, theme=theme, selection=["ada"] if state == "selected" else [])
    mark = table.root.locator(".nerv-mark[data-label=v1]")
    if state == "past":
        mark.click()
        table.wait(shown="v1")
    if state == "compared":
        mark.click(modifiers=["Shift"])
        table.wait(compared="+0 ~1 -0")
    if state == "table":
        table.button("Show as a table").click()
        table.page.keyboard.press("ArrowDown")
        rows = table.root.get_by_role("row")
        assert rows.evaluate_all("rows => rows.map((row) => row.ariaRowIndex)") == ["1", "2", "3"]
        at = table.root.get_by_role("grid").get_attribute("aria-activedescendant")
        assert table.root.locator(f"[id='{at}'][role=row]").inner_text().startswith("Byron")
    assert violations(table.page, ".nerv") == []


STYLE = {
    "node": {"color": nl.by("born", palette="viridis"), "size": "degree", "icon": {"person": "★"}},
    "edge": {"color": "type", "dash": {"father of": "dashed"}},
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_found_in_the_legend_and_the_panel_of_options(
    bench: Callable[..., Any], lab: Any, theme: str
) -> None:
    table = bench(
        lab, theme=theme, style=STYLE, layout={"name": "axes", "x": "born", "y": "degree"}
    )
    table.button("Filter and arrange").click()
    table.root.get_by_role("checkbox", name="person 2").check()
    table.root.get_by_role("status").get_by_text("2 of 2 entities shown").wait_for()
    assert violations(table.page, ".nerv") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_found_in_the_export(page: Any, lab: Any, tmp_path: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(lab.to_html(tmp_path / "lab.html").as_uri())
    page.locator(".nerv[data-layout=done]").wait_for()
    assert violations(page, "html") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_found_in_menus_dialogs_and_notices(
    bench: Callable[..., Any], lab: Any, theme: str
) -> None:
    with lab.branch("aside"):
        lab.update("ada", name="Ada Lovelace")
        lab.commit("her name")
    lab.update("ada", name="Augusta Ada")
    lab.commit("another name")
    lab.tag("release", "v1")
    table = bench(lab, theme=theme)
    root, found = table.root, {}

    def look(what: str) -> None:
        if problems := violations(table.page, ".nerv"):
            found[what] = problems

    root.get_by_title("Branches and tags").click()
    root.get_by_role("button", name="Merge…").wait_for()
    look("menu of branches")
    root.get_by_role("button", name="Merge…").click()
    root.locator(".nerv-conflict").first.wait_for()
    look("merge")
    table.page.keyboard.press("Escape")
    root.get_by_role("slider", name="Position in the log").press("Shift+ArrowLeft")
    root.locator(".nerv-range .nerv-added").wait_for()
    look("range")
    table.button("Restore…").click()
    look("question")
    table.page.keyboard.press("Escape")
    table.button("Back to now").click()
    table.wait(shown="live")
    table.button("Hold what is shown: live changes wait").click()
    root.locator(".nerv-holding").wait_for()
    root.evaluate(
        """root => {
            const { notices } = root.nerv;
            notices.work({ id: "1", name: "at", done: 3, total: 9, asked: 1 });
            notices.setAway(true);
            notices.failure(new Error("no canvas"));
        }"""
    )
    look("held, at work, away and failed")
    assert found == {}
