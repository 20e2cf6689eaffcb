"""Nodes and edge keys of networkx as ids of a lab, and back.

A string stays as it is. Any other node becomes ``nx:`` and its canonical encoding, such as
``nx:7`` or ``nx:{"$nerv":"tuple","value":[1,2]}``; so does the rare string that reads like one of
these, or that an id may not be.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Hashable
from typing import Any

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.values import decode, encode, freeze
from nerv_lab.exchange.identity import shortened
from nerv_lab.exchange.tables.flat import plain

__all__ = ["edge_id", "edge_key", "entity_id", "node_of"]

_PREFIX = "nx:"
_ATOMS = (str, int, bytes, dt.date, uuid.UUID)


def entity_id(node: Hashable) -> str:
    """Return the entity id of a node.

    Raises
    ------
    ValidationError
        When the node is of a kind that has no reversible id.
    """
    if isinstance(node, str) and _usable(node) and node_of(node) == node:
        return str(node)
    return checked_name(_encoded(_canonical(node)), "node")


def node_of(id: str) -> Hashable:
    """Return the node that has this entity id; the id itself where no other node has it."""
    decoded = _decoded(id)
    try:
        return decoded if decoded is not None and _encoded(_canonical(decoded)) == id else id
    except ValidationError:
        return id


def edge_id(source: str, target: str, key: Hashable = None) -> str:
    """Return the relation id of an edge between two entity ids; the key is that of a multigraph.

    Where that would be too long it is a digest, from which the key does not come back.

    Raises
    ------
    ValidationError
        When the key has no reversible id.
    """
    parts = [source, target] if key is None else [source, target, _canonical(key)]
    return shortened(_encoded(parts))


def edge_key(id: str, source: str, target: str) -> Hashable:
    """Return the edge key of a relation: that of the graph it came from, or the id itself."""
    match _decoded(id):
        case [str(first), str(second), key] if (first, second) == (source, target):
            return key if _is_edge_id(id, source, target, key) else id
    return id


def _is_edge_id(id: str, source: str, target: str, key: Hashable) -> bool:
    try:
        return key is not None and edge_id(source, target, key) == id
    except ValidationError:
        return False


def _encoded(value: object) -> str:
    return _PREFIX + encode(freeze(value, "node")).decode()


def _decoded(id: str) -> Any:
    if not id.startswith(_PREFIX):
        return None
    try:
        return decode(id.removeprefix(_PREFIX))
    except ValidationError:
        return None


def _usable(text: str) -> bool:
    try:
        checked_name(text, "node")
    except ValidationError:
        return False
    return True


def _canonical(node: Any) -> Any:
    """Return the one form of all nodes that are equal, as 1, 1.0 and True are to a dict."""
    node = plain(node)
    if isinstance(node, tuple):
        return tuple(_canonical(part) for part in node)
    if isinstance(node, frozenset):
        return frozenset(_canonical(part) for part in node)
    if isinstance(node, (bool, float)) and math.isfinite(node) and node == int(node):
        return int(node)
    if isinstance(node, dt.datetime) and node.tzinfo is not None:
        return node.astimezone(dt.UTC)
    if isinstance(node, (float, *_ATOMS)):
        return node
    raise ValidationError(
        "node",
        f"{node!r} ({type(node).__name__}) has no reversible id; relabel the nodes to strings, "
        "numbers, dates, UUIDs or tuples of them",
    )
