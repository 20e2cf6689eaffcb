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
from nerv_lab.widgets.digest import mark

__all__ = ["Table", "graph_delta", "graph_snapshot", "packed"]


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


def _node_columns(entities: Sequence[Entity]) -> dict[str, Any]:
    types = Table()
    kind = _u32(types(e.type) for e in entities)
    return {
        "ids": [e.id for e in entities],
        "labels": [e.name or "" for e in entities],
        "types": types.values(),
        "type": kind,
        "mark": packed(map(mark, entities), "<u8"),
    }


def _edge_columns(relations: Sequence[Relation], ends: Table) -> dict[str, Any]:
    types = Table()
    return {
        "ids": [r.id for r in relations],
        "from": _u32(ends(r.from_entity) for r in relations),
        "to": _u32(ends(r.to_entity) for r in relations),
        "type": _u32(types(r.type) for r in relations),
        "types": types.values(),
        "strength": packed((r.strength for r in relations), "<f4"),
        "both": bytes(r.bidirectional for r in relations),
        "ends": ends.values(),
        "mark": packed(map(mark, relations), "<u8"),
    }


def graph_snapshot(state: GraphState) -> dict[str, Any]:
    """Return a whole graph as columns."""
    return {
        "nodes": _node_columns(list(state.entities.values())),
        "edges": _edge_columns(list(state.relations.values()), Table()),
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
        "edges": _edge_columns([item for item in kept if isinstance(item, Relation)], Table()),
        "gone_nodes": [key[2:] for key in gone if key.startswith("e:")],
        "gone_edges": [key[2:] for key in gone if key.startswith("r:")],
    }
