"""The digest of what is shown: a sum that browser and kernel both keep, and compare.

Every item has a mark of 64 bits, which travels with it; the digest is the sum of the marks of all
items, modulo 2^64. The browser adds up those of what it really holds: whatever was lost, doubled
or left behind on the way shows itself. Marks mean something within one process alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nerv_lab.core.model import Entity, Item
from nerv_lab.core.state import GraphState

__all__ = ["digest_of", "mark", "moved"]

_MASK: Final = (1 << 64) - 1


def mark(item: Item | None) -> int:
    """Return the mark of an item, from 0 to 2^64 - 1; 0 where there is none."""
    if item is None:
        return 0
    shown = (item.id, item.type, item.revision, item.updated_at)
    if isinstance(item, Entity):
        return hash((*shown, item.name)) & _MASK
    ends = (item.from_entity, item.to_entity, item.strength, item.bidirectional)
    return hash((*shown, *ends)) & _MASK


def digest_of(state: GraphState) -> int:
    """Return the digest of a state."""
    entities, relations = state.entities.values(), state.relations.values()
    return (sum(map(mark, entities)) + sum(map(mark, relations))) & _MASK


def moved(digest: int, before: GraphState, after: GraphState, keys: Iterable[str]) -> int:
    """Return the digest of a state, by that of one from which it differs in these keys only."""
    for key in set(keys):
        digest += mark(after.get(key)) - mark(before.get(key))
    return digest & _MASK
