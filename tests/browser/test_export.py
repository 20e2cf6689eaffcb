"""The exported page, from a file, where there is no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.effort import EFFORT

import nerv_lab as nl

HOSTILE = (
    "<script>window.executed = 1</script>",
    "</script><script>window.executed = 1</script>",
    "</title><script>window.executed = 1</script>",
    "</noscript><img src=x onerror='window.executed = 1'>",
    "<!--<script>window.executed = 1",
    '"><svg onload="window.executed = 1">',
    "'><iframe srcdoc='<script>parent.executed = 1</script>'>",
    "javascript:window.executed=1",
    "{{ 7 * 7 }}${window.executed = 1}",
    "<math><mtext></mtext><style><img src onerror=window.executed=1>",
)


@pytest.fixture
def open_file(page: Any) -> Iterator[Callable[..., Any]]:
    """Open an exported file, and fail if it asks for anything else or reports an error."""
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.context.set_offline(True)

    def opened(path: Path, scheme: str = "light", ready: str = "[data-layout=done]") -> Any:
        page.emulate_media(color_scheme=scheme)
        page.goto(path.as_uri())
        page.locator(f".nerv{ready}").wait_for()
        return page

    yield opened
    outside = [url for url in asked if not url.startswith(("file:", "blob:"))]
    assert (outside, errors) == ([], [])


def found(page: Any, text: str) -> Any:
    """Search, and return what is found once that is all."""
    page.get_by_label("Search nodes").fill(text)
    page.locator(".nerv-results[aria-busy=false]").wait_for()
    return page.get_by_role("option")


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        opened.add_entity("person", name="Ada", id="ada", properties={"born": 1814})
        opened.add_entity("person", name="Byron", id="byron")
        opened.relate("byron", "father of", "ada")
        opened.commit("first")
        opened.update("ada", properties={"born": 1815})
        opened.delete("byron", cascade=True)
        opened.commit("second")
        yield opened


def test_past_versions_are_shown_and_compared(
    open_file: Callable[..., Any], lab: Any, tmp_path: Path
) -> None:
    page = open_file(lab.to_html(tmp_path / "lab.html"))
    page.locator(".nerv-mark[data-label=v1]").click()
    page.locator(".nerv[data-shown=v1][data-nodes='2'][data-edges='1']").wait_for()
    page.get_by_role("button", name="Compare with now").click()
    page.locator(".nerv[data-shown=live][data-compared='+0 ~1 -2']").wait_for()
    assert page.locator("del", has_text="1814").is_visible()


def test_it_is_searched_by_conditions(
    open_file: Callable[..., Any], lab: Any, tmp_path: Path
) -> None:
    page = open_file(lab.to_html(tmp_path / "lab.html"))
    found(page, "type:person born>=1815").get_by_text("Ada").click()
    page.get_by_label("Inspector").get_by_text("1815").wait_for()


STYLE = {
    "node": {
        "color": nl.by("born", palette="viridis"),
        "size": "degree",
        "shape": {"person": "star"},
    },
    "edge": {"dash": {"father of": "dashed"}},
}
LOOK = """(id) => {
    const { nodes } = document.querySelector(".nerv").nerv.store.graph;
    return [nodes.shape[nodes.at(id)], nodes.ownSize[nodes.at(id)]];
}"""


def test_it_has_looks_a_legend_and_layouts(
    open_file: Callable[..., Any], lab: Any, tmp_path: Path
) -> None:
    page = open_file(lab.to_html(tmp_path / "lab.html", style=STYLE, layout="layered"))
    titles = page.locator(".nerv-legend h4").all_inner_texts()
    assert titles == ["born", "degree", "type (relations)"]
    shape, alone = page.evaluate(LOOK, "ada")
    page.locator(".nerv-mark[data-label=v1]").click()
    page.locator(".nerv[data-shown=v1]").wait_for()
    assert page.evaluate(LOOK, "ada")[0] == shape == 5
    assert page.evaluate(LOOK, "ada")[1] >= alone
    page.get_by_role("button", name="Filter and arrange").click()
    assert page.get_by_label("Layout").input_value() == "layered"
    page.get_by_label("Layout").select_option("axes")
    page.locator(".nerv[data-arranged='2']").wait_for()
    assert page.get_by_role("alert").inner_text() == ""


def test_it_is_filtered_and_collapsed(
    open_file: Callable[..., Any], lab: Any, tmp_path: Path
) -> None:
    lab.add_entity("text", name="Note G", id="note")
    lab.relate("ada", "wrote", "note")
    page = open_file(lab.to_html(tmp_path / "lab.html"))
    page.get_by_role("button", name="Filter and arrange").click()
    page.get_by_role("checkbox", name="text 1").check()
    page.locator(".nerv[data-nodes='1'][data-edges='0']").wait_for()
    page.get_by_role("button", name="Show all 2 entities").click()
    page.locator(".nerv[data-nodes='2'][data-edges='1']").wait_for()
    page.get_by_role("button", name="One node per type").click()
    page.get_by_role("status").get_by_text("2 of 2 entities shown").wait_for()
    page.locator(".nerv").evaluate("root => root.nerv.graph.on.select(['nerv:group:person'])")
    page.get_by_role("heading", name="person (1)").wait_for()
    page.get_by_role("button", name="Open the group").click()
    page.locator(".nerv").get_by_text("1 more node; 2 of 2 entities shown").wait_for()


def test_groups_have_titles(open_file: Callable[..., Any], lab: Any, tmp_path: Path) -> None:
    lab.add_entity("text", name="Note G", id="note")
    path = lab.to_html(tmp_path / "lab.html", layout={"name": "grouped", "by": "type"})
    page = open_file(path)
    titles = """() => document.querySelector(".nerv").nerv.graph.painter.overlay
        .titles.groups.map(({ text }) => text).join()"""
    assert page.evaluate(titles) == "person (1),text (1)"
    page.get_by_role("button", name="Filter and arrange").click()
    page.get_by_role("checkbox", name="text 1").check()
    page.locator(".nerv[data-nodes='1']").wait_for()
    page.wait_for_function(f"({titles})() === 'text (1)'")


def test_there_is_nothing_to_change_it_with(
    open_file: Callable[..., Any], lab: Any, tmp_path: Path
) -> None:
    page = open_file(lab.to_html(tmp_path / "lab.html"))
    page.locator(".nerv-mark[data-label=v1]").click()
    page.locator(".nerv[data-shown=v1]").wait_for()
    for name in ("Commit", "Restore…"):
        assert not page.get_by_role("button", name=name, exact=True).is_visible()
    assert page.get_by_text("a recording", exact=True).is_visible()


def test_hostile_texts_stay_texts(open_file: Callable[..., Any], tmp_path: Path) -> None:
    with nl.open() as lab:
        for text in HOSTILE:
            lab.add_entity(
                text, name=text, description=text, tags=[text], properties={text: text}, id=text
            )
        lab.relate(HOSTILE[0], HOSTILE[1], HOSTILE[2])
        lab.commit(HOSTILE[1])
        page = open_file(lab.to_html(tmp_path / "a <img src=x>'.html", title=HOSTILE[2]))
    mark = page.locator(".nerv-mark[data-label=v1]")
    mark.hover()
    for text in HOSTILE:
        page.locator(".nerv").evaluate("(root, id) => root.nerv.graph.on.select([id])", text)
        page.get_by_label("Inspector").locator("h3", has_text=text).wait_for()
    assert page.title() == HOSTILE[2]
    assert page.evaluate("window.executed") is None
    assert page.locator("main img, main iframe, main script, svg[onload]").count() == 0


@pytest.mark.parametrize(
    ("tried", "directive"),
    [
        ("eval('1')", "require-trusted-types-for"),
        ("new Function('return 1')()", "require-trusted-types-for"),
        ("fetch('https://example.org').catch(() => 0)", "connect-src"),
        ("document.body.innerHTML = '<b>x</b>'", "require-trusted-types-for"),
    ],
)
def test_its_policy_forbids_eval_network_and_html_from_text(
    open_file: Callable[..., Any], lab: Any, tmp_path: Path, tried: str, directive: str
) -> None:
    page = open_file(lab.to_html(tmp_path / "lab.html"))
    # In a task of its own: what a debugger evaluates at once is free of the policy.
    refused = page.evaluate(
        f"""() => new Promise((resolve) => {{
            document.addEventListener(
                "securitypolicyviolation", (event) => resolve(event.effectiveDirective));
            setTimeout(() => {{ try {{ {tried}; }} catch {{ /* refused */ }} }});
        }})"""
    )
    assert refused == directive


NODES = 10_000 if EFFORT > 1 else 2_000


def test_a_large_graph_is_explored_too(open_file: Callable[..., Any], tmp_path: Path) -> None:
    with nl.open() as lab:
        with lab.transaction("many"):
            for number in range(NODES):
                lab.add_entity("thing", name=f"thing {number}", id=f"t{number}")
        with lab.transaction("ties"):
            for number in range(1, NODES):
                lab.relate(f"t{number}", "part of", f"t{number // 3}")
        lab.commit("many")
        lab.update("t1500", name="a needle")
        lab.commit("one changed")
        page = open_file(lab.to_html(tmp_path / "lab.html"), ready=f"[data-nodes='{NODES}']")
    found(page, "needle").get_by_text("a needle").click()
    page.get_by_label("Inspector").get_by_role("heading", name="a needle").wait_for()
    page.locator(".nerv-mark[data-label=v1]").click()
    page.locator(f".nerv[data-shown=v1][data-nodes='{NODES}']").wait_for()
    page.get_by_label("Inspector").get_by_role("heading", name="thing 1500").wait_for()
