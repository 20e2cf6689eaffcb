"""Going on from rows that others have changed since they were read; pure."""

from __future__ import annotations

from collections.abc import Iterable

from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import ItemChange, compact
from nerv_lab.inner_universe.contract.log_events import change_of

__all__ = ["rebased"]


def rebased(
    changes: Iterable[ItemChange], events: Iterable[Event], branch: str
) -> tuple[ItemChange, ...] | None:
    """Return what leads to the same state from the rows that events have left.

    Parameters
    ----------
    changes : iterable of ItemChange
        What leads there from the rows as they were.
    events : iterable of Event
        All that happened since, in order.
    branch : str
        The branch whose rows they are.

    Returns
    -------
    tuple of ItemChange or None
        None where the branch was moved, so that its rows have to be read again.
    """
    undone: list[ItemChange] = []
    for event in events:
        if event.branch != branch:
            continue
        if event.type == EventType.BRANCH_MOVED:
            return None
        if (change := change_of(event)) is not None:
            undone.append(change.inverse())
    return compact((*reversed(undone), *changes), exact=True)
