"""What a lens shows of a graph, kept up as the graph changes: a change costs what depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item, Relation, equal_items, keeps_ends
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.shown.conditions import conditions_of
from nerv_lab.widgets.shown.groups import Groups
from nerv_lab.widgets.shown.lens import Lens
from nerv_lab.widgets.shown.neighbourhood import Neighbourhood
from nerv_lab.widgets.shown.scene import Scene

__all__ = ["Sight"]


class Sight:
    """What a lens shows of a graph.

    Parameters
    ----------
    lens : Lens
        Which part is shown.
    state : GraphState
        Of which graph.

    Attributes
    ----------
    scene : GraphState
        What is shown: the graph itself, where the lens leaves nothing out.
    """

    def __init__(self, lens: Lens, state: GraphState) -> None:
        self.lens = lens
        self.scene = state
        self._state = state
        self._conditions = conditions_of(lens.query)
        self._around = Neighbourhood(lens.around, lens.depth, state) if lens.around else None
        self._opened = Neighbourhood(lens.opened, 1, state)
        self._shown: set[str] | None = None
        self._groups = Groups(lens.collapsed)
        if lens:
            self.scene = self._whole(state)

    # -- all of it ------------------------------------------------------------------------------

    def _whole(self, state: GraphState) -> Scene:
        shown: Any = (state.entities, state.relations)
        if self.lens.narrows:
            self._shown = {id for id in self._candidates(state) if self._meets(state, id)}
            entities = {id: state.entities[id] for id in self._shown}
            shown = entities, self._between(state, self._shown)
        if self._groups.types:
            shown = self._groups.gather(*(items.values() for items in shown))
        return Scene(*(dict(items) for items in shown))

    def _candidates(self, state: GraphState) -> Iterable[str]:
        return state.entities if self._around is None else self._around.ids | self._opened.ids

    def _between(self, state: GraphState, shown: set[str]) -> dict[str, Relation]:
        wide = 2 * len(shown) > len(state.entities)
        among = state.relations.values() if wide else self._relations_of(state, shown)
        return {r.id: r for r in among if r.from_entity in shown and r.to_entity in shown}

    @staticmethod
    def _relations_of(state: GraphState, ids: Iterable[str]) -> Iterator[Relation]:
        return (relation for id in ids for relation in state.relations_of(id))

    def _meets(self, state: GraphState, id: str) -> bool:
        """Return whether an entity that is there is shown."""
        if not self.lens.narrows or id in self._opened.ids:
            return True
        if self._around is not None and id not in self._around.ids:
            return False
        if self._around is not None and id in self._around.roots:
            return True
        entity = state.entities[id]
        return all(condition(state, entity) for condition in self._conditions)

    # -- what has changed ---------------------------------------------------------------------

    def follow(self, state: GraphState, changes: Iterable[ItemChange]) -> tuple[ItemChange, ...]:
        """Go on to another state, and return how the scene changes.

        Parameters
        ----------
        state : GraphState
            The graph after the changes.
        changes : iterable of ItemChange
            What leads to it.
        """
        changes = tuple(changes)
        before, self._state = self._state, state
        if not self.lens:
            self.scene = state
            return changes
        entities, relations = self._touched(before, state, {change.key for change in changes})
        was = {id: self._shows(before, id) for id in entities}
        now = {id: id in state.entities and self._meets(state, id) for id in entities}
        for id in entities:
            if was[id] != now[id] or (now[id] and self._regroups(before, state, id)):
                relations |= {r.id for at in (before, state) for r in at.relations_of(id)}
        gone = self._items(before, was, relations)
        if self._shown is not None:
            self._shown.difference_update(id for id in entities if not now[id])
            self._shown.update(id for id in entities if now[id])
        return self._show(gone, before, self._items(state, now, relations))

    def _shows(self, state: GraphState, id: str) -> bool:
        return id in (state.entities if self._shown is None else self._shown)

    def _touched(
        self, before: GraphState, state: GraphState, keys: set[str]
    ) -> tuple[set[str], set[str]]:
        """Return the entities and relations that may be shown otherwise than before."""
        entities = {key[2:] for key in keys if key[0] == "e"}
        relations = {key[2:] for key in keys if key[0] == "r"}
        ends: set[str] = set()
        for id in relations:
            old, new = before.relation(id), state.relation(id)
            if not keeps_ends(old, new):
                ends |= {end for r in (old, new) if r for end in (r.from_entity, r.to_entity)}
        touched = entities | ends | self._opened.follow(state, entities, ends)
        if self._around is not None:
            touched |= self._around.follow(state, entities, ends)
        return touched, relations

    def _regroups(self, before: GraphState, state: GraphState, id: str) -> bool:
        types = {before.entities[id].type, state.entities[id].type}
        return len(types) > 1 and not types.isdisjoint(self._groups.types)

    def _items(self, state: GraphState, known: dict[str, bool], relations: set[str]) -> list[Item]:
        """Return those of these entities and relations that are shown, before they are grouped."""

        def shows(id: str) -> bool:
            return known[id] if id in known else self._shows(state, id)

        found: list[Item] = [state.entities[id] for id, shown in known.items() if shown]
        for id in relations:
            relation = state.relation(id)
            if relation and shows(relation.from_entity) and shows(relation.to_entity):
                found.append(relation)
        return found

    def _show(
        self, gone: list[Item], before: GraphState, come: list[Item]
    ) -> tuple[ItemChange, ...]:
        own: dict[str, Item | None] = {item.key: None for item in gone}
        groups: set[str] = set()
        for items, state, times in ((gone, before, -1), (come, self._state, 1)):
            for item in items:
                key = self._groups.put(item, state, times)
                if key == item.key:
                    own[key] = item if times == 1 else None
                elif key is not None:
                    groups.add(key)
        after = own | {key: self._groups.standing(key) for key in groups}
        changes = [
            ItemChange(key, old, new)
            for key, new in after.items()
            if (old := self.scene.get(key)) is not new and not equal_items(old, new, exact=True)
        ]
        changes.sort(key=_rank)
        assert isinstance(self.scene, Scene)
        self.scene = self.scene.changed(changes)
        return tuple(changes)


def _rank(change: ItemChange) -> tuple[bool, bool]:
    """Order changes so that each step is a graph: relations go first, and come last."""
    comes = change.new is not None
    return comes, comes == (change.key[0] == "r")
