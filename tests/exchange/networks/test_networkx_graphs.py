from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from exchange.paper import PaperLab
from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import as_plain, properties, states

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange import import_networkx, to_networkx

KINDS = [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]
nodes = st.sampled_from(
    ["a", "b", "nx:1", 1, 2.5, True, (1, "a"), ("x", (2, 3)), "", frozenset("ab")]
)
keys = st.integers(0, 3) | st.sampled_from(["red", (1, 2)])
weights = st.floats(-100, 100)


@st.composite
def graphs(draw: st.DrawFn) -> nx.Graph[Any]:
    """Return a graph of any kind, its nodes and edges with attributes."""
    graph = draw(st.sampled_from(KINDS))()
    for node, data in draw(st.lists(st.tuples(nodes, properties), max_size=5)):
        graph.add_node(node, **data)
    if not len(graph):
        return graph
    ends = st.sampled_from(list(graph))
    for source, target in draw(st.lists(st.tuples(ends, ends), max_size=6)):
        given = {**draw(properties), "weight": draw(weights)}
        if graph.is_multigraph():
            graph.add_edge(source, target, key=draw(keys), **given)
        else:
            graph.add_edge(source, target, **given)
    return graph


def edges_of(graph: nx.Graph[Any]) -> list[tuple[Any, ...]]:
    """Return ends, key (of a multigraph) and own attributes of all edges, comparably."""
    found = []
    for source, target, data in graph.edges(data=True):
        ends = (source, target) if graph.is_directed() else frozenset((source, target))
        own = {k: v for k, v in data.items() if k in ("x", "y", "long name", "weight")}
        found.append((ends, own))
    return found


@given(graphs())
def test_a_graph_of_any_kind_comes_back_with_its_nodes_edges_and_attributes(
    graph: nx.Graph[Any],
) -> None:
    paper = PaperLab()
    import_networkx(paper, graph)
    back = to_networkx(paper)
    again = graph.__class__(back)
    layout = {"type", "tags"}
    assert {n: dict(d) for n, d in graph.nodes(data=True)} == {
        n: {k: v for k, v in d.items() if k not in layout} for n, d in back.nodes(data=True)
    }
    expected = edges_of(graph)
    assert len(expected) == back.number_of_edges()
    assert all(edge in edges_of(again) for edge in expected)


@given(graphs())
def test_the_keys_of_a_multigraph_come_back(graph: nx.Graph[Any]) -> None:
    paper = PaperLab()
    import_networkx(paper, graph)
    back = to_networkx(paper)
    if isinstance(graph, nx.MultiGraph):
        for source, target, key in graph.edges(keys=True):
            either = back.has_edge(source, target, key) or back.has_edge(target, source, key)
            assert either


@given(states)
def test_a_state_comes_back_from_the_graph_it_was_written_to(state: GraphState) -> None:
    back = PaperLab()
    import_networkx(back, to_networkx(PaperLab(state)))
    assert as_plain(back.state) == as_plain(state)


@given(graphs())
def test_a_second_import_sends_nothing(graph: nx.Graph[Any]) -> None:
    paper = PaperLab()
    import_networkx(paper, graph)
    sent = len(paper.reasons)
    report = import_networkx(paper, graph)
    assert len(paper.reasons) == sent
    assert report.added == report.changed == report.removed == 0


def test_an_undirected_edge_becomes_one_bidirectional_relation(paper: PaperLab) -> None:
    import_networkx(paper, nx.Graph([("b", "a")]))
    (relation,) = paper.state.relations.values()
    assert (relation.from_entity, relation.to_entity, relation.bidirectional) == ("a", "b", True)


def test_an_undirected_edge_is_the_same_from_either_side(paper: PaperLab) -> None:
    import_networkx(paper, nx.Graph([("b", "a")]))
    turned = nx.Graph()
    turned.add_nodes_from(["a", "b"])
    turned.add_edge("a", "b")
    assert import_networkx(paper, turned).unchanged == 3


def test_an_edge_between_nodes_with_long_names_is_kept(paper: PaperLab) -> None:
    graph = nx.MultiDiGraph()
    graph.add_edges_from([("a" * 400, "b" * 400), ("a" * 400, "b" * 400)])
    import_networkx(paper, graph)
    assert len(paper.state.relations) == 2


def test_types_names_and_tags_are_fields(paper: PaperLab) -> None:
    graph = nx.DiGraph()
    graph.add_node("ada", type="person", name="Ada", tags=["x"], description="d", born=1815)
    import_networkx(paper, graph)
    ada = paper.state.entities["ada"]
    given = (ada.type, ada.name, ada.tags, ada.description, ada.properties)
    assert given == ("person", "Ada", ("x",), "d", {"born": 1815})


def test_weights_of_numpy_are_numbers(paper: PaperLab) -> None:
    graph = nx.DiGraph()
    graph.add_edge("a", "b", weight=np.float64(0.5), n=np.int64(3))
    import_networkx(paper, graph)
    (relation,) = paper.state.relations.values()
    assert (relation.strength, relation.properties) == (0.5, {"n": 3})


def test_an_attribute_may_be_kept_from_being_the_type(paper: PaperLab) -> None:
    graph = nx.Graph()
    graph.add_node("a", type=3)
    import_networkx(paper, graph, type=None, entity_type="thing")
    assert paper.state.entities["a"].type == "thing"
    assert paper.state.entities["a"].properties == {"type": 3}


def test_a_graph_shows_a_past_as_well_as_a_present(library: PaperLab) -> None:
    graph = to_networkx(library)
    assert graph.nodes["ada"] == {"type": "person", "tags": [], "name": "Ada", "born": 1815}
    assert graph.edges["ada", "note", "w"] == {
        "relation_id": "w",
        "type": "wrote",
        "weight": 2.0,
        "bidirectional": False,
        "tags": [],
    }


def bad_graph(**attributes: Any) -> nx.Graph[Any]:
    graph = nx.DiGraph()
    graph.add_node("fine")
    graph.add_edge("a", "b", **attributes)
    return graph


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (nx.Graph([(object, "b")]), "nodes.node: node <class 'object'>"),
        (bad_graph(weight="heavy"), "edges.strength: edge 'a' to 'b': must be a number, not str"),
        (bad_graph(weight=float("nan")), "edges.strength: edge 'a' to 'b': nan is not a finite"),
        (bad_graph(x=float("inf")), "edges.properties.x: edge 'a' to 'b': inf is not a finite"),
        (bad_graph(type=3), "edges.type: edge 'a' to 'b': must be a string, not int"),
        (bad_graph(relation_id=3), "edges.id: edge 'a' to 'b': must be a string, not int"),
        ("a,b", "graph: must be a graph of networkx, not str"),
    ],
)
def test_a_bad_graph_is_refused_with_its_place(paper: PaperLab, graph: Any, why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        import_networkx(paper, graph)
    assert str(caught.value).startswith(why)
    assert paper.reasons == []
