"""Nothing that a text says is ever done: on no surface, by none of several hundred texts."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.hostile import corpus

import nerv_lab
import nerv_lab as nl

TEXTS = corpus()
MAX_NAME = 512


def name_of(text: str) -> str:
    """Return what is left of a text that names may be."""
    kept = "".join(c for c in text if c.isprintable())[:MAX_NAME]
    return kept if kept.strip() else "blank"


@pytest.fixture(scope="module")
def lab() -> Iterator[Any]:
    """Everything that can be named, named by everything."""
    with nl.open(author=name_of(TEXTS[0])) as opened:
        for number, text in enumerate(TEXTS):
            name = name_of(text)
            # Ids must differ; prototypes' names come as they are.
            id = name if name not in opened.entities else f"{number} {name}"[:MAX_NAME]
            opened.add_entity(
                name,
                id=id,
                name=text,
                description=text,
                tags=[name],
                properties={text: text, "list": [text], "map": {text: [text]}},
            )
        ids = list(opened.entities)
        for before, after, text in zip(ids, ids[1:], TEXTS, strict=False):
            opened.relate(before, name_of(text), after, description=text, properties={text: text})
        opened.commit(TEXTS[1])
        for text in TEXTS[:40]:
            opened.tag(f"tag {name_of(text)}"[:200])
        with opened.branch(name_of(TEXTS[2])):
            opened.update(ids[0], name=TEXTS[3], properties={"map": TEXTS[4]})
            opened.commit(TEXTS[5])
        opened.update(ids[0], name=TEXTS[6], properties={"map": TEXTS[7]})
        opened.commit(TEXTS[8])
        yield opened


@pytest.fixture
def surface(page: Any) -> Iterator[Any]:
    """A page that asks for nothing from outside, opens nothing and runs nothing of the corpus."""
    found: list[str] = []
    page.on("dialog", lambda dialog: (found.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("popup", lambda popup: found.append(f"popup {popup.url}"))

    def asked(route: Any) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            found.append(f"request {route.request.url[:200]}")
            route.abort()

    page.route("**/*", asked)
    yield page
    ran = page.evaluate("() => [window.executed, ({}).executed]")
    assert found == []
    assert ran == [None, None]


SELECT_ALL = """async () => {
    const { nerv } = document.querySelector(".nerv");
    const frame = () => new Promise((resolve) => setTimeout(resolve));
    const ids = Object.keys(nerv.positions());
    let shown = 0;
    for (const id of ids) {
        nerv.graph.on.select([id]);
        const until = performance.now() + 120000;
        const foot = () => nerv.inspector.element.querySelector(".nerv-foot code");
        const there = () => foot()?.textContent === id;
        while (!there() && performance.now() < until) await frame();
        shown += there();
    }
    return [ids.length, shown];
}"""


ACTIVE = """() => [...document.querySelector(".nerv").querySelectorAll("*")]
    .flatMap((element) => [...element.attributes])
    .filter(({ name }) => name.startsWith("on") || ["href", "src", "srcdoc"].includes(name))
    .map(({ name, value }) => `${name}=${value}`)
