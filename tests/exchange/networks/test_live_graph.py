from __future__ import annotations

from copy import deepcopy
from itertools import pairwise

import networkx as nx
import pytest
from exchange.paper import PaperLab
from hypothesis import given
from shared.graphs import states

from nerv_lab.core.graph.changes import CreateEntity, CreateRelation, DeleteRelation
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange import networkx_view
from nerv_lab.lab import Lab


@pytest.fixture
def town(paper: PaperLab) -> PaperLab:
    """Return a lab with five places, four ways one way, one both ways, and one place apart."""
    ways = ["ab", "bc", "cd", "da", "ac"]
    paper.apply(
        [
            *(CreateEntity(place, "place", EntityMetadata(place.upper())) for place in "abcde"),
            *(
                CreateRelation(
                    way, *way, "way", RelationMetadata(strength=float(n), bidirectional=way == "ac")
                )
                for n, way in enumerate(ways, start=1)
            ),
        ]
    )
    return paper


def plain_copy(lab: PaperLab) -> nx.MultiDiGraph[str]:
    """Return the graph that networkx would make of the same relations."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(sorted(lab.state.entities))
    for id, relation in sorted(lab.state.relations.items()):
        ends = relation.from_entity, relation.to_entity
        graph.add_edge(*ends, key=id, weight=relation.strength)
        if relation.bidirectional:
            graph.add_edge(*ends[::-1], key=id, weight=relation.strength)
    return graph


def test_nodes_and_edges_are_entities_and_relations_by_id(town: PaperLab) -> None:
    view = networkx_view(town)
    assert list(view) == ["a", "b", "c", "d", "e"]
    assert sorted(view.edges(keys=True)) == sorted(plain_copy(town).edges(keys=True))
    assert view.nodes["a"]["name"] == "A"
    assert view.edges["a", "c", "ac"]["weight"] == view.edges["c", "a", "ac"]["weight"] == 5.0
    assert (view.out_degree("a"), view.in_degree("a"), view.degree("e")) == (2, 2, 0)


def test_algorithms_work_on_the_view_as_on_a_graph(town: PaperLab) -> None:
    view, graph = networkx_view(town), plain_copy(town)
    pytest.importorskip("scipy")
    assert nx.pagerank(view) == pytest.approx(nx.pagerank(graph))
    assert nx.betweenness_centrality(view) == nx.betweenness_centrality(graph)
    assert nx.shortest_path(view, "c", "b") == ["c", "a", "b"]
    assert nx.dijkstra_path_length(view, "a", "d") == nx.dijkstra_path_length(graph, "a", "d")
    assert nx.descendants(view, "a") == {"b", "c", "d"}
    parts = [{"a", "b", "c", "d"}, {"e"}]
    assert sorted(nx.weakly_connected_components(view), key=len, reverse=True) == parts
    assert sorted(nx.strongly_connected_components(view), key=len, reverse=True) == parts
    undirected = view.to_undirected(as_view=True)
    assert sorted(nx.connected_components(undirected), key=len, reverse=True) == parts
    assert undirected.number_of_edges() == len(town.state.relations)
    assert nx.community.louvain_communities(view, seed=1) == nx.community.louvain_communities(
        graph, seed=1
    )
    assert nx.to_numpy_array(view).tolist() == nx.to_numpy_array(graph).tolist()
    assert nx.subgraph(view, "ab").number_of_edges() == 1
    assert nx.is_path(view.reverse(copy=False), ["b", "a", "c"])


def test_the_view_cannot_be_changed(town: PaperLab) -> None:
    view = networkx_view(town)
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        view.add_edge("a", "e")
    with pytest.raises(TypeError):
        view.nodes["a"]["name"] = "B"
    assert nx.is_frozen(view)


def test_a_copy_of_the_view_is_a_graph_of_its_own(town: PaperLab) -> None:
    for copy in (networkx_view(town).copy(), nx.MultiDiGraph(networkx_view(town))):
        copy.nodes["a"]["name"] = "B"
        copy.add_edge("a", "e")
        assert copy.number_of_edges() == 7
    assert networkx_view(town).nodes["a"]["name"] == "A"
    assert deepcopy(networkx_view(town).nodes["a"]) == {"type": "place", "tags": [], "name": "A"}
    assert "'name': 'A'" in repr(networkx_view(town).nodes["a"])


def test_a_view_stays_at_its_moment(town: PaperLab) -> None:
    before = networkx_view(town)
    town.apply([DeleteRelation("ab")])
    assert before.has_edge("a", "b")
    assert not networkx_view(town).has_edge("a", "b")


@pytest.mark.parametrize("node", ["x", 7, None])
def test_what_is_not_there_is_missing_as_in_any_graph(town: PaperLab, node: object) -> None:
    view = networkx_view(town)
    assert node not in view
    with pytest.raises(KeyError):
        view.adj[node]  # type: ignore[index]
    with pytest.raises(KeyError):
        view.nodes["a"]["none"]


def test_a_property_named_as_a_field_is_read_beside_it(paper: PaperLab) -> None:
    properties = {"type": "x", "properties.type": "y", "size": 1}
    paper.apply([CreateEntity("a", "place", EntityMetadata(properties=properties))])
    data = networkx_view(paper).nodes["a"]
    assert (data["type"], data["properties.type"], data["size"]) == ("place", "x", 1)
    assert data["properties.properties.type"] == "y"
    with pytest.raises(KeyError):
        data["properties.size"]
    with pytest.raises(KeyError):
        data["name"]


@given(states)
def test_the_view_is_the_graph_that_networkx_would_make(state: GraphState) -> None:
    lab = PaperLab(state)
    view, graph = networkx_view(lab), plain_copy(lab)
    assert nx.utils.graphs_equal(nx.MultiDiGraph(view.edges), nx.MultiDiGraph(graph.edges))
    assert dict(view.in_degree) == dict(graph.in_degree)
    assert [len(row) for row in view.pred.values()] == [len(row) for row in graph.pred.values()]
    for _, data in view.nodes(data=True):
        assert len(data) == len(list(data)) == len(dict(data))


def test_the_lab_and_its_past_offer_the_view(lab: Lab) -> None:
    for id in "abc":
        lab.add_entity("place", id=id)
    for start, end in pairwise("abc"):
        lab.relate(start, "way", end)
    lab.commit("ways")
    lab.delete("b", cascade=True)
    assert nx.shortest_path(lab.at("v1").nx, "a", "c") == ["a", "b", "c"]
    assert not nx.has_path(lab.nx, "a", "c")


def test_the_view_is_kept_while_the_graph_stays(lab: Lab) -> None:
    lab.add_entity("place", id="a")
    before = lab.nx
    assert lab.nx is before
    lab.add_entity("place", id="b")
    assert lab.nx is not before
    assert (len(before), len(lab.nx)) == (1, 2)
