"""All or nothing: changes that are made together or not at all."""

from __future__ import annotations

import time
from collections.abc import Sequence

from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState

__all__ = ["Transaction"]


class Transaction:
    """Changes that wait for the end of a ``with`` block.

    Each is checked against the graph as the block has made it so far, so that an error shows at
    the line that caused it.

    Attributes
    ----------
    state : GraphState
        The graph as it would be.
    changes : list of Change
        What will be sent as one batch.
    """

    def __init__(self, state: GraphState) -> None:
        self.state = state
        self.changes: list[Change] = []

    def add(self, changes: Sequence[Change]) -> tuple[ItemChange, ...]:
        """Check changes and keep them for the end of the block."""
        planned = tuple(plan(self.state, changes, time.time_ns() // 1000))
        self.state = self.state.apply(planned)
        self.changes.extend(changes)
        return planned
