from __future__ import annotations

import re
from pathlib import Path

from exchange.paper import PaperLab

from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.exchange import to_pyvis

EVIL = '</script><script>alert("href")</script>'


def data_of(html: str) -> str:
    """Return the page without the library that it carries."""
    return re.sub(r"<script>/\*\*.*?</script>|<style>.*?</style>", "", html, flags=re.DOTALL)


def test_a_page_holds_every_item(library: PaperLab) -> None:
    page = to_pyvis(library)
    assert {node["label"] for node in page.nodes} == {"Ada", "Note G"}
    assert [edge["label"] for edge in page.edges] == ["wrote"]


def test_a_page_loads_nothing(library: PaperLab) -> None:
    html = to_pyvis(library).generate_html()
    assert re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=", data_of(html)) == []


def test_data_cannot_leave_its_place_in_the_page(library: PaperLab) -> None:
    library.apply([UpdateEntity("ada", name=EVIL, properties={EVIL: EVIL})])
    html = to_pyvis(library, heading=EVIL).generate_html()
    assert EVIL not in html
    assert "&lt;/script&gt;" in html


def test_a_page_is_written_as_utf_8(library: PaperLab, tmp_path: Path) -> None:
    library.apply([CreateEntity("é", "person", EntityMetadata("Émilie 数"))])
    path = tmp_path / "graph.html"
    to_pyvis(library, path, heading="数")
    assert "<h1>数</h1>" in path.read_text(encoding="utf-8")


def test_a_page_shows_in_a_notebook_as_a_frame(library: PaperLab) -> None:
    html = to_pyvis(library)._repr_html_()
    assert html.startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert html.count('"') == 4


def test_the_same_state_gives_the_same_page(library: PaperLab) -> None:
    again = PaperLab(library.state)
    assert to_pyvis(library).generate_html() == to_pyvis(again).generate_html()


def test_a_type_keeps_its_colour(library: PaperLab) -> None:
    before = {node["id"]: node["color"] for node in to_pyvis(library).nodes}
    library.apply([CreateEntity("b", "person"), CreateEntity("z", "other")])
    after = {node["id"]: node["color"] for node in to_pyvis(library).nodes}
    assert after["ada"] == after["b"] == before["ada"]


def test_a_long_value_is_shortened_in_its_tooltip(library: PaperLab) -> None:
    library.apply([UpdateEntity("ada", properties={"text": "x" * 1000})])
    tooltip = next(node["title"] for node in to_pyvis(library).nodes if node["id"] == "ada")
    assert len(tooltip) < 300


def test_a_page_says_how_much_it_shows(library: PaperLab) -> None:
    assert repr(to_pyvis(library)) == "<GraphPage 2 nodes, 1 edge>"
