"""What two versions grew from, in a history that may have crossed itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nerv_lab.core.lineage import merge_bases
from nerv_lab.core.merge import Place, Resolution, merge_states
from nerv_lab.core.merge_functions import MergeFunction
from nerv_lab.core.state import GraphState
from nerv_lab.core.temporal import TemporalStore

__all__ = ["Base", "base_of"]


@dataclass(frozen=True, slots=True)
class Base:
    """What two versions grew from.

    Attributes
    ----------
    state : GraphState
        The state of their nearest common ancestor, or what several of those merge to.
    disputed : frozenset of place
        Where those several contradict each other, so that nothing is known of the base.
    """

    state: GraphState
    disputed: frozenset[Place] = frozenset()


def base_of(history: TemporalStore, a: str, b: str, functions: Mapping[str, MergeFunction]) -> Base:
    """Return what two versions grew from.

    Where they have several nearest common ancestors, since two branches were merged into each
    other crosswise, those are merged first, in the way that the versions themselves will be.
    """

    def parents(version_id: str) -> tuple[str, ...]:
        return history.get_version(version_id).parents

    bases = merge_bases(a, b, parents)
    if not bases:
        return Base(GraphState.empty())
    first, *others = bases
    base = Base(history.state_at(first))
    for other in others:
        state: GraphState = history.state_at(other)
        if state != base.state:
            below = base_of(history, first, other, functions)
            base = _brought_together(below, base, state, functions)
    return base


def _brought_together(
    below: Base, one: Base, other: GraphState, functions: Mapping[str, MergeFunction]
) -> Base:
    """Return the merge of two bases; what conflicts is disputed."""
    resolutions: dict[Place, Resolution] = {}
    while True:
        merge = merge_states(
            below.state,
            one.state,
            other,
            functions=functions,
            resolutions=resolutions,
            disputed=below.disputed,
        )
        if not merge.conflicts:
            state = one.state.apply(merge.changes)
            return Base(state, one.disputed | resolutions.keys())
        resolutions |= {conflict.place: "base" for conflict in merge.conflicts}
