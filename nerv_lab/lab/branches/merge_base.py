"""What two versions grew from, in a history that may have crossed itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Place, Resolution
from nerv_lab.core.history.lineage import merge_bases
from nerv_lab.core.history.merge import merge_states
from nerv_lab.core.history.merge_functions import MergeFunction
from nerv_lab.core.history.temporal import TemporalStore

__all__ = ["Base", "base_of"]

_Pair: TypeAlias = tuple[str, str]


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
    found: dict[_Pair, Base] = {}
    # Not by recursion: branches may cross each other more often than calls may nest.
    waiting: list[_Pair] = [(a, b)]
    nearest: dict[_Pair, tuple[str, ...]] = {}
    while waiting:
        pair = waiting[-1]
        bases = nearest.get(pair) or nearest.setdefault(pair, _bases(history, pair))
        missing = [below for below in _pairs(history, bases) if below not in found]
        if missing:
            waiting += missing
        else:
            found[waiting.pop()] = _base(history, bases, found, functions)
    return found[a, b]


def _bases(history: TemporalStore, pair: _Pair) -> tuple[str, ...]:
    return merge_bases(*pair, lambda version_id: history.get_version(version_id).parents)


def _pairs(history: TemporalStore, bases: tuple[str, ...]) -> list[_Pair]:
    """Return those of which has to be known what they grew from, before they can be merged."""
    if all(history.state_at(base) == history.state_at(bases[0]) for base in bases):
        return []
    return [(bases[0], other) for other in bases[1:]]


def _base(
    history: TemporalStore,
    bases: tuple[str, ...],
    found: Mapping[_Pair, Base],
    functions: Mapping[str, MergeFunction],
) -> Base:
    if not bases:
        return Base(GraphState.empty())
    base = Base(history.state_at(bases[0]))
    for pair in _pairs(history, bases):
        base = _brought_together(found[pair], base, history.state_at(pair[1]), functions)
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
