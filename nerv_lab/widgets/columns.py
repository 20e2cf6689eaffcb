"""Columns: entities and relations as the browser takes them, one array per field.

Names repeat in a graph and ids are long, so types and ends are indices into tables. Numbers are
little-endian binary columns, which a browser reads without parsing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nerv_lab.core.model import Entity, Item, Relation
from nerv_lab.core.state import GraphState

__all__ = ["graph_delta", "graph_snapshot"]


class _Table:
    """Numbers distinct strings in the order they come."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}

    def __call__(self, value: str) -> int:
        return self.index.setdefault(value, len(self.index))

    def values(self) -> list[str]:
        return list(self.index)


def _u32(values: Iterable[int]) -> bytes:
    return np.fromiter(values, dtype="<u4").tobytes()


def _node_columns(entities: Sequence[Entity]) -> dict[str, Any]:
    types = _Table()
    kind = _u32(types(e.type) for e in entities)
    return {
        "ids": [e.id for e in entities],
        "labels": [e.name or "" for e in entities],
        "types": types.values(),
        "type": kind,
    }


def _edge_columns(relations: Sequence[Relation], ends: _Table) -> dict[str, Any]:
    types = _Table()
    return {
        "ids": [r.id for r in relations],
        "from": _u32(ends(r.from_entity) for r in relations),
        "to": _u32(ends(r.to_entity) for r in relations),
        "type": _u32(types(r.type) for r in relations),
        "types": types.values(),
        "strength": np.fromiter((r.strength for r in relations), dtype="<f4").tobytes(),
        "both": bytes(r.bidirectional for r in relations),
        "ends": ends.values(),
    }


def graph_snapshot(state: GraphState) -> dict[str, Any]:
    """Return a whole graph as columns."""
    return {
        "nodes": _node_columns(list(state.entities.values())),
        "edges": _edge_columns(list(state.relations.values()), _Table()),
    }


def graph_delta(changed: Mapping[str, Item | None]) -> dict[str, Any]:
    """Return changed items as columns, and the ids of those that are gone.

    Parameters
    ----------
    changed : mapping of str to Entity, Relation or None
        By key (``"e:<id>"``, ``"r:<id>"``); None where the item is gone.
    """
    kept = [item for item in changed.values() if item is not None]
    gone = [key for key, item in changed.items() if item is None]
    return {
        "nodes": _node_columns([item for item in kept if isinstance(item, Entity)]),
        "edges": _edge_columns([item for item in kept if isinstance(item, Relation)], _Table()),
        "gone_nodes": [key[2:] for key in gone if key.startswith("e:")],
        "gone_edges": [key[2:] for key in gone if key.startswith("r:")],
    }
