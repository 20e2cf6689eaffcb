"""The explorer in a real JupyterLab."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from shared.pictures import picture_of

OPEN = """\
import nerv_lab as nl

lab = nl.open({uri!r})
people = [
    lab.add_entity("person", name=name, properties={{"born": born}})
    for name, born in [("Ada", 1815), ("Charles", 1791), ("Mary", 1780)]
]
note = lab.add_entity("text", name="Note G")
wrote = lab.relate(people[0], "wrote", note)
lab.relate(people[0], "knows", people[1])
first = lab.commit("first facts")
explorer = lab.explorer({options})
"""


def _start(notebook: Callable[..., Any], uri: str = ":memory:", options: str = "") -> Any:
    book = notebook(OPEN.format(uri=uri, options=options), "explorer")
    book.wait(nodes=4, edges=2, layout="done")
    return book


def _colours(locator: Any) -> int:
    """Count the colours of a picture of an element, specks apart."""
    _, counts = np.unique(picture_of(locator).reshape(-1, 3), axis=0, return_counts=True)
    return int((counts > 3).sum())


def _painted(book: Any) -> tuple[int, int]:
    book.settle()
    stage = book.root().locator(".nerv-stage canvas").first
    timeline = book.root().locator(".nerv-timeline-canvas")
    return _colours(stage), _colours(timeline)


def test_graph_and_timeline_are_painted_with_webgl(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    book.wait(renderer="webgl", version="v1", uncommitted=0, shown="live")
    graph, timeline = _painted(book)
    assert graph > 8
    assert timeline > 4
    assert book.root().locator(".nerv-mark[data-label=v1]").is_visible()


def test_without_webgl_the_canvas_paints_the_same_graph(notebook: Callable[..., Any]) -> None:
    book = _start(notebook, options='renderer="canvas"')
    book.wait(renderer="canvas")
    graph, _ = _painted(book)
    assert graph > 8


def test_a_commit_by_button_is_a_commit_in_the_store(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    book.run("lab.update(people[0], properties={'died': 1852})")
    root = book.wait(uncommitted=1)
    root.get_by_label("Description of the commit").fill("the year she died")
    root.get_by_role("button", name="Commit", exact=True).click()
    book.wait(version="v2", uncommitted=0)
    assert book.run("print(lab.head.description, len(lab.versions))") == "the year she died 2\n"


def test_a_refused_commit_says_why_in_place(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    book.root().get_by_role("button", name="Commit", exact=True).click()
    alert = book.root().get_by_role("alert")
    alert.get_by_text("say in a few words what changed").wait_for()
    assert book.run("print(len(lab.versions))") == "1\n"


def test_a_rollback_by_cell_is_seen_and_the_rest_stays_in_place(
    notebook: Callable[..., Any],
) -> None:
    book = _start(notebook)
    before = book.positions()
    book.run("new = lab.add_entity('person', name='Augustus'); lab.relate(people[0], 'knows', new)")
    book.wait(nodes=5, edges=3)
    after = book.positions()
    assert {id: after[id] for id in before} == before
    book.run("lab.rollback(first)")
    book.wait(nodes=4, edges=2, version="v2", uncommitted=0)
    assert book.positions() == before


def test_a_version_is_opened_from_the_timeline_and_restored_after_a_question(
    notebook: Callable[..., Any],
) -> None:
    book = _start(notebook)
    book.run("lab.add_entity('person', name='Augustus'); lab.commit('one more')")
    root = book.wait(nodes=5, version="v2")
    mark = root.locator(".nerv-mark[data-label=v1]")
    mark.focus()
    mark.press("Enter")
    book.wait(shown="v1", nodes=4)
    assert book.run("print(explorer.version == first.id)") == "True\n"
    root.get_by_text("You are looking at v1").wait_for()
    root.get_by_role("button", name="Back to now").click()
    book.wait(shown="live", nodes=5)
    mark.click()
    book.wait(shown="v1")
    root.get_by_role("button", name="Restore…").click()
    root.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    assert book.run("print(len(lab.versions))") == "2\n"
    root.get_by_role("button", name="Restore…").click()
    root.get_by_role("button", name="Restore v1").click()
    book.wait(shown="live", nodes=4, version="v3")
    assert book.run("print(len(lab.versions), len(lab.entities))") == "3 4\n"


def test_a_change_by_another_process_arrives(notebook: Callable[..., Any], server: Any) -> None:
    path = server[1] / "shared.nerv"
    book = _start(notebook, uri=str(path))
    code = (
        "import sys, nerv_lab as nl\n"
        "with nl.open(sys.argv[1]) as lab:\n"
        "    lab.add_entity('person', name='from elsewhere')\n"
        "    lab.commit('by another process')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=300)
    book.wait(nodes=5, version="v2")


def test_the_selection_goes_both_ways(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    ada = book.run("explorer.selection = [people[0]]; print(people[0].id)").strip()
    root = book.wait(selection=ada)
    inspector = root.get_by_label("Inspector")
    inspector.get_by_role("heading", name="Ada").wait_for()
    inspector.get_by_text("1815").wait_for()
    inspector.get_by_role("button", name="Note G").click()
    note = book.run("print(note.id)").strip()
    book.wait(selection=note)
    inspector.get_by_role("heading", name="Note G").wait_for()
    book.run(f"assert explorer.selection == ({note!r},), explorer.selection")


def test_a_click_on_a_node_selects_it(notebook: Callable[..., Any]) -> None:
    book = _start(notebook, options='renderer="canvas"')
    mary = book.run("print(people[2].id)").strip()
    root = book.settle()
    spot = root.evaluate("(root, id) => root.nerv.spot(id)", mary)
    root.locator(".nerv-stage").click(position=spot)
    book.wait(selection=mary)
    # The kernel answers what comes after the selection, so it has that by then.
    root.get_by_label("Inspector").get_by_role("heading", name="Mary").wait_for()
    book.run(f"assert explorer.selection == ({mary!r},), explorer.selection")


def test_search_finds_a_node_by_keyboard(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    note = book.run("print(note.id)").strip()
    search = book.root().get_by_label("Search nodes")
    search.fill("note")
    search.press("Enter")
    book.wait(selection=note)


DROP_ONE = """\
viewers, real = explorer._feed.viewers, explorer._feed.viewers.send
def drop(message, buffers):
    viewers.send = real
