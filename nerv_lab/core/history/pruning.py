"""Taking versions out of a history a step at a time, so that each step leaves it whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from nerv_lab.core.graph.item_changes import ItemChange, compact
from nerv_lab.core.history.retention import Pruning
from nerv_lab.core.history.thinning import BranchMark, Bridge, Retention
from nerv_lab.core.history.versions import LTHASH, Version

__all__ = ["PruneStep", "prune_step"]


class Line(Protocol):
    """What a step needs to know of a history; `TemporalStore` is one."""

    @property
    def top(self) -> str | None:
        """The version that the main line begins with, if its beginning was pruned."""

    def get_version(self, version_id: str, /) -> Version:
        """Return a version."""

    def is_pruned(self, version_id: str, /) -> bool:
        """Return whether only the fields of a version are left."""

    def above(self, version_id: str, /) -> str | None:
        """Return the nearest version that is kept among the first parents, or None."""

    def below(self, version_id: str, /) -> tuple[str, ...]:
        """Return the versions whose nearest kept first parent this is."""

    def steps(self, version_id: str, /) -> tuple[ItemChange, ...]:
        """Return what leads to a version from the one above it."""

    def bridge(self, version_id: str, /) -> tuple[ItemChange, ...]:
        """Return what leads from the version above to the one before, where that was pruned."""


@dataclass(frozen=True, slots=True)
class PruneStep:
    """One transaction of pruning.

    Attributes
    ----------
    seq : int
        Position in the log up to which the history was known when it was worked out; it is
        refused where a version was committed since.
    generation : int
        That of the retention it was worked out for; it is refused for any other.
    versions : tuple of str
        Versions whose deltas go.
    bridges : tuple of Bridge
        What then leads to the versions behind them.
    top : str or None
        The version with which the main line begins afterwards.
    changes : tuple of ItemChange
        What leads from the state of the top before to that of `top`; from nothing, if there was
        none.
    floor : int
        Position up to which events go.
    marks : mapping of str to BranchMark
        Where each branch was at the floor.
    """

    seq: int
    generation: int
    versions: tuple[str, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    top: str | None = None
    changes: tuple[ItemChange, ...] = ()
    floor: int = 0
    marks: Mapping[str, BranchMark] = field(default_factory=dict)

    @property
    def thinned(self) -> Retention:
        """What goes, and what stands in for it, as `TemporalStore.thin` takes it."""
        return Retention(
            top=self.top,
            pruned=frozenset(self.versions),
            bridges={bridge.version_id: bridge.base for bridge in self.bridges},
        )

    def after(self, before: Retention) -> Retention:
        """Return what is pruned when the step was made."""
        bridges = {id: base for id, base in before.bridges.items() if id not in self.versions}
        bridges |= {bridge.version_id: bridge.base for bridge in self.bridges}
        if self.top is not None:
            bridges.pop(self.top, None)
        return replace(
            before,
            generation=self.generation + 1,
            floor=self.floor,
            top=self.top,
            marks=dict(self.marks),
            pruned=before.pruned.union(self.versions),
            bridges=bridges,
        )


def prune_step(
    history: Line, pruning: Pruning, now: Retention, most: int, seq: int = 0
) -> PruneStep | None:
    """Return the next step of a pruning, or None where nothing is left to do.

    Parameters
    ----------
    history : TemporalStore
        The versions as they are now.
    pruning : Pruning
        What is to go; what went already is passed over.
    now : Retention
        What went already.
    most : int
        How many versions may go in one step.
    seq : int
        Position in the log up to which the history is known.
    """
    inner = [id for id in pruning.inner if not history.is_pruned(id)]
    oldest = [id for id in pruning.oldest if not history.is_pruned(id)]
    step = PruneStep(seq, now.generation, top=now.top, floor=now.floor, marks=now.marks)
    if inner:
        going = inner[:most]
        return replace(step, versions=tuple(going), bridges=tuple(_bridges(history, going)))
    if oldest:
        going, later = oldest[:most], [*oldest[most:], pruning.top]
        top = later[0]
        assert top is not None
        changes = _up_to(history, [*going, top])
        return replace(step, versions=tuple(going), top=top, changes=changes)
    return None


def _bridges(history: Line, going: Sequence[str]) -> Iterator[Bridge]:
    gone = set(going)
    for id in going:
        for behind in history.below(id):
            if behind not in gone and history.get_version(behind).algorithm == LTHASH:
                yield _bridge(history, behind, gone)


def _bridge(history: Line, version_id: str, gone: set[str]) -> Bridge:
    path: list[str] = []
    base = history.above(version_id)
    while base in gone:
        path.append(base)
        base = history.above(base)
    assert base is not None
    changes = [change for id in reversed(path) for change in history.steps(id)]
    return Bridge.of(version_id, base, (*changes, *history.bridge(version_id)))


def _up_to(history: Line, line: Sequence[str]) -> tuple[ItemChange, ...]:
    """Return what leads to the end of a line from the top, or from nothing."""
    fresh = (id for id in line if id != history.top)
    return compact((change for id in fresh for change in history.steps(id)), exact=True)
