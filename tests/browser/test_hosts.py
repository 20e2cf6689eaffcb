"""The explorer wherever anywidget runs: Notebook 7, reloaded and restarted, and bare hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from shared.jupyterlab import (
    WAIT_MS,
    AskedOutsideError,
    Notebook,
    another_context,
    open_notebook,
    run_all,
    shut_down,
)

import nerv_lab as nl
from nerv_lab.widgets.loading import bundle_module

GROW = """\
ada = lab.add_entity("person", name="Ada", id="ada")
note = lab.add_entity("text", name="Note G", id="note")
lab.relate(ada, "wrote", note)
lab.commit("first facts")
"""
OPEN = f"import nerv_lab as nl\nlab = nl.open()\n{GROW}explorer = lab.explorer()"


@pytest.fixture(params=["notebook", "lab"])
def book(
    chromium: Any, server: tuple[str, Path], request: pytest.FixtureRequest
) -> Iterator[Notebook]:
    page = chromium.new_page()
    name = f"{request.node.name.removeprefix('test_')[:60]}.ipynb"
    yield open_notebook(page, *server, name, OPEN, "explorer", app=request.param)
    shut_down(page)


def test_the_explorer_works_and_comes_back_after_a_reload_and_a_restart(book: Notebook) -> None:
    root = book.wait(nodes=2, edges=1, layout="done", version="v1")
    root.get_by_label("Search nodes").fill("note")
    root.get_by_label("Search nodes").press("Enter")
    book.wait(selection="note")
    root.get_by_label("Inspector").get_by_role("heading", name="Note G").wait_for()
    root.locator(".nerv-mark[data-label=v1]").click()
    book.wait(shown="v1")
    root.get_by_role("button", name="Back to now").click()
    book.run("lab.add_entity('person', name='Byron')")
    root = book.wait(nodes=3, shown="live", uncommitted=1)
    root.get_by_label("Description of the commit").fill("one more")
    root.get_by_role("button", name="Commit", exact=True).click()
    book.wait(version="v2", uncommitted=0)

    book.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    book.page.reload()
    book.wait(nodes=3, layout="done", version="v2")
    book.run("lab.add_entity('person', name='Babbage')")
    book.wait(nodes=4)

    book.page.evaluate(
        """() => {
            const { context } = window.jupyterapp.shell.currentWidget;
            return context.sessionContext.session.kernel.restart();
        }"""
    )
    run_all(book)
    book.wait(nodes=2, edges=1, layout="done", version="v1")
    book.run("lab.add_entity('person', name='Byron')")
    book.wait(nodes=3)


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        exec(GROW, {"lab": opened})
        yield opened


@pytest.mark.parametrize("shadow", [False, True])
def test_a_bare_host_is_enough_with_a_shadow_root_or_without(
    bench: Callable[..., Any], lab: Any, shadow: bool
) -> None:
    table = bench(lab, shadow=shadow)
    names = table.page.evaluate(
        "() => ['Jupyter', 'jupyterapp', 'IPython', 'require', 'google'].filter((n) => n in window)"
    )
    assert names == []
    colour = table.root.evaluate("root => getComputedStyle(root).backgroundColor")
    assert colour == "rgb(255, 255, 255)"  # no variables of JupyterLab are there
    table.root.get_by_label("Search nodes").fill("note")
    table.root.get_by_label("Search nodes").press("Enter")
    table.wait(selection="note")
    table.root.get_by_title("Branches and tags").click()
    table.root.get_by_label("Tag for v1").fill("release")
    table.button("Tag").click()
    table.root.locator(".nerv-mark[data-tags=release]").click()
    table.wait(shown="v1")
    table.button("Restore…").click()
    dialog = table.root.get_by_role("alertdialog")
    dialog.get_by_role("button", name="Restore v1").and_(table.root.locator(":focus")).wait_for()
    table.page.keyboard.press("Tab")
    dialog.get_by_role("button", name="Cancel").and_(table.root.locator(":focus")).wait_for()
    table.page.keyboard.press("Escape")
    table.button("Restore…").and_(table.root.locator(":focus")).wait_for()


LOOK = """root => {
    const { backgroundColor, color } = getComputedStyle(root);
    return [backgroundColor, color];
}"""
ALONE = """async ({ source, state }) => {
    document.body.innerHTML = '<div id="here"></div>';
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const { render } = (await import(url)).default;
    const model = { get: (name) => state[name], on: () => {}, off: () => {}, send: () => {} };
    render({ model, el: document.querySelector("#here") });
}"""


def alone(page: Any, widget: Any) -> Any:
    """Show what is saved of a widget on a page that has no kernel, and return its root."""
    page.set_default_timeout(WAIT_MS)
    state = {name: value for name, value in widget.get_state().items() if name != "layout"}
    page.evaluate(ALONE, {"source": bundle_module(), "state": state})
    return page.locator(".nerv")


@pytest.mark.parametrize("kind", ["explorer", "view", "timeline"])
def test_a_saved_widget_without_a_kernel_shows_its_picture_and_says_why(
    page: Any, lab: Any, kind: str
) -> None:
    widget = getattr(lab, kind)()
    widget._repr_mimebundle_()
    root = alone(page, widget)
    root.get_by_text("No kernel answers").wait_for()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert root.get_attribute("data-failed") is None
    picture = root.get_by_role("img", name="The graph when the cell was run")
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0
    root.get_by_role("button", name="Ask again").click()  # nothing lies over it


def test_a_saved_monitor_shows_what_was_measured(page: Any, lab: Any) -> None:
    with closing(lab.monitor()) as monitor:
        root = alone(page, monitor)
        root.get_by_role("row", name="accepted 4").wait_for()


@pytest.mark.parametrize(
    "told",
    [
        "document.body.classList.add('vscode-dark')",
        "document.body.classList.add('vscode-high-contrast')",
        "document.documentElement.dataset.theme = 'dark'",
        "document.documentElement.setAttribute('theme', 'dark')",
        "document.body.classList.add('dark')",
    ],
    ids=["vscode", "contrast", "marimo", "colab", "class"],
)
def test_a_host_says_in_its_own_way_that_it_is_dark(
    bench: Callable[..., Any], lab: Any, told: str
) -> None:
    table = bench(lab)
    table.page.evaluate(told)
    root = table.page.locator(".nerv.nerv-dark")
    root.wait_for()
    assert root.evaluate(LOOK) == ["rgb(20, 22, 27)", "rgb(236, 238, 243)"]


@pytest.mark.parametrize("kind", ["vscode-dark", "vscode-light"])
def test_the_colours_of_vs_code_are_taken_where_it_gives_them(
    bench: Callable[..., Any], lab: Any, kind: str
) -> None:
    table = bench(lab)
    table.page.evaluate(
        """kind => {
            const { style } = document.documentElement;
            style.setProperty("--vscode-editor-background", "rgb(1, 2, 3)");
            style.setProperty("--vscode-editor-foreground", "rgb(4, 5, 6)");
            document.body.classList.add(kind);
        }""",
        kind,
    )
    assert table.root.evaluate(LOOK) == ["rgb(1, 2, 3)", "rgb(4, 5, 6)"]


def test_a_page_that_asks_the_network_fails_its_test(chromium: Any) -> None:
    with (
        pytest.raises(AskedOutsideError, match=r"http://nowhere\.example/"),
        another_context(chromium.browser) as context,
    ):
        context.new_page().evaluate("fetch('http://nowhere.example/').catch(() => null)")


TWENTY = 20
MOST_BYTES = 5_000_000
MOST_PAINTERS = 10  # those in sight, and the few that were a moment ago
# Faster than people scroll: each is left as soon as it is painted. Gives the most painters seen.
SCROLL = """async ([count, wait]) => {
    const late = performance.now() + wait;
    const frame = () => new Promise(requestAnimationFrame);
    const roots = [...document.querySelectorAll(".nerv")].slice(0, count);
    let most = 0;
    for (const root of roots) {
        root.scrollIntoView({ behavior: "instant" });
        while (root.dataset.renderer !== "webgl") {
            if (performance.now() > late) throw new Error("not all were painted");
            await frame();
        }
        most = Math.max(most, roots.filter(({ nerv }) => nerv.graph.painter).length);
    }
    return most;
}"""


def test_twenty_explorers_are_all_painted_and_add_little_to_a_saved_notebook(
    notebook: Callable[..., Any], server: tuple[str, Path]
) -> None:
    many = (
        "from IPython.display import display\nfor _ in range(20): display(lab.explorer(height=260))"
    )
    book = notebook(OPEN, many)
    told: list[str] = []
    book.page.on("console", lambda message: told.append(message.text))
    roots = book.page.locator(".nerv[data-nodes='2']")
    roots.nth(TWENTY - 1).wait_for(state="attached", timeout=3 * WAIT_MS)
    assert book.page.evaluate(SCROLL, [TWENTY, WAIT_MS]) <= MOST_PAINTERS
    assert book.page.locator(".nerv[data-renderer=webgl]").count() == TWENTY
    assert [text for text in told if "Too many active" in text or "lost" in text.lower()] == []
    book.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    path = book.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    saved = (server[1] / path).read_text()
    assert saved.count('"_esm"') == TWENTY + 1  # with the one that was not displayed
    assert len(saved) < MOST_BYTES, f"{len(saved):,} bytes"
