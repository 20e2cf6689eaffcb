"""All outboxes that a client answers for, as one: its own and those of clients that are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.rehearsing import waits_for
from nerv_lab.inner_universe.outbox.states import (
    ASIDE,
    Counts,
    Entry,
    QueuedWriteNotFoundError,
    State,
)
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, renamed

__all__ = ["Fork", "Queued", "Queues"]


@dataclass(frozen=True, slots=True)
class Queued:
    """One write of an outbox.

    Attributes
    ----------
    id : str
    title : str
        What it is, in a few words.
    branch : str
        Where it belongs.
    state : str
        ``"pending"``, ``"in flight"``, ``"rejected"`` or ``"conflict"``.
    written_at : int
        When, in microseconds since the epoch.
    error : str or None
        Why it was set aside.
    own : bool
        Whether this client wrote it; else one that is gone.
    """

    id: str
    title: str
    branch: str
    state: str
    written_at: int
    error: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class Fork:
    """Queued work that did not fit any more, on a branch of its own.

    Attributes
    ----------
    name : str
        The branch that it is on.
    branch : str
        The one that it was made on.
    """

    name: str
    branch: str


class Queues:
    """The journals of a client.

    Parameters
    ----------
    own : Journal
        Its own.
    adopted : list of Journal
        Those of clients that are gone.
    poke : callable
        Called when there is something to send.
    changed : callable, optional
        Called when there is less to decide.
    """

    def __init__(
        self,
        own: Journal,
        adopted: list[Journal],
        poke: Callable[[], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.own = own
        self.adopted = adopted
        self._poke = poke
        self._changed = changed

    @property
    def journals(self) -> tuple[Journal, ...]:
        """All of them, in the order to send from."""
        return (*self.adopted, self.own)

    def within(self, *states: State) -> Iterator[Queued]:
        """Yield the writes in these states, in order."""
        for journal in self.journals:
            for entry in journal.outbox.within(*states):
                yield self._queued(journal, entry)

    def _queued(self, journal: Journal, entry: Entry) -> Queued:
        title = journal.title(entry.id)
        return Queued(
            entry.id,
            title,
            entry.branch,
            entry.state.value,
            entry.written_at,
            entry.error,
            journal is self.own,
        )

    @property
    def waiting(self) -> int:
        """How many writes wait: to be sent, or for somebody to decide."""
        return sum(j.outbox.waiting + len(j.forks()) for j in self.journals)

    @property
    def open(self) -> int:
        """How many writes are to be sent."""
        return sum(j.outbox.open for j in self.journals)

    @property
    def aside(self) -> int:
        """How many writes and branches wait for somebody to decide."""
        return sum(j.outbox.aside + len(j.forks()) for j in self.journals)

    @property
    def has_open(self) -> bool:
        """Whether there is something to send."""
        return any(j.outbox.has_open for j in self.journals)

    def counts(self) -> Counts:
        """Return how many things of this client's own are in each state."""
        return self.own.outbox.counts()

    @property
    def forks(self) -> tuple[Fork, ...]:
        """The branches that wait to be merged."""
        return tuple(Fork(n, b) for j in self.journals for n, b in j.forks().items())

    def retry(self, id: str) -> None:
        """Let a write that was set aside be sent again, and after it what waits for it.

        Raises
        ------
        QueuedWriteNotFoundError
            There is none of this id.
        """
        journal = self._holder(id)
        self._retry(journal, (id, *_waiting_for(journal, journal.write(id))))

    def _retry(self, journal: Journal, ids: Iterable[str]) -> None:
        for id in ids:
            journal.retry(id)
        self._poke()

    def rename(self, id: str, name: str) -> None:
        """Give a branch or a tag that was set aside another name, with all that waits for it.

        Raises
        ------
        QueuedWriteNotFoundError
            There is none of this id.
        ValidationError
            It is none that has a name, or is the deletion of a branch.
        """
        journal = self._holder(id)
        write = journal.write(id)
        waiting = _waiting_for(journal, write)
        if write.tag is not None:
            journal.replace(replace(write, tag=replace(write.tag, name=name, expected=None)))
        elif write.move is not None and write.move.to is not None:
            # A new branch also where one was to be moved: what was made here begins there.
            new = replace(write, move=replace(write.move, expected=None))
            for each in (new, *map(journal.write, waiting)):
                journal.replace(renamed(each, write.move.name, name))
        else:
            raise ValidationError("id", f"{write.title} has no name that could be another")
        self._retry(journal, (id, *waiting))

    def drop(self, id: str) -> None:
        """Forget a write that was set aside.

        Raises
        ------
        QueuedWriteNotFoundError
            There is none of this id.
        """
        self._holder(id).drop(id)
        self._changed()

    def _holder(self, id: str) -> Journal:
        for journal in self.journals:
            if id in journal.outbox:
                journal.outbox.entry(id, *ASIDE)
                return journal
        raise QueuedWriteNotFoundError(id, "see lab.outbox for those that were set aside")

    def merged(self, name: str) -> None:
        """Note that a branch does not wait any more."""
        for journal in self.journals:
            journal.merged(name)
        self._changed()

    def close(self) -> None:
        """Close all files; what waits in them is sent by the next client."""
        for journal in self.journals:
            journal.close()


def _waiting_for(journal: Journal, write: QueuedWrite) -> tuple[str, ...]:
    """Return the ids of what is held since a branch could not be put in place, in order."""
    if write.move is None:
        return ()
    why = waits_for(write.move.name)
    return tuple(e.id for e in journal.outbox.within(State.CONFLICT) if e.error == why)
