"""A version that is being made: what it will be is known before its event comes back."""

from __future__ import annotations

from dataclasses import dataclass

from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.change_events import ChangeEvent
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version

__all__ = ["Expected"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a version that is being made will be, for whoever will see it confirmed.

    Attributes
    ----------
    start, state : GraphState
        The graph before its changes and after them.
    changes : tuple of ItemChange
        Those that are made together with it.
    included : tuple of ItemChange
        All that it changes against its parent.
    version : Version
    """

    start: GraphState
    state: GraphState
    changes: tuple[ItemChange, ...]
    included: tuple[ItemChange, ...]
    version: Version

    def is_met(self, branch: str, start: GraphState, events: tuple[Event, ...]) -> bool:
        """Return whether these events are that version and its changes, and nothing else.

        Parameters
        ----------
        branch, start : str, GraphState
            Where whoever follows stands.
        events : tuple of Event
            What was confirmed.
        """
        last, changes = events[-1], self.changes
        if start is not self.start or branch != last.branch or len(events) != len(changes) + 1:
            return False
        if last.type != EventType.STATE_VERSION_COMMITTED:
            return False
        if (last.data or {}).get("version_id") != self.version.id:
            return False
        # Events come without gaps, and a transaction as a whole: what is between them is ours too.
        for at in (0, -1) if changes else ():
            event = events[:-1][at]
            if type(event) is not ChangeEvent or event.change is not changes[at]:
                return False
        return True
