"""Graphs of networkx, in and out.

Layout of a graph that :func:`to_networkx` writes, and that :func:`import_networkx` reads:

==========  ===================================================================================
node        the entity id; the original node where the entity came from networkx
node data   ``type``, ``tags`` (list), ``name`` and ``description`` where there are any, then
            each property under its name
edge key    the relation id; the original key where the relation came from a multigraph
edge data   ``type``, ``weight`` (the strength), ``bidirectional``, ``relation_id``, ``tags``,
            ``description`` where there is one, then each property under its name
==========  ===================================================================================

A property named as one of these is written as ``properties.NAME``
(see :mod:`nerv_lab.exchange.tables.flat`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, TypeAlias

import networkx as nx

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import Change, UpdateEntity, UpdateRelation
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import thaw
from nerv_lab.exchange.difference import Difference, RelationDraft, located
from nerv_lab.exchange.networks.node_ids import edge_id, edge_key, entity_id, node_of
from nerv_lab.exchange.ports import ChangeTarget, StateSource, bringing_in, send
from nerv_lab.exchange.tables.flat import column_of, plain, property_of, tags_of
from nerv_lab.inner_universe.contract.progress import Meter, Progress
from nerv_lab.lab.import_reports import ImportProblem, ImportReport

__all__ = ["import_networkx", "plan_networkx", "to_networkx"]

AnyGraph: TypeAlias = "nx.Graph[Any]"


def import_networkx(
    lab: ChangeTarget,
    graph: AnyGraph,
    *,
    type: str | None = "type",
    weight: str | None = "weight",
    entity_type: str = "node",
    relation_type: str = "edge",
    progress: Progress = None,
    reason: str | None = None,
) -> ImportReport:
    """Bring a Graph, DiGraph, MultiGraph or MultiDiGraph into a lab, as one batch or not at all.

    Attributes become properties, except those of the layout above. An edge of an undirected
    graph becomes one bidirectional relation. Items that exist already are updated in what the
    graph gives and keep the rest; nothing is deleted. Attributes of the graph itself have no
    place here, and the report names them.

    Parameters
    ----------
    lab : Lab
        Where to.
    graph : networkx.Graph
        A graph of any of the four kinds.
    type, weight : str or None
        Attributes that hold types and, on edges, the strength; None takes no attribute as such.
    entity_type, relation_type : str
        Types of nodes and edges without that attribute.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in nodes and edges.
    reason : str, optional
        Recorded with the batch.

    Raises
    ------
    ValidationError
        When a node has no reversible id or an attribute is refused; the reason begins with the
        node or edge. Nothing has changed then.
    """
    with bringing_in(progress) as meter:
        planned = plan_networkx(
            lab.state,
            graph,
            type=type,
            weight=weight,
            entity_type=entity_type,
            relation_type=relation_type,
            meter=meter,
        )
        return send(lab, planned, reason or "import from networkx")


def plan_networkx(
    state: GraphState,
    graph: AnyGraph,
    *,
    type: str | None = "type",
    weight: str | None = "weight",
    entity_type: str = "node",
    relation_type: str = "edge",
    meter: Meter,
) -> tuple[list[Change], ImportReport]:
    """Work out what a graph changes, without changing it; see :func:`import_networkx`."""
    _check_graph(graph)
    meter.expect(graph.number_of_nodes() + graph.number_of_edges())
    difference = Difference(state)
    for node, data in meter.each(graph.nodes(data=True)):
        with located("nodes", f"node {node!r}"):
            fields = {"type": type, "name": "name"}
            given = _fields(data, fields, entity_type)
            difference.put_entity(UpdateEntity(entity_id(node), **given))
    for source, target, key, data in meter.each(_edges(graph)):
        with located("edges", f"edge {source!r} to {target!r}"):
            fields = {"type": type, "strength": weight, "bidirectional": "bidirectional"}
            given = _fields(data, {**fields, "id": "relation_id"}, relation_type)
            if not graph.is_directed():
                given.setdefault("bidirectional", True)
            difference.put_relation(_relation_draft(graph, source, target, key, given))
    problems = (
        ImportProblem(f"attribute {name!r} of the graph", "left out: a lab has none of its own")
        for name in graph.graph
    )
    return difference.changes, difference.report("networkx", problems)


def _check_graph(graph: object) -> None:
    if not isinstance(graph, nx.Graph):
        name = type(graph).__name__
        raise ValidationError("graph", f"must be a graph of networkx, not {name}")


def _edges(graph: AnyGraph) -> Iterator[tuple[Hashable, Hashable, Hashable, dict[str, Any]]]:
    if isinstance(graph, nx.MultiGraph):
        yield from graph.edges(keys=True, data=True)
    else:
        for source, target, data in graph.edges(data=True):
            yield source, target, None, data


def _fields(
    data: Mapping[Any, Any], fields: Mapping[str, str | None], default_type: str
) -> dict[str, Any]:
    """Split attributes into fields and properties."""
    rest = {_attribute(name): value for name, value in data.items()}
    columns = {**fields, "description": "description", "tags": "tags"}
    given = {
        field: _plain(name, rest.pop(name))
        for field, name in columns.items()
        if name is not None and name in rest
    }
    if "tags" in given:
        given["tags"] = tags_of(given["tags"])
    given.setdefault("type", default_type)
    given["properties"] = {property_of(name): _plain(name, v) for name, v in rest.items()}
    if len(given["properties"]) < len(rest):
        doubled = next(n for n in rest if n != property_of(n) and property_of(n) in rest)
        raise ValidationError(doubled, f"and {property_of(doubled)!r} are the same property")
    return given


def _attribute(name: object) -> str:
    if not isinstance(name, str):
        raise ValidationError(f"{name!r}", "an attribute needs a name that is text")
    return name


def _plain(name: str, value: object) -> Any:
    try:
        return plain(value)
    except ValidationError as error:
        raise ValidationError(name, error.reason) from None


def _relation_draft(
    graph: AnyGraph, source: Hashable, target: Hashable, key: Hashable, given: dict[str, Any]
) -> RelationDraft:
    ends = entity_id(source), entity_id(target)
    if not graph.is_directed() and "id" not in given:
        ends = min(ends), max(ends)  # an undirected edge may come back the other way round
    given.setdefault("id", edge_id(*ends, key))
    return RelationDraft(*ends, UpdateRelation(**given))


def to_networkx(source: StateSource) -> nx.MultiDiGraph[Any]:
    """Return a graph as a MultiDiGraph in the layout above, ordered by id.

    A bidirectional relation is one edge with ``bidirectional=True``.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    """
    state = source.state
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for id in sorted(state.entities):
        graph.add_node(node_of(id))
        graph.nodes[node_of(id)].update(_entity_data(state.entities[id]))
    for id in sorted(state.relations):
        relation = state.relations[id]
        ends = relation.from_entity, relation.to_entity
        nodes = node_of(ends[0]), node_of(ends[1])
        key = edge_key(id, *ends)
        if graph.has_edge(*nodes, key=key):
            key = id
        graph.add_edge(*nodes, key=key)
        graph.edges[*nodes, key].update(_relation_data(relation))
    return graph


def _entity_data(entity: Entity) -> dict[str, Any]:
    return {"type": entity.type, "tags": list(entity.tags), **_rest(entity, "name", "description")}


def _relation_data(relation: Relation) -> dict[str, Any]:
    return {
        "relation_id": relation.id,
        "type": relation.type,
        "weight": relation.strength,
        "bidirectional": relation.bidirectional,
        "tags": list(relation.tags),
        **_rest(relation, "description"),
    }


def _rest(item: Entity | Relation, *texts: str) -> dict[str, Any]:
    given = {name: text for name in texts if (text := getattr(item, name)) is not None}
    properties = {column_of(name): thaw(value) for name, value in item.properties.items()}
    return {**given, **properties}