viewers.send = drop
lab.add_entity("person", name="lost on the way")
"""


def test_a_dropped_frame_is_noticed_and_made_up_for(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    # In one go: after a while the kernel asks by itself what has arrived.
    book.run(
        f"{DROP_ONE}"
        "import asyncio\n"
        "while viewers.send is drop: await asyncio.sleep(0.01)\n"
        "lab.add_entity('person', name='arrives')"
    )
    root = book.wait(nodes=6)
    assert root.get_attribute("data-gaps") == "1"


def test_a_dropped_last_frame_is_made_up_for_too(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    book.run(DROP_ONE)
    book.wait(nodes=5)


def test_markup_in_a_label_is_text(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    label = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    book.run(
        f"bad = lab.add_entity({label!r}, name={label!r}, description={label!r}, tags=[{label!r}],"
        f" properties={{ {label!r}: {label!r} }}); lab.relate(bad, {label!r}, note);"
        f" lab.commit({label!r}); explorer.selection = [bad]"
    )
    root = book.wait(nodes=5, version="v2")
    root.get_by_role("heading", name=label).wait_for()
    book.settle()
    root.locator(".nerv-mark[data-label=v2]").hover()
    card = root.get_by_role("tooltip")
    card.get_by_text(f"v2 {label}").wait_for()
    card.locator(".nerv-changes").get_by_text(label).first.wait_for()
    root.locator(".nerv-mark[data-label=v2]").click()
    book.wait(shown="v2")
    assert root.locator("img, script").count() == 0
    assert book.page.evaluate("window.hacked") is None


def test_two_views_of_one_widget_both_follow(notebook: Callable[..., Any]) -> None:
    book = notebook(OPEN.format(uri=":memory:", options="height=300"), "explorer", "explorer")
    roots = book.page.locator(".nerv[data-nodes='4'][data-layout=done]")
    roots.nth(1).wait_for(state="attached")
    book.run("lab.add_entity('person', name='Augustus')")
    book.page.locator(".nerv[data-nodes='5']").nth(1).wait_for(state="attached")


def test_graph_and_timeline_alone_follow_each_other(notebook: Callable[..., Any]) -> None:
    book = notebook(
        OPEN.format(uri=":memory:", options=""),
        "import traitlets\nview, timeline = lab.view(height=300), lab.timeline()\n"
        "traitlets.link((timeline, 'version'), (view, 'version'));",
        "timeline",
        "view",
    )
    book.wait("graph", nodes=4, layout="done")
    book.run("lab.add_entity('person')")
    book.wait("graph", nodes=5)
    book.wait("timeline", uncommitted=1).locator(".nerv-mark[data-label=v1]").click()
    book.wait("timeline", shown="v1")
    book.wait("graph", shown="v1", nodes=4)


def test_the_widget_is_preferred_to_its_still_picture(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    assert book.page.locator(".jp-OutputArea-output svg[role=img]").count() == 0
    assert book.page.locator(".jp-RenderedSVG").count() == 0


def test_a_dark_theme_darkens_the_widget(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    book.page.evaluate(
        "() => window.jupyterapp.commands.execute('apputils:change-theme',"
        " { theme: 'JupyterLab Dark' })"
    )
    book.page.locator(".nerv.nerv-dark").first.wait_for()


def test_closing_the_lab_is_told(notebook: Callable[..., Any]) -> None:
    book = _start(notebook)
    book.run("lab.close()")
    book.root().get_by_text("the lab is closed").wait_for()
