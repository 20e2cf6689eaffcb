"""The board: what the views of one widget show at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.pins import Pins
from nerv_lab.widgets.shown.arrangement import Arranger
from nerv_lab.widgets.shown.digest import digest_of, moved
from nerv_lab.widgets.shown.lens import Lens
from nerv_lab.widgets.styling import Styler

__all__ = ["GRAPH", "HISTORY", "Board", "Density"]

GRAPH: Final = "graph"
HISTORY: Final = "history"
_MAX_BUCKETS: Final = 2_048


class Density:
    """Counts of events over time, in buckets that double in width when they grow too many.

    Attributes
    ----------
    width : int
        Microseconds per bucket.
    counts : dict of int to int
        Events by bucket number, which is time // width.
    """

    def __init__(self, max_buckets: int = _MAX_BUCKETS) -> None:
        self.width = 1_000_000
        self.counts: dict[int, int] = {}
        self._max = max_buckets

    def add(self, micros: int, count: int = 1) -> None:
        """Count events at a time (microseconds since the epoch)."""
        bucket = micros // self.width
        self.counts[bucket] = self.counts.get(bucket, 0) + count
        while len(self.counts) > self._max:
            self._widen()

    def spread(self, start: int, end: int, count: int) -> None:
        """Count events of which only the first and last time are known."""
        steps = max(1, min(count, 32))
        for step in range(steps):
            share = count * (step + 1) // steps - count * step // steps
            self.add(start + (end - start) * (step + 1) // steps, share)

    def _widen(self) -> None:
        self.width *= 2
        merged: dict[int, int] = {}
        for bucket, count in self.counts.items():
            merged[bucket // 2] = merged.get(bucket // 2, 0) + count
        self.counts = merged


@dataclass
class Board:
    """The content that streams carry to the views.

    Attributes
    ----------
    parts : frozenset of str
        ``"graph"``, ``"history"`` or both: what the views of this widget need.
    state : GraphState
        The graph that is looked at.
    scene : GraphState
        What of it is shown: all of it, or the part a lens leaves.
    digest : int
        That of ``scene``; see `nerv_lab.widgets.shown.digest`.
    lens : Lens
        Leaves a part.
    styler : Styler
        Gives looks.
    pins : Pins
        Where nodes are held.
    arranger : Arranger
        Reads what a layout by data needs.
    versions : list of dict
        One row per version, oldest first; it only grows.
    density : Density
        Events over time.
    tags : dict of str to str
        The version id of each tag.
    meta : dict
        The rest: position, head, uncommitted changes, what is shown.
    """

    parts: frozenset[str]
    state: GraphState
    scene: GraphState
    digest: int = 0
    lens: Lens = field(default_factory=Lens)
    styler: Styler = field(default_factory=Styler)
    pins: Pins = field(default_factory=Pins)
    arranger: Arranger = field(default_factory=Arranger)
    versions: list[dict[str, Any]] = field(default_factory=list)
    density: Density = field(default_factory=Density)
    tags: dict[str, str] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if GRAPH in self.parts:
            self.digest = digest_of(self.scene)

    def move_to(self, state: GraphState, scene: GraphState, keys: Iterable[str]) -> None:
        """Show another scene, which differs from the one before in these keys only."""
        if GRAPH in self.parts:
            self.digest = moved(self.digest, self.scene, scene, keys)
        self.state, self.scene = state, scene

    def look_at(self, scene: GraphState) -> None:
        """Show another scene of the same state."""
        self.scene = scene
        self.digest = digest_of(scene)

    def number(self, version_id: str) -> int:
        """Return the place of a version among ``versions``; -1 for one that is not there."""
        return self._numbers.get(version_id, -1)

    @property
    def legend(self) -> list[dict[str, Any]]:
        """What the looks and the places of nodes mean."""
        return [*self.styler.legend(), *self.arranger.legend()]

    def learn(self, items: Sequence[Item]) -> bool:
        """Take in items; return whether others look different or lie elsewhere now."""
        entities = [item for item in items if isinstance(item, Entity)]
        rearranged = self.arranger.learn(self.scene, entities)
        return self.styler.learn(self.scene, items) or rearranged

    @property
    def by_degree(self) -> bool:
        """Whether a relation changes what there is to say of its ends."""
        return self.styler.by_degree or self.arranger.by_degree

    def row(self, version_id: str) -> dict[str, Any] | None:
        """Return the row of a version, or None."""
        number = self._numbers.get(version_id)
        return None if number is None else self.versions[number]

    def add_versions(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows of versions that are not there yet."""
        for row in rows:
            if row["id"] not in self._numbers:
                self._numbers[row["id"]] = len(self.versions)
                self.versions.append(row)
