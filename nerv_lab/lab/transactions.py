"""All or nothing: changes that are made together or not at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from nerv_lab.core.changes import Change, ItemChange
from nerv_lab.core.rules import plan
from nerv_lab.core.state import GraphState

__all__ = ["Transaction", "now_us"]


def now_us() -> int:
    """Return the present in microseconds since the epoch."""
    return time.time_ns() // 1000


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

    def __init__(self, state: GraphState, reason: str | None) -> None:
        self.state = state
        self.reason = reason
        self.changes: list[Change] = []
        self._thread = threading.get_ident()

    @property
    def is_mine(self) -> bool:
        """Whether the calling thread opened the transaction."""
        return self._thread == threading.get_ident()

    def add(self, changes: Sequence[Change]) -> tuple[ItemChange, ...]:
        """Check changes and keep them for the end of the block."""
        planned = tuple(plan(self.state, changes, now_us()))
        self.state = self.state.apply(planned)
        self.changes.extend(changes)
        return planned
