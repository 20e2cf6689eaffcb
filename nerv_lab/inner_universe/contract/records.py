"""What a client of the Inner Universe is handed and hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from nerv_lab.core.events import Event
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version

__all__ = [
    "Branch",
    "BranchMove",
    "CacheUse",
    "EventHandler",
    "Finding",
    "Problem",
    "Receipt",
    "Seal",
    "Snapshot",
    "Status",
    "StoredHistory",
    "TagsChanged",
]

EventHandler = Callable[[tuple[Event, ...]], None]
TagsChanged = Callable[[Mapping[str, str]], None]
"""Is called with the version id of each tag."""

Seal = Callable[[tuple[ItemChange, ...], int], tuple[Version, bytes]]
"""Makes the version of a batch, and its delta, from its changes and the position it ends at.

It may have a method ``reader(branch, seq)`` that returns the graph of a branch at a position of the
log, as a `Reader`, or None; a store in this process need not read it then."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a batch did.

    Attributes
    ----------
    batch_id : str
        Identity of the batch; applying it again gives an equal receipt and writes nothing.
    first_seq, last_seq : int
        Its place in the log, both ends included. A batch that changed nothing has
        ``first_seq == last_seq + 1``.
    changes : tuple of ItemChange
        One for each event, in log order.
    """

    batch_id: str
    first_seq: int
    last_seq: int
    changes: tuple[ItemChange, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The working rows of a branch at one position of the log.

    Attributes
    ----------
    seq : int
        Last event that the rows include.
    items : tuple of Entity and Relation
        Entities first.
    head : str or None
        Version the branch points at.
    """

    seq: int
    items: tuple[Item, ...]
    head: str | None


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a branch is.

    Attributes
    ----------
    name : str
        Its name.
    head : str or None
        Id of its newest version; None before the first commit.
    moved_at : int
        Position of the event that made it, or moved it other than by a commit; 0 for none. From
        there on its state can be followed in the log.
    """

    name: str
    head: str | None
    moved_at: int = 0


@dataclass(frozen=True, slots=True)
class BranchMove:
    """A request to make, move or delete a branch.

    Attributes
    ----------
    id : str
        Made by the client; the same move again is a no-op.
    name : str
        The branch.
    expected : str or None
        The version it must be at; None where it must not exist, or have no version yet.
    to : str or None
        The version it is to be at; None to delete it.
    rows_of : str
        The branch whose working rows to begin with.
    changes : tuple of ItemChange
        What leads from those rows to the state of `to`.
    read_at : int
        Position of the log that those rows were read at, which their `Snapshot` says. Of no
        account where the branch is deleted.
    """

    id: str
    name: str
    expected: str | None
    to: str | None
    rows_of: str
    changes: tuple[ItemChange, ...] = ()
    read_at: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """How a client stands to its store.

    Attributes
    ----------
    backend : str
        What kind of store: ``"embedded"``, ``"memory"``, ``"SpacetimeDB"``.
    state : {"connected", "reconnecting", "closed"}
        Whether it can be used at this moment.
    identity : str or None
        Who the store says we are, where it tells people apart.
    lag : float or None
        Seconds from the writing of the newest event to its arrival; None where that is not
        measured.
    read_only : str or None
        Why nothing can be written, such as that the store is of a newer nerv-lab.
    queued : int
        Writes that wait for the server, or for somebody to decide.
    """

    backend: str
    state: Literal["connected", "reconnecting", "closed"]
    identity: str | None = None
    lag: float | None = None
    read_only: str | None = None
    queued: int = 0


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """A history of another store, or the end of one, with all that a store keeps of it.

    Attributes
    ----------
    after, last : int
        It begins behind this position of the log, and ends at that one.
    read_events : callable
        Gives the events in order; may be called more than once.
    versions : tuple of (int, Version)
        Those committed there, each with the position of its event.
    delta_of : callable
        Gives the delta of a version id.
    rows : mapping of str to GraphState
        What the working rows of each branch are at the end.
    heads, tags : mapping of str to str
        The version id that each branch and tag is at, at the end.
    """

    after: int
    last: int
    read_events: Callable[[], Iterator[Event]]
    versions: tuple[tuple[int, Version], ...]
    delta_of: Callable[[str], bytes]
    rows: Mapping[str, GraphState]
    heads: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CacheUse:
    """How often an item that was asked for was at hand.

    Attributes
    ----------
    hits, misses : int
        Times that it was, and that it was not, since the client was made.
    """

    hits: int = 0
    misses: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What an examination found at one place.

    Attributes
    ----------
    name : str
        What was looked at, such as ``"file"``.
    level : {"ok", "warning", "problem"}
        Whether all is well, something deserves a look, or something is wrong.
    detail : str
        What was found and, where it is not well, what to do.
    """

    name: str
    level: Literal["ok", "warning", "problem"]
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that ``verify`` found wrong.

    Attributes
    ----------
    where : str
        The place, such as ``"event 12"``, ``"version 01…"`` or ``"main e:ada"``.
    what : str
        What is wrong there.
    """

    where: str
    what: str
