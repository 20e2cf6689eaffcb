# ruff: noqa: D102 - the methods are described once, at Store
"""raphtory: a graph in memory with the times of its updates; on disk when it is closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from raphtory import PersistentGraph
from workload import Commit, Workload, Write

__all__ = ["RaphtoryStore"]

_LAYER = "knows"
_NEXT = "versions"


class RaphtoryStore:
    """Versions are raphtory's times. It deletes no nodes, so that a property says they are gone."""

    def __init__(self, path: Path, durability: str) -> None:
        self._path = path
        loaded = path.exists()
        self._graph: Any = (
            PersistentGraph.load_from_file(str(path)) if loaded else PersistentGraph()
        )
        self._next = self._saved = self._graph.metadata.get(_NEXT) if loaded else 0

    def build(self, workload: Workload) -> None:
        for id, properties in workload.entities():
            self._graph.add_node(0, id, {**properties, "gone": False}, "thing")
        for id, source, target, properties in workload.relations():
            self._graph.add_edge(0, source, target, {**properties, "id": id}, _LAYER)
        self._next = 1

    def commit(self, changes: Commit) -> None:
        for write in changes:
            self._write(write, self._next)
        self._next += 1

    def _write(self, write: Write, time: int) -> None:
        match write.action, write.ends:
            case "delete", None:
                self._graph.add_node(time, write.id, {"gone": True})
            case "delete", (source, target):
                self._graph.delete_edge(time, source, target, _LAYER)
            case _, None:
                self._graph.add_node(time, write.id, {**write.properties, "gone": False}, "thing")
            case _, (source, target):
                properties = {**write.properties, "id": write.id}
                self._graph.add_edge(time, source, target, properties, _LAYER)

    def read(self, version: int, ids: list[str]) -> int:
        then = self._graph.at(version)
        return sum(then.node(id).properties["value"] for id in ids)

    def diff(self, first: int, second: int) -> int:
        before, after = self._graph.at(first), self._graph.at(second)
        between = self._graph.event_graph().window(first + 1, second + 1)
        # A node is in the window for its edges too, so that both ends have to be compared.
        nodes = sum(
            _node(before, name) != _node(after, name) for name in between.nodes.name.collect()
        )
        edges = sum(
            _edge(before, *ends) != _edge(after, *ends) for ends in between.edges.id.collect()
        )
        return nodes + edges

    def close(self) -> None:
        if self._next != self._saved:
            self._graph.update_metadata({_NEXT: self._next})
            self._graph.save_to_file(str(self._path))


def _node(graph: Any, name: str) -> dict[str, Any] | None:
    node = graph.node(name)
    found = None if node is None else node.properties.as_dict()
    return None if found is None or found.get("gone", True) else found


def _edge(graph: Any, source: str, target: str) -> dict[str, Any] | None:
    edge = graph.edge(source, target)
    return None if edge is None or not edge.is_valid() else edge.properties.as_dict()
