"""Columns: entities and relations as the browser takes them, one array per field.

Names repeat in a graph and ids are long, so types and ends are indices into tables. Numbers are
little-endian binary columns, which a browser reads without parsing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np

from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.shown.board import Board
from nerv_lab.widgets.shown.digest import mark
from nerv_lab.widgets.shown.groups import group_size

__all__ = ["Table", "graph_delta", "graph_parts", "is_large", "packed"]

_PART_NODES: Final = 24_000
_PART_EDGES: Final = 30_000


class Table:
    """Numbers distinct strings in the order they come."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}

    def __call__(self, value: str) -> int:
        """Return the number of a string, from 0."""
        return self.index.setdefault(value, len(self.index))

    def values(self) -> list[str]:
        """Return the strings by their numbers."""
        return list(self.index)


def packed(values: Iterable[float], kind: str) -> bytes:
    """Return numbers as a binary column of a numpy kind, such as ``"<u4"``."""
    return np.fromiter(values, dtype=kind).tobytes()


def _u32(values: Iterable[int]) -> bytes:
    return packed(values, "<u4")


def _node_columns(entities: Sequence[Entity], board: Board) -> dict[str, Any]:
    types = Table()
    kind = _u32(types(e.type) for e in entities)
    return {
        "ids": [e.id for e in entities],
        "labels": [e.name or "" for e in entities],
        "types": types.values(),
        "type": kind,
        "mark": packed(map(mark, entities), "<u8"),
        "style": board.styler.columns("node", board.scene, entities),
        "places": board.arranger.columns(board.scene, entities),
        "groups": [[i, size] for i, e in enumerate(entities) if (size := group_size(e))],
    }


def _edge_columns(
    relations: Sequence[Relation], board: Board, ends: Table | None = None
) -> dict[str, Any]:
    types = Table()
    named = ends is None
    ends = Table() if ends is None else ends
    return {
        "style": board.styler.columns("edge", board.scene, relations),
        "ids": [r.id for r in relations],
        "from": _u32(ends(r.from_entity) for r in relations),
        "to": _u32(ends(r.to_entity) for r in relations),
        "type": _u32(types(r.type) for r in relations),
        "types": types.values(),
        "strength": packed((r.strength for r in relations), "<f4"),
        "both": bytes(r.bidirectional for r in relations),
        "ends": ends.values() if named else None,
        "mark": packed(map(mark, relations), "<u8"),
    }


def is_large(state: GraphState) -> bool:
    """Return whether a graph travels in parts of 1 to 4 MB rather than at once."""
    return len(state.entities) > _PART_NODES or len(state.relations) > _PART_EDGES


def graph_parts(board: Board) -> Iterator[dict[str, Any]]:
    """Yield all that a board shows as columns, in parts: first all entities, then the relations.

    Each part tells under ``load`` what there is in all and what was yielded up to it. In a large
    graph the ends of relations are numbers of entities, in the order in which these came.

    Parameters
    ----------
    board : Board
        What shows it; what it shows later does not change the parts.
    """
    state = board.scene
    if not is_large(state):
        nodes = _node_columns(list(state.entities.values()), board)
        edges = _edge_columns([*state.relations.values()], board)
        yield {"graph": {"nodes": nodes, "edges": edges}}
        return
    total = {"nodes": len(state.entities), "edges": len(state.relations)}
    ends = Table()
    here = {"nodes_here": 0, "edges_here": 0}
    no_edges, no_nodes = _edge_columns([], board), _node_columns([], board)
    for entities in _batched(state.entities.values(), _PART_NODES):
        for entity in entities:
            ends(entity.id)
        here["nodes_here"] += len(entities)
        graph = {"nodes": _node_columns(entities, board), "edges": no_edges}
        yield {"graph": graph, "load": {**total, **here}}
    for relations in _batched(state.relations.values(), _PART_EDGES):
        here["edges_here"] += len(relations)
        graph = {"nodes": no_nodes, "edges": _edge_columns(relations, board, ends)}
        yield {"graph": graph, "load": {**total, **here}}


def _batched(items: Iterable[Any], count: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, count)):
        yield batch


def graph_delta(changed: Mapping[str, Item | None], board: Board) -> dict[str, Any]:
    """Return changed items as columns, and the ids of those that are gone.

    Parameters
    ----------
    changed : mapping of str to Entity, Relation or None
        By key (``"e:<id>"``, ``"r:<id>"``); None where the item is gone.
    board : Board
        What shows them.
    """
    kept = [item for item in changed.values() if item is not None]
    gone = [key for key, item in changed.items() if item is None]
    return {
        "nodes": _node_columns([item for item in kept if isinstance(item, Entity)], board),
        "edges": _edge_columns([item for item in kept if isinstance(item, Relation)], board),
        "gone_nodes": [key[2:] for key in gone if key.startswith("e:")],
        "gone_edges": [key[2:] for key in gone if key.startswith("r:")],
    }
