"""A part of a graph that is made to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Relation, keeps_ends
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values.hashing import SetHash
from nerv_lab.widgets.shown.patched import Patched

__all__ = ["Scene"]


class Scene(GraphState):
    """A part of a graph; it has no hash.

    Parameters
    ----------
    entities, relations : dict
        By id; both ends of each relation are there.
    """

    __slots__ = ("_links",)

    _links: Patched[dict[str, None]] | None

    def __init__(self, entities: dict[str, Entity], relations: dict[str, Relation]) -> None:
        self._hold(Patched(entities), Patched(relations), None)

    def _hold(self, entities: Any, relations: Any, links: Any) -> None:
        super().__init__(entities, relations, links, SetHash())

    @property
    def _adjacent(self) -> Any:
        """The relations at each entity; found out when they are asked for, since few scenes are."""
        if self._links is None:
            self._links = Patched(_linked(self.relations.values()))
        return self._links

    @_adjacent.setter
    def _adjacent(self, links: Any) -> None:
        self._links = links

    def changed(self, changes: Iterable[ItemChange]) -> Scene:
        """Return the scene after these changes, each of another item."""
        changes = tuple(changes)
        items: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        for change in changes:
            items[change.key[0] == "r"][change.key[2:]] = change.new
        made: Scene = Scene.__new__(Scene)
        known: Any = self
        links = self._links
        made._hold(
            known.entities.patched(items[0]),
            known.relations.patched(items[1]),
            None if links is None else links.patched(_relinked(links, changes)),
        )
        return made

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


def _linked(relations: Iterable[Relation]) -> dict[str, dict[str, None]]:
    """Return the ids of the relations at each end."""
    found: dict[str, dict[str, None]] = {}
    for relation in relations:
        id = relation.id
        for end in (relation.from_entity, relation.to_entity):
            if end in found:
                found[end][id] = None
            else:
                found[end] = {id: None}
    return found


def _relinked(
    links: Mapping[str, dict[str, None]], changes: Iterable[ItemChange]
) -> dict[str, dict[str, None] | None]:
    """Return the relations at each end of those that come or go."""
    found: dict[str, dict[str, None]] = {}
    for change in changes:
        if keeps_ends(change.old, change.new):
            continue
        for item, present in ((change.old, False), (change.new, True)):
            if not isinstance(item, Relation):
                continue
            for end in {item.from_entity, item.to_entity}:
                linked = found.setdefault(end, dict(links.get(end, ())))
                if present:
                    linked[item.id] = None
                else:
                    linked.pop(item.id, None)
    return {end: linked or None for end, linked in found.items()}
