"""GraphML and GEXF, through networkx.

Attributes are named as in :mod:`nerv_lab.exchange.file_rows`; in GEXF the type of a relation is
the label of its edge.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import networkx as nx

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.file_rows import encoded, entity_row, read_row, relation_row
from nerv_lab.exchange.ports import ChangeTarget, StateSource, send
from nerv_lab.exchange.report import ImportReport
from nerv_lab.exchange.tables import Columns, Table, plan_tables

__all__ = ["import_gexf", "import_graphml", "to_gexf", "to_graphml"]

PathLike = str | os.PathLike[str]
Graph = nx.MultiDiGraph
# What XML cannot hold, or changes on the way; a text that is empty is no text to it.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]|^\s|\s$|^$")
# What these names mean to GEXF is not what they mean here.
_TAKEN: Final = frozenset(
    {
        *("id", "label", "viz", "start", "end", "startopen", "endopen", "pid", "parents"),
        *("spells", "slices", "networkx_key", "source", "target", "kind", "key"),
    }
)


def to_graphml(source: StateSource, path: PathLike) -> None:
    """Write a graph as GraphML, ordered by id.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    path : str or path
        The file; one that is there is replaced.
    """
    nx.write_graphml(_graph(source, _fits), os.fspath(path))


def to_gexf(source: StateSource, path: PathLike) -> None:
    """Write a graph as GEXF, such as Gephi opens, ordered by id; see :func:`to_graphml`."""
    graph = _graph(source, lambda name, value: _fits(name, value) and name not in _TAKEN)
    for id, data in graph.nodes(data=True):
        data["label"] = data.get("name", id)
    for *_, id, data in graph.edges(data=True, keys=True):
        data["relation_id"] = id  # what networkx itself reads back only where edges are parallel
        if "type" in data:
            data["label"] = data.pop("type")
    nx.write_gexf(graph, os.fspath(path))


def import_graphml(
    lab: ChangeTarget,
    path: PathLike,
    *,
    entity_type: str = "node",
    relation_type: str = "edge",
    reason: str | None = None,
) -> ImportReport:
    """Bring a GraphML file into a lab, as one batch or not at all.

    Attributes become properties, except those that are fields: ``type``, ``name``,
    ``description``, ``tags``, ``weight``, ``bidirectional``. The edges of an undirected graph are
    bidirectional. What is there already is updated, and nothing is deleted.

    Parameters
    ----------
    lab : Lab
        Where to.
    path : str or path
        The file.
    entity_type, relation_type : str
        Types of nodes and edges that say none.
    reason : str, optional
        Recorded with the batch.

    Raises
    ------
    ValidationError
        The file is none of this kind, or something in it is refused; nothing has changed then.
    """
    graph = _read(path, "GraphML", lambda file: nx.read_graphml(file, force_multigraph=True))
    return _import(lab, graph, "GraphML", (entity_type, relation_type), reason)


def import_gexf(
    lab: ChangeTarget,
    path: PathLike,
    *,
    entity_type: str = "node",
    relation_type: str = "edge",
    reason: str | None = None,
) -> ImportReport:
    """Bring a GEXF file into a lab, as one batch or not at all; see :func:`import_graphml`.

    The label of a node is its name, where that is not given as such, and the label of an edge
    its type.
    """
    graph = _read(path, "GEXF", nx.read_gexf)
    for id, data in graph.nodes(data=True):
        label = data.pop("label", id)
        if label != id:
            data.setdefault("name", label)
    for *_, data in graph.edges(data=True):
        data.pop("id", None)
        if "label" in data:
            data.setdefault("type", data.pop("label"))
    return _import(lab, graph, "GEXF", (entity_type, relation_type), reason)


def _fits(name: str, value: object) -> bool:
    if isinstance(value, str):
        return not _UNSAFE.search(value)
    return isinstance(value, (bool, int, float))


def _graph(source: StateSource, fits: Callable[[str, Any], bool]) -> Graph[str]:
    state = source.state
    graph: Graph[str] = nx.MultiDiGraph()
    for id in sorted(state.entities):
        graph.add_node(id)
        graph.nodes[id].update(encoded(entity_row(state.entities[id]), fits))
    for id in sorted(state.relations):
        relation = state.relations[id]
        ends = relation.from_entity, relation.to_entity
        graph.add_edge(*ends, key=id)
        graph.edges[*ends, id].update(encoded(relation_row(relation), fits))
    return graph


def _read(path: PathLike, kind: str, read: Callable[[str], Any]) -> Any:
    file = Path(path).expanduser()
    try:
        return read(str(file))
    except OSError as error:
        raise ValidationError("path", f"{file} cannot be read: {error.strerror}") from None
    except (ParseError, nx.NetworkXError, KeyError, ValueError, SyntaxError) as error:
        raise ValidationError("path", f"{file} is not {kind}: {error}") from None


def _import(
    lab: ChangeTarget, graph: Any, kind: str, types: tuple[str, str], reason: str | None
) -> ImportReport:
    nodes, edges = list(graph.nodes(data=True)), list(_edges(graph))
    tables = (
        Table(
            "nodes",
            ("id", "type"),
            (read_row(data) | {"id": str(id)} for id, data in nodes),
            lambda position: f"node {nodes[position][0]!r}",
        ),
        Table(
            "edges",
            ("source", "target", "id", "type"),
            map(read_row, edges),
            lambda position: f"edge {edges[position]['source']!r} to {edges[position]['target']!r}",
        ),
    )
    columns = Columns(strength="weight", entity_type=types[0], relation_type=types[1])
    planned = plan_tables(lab.state, *tables, columns, source=kind)
    return send(lab, planned, reason or f"import from {kind}")


def _edges(graph: Any) -> Iterator[dict[str, Any]]:
    multiple = graph.is_multigraph()
    for source, target, *key, data in graph.edges(
        data=True, **({"keys": True} if multiple else {})
    ):
        row = {**data, "source": str(source), "target": str(target)}
        if key and isinstance(key[0], str):
            row["id"] = key[0]
        if "relation_id" in row:
            row["id"] = row.pop("relation_id")
        if not graph.is_directed():
            row.setdefault("bidirectional", True)
        yield row
