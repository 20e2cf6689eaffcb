"""The states a queued write goes through; pure, the journal makes them last.

::

    pending ──▶ in flight ──▶ accepted ──▶ durable ──▶ (forgotten)
       ▲ ▲          │             │           │
       │ └──────────┘             │           │     the connection was lost
       └──────────────────────────┴───────────┘     the server came back without it
    pending, in flight ──▶ rejected, conflict ──▶ pending (retry) or dropped
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nerv_lab.core.errors import (
    DuplicateIdError,
    NotFoundError,
    OutboxFullError,
    ValidationError,
)
from nerv_lab.core.limits import MAX_UNSENT, MAX_UNSENT_BYTES

__all__ = ["Counts", "Entry", "Outbox", "QueuedWriteNotFoundError", "State"]


class State(StrEnum):
    """Where a queued write is."""

    PENDING = "pending"
    IN_FLIGHT = "in flight"
    ACCEPTED = "accepted"
    DURABLE = "durable"
    REJECTED = "rejected"
    CONFLICT = "conflict"


OPEN: Final = (State.PENDING, State.IN_FLIGHT)
ASIDE: Final = (State.REJECTED, State.CONFLICT)
SENT: Final = (State.ACCEPTED, State.DURABLE)


class QueuedWriteNotFoundError(NotFoundError):
    """The outbox holds no write of this id in such a state."""

    kind = "queued write"


@dataclass(slots=True)
class Entry:
    """One write: a batch, with its version where it has one.

    Attributes
    ----------
    id : str
        That of the batch.
    number : int
        Its place in the order of writing.
    kind, branch : str
        What it is, and where it belongs.
    things : int
        How many changes, events and versions it is.
    size : int
        Bytes that it takes in the journal.
    state : State
    written_at : int
        When, in microseconds since the epoch.
    reached : int
        The server's count of our events after it was accepted; 0 before.
    accepted_at : int
        When it was last accepted, in microseconds since the epoch; 0 before. It stays where the
        server has lost it again.
    error : str or None
        Why it was set aside.
    """

    id: str
    number: int
    kind: str
    branch: str
    things: int
    size: int
    state: State
    written_at: int
    reached: int = 0
    accepted_at: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things are in each state.

    Attributes
    ----------
    pending, accepted, rejected, conflicted : int
        Changes, events and versions; those in flight are pending, the durable ones accepted.
    """

    pending: int = 0
    accepted: int = 0
    rejected: int = 0
    conflicted: int = 0


