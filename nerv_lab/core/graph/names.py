"""What to call an entity."""

from __future__ import annotations

from collections.abc import Callable

from nerv_lab.core.graph.state import GraphState

__all__ = ["naming"]


def naming(*states: GraphState) -> Callable[[str], str]:
    """Return what gives the name of an entity's id, by the first of the states in which it has one.

    An entity without a name, or that is in none of them, is called by its id.
    """

    def name_of(entity_id: str) -> str:
        found = (state.entity(entity_id) for state in states)
        return next((e.name for e in found if e and e.name), entity_id)

    return name_of
