"""The lens: which part of a graph is shown, by a query, around an entity, or with types as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from nerv_lab.core.hashing import SetHash
from nerv_lab.core.model import Entity, Relation
from nerv_lab.core.state import GraphState
from nerv_lab.widgets.conditions import find_entities
from nerv_lab.widgets.groups import collapsed_items

__all__ = ["Lens", "Scene"]


class Scene(GraphState):
    """A part of a graph that is made to be looked at, and has no hash.

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
        maps: tuple[Any, Any, Any] = (entities, relations, adjacent)
        super().__init__(maps[0], maps[1], maps[2], SetHash())

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__


@dataclass(frozen=True)
class Lens:
    """What to show of a graph.

    Attributes
    ----------
    query : str
        Conditions, as `find_entities` takes them; empty for none.
    around : tuple of str
        Entities whose neighbourhood is shown; empty for all.
    depth : int
        How many relations away from them.
    opened : frozenset of str
        Entities whose neighbours are shown whatever the rest says.
    collapsed : frozenset of str
        Types that are shown as one.
    """

    query: str = ""
    around: tuple[str, ...] = ()
    depth: int = 1
    opened: frozenset[str] = frozenset()
    collapsed: frozenset[str] = frozenset()

    @property
    def narrows(self) -> bool:
        """Whether some entities are left out."""
        return bool(self.query.strip() or self.around)

    def __bool__(self) -> bool:
        return self.narrows or bool(self.collapsed)

    def open(self, ids: Iterable[str]) -> Lens:
        """Return the lens that shows the neighbours of these too."""
        return replace(self, opened=self.opened | frozenset(ids))

    def scene(self, state: GraphState) -> GraphState:
        """Return what is shown of a state: itself, where nothing is left out."""
        if not self:
            return state
        if self.narrows:
            shown = self._shown(state)
            entities = {id: state.entities[id] for id in shown}
            relations = _between(state, shown)
        else:
            entities, relations = dict(state.entities.items()), dict(state.relations.items())
        if self.collapsed:
            entities, relations = collapsed_items(
                entities.values(), relations.values(), self.collapsed
            )
        return Scene(entities, relations)

    def _shown(self, state: GraphState) -> set[str]:
        roots = {id for id in self.around if id in state.entities}
        near = _neighbourhood(state, roots, self.depth) if self.around else None
        if self.query.strip():
            found = set(find_entities(state, self.query))
            near = found if near is None else (near & found) | roots
        opened = {id for id in self.opened if id in state.entities}
        return (near or set()) | _neighbourhood(state, opened, 1)


def _neighbourhood(state: GraphState, roots: set[str], depth: int) -> set[str]:
    known, edge = set(roots), set(roots)
    for _ in range(depth):
        edge = {
            end
            for id in edge
            for relation in state.relations_of(id)
            for end in (relation.from_entity, relation.to_entity)
        } - known
        known |= edge
    return known


def _between(state: GraphState, shown: set[str]) -> dict[str, Relation]:
    if 2 * len(shown) > len(state.entities):
        return {
            id: r
            for id, r in state.relations.items()
            if r.from_entity in shown and r.to_entity in shown
        }
    return {
        r.id: r
        for id in shown
        for r in state.relations_of(id)
        if r.from_entity in shown and r.to_entity in shown
    }
