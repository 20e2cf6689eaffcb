from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from exchange.paper import PaperLab
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared.graphs import as_plain, states

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import CreateEntity, CreateRelation
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange import import_gexf, import_graphml, to_gexf, to_graphml
from nerv_lab.exchange.networks import gexf_files, graphml_files
from nerv_lab.inner_universe.contract.progress import Meter

READINGS = {"GraphML": graphml_files._Reading, "GEXF": gexf_files._Reading}
FORMATS = {"GraphML": (to_graphml, import_graphml), "GEXF": (to_gexf, import_gexf)}
every_format = pytest.mark.parametrize("kind", FORMATS)
OF_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def back_and_forth(kind: str, lab: PaperLab, path: Path) -> PaperLab:
    write, read = FORMATS[kind]
    write(lab, path)
    back = PaperLab()
    read(back, path)
    return back


@every_format
@given(state=states)
@settings(max_examples=50, suppress_health_check=OF_FIXTURES)
def test_what_goes_out_comes_back_the_same(kind: str, state: GraphState, tmp_path: Path) -> None:
    back = back_and_forth(kind, PaperLab(state), tmp_path / "graph.xml")
    assert as_plain(back.state) == as_plain(state)


@every_format
@given(
    text=st.text(max_size=6),
    name=st.sampled_from(["x", "label", "id", "start", "a@json", "\0\n", '"q"', "kind"]),
)
@settings(max_examples=50, suppress_health_check=OF_FIXTURES)
def test_any_text_under_any_name_comes_back(
    kind: str, text: str, name: str, tmp_path: Path
) -> None:
    lab = PaperLab()
    metadata = {"tags": ("a;b", " c"), "properties": {name: text, "x@json": 1}}
    lab.apply(
        [
            CreateEntity("a", "t", EntityMetadata(text, **metadata)),
            CreateRelation("r", "a", "a", " to ", RelationMetadata(text, **metadata)),
        ]
    )
    back = back_and_forth(kind, lab, tmp_path / "graph.xml")
    assert as_plain(back.state) == as_plain(lab.state)


@every_format
def test_other_programs_read_plain_attributes(kind: str, library: PaperLab, tmp_path: Path) -> None:
    path = tmp_path / "graph.xml"
    FORMATS[kind][0](library, path)
    read: dict[str, Callable[[Any], Any]] = {"GraphML": nx.read_graphml, "GEXF": nx.read_gexf}
    graph = read[kind](path)
    assert (graph.nodes["ada"]["born"], graph.nodes["note"]["tags"]) == (1815, "draft")
    assert [data["weight"] for *_, data in graph.edges(data=True)] == [2.0]


@every_format
def test_files_of_other_programs_are_read(kind: str, paper: PaperLab, tmp_path: Path) -> None:
    graph = nx.Graph()
    graph.add_node(1, size=2.5)
    graph.add_edge(1, 2, weight=3.0)
    path = tmp_path / "graph.xml"
    (nx.write_graphml if kind == "GraphML" else nx.write_gexf)(graph, path)
    report = FORMATS[kind][1](paper, path, entity_type="place", relation_type="road")
    assert (report.entities.added, report.relations.added) == (2, 1)
    (road,) = paper.state.relations.values()
    assert (road.type, road.strength, road.bidirectional) == ("road", 3.0, True)
    assert paper.state.entities["1"].properties == {"size": 2.5}
    assert FORMATS[kind][1](paper, path, entity_type="place", relation_type="road").changed == 0


def test_a_label_of_gexf_is_a_name(paper: PaperLab, tmp_path: Path) -> None:
    graph = nx.DiGraph()
    graph.add_node("a", label="Ada")
    nx.write_gexf(graph, tmp_path / "graph.gexf")
    import_gexf(paper, tmp_path / "graph.gexf")
    assert paper.state.entities["a"].name == "Ada"


