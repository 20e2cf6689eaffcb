"""A graph as networkx sees it, without a copy.

The view is a ``MultiDiGraph`` whose dicts are mappings over one immutable state, made in the way
of networkx's own views. What an algorithm asks for is grouped by neighbour when it asks; nothing
else is built, and attributes are read from the items themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any, Final

import networkx as nx

from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange.ports import StateSource
from nerv_lab.exchange.tables.flat import column_of, property_of

__all__ = ["networkx_view"]

_FIRST: Final = itemgetter(0)
_Row = Mapping[str, Mapping[str, "_Attributes"]]


def networkx_view(source: StateSource) -> nx.MultiDiGraph[str]:
    """Return a graph as a read-only MultiDiGraph, without copying it.

    Nodes are the ids of the entities, edge keys those of the relations, both in the order of the
    ids; a relation that is bidirectional is an edge each way. The data of nodes and edges are
    named as in :func:`~nerv_lab.exchange.to_networkx`: ``type``, ``name``, ``weight`` (the
    strength), … and the properties.

    Parameters
    ----------
    source : Lab or View
        The present, as it is at this moment, or a past.
    """
    state = source.state
    graph: nx.MultiDiGraph[str] = nx.freeze(nx.MultiDiGraph())
    nodes = _Nodes(state)
    # networkx assigns these in its own views, to mappings that are no dicts either.
    views = {
        "_node": nodes,
        "_succ": _Adjacency(nodes, state, "from_entity", "to_entity"),
        "_pred": _Adjacency(nodes, state, "to_entity", "from_entity"),
    }
    for name, view in views.items():
        setattr(graph, name, view)
    return graph


def _tags(item: Item) -> list[str]:
    return list(item.tags)


_ENTITY_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "type": lambda e: e.type,
    "tags": _tags,
    "name": lambda e: e.name,
    "description": lambda e: e.description,
}
_RELATION_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "relation_id": lambda r: r.id,
    "type": lambda r: r.type,
    "weight": lambda r: r.metadata.strength,
    "bidirectional": lambda r: r.bidirectional,
    "tags": _tags,
    "description": lambda r: r.description,
}


class _Attributes(Mapping[str, Any]):
    """The data of a node or an edge, read from its item."""

    __slots__ = ("_fields", "_item")

    def __init__(self, item: Item) -> None:
        self._item = item
        self._fields = _ENTITY_FIELDS if isinstance(item, Entity) else _RELATION_FIELDS

    def __getitem__(self, name: object) -> Any:
        # Not every name is text: algorithms ask for the weight None where they want none.
        if not isinstance(name, str):
            raise KeyError(name)
        get = self._fields.get(name)
        if get is not None:
            value = get(self._item)
            if value is not None:
                return value
        elif column_of(property_of(name)) == name:
            return self._item.properties[property_of(name)]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        # Algorithms ask for the weight of every edge before they read it.
        return (name == "weight" and self._fields is _RELATION_FIELDS) or super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        yield from (name for name, get in self._fields.items() if get(self._item) is not None)
        yield from map(column_of, self._item.properties)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def copy(self) -> dict[str, Any]:
        """Return the data as a dict; networkx copies graphs by this."""
        return dict(self)

    def __deepcopy__(self, memo: object) -> dict[str, Any]:
        return dict(self)  # values are read-only

    def __repr__(self) -> str:
        return repr(dict(self))


class _Nodes(Mapping[str, _Attributes]):
    def __init__(self, state: GraphState) -> None:
        self._entities = state.entities

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self._entities))

    def __getitem__(self, id: str) -> _Attributes:
        return _Attributes(self._entities[id])

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and id in self._entities

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self._entities)


class _Adjacency(Mapping[str, _Row]):
    """From each node to its neighbours on one side; a row is kept once it was asked for."""

    def __init__(self, nodes: _Nodes, state: GraphState, here: str, there: str) -> None:
        self._nodes = nodes
        self._state = state
        self._here: Callable[[Relation], str] = attrgetter(here)
        self._there: Callable[[Relation], str] = attrgetter(there)
        self._rows: dict[str, _Row] = {}

    def __getitem__(self, id: str) -> _Row:
        if (row := self._rows.get(id)) is None:
            if id not in self._nodes:
                raise KeyError(id)
            row = self._rows[id] = self._row(id)
        return row

    def _row(self, id: str) -> _Row:
        here, there = self._here, self._there
        edges: list[tuple[str, Relation, str]] = []
        for relation in self._state.relations_of(id):
            if here(relation) == id:
                edges.append((relation.id, relation, there(relation)))
            elif relation.bidirectional:
                edges.append((relation.id, relation, here(relation)))
        row: dict[str, dict[str, _Attributes]] = {}
        for relation_id, relation, neighbour in sorted(edges, key=_FIRST):
            row.setdefault(neighbour, {})[relation_id] = _Attributes(relation)
        return row

    def __contains__(self, id: object) -> bool:
        return id in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)