"""


def look_around(page: Any) -> None:
    """Go through everything of an explorer that shows texts."""
    root = page.locator(".nerv").first
    assert page.evaluate(SELECT_ALL) == [len(TEXTS), len(TEXTS)]
    for _ in range(2):
        root.get_by_role("button", name="Show as a table").click()
    for text in (TEXTS[0], "<img", "javascript", "__proto__"):
        root.get_by_label("Search nodes").fill(text)
        root.locator(".nerv-results:visible").wait_for()
    root.get_by_label("Search nodes").fill("")
    mark = root.locator(".nerv-mark[data-label=v1]")
    mark.hover()
    root.locator(".nerv-card .nerv-added").first.wait_for()
    root.locator(".nerv-card .nerv-changes").wait_for()
    mark.click(modifiers=["Shift"])  # which puts the card away
    root.locator(".nerv-compare").wait_for()
    mark.click()
    page.locator(".nerv[data-shown=v1]").wait_for()
    assert root.locator("img, iframe, script, object, embed, link, form[action]").count() == 0
    assert page.evaluate(ACTIVE) == []


@pytest.fixture
def table(surface: Any, lab: Any) -> Any:
    from shared.bench import Bench

    return Bench(surface, lab)


def test_the_live_view(table: Any) -> None:
    look_around(table.page)
    table.button("Back to now").click()
    table.wait(shown="live")
    table.root.get_by_title("Branches and tags").click()
    table.root.get_by_role("button", name="Merge…").first.click()
    table.root.locator(".nerv-conflict").first.wait_for()
    table.page.keyboard.press("Escape")


def test_the_exported_page(surface: Any, lab: Any, tmp_path: Path) -> None:
    path = lab.to_html(tmp_path / "a <img src=x onerror=window.executed=1>' &.html", title=TEXTS[9])
    surface.goto(path.as_uri())
    surface.locator(".nerv[data-layout=done]").wait_for()
    assert surface.title() == " ".join(TEXTS[9].split())
    look_around(surface)


def test_the_page_of_pyvis(surface: Any, lab: Any, tmp_path: Path) -> None:
    path = tmp_path / "a <svg onload=window.executed=1> &.html"
    lab.to_pyvis(path, heading=TEXTS[3])
    surface.goto(path.as_uri())
    shown = surface.evaluate(
        """async () => {
            const ids = network.body.data.nodes.getIds();
            let shown = 0;
            for (const id of ids) {
                network.interactionHandler.popupObj = undefined;
                const at = network.canvasToDOM(network.getPosition(id));
                network.interactionHandler._checkShowPopup(at);
                shown += document.querySelectorAll(".vis-tooltip").length > 0;
            }
            return [ids.length, shown];
        }"""
    )
    assert shown[0] == len(TEXTS)
    assert shown[1] > 0, shown


def test_the_still_picture(surface: Any, lab: Any, tmp_path: Path) -> None:
    few = []
    for start in range(0, len(TEXTS), 60):  # it draws sixty at most
        with nl.open() as part:
            for text in TEXTS[start : start + 60]:
                part.add_entity(name_of(text), name=text)
            few.append(part.to_svg(tmp_path / f"{start}.svg", title=TEXTS[start]))
    surface.goto(few[0].as_uri())
    assert surface.evaluate("document.documentElement.tagName") == "svg"
    surface.goto("about:blank")
    surface.set_content("".join(path.read_text() for path in few))
    assert surface.locator("svg").count() == len(few)
    assert surface.locator("img, iframe, script, a, foreignObject").count() == 0


def classes_with_html() -> set[str]:
    found = set()
    for module in pkgutil.walk_packages(nerv_lab.__path__, "nerv_lab."):
        if ".__main__" in module.name:
            continue
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__.startswith("nerv_lab") and hasattr(kind, "_repr_html_"):
                found.add(kind.__name__)
    return {name for name in found if not name.startswith("_")}


def shown_objects(lab: Any) -> list[Any]:
    ids = list(lab.entities)
    preview = lab.preview(name_of(TEXTS[2]))
    return [
        lab, lab.at("v1"), lab.head, lab.entities, lab.relations, *lab.entities.values(),
        *list(lab.relations.values())[:50], lab.diff("v1"), lab.log(), preview, *preview.conflicts,
        lab.history(ids[0]), lab.blame(ids[0]), lab.health(), lab.search("window"),
        lab.entities.where(degree__gte=0), lab.relations.where(strength__gte=0), lab.to_pyvis(),
        lab.access, lab.schemas, lab.schemas.check(), lab.outbox,
    ]  # fmt: skip


def imported(lab: Any, folder: Path) -> Any:
    lab.to_json_lines(folder / "lab.jsonl")
    with nl.open() as other:
        return other.import_json_lines(folder / "lab.jsonl")


def test_the_tables_of_a_notebook(surface: Any, lab: Any, tmp_path: Path) -> None:
    objects = [*shown_objects(lab), imported(lab, tmp_path)]
    page = "\n".join(f"<section>{thing._repr_html_()}</section>" for thing in objects)
    surface.set_content(page)
    assert surface.locator("section").count() >= len(objects)
    assert (
        surface.locator("section > :not(iframe)").locator("script, img, object, embed").count() == 0
    )
    tried = {type(thing).__name__ for thing in objects}
    # Two tables of kinds that were tried make that of a migration; nobody is handed an open item.
    assert classes_with_html() - tried == {"SchemaMigration", "OpenEntity", "OpenRelation"}
