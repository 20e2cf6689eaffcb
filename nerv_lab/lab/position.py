"""Where a Lab stands: its state, its head, and what no version includes yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nerv_lab.core.events import Event
from nerv_lab.core.graph.change_events import change_in
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange, compact
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.ids import batch_of

__all__ = ["Pending", "Position", "changes_of", "pending_in"]


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that no version includes yet.

    Attributes
    ----------
    seq : int
        Its position in the log.
    batch : str
        Id of the batch it was made in.
    origin : str or None
        The client that made it.
    change : ItemChange
    """

    seq: int
    batch: str
    origin: str | None
    change: ItemChange


@dataclass(frozen=True, slots=True)
class Position:
    """Where a Lab stands; everything belongs to the same moment.

    Attributes
    ----------
    branch : str
        The branch that is followed.
    state : GraphState
        The working state.
    seq : int
        The last event it includes.
    head : Version or None
        The newest version.
    moved_at : int
        From where on the branch can be followed in the log; 0 for its beginning.
    waiting : tuple of Pending
        What happened since the head, in order.
    log : int
        Which of the logs it is a position of: a server that was away may come back with another
        one, that has as many events.
    """

    branch: str
    state: GraphState
    seq: int
    head: Version | None
    moved_at: int
    waiting: tuple[Pending, ...]
    log: int

    @property
    def pending(self) -> tuple[ItemChange, ...]:
        """The changes since the head, in order."""
        return tuple(p.change for p in self.waiting)

    @property
    def uncommitted(self) -> tuple[ItemChange, ...]:
        """What those changes come to; what was taken back again is nothing."""
        return compact(self.pending)


def pending_in(events: Iterable[Event], branch: str) -> Iterator[Pending]:
    """Yield what events did to the graph of a branch, with who did it and where in the log."""
    for event in _of_graph(events, branch):
        change = change_in(event)
        yield Pending(event.seq or 0, batch_of(event.id), event.origin_id, change)


def changes_of(events: Iterable[Event], branch: str) -> tuple[ItemChange, ...]:
    """Return what events did to the graph of a branch, in order."""
    return tuple(map(change_in, _of_graph(events, branch)))


def _of_graph(events: Iterable[Event], branch: str) -> Iterator[Event]:
    return (e for e in events if e.type in CHANGE_EVENT_TYPES and e.branch == branch)
