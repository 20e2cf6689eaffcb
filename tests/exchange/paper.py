"""A lab on paper, which keeps the batches it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState


@dataclass
class PaperLab:
    state: GraphState = field(default_factory=GraphState.empty)
    reasons: list[str | None] = field(default_factory=list)

    def apply(self, changes: Sequence[Change], *, reason: str | None = None) -> None:
        self.state = self.state.apply(plan(self.state, changes, 1))
        self.reasons.append(reason)