@every_format
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "path: .* cannot be read: No such file"),
        ("no xml", "path: .* is not (GraphML|GEXF)"),
        ("<graph/>", "path: .* is not (GraphML|GEXF)"),
    ],
)
def test_what_is_no_such_file_is_refused(
    kind: str, content: str | None, why: str, paper: PaperLab, tmp_path: Path
) -> None:
    path = tmp_path / "graph.xml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValidationError, match=f"^{why}"):
        FORMATS[kind][1](paper, path)
    assert paper.reasons == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"x@json": "{"}, "x@json: "),
        ({"x@json": 1}, "x@json: must be the text of a value, not 1"),
        ({"x": 1, "x@json": "2"}, "x: is given twice"),
    ],
)
def test_a_value_that_cannot_be_decoded_is_refused(
    data: dict[str, Any], why: str, paper: PaperLab, tmp_path: Path
) -> None:
    graph = nx.DiGraph()
    graph.add_node("a", **data)
    nx.write_graphml(graph, tmp_path / "graph.xml")
    with pytest.raises(ValidationError, match=why):
        import_graphml(paper, tmp_path / "graph.xml")
    assert paper.reasons == []


GRAPHML = """
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="c" for="node" attr.name="colour" attr.type="string"><default>green</default></key>
<key id="n" for="node" attr.name="n" attr.type="int"/>
<graph edgedefault="undirected">
  <edge id="e" source="a" target="b" directed="true"/>
  <edge id="7" source="b" target="a"/>
  <node id="a"><data key="n">{n}</data><port name="p"/>
    <graph><node id="inside"><data key="c">red</data></node></graph></node>
  <node id="b"/>
  <hyperedge><endpoint node="a"/></hyperedge>
</graph></graphml>
"""
GEXF = """
<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">
<meta><creator>Gephi</creator></meta>
<graph defaultedgetype="directed"><attributes class="node">
<attribute id="0" title="n" type="integer"><default>1</default></attribute></attributes>
<nodes><node id="a" label="Ada"><viz:size value="2.5"/></node>
<node id="b"><attvalues><attvalue for="0" value="{n}"/></attvalues></node></nodes>
<edges><edge id="0" source="a" target="b" kind="knows" type="mutual" weight="2"/></edges>
</graph></gexf>
"""


def test_graphml_that_knows_more_is_read_and_what_is_lost_is_told(
    paper: PaperLab, tmp_path: Path
) -> None:
    (tmp_path / "g.graphml").write_text(GRAPHML.format(n=3))
    report = import_graphml(paper, tmp_path / "g.graphml")
    entities, relations = paper.state.entities, paper.state.relations
    assert {id: dict(e.properties) for id, e in entities.items()} == {
        "a": {"colour": "green", "n": 3},
        "b": {"colour": "green"},
        "inside": {"colour": "red"},
    }
    assert {id: r.bidirectional for id, r in relations.items()} == {
        "e": False,
        "edge:b->a": True,
    }
    assert [str(problem) for problem in report.problems] == [
        "1 of <hyperedge>: left out: a relation has two ends",
        "1 of <port>: left out: a relation ends at an entity as a whole",
    ]


def test_gexf_as_gephi_writes_it_today_is_read(paper: PaperLab, tmp_path: Path) -> None:
    (tmp_path / "g.gexf").write_text(GEXF.format(n=7))
    report = import_gexf(paper, tmp_path / "g.gexf")
    ada, b = paper.state.entities["a"], paper.state.entities["b"]
    assert (ada.name, ada.properties) == ("Ada", {"n": 1, "viz": {"size": 2.5}})
    assert b.properties == {"n": 7}
    (knows,) = paper.state.relations.values()
    assert (knows.type, knows.strength, knows.bidirectional) == ("knows", 2.0, True)
    assert [problem.where for problem in report.problems] == ["1 of <meta>"]


@pytest.mark.parametrize(("kind", "text"), [("GraphML", GRAPHML), ("GEXF", GEXF)])
def test_a_value_that_is_not_of_its_type_is_refused_with_its_node(
    kind: str, text: str, paper: PaperLab, tmp_path: Path
) -> None:
    (tmp_path / "graph").write_text(text.format(n="three"))
    with pytest.raises(ValidationError, match=f"is not {kind}: node '[ab]': .*three"):
        FORMATS[kind][1](paper, tmp_path / "graph")
    assert paper.reasons == []


@pytest.mark.parametrize("kind", FORMATS)
def test_a_large_file_is_read_in_little_memory(kind: str, tmp_path: Path) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from((f"n{number}", {"text": "x" * 500}) for number in range(2_000))
    path = tmp_path / "graph"
    (nx.write_graphml if kind == "GraphML" else nx.write_gexf)(graph, path)
    reading = READINGS[kind](path, Meter())
    tracemalloc.start()
    try:
        assert sum(1 for _ in reading.rows("node")) == 2_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < path.stat().st_size / 3
