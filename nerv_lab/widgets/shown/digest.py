"""The digest of what is shown: a sum that browser and kernel both keep, and compare.

Every item has a mark of 64 bits, which travels with it; the digest is the sum of the marks of all
items, modulo 2^64. The browser adds up those of what it really holds: whatever was lost, doubled
or left behind on the way shows itself. Marks mean something within one process alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.state import GraphState

__all__ = ["digest_of", "mark", "moved"]

_MASK: Final = (1 << 64) - 1


def mark(item: Item | None) -> int:
    """Return the mark of an item, from 0 to 2^64 - 1; 0 where there is none."""
    if item is None:
        return 0
    return _entity_mark(item) if isinstance(item, Entity) else _relation_mark(item)


# Hashes of tuples are nearly linear in what they hold: two that change in opposite ways would leave
# their sum as it was. Those of bytes are not.
def _mixed(hashed: int) -> int:
    return hash(hashed.to_bytes(8, "little", signed=True)) & _MASK


# Of a large graph there are many: each is one tuple and no more.
def _entity_mark(item: Entity) -> int:
    shown = (item.id, item.type, item.revision, item.updated_at, item.metadata.name)
    return _mixed(hash(shown))


def _relation_mark(item: Relation) -> int:
    known = item.metadata
    shown = (
        *(item.id, item.type, item.revision, item.updated_at),
        *(item.from_entity, item.to_entity, known.strength, known.bidirectional),
    )
    return _mixed(hash(shown))


def digest_of(state: GraphState) -> int:
    """Return the digest of a state."""
    entities = map(_entity_mark, state.entities.values())
    relations = map(_relation_mark, state.relations.values())
    return (sum(entities) + sum(relations)) & _MASK


def moved(digest: int, before: GraphState, after: GraphState, keys: Iterable[str]) -> int:
    """Return the digest of a state, by that of one from which it differs in these keys only."""
    for key in set(keys):
        digest += mark(after.get(key)) - mark(before.get(key))
    return digest & _MASK
