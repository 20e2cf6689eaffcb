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
@pytest.mark.parametrize("state", ["selected", "past", "compared"])
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
def test_nothing_is_found_in_the_export(
    chromium: Any, lab: Any, tmp_path: Path, scheme: str
) -> None:
    page = chromium.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(lab.to_html(tmp_path / "lab.html").as_uri())
    page.locator(".nerv[data-layout=done]").wait_for()
    assert violations(page, "html") == []
    page.close()
