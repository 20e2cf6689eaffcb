"""Entities so many relations away from some, kept up as the graph changes."""

from __future__ import annotations

from collections.abc import Iterable

from nerv_lab.core.graph.state import GraphState

__all__ = ["Neighbourhood"]


class Neighbourhood:
    """Some entities and those around them.

    Parameters
    ----------
    wanted : iterable of str
        Ids of those in the middle; of those that are not there it is as if they were not named.
    depth : int
        How many relations away from them.
    state : GraphState
        The graph.

    Attributes
    ----------
    roots, ids : set of str
        Those in the middle that are there, and all of the neighbourhood.
    """

    def __init__(self, wanted: Iterable[str], depth: int, state: GraphState) -> None:
        self._wanted = frozenset(wanted)
        self._depth = depth
        self._find(state)

    def _find(self, state: GraphState) -> None:
        self.roots = {id for id in self._wanted if id in state.entities}
        self.ids, edge = set(self.roots), set(self.roots)
        for _ in range(self._depth):
            edge = {
                end
                for id in edge
                for relation in state.relations_of(id)
                for end in (relation.from_entity, relation.to_entity)
            } - self.ids
            self.ids |= edge

    def follow(self, state: GraphState, entities: set[str], ends: set[str]) -> set[str]:
        """Go on to another state, and return the ids that join or leave.

        Parameters
        ----------
        state : GraphState
            The graph after the change.
        entities : set of str
            Those that changed, came or went.
        ends : set of str
            Those that have more or fewer relations.
        """
        if ends.isdisjoint(self.ids) and entities.isdisjoint(self._wanted):
            return set()
        before = self.ids
        self._find(state)
        return before ^ self.ids
