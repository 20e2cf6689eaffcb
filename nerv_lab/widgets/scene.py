"""A part of a graph that is made to be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nerv_lab.core.hashing import SetHash
from nerv_lab.core.item_changes import ItemChange
from nerv_lab.core.model import Entity, Relation, keeps_ends
from nerv_lab.core.state import GraphState
from nerv_lab.widgets.patched import Patched

__all__ = ["Scene"]


class Scene(GraphState):
    """A part of a graph; it has no hash.

    Parameters
    ----------
    entities, relations : dict
        By id; both ends of each relation are there.
    """

    __slots__ = ()

    def __init__(self, entities: dict[str, Entity], relations: dict[str, Relation]) -> None:
        adjacent: dict[str, dict[str, None]] = {}
        for relation in relations.values():
            for end in (relation.from_entity, relation.to_entity):
                adjacent.setdefault(end, {})[relation.id] = None
        self._hold(Patched(entities), Patched(relations), Patched(adjacent))

    def _hold(self, entities: Any, relations: Any, adjacent: Any) -> None:
        super().__init__(entities, relations, adjacent, SetHash())

    def changed(self, changes: Iterable[ItemChange]) -> Scene:
        """Return the scene after these changes, each of another item."""
        entities: dict[str, Any] = {}
        relations: dict[str, Any] = {}
        adjacent: dict[str, dict[str, None]] = {}
        for change in changes:
            if change.key[0] == "e":
                entities[change.key[2:]] = change.new
                continue
            relations[change.key[2:]] = change.new
            if keeps_ends(change.old, change.new):
                continue
            for item, present in ((change.old, False), (change.new, True)):
                if not isinstance(item, Relation):
                    continue
                for end in {item.from_entity, item.to_entity}:
                    linked = adjacent.setdefault(end, dict(self._adjacent.get(end, ())))
                    if present:
                        linked[item.id] = None
                    else:
                        linked.pop(item.id, None)
        made: Scene = Scene.__new__(Scene)
        known: Any = self
        made._hold(
            known.entities.patched(entities),
            known.relations.patched(relations),
            known._adjacent.patched({end: linked or None for end, linked in adjacent.items()}),
        )
        return made

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__