class Outbox:
    """Writes in the order they were made, and where each of them is.

    Parameters
    ----------
    most_writes, most_bytes : int
        How much may wait at once: what is not accepted yet.
    """

    def __init__(self, most_writes: int = MAX_UNSENT, most_bytes: int = MAX_UNSENT_BYTES) -> None:
        self._most_writes = most_writes
        self._most_bytes = most_bytes
        self._entries: dict[str, Entry] = {}
        self._waiting_bytes = 0
        self._waiting = 0
        self._open = 0
        self._aside = 0
        self._last = 0
        self._dropped = dict.fromkeys(ASIDE, 0)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries.values()))

    def __contains__(self, id: object) -> bool:
        return id in self._entries

    def entry(self, id: str, *states: State) -> Entry:
        """Return the entry of an id, which must be in one of the states where any is given.

        Raises
        ------
        QueuedWriteNotFoundError
            There is none.
        """
        found = self._entries.get(id)
        if found is None or (states and found.state not in states):
            wanted = " or ".join(states) or "queued"
            raise QueuedWriteNotFoundError(id, f"see the outbox for those that are {wanted}")
        return found

    def within(self, *states: State) -> tuple[Entry, ...]:
        """Return the entries in these states, in order."""
        found = (e for e in self._entries.values() if e.state in states)
        return tuple(sorted(found, key=lambda e: e.number))

    @property
    def waiting(self) -> int:
        """How many writes are not accepted yet; what was set aside waits too."""
        return self._waiting

    @property
    def kept(self) -> int:
        """How many writes are kept that the server has taken."""
        return len(self._entries) - self._waiting

    @property
    def open(self) -> int:
        """How many writes are to be sent."""
        return self._open

    @property
    def aside(self) -> int:
        """How many writes were set aside for somebody to decide."""
        return self._aside

    @property
    def has_open(self) -> bool:
        """Whether there is something to send."""
        return self._open > 0

    @property
    def last(self) -> int:
        """Number of the newest write."""
        return self._last

    def check_room(self, size: int) -> None:
        """Refuse a write for which there is no room.

        Raises
        ------
        OutboxFullError
            So much waits already.
        """
        if self._waiting + 1 > self._most_writes or self._waiting_bytes + size > self._most_bytes:
            raise OutboxFullError(
                f"the outbox is full: {self._waiting} writes ({self._waiting_bytes} bytes) wait "
                f"for the server, and at most {self._most_writes} ({self._most_bytes} bytes) may; "
                f"nothing was changed, so see that the server comes back, or look at lab.outbox"
            )

    def add(self, entry: Entry) -> None:
        """Take in a write that is to be sent.

        Raises
        ------
        DuplicateIdError
            There is one of this id.
        ValidationError
            It is not pending, or out of order.
        OutboxFullError
            There is no room.
        """
        if entry.id in self._entries:
            raise DuplicateIdError("queued write", entry.id)
        if entry.state is not State.PENDING:
            raise ValidationError("state", f"a new write is pending, not {entry.state}")
        if entry.number <= self._last:
            raise ValidationError("number", f"{entry.number} is before what waits already")
        self.check_room(entry.size)
        self._entries[entry.id] = entry
        self._count(entry, 1)

    def restore(self, entry: Entry) -> None:
        """Take in a write as it was when the journal was closed; one in flight is pending."""
        if entry.state is State.IN_FLIGHT:
            entry.state = State.PENDING
        self._entries[entry.id] = entry
        self._count(entry, 1)

    def _count(self, entry: Entry, sign: int) -> None:
        if entry.state not in SENT:
            self._waiting += sign
            self._waiting_bytes += sign * entry.size
        if entry.state in OPEN:
            self._open += sign
        if entry.state in ASIDE:
            self._aside += sign
        self._last = max(self._last, entry.number)

    def _move(self, entry: Entry, state: State) -> None:
        self._count(entry, -1)
        entry.state = state
        self._count(entry, 1)

    def _send_again(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        """Let writes wait again that were accepted, and return their ids."""
        for entry in entries:
            entry.reached = 0
            self._move(entry, State.PENDING)
        return tuple(entry.id for entry in entries)

    def send(self, ids: Iterable[str]) -> None:
        """Note that writes are on their way.

        Raises
        ------
        ValidationError
            They are not the first that wait: what was written first is sent first.
        """
        ids = list(ids)
        first = [e.id for e in self.within(State.PENDING)[: len(ids)]]
        if first != ids or self.within(State.IN_FLIGHT):
            raise ValidationError("ids", "writes are sent in the order they were made")
        for id in ids:
            self._entries[id].state = State.IN_FLIGHT

    def lost(self) -> None:
        """Note that nobody knows what became of the writes in flight: they are sent again."""
        for entry in self._entries.values():
            if entry.state is State.IN_FLIGHT:
                entry.state = State.PENDING

    def accept(self, id: str, reached: int, moment: int) -> None:
        """Note that the server has taken a write.

        Parameters
        ----------
        id : str
            The write.
        reached : int
            The server's count of our events after it.
        moment : int
            When that was, in microseconds since the epoch.
        """
        entry = self.entry(id, *OPEN)
        entry.reached, entry.accepted_at, entry.error = reached, moment, None
        self._move(entry, State.ACCEPTED)

    def settle(self, before: int) -> None:
        """Note that what was accepted before a moment is on the server's disk by now."""
        for entry in self._entries.values():
            if entry.state is State.ACCEPTED and entry.accepted_at < before:
                entry.state = State.DURABLE

    def rewind(self, cursor: int) -> tuple[str, ...]:
        """Note that the server counts fewer of our events than it did; what it lost waits again.

        Returns
        -------
        tuple of str
            Ids of the writes that are to be sent again, in order.
        """
        # A tag is no event: one that came after the last that is left may be lost, too.
        again = [e for e in self.within(*SENT) if e.reached + (e.kind == "tag") > cursor]
        return self._send_again(again)

    def doubt(self, since: int) -> tuple[str, ...]:
        """Let tags wait again that were accepted after a moment, since no event tells of them.

        Returns
        -------
        tuple of str
            Ids of the writes that are to be sent again.
        """
        taken = self.within(State.ACCEPTED)
        again = [e for e in taken if e.kind == "tag" and e.accepted_at > since]
        return self._send_again(again)

    def set_aside(self, id: str, state: State, error: str) -> None:
        """Note that a write was refused, or came too late; it stays until somebody decides.

        Parameters
        ----------
        id : str
            The write.
        state : {State.REJECTED, State.CONFLICT}
            Which of the two.
        error : str
            Why.
        """
        if state not in ASIDE:
            raise ValidationError("state", f"nothing is set aside as {state}")
        entry = self.entry(id, *OPEN)
        entry.error = error
        self._move(entry, state)

    def retry(self, id: str, number: int) -> None:
        """Let a write that was set aside be sent again, after all others."""
        entry = self.entry(id, *ASIDE)
        if number <= self._last:
            raise ValidationError("number", f"{number} is before what waits already")
        entry.number, entry.error = number, None
        self._move(entry, State.PENDING)

    def drop(self, id: str, *states: State) -> None:
        """Forget a write: one that was set aside, unless other states are named."""
        entry = self.entry(id, *(states or ASIDE))
        if entry.state in ASIDE:
            self._dropped[entry.state] += entry.things
        self._count(entry, -1)
        del self._entries[id]

    def counts(self) -> Counts:
        """Return how many things are in each state; what was dropped stays where it was."""
        sums = dict.fromkeys(State, 0) | self._dropped
        for entry in self._entries.values():
            sums[entry.state] += entry.things
        return Counts(
            sums[State.PENDING] + sums[State.IN_FLIGHT],
            sums[State.ACCEPTED] + sums[State.DURABLE],
            sums[State.REJECTED],
            sums[State.CONFLICT],
        )
