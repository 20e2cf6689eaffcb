"""The states of a queued write, against a model that knows no state machine."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from shared.effort import EFFORT

from nerv_lab.core.errors import DuplicateIdError, OutboxFullError, ValidationError
from nerv_lab.inner_universe.outbox.states import (
    Entry,
    Outbox,
    QueuedWriteNotFoundError,
    State,
)


def entry(number: int, *, size: int = 1, things: int = 1) -> Entry:
    return Entry(str(number), number, "apply", "main", things, size, State.PENDING, 0)


class Server:
    """Takes writes in the order they come, counts them, and may forget its newest."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def take(self, id: str) -> int:
        if id not in self.taken:
            self.taken.append(id)
        return len(self.taken)


class Queueing(RuleBasedStateMachine):
    """A client with an outbox, before a server that is killed, rolled back, or refuses."""

    @initialize(most=st.integers(3, 12))
    def begin(self, most: int) -> None:
        self.most = most
        self.outbox = Outbox(most_writes=most)
        self.server = Server()
        self.numbers = 0
        self.clock = 0
        self.made: dict[str, int] = {}
        self.aside: dict[str, State] = {}
        self.dropped: dict[str, State] = {}
        self.flight: list[str] = []
        self.saved = 0

    def waiting(self) -> list[str]:
        gone = self.aside.keys() | self.dropped.keys() | set(self.server.taken)
        order = sorted(self.made, key=self.made.__getitem__)
        return [id for id in order if id not in gone]

    @rule()
    def write(self) -> None:
        self.numbers += 1
        new = entry(self.numbers)
        if len(self.waiting()) + len(self.aside) >= self.most:
            with pytest.raises(OutboxFullError):
                self.outbox.add(new)
            return
        self.outbox.add(new)
        self.made[new.id] = self.numbers

    @precondition(lambda self: not self.flight and self.waiting())
    @rule(count=st.integers(1, 4))
    def send(self, count: int) -> None:
        self.flight = self.waiting()[:count]
        self.outbox.send(self.flight)

    @precondition(lambda self: self.flight)
    @rule(outcome=st.sampled_from(["accepted", "unheard", "rejected", "conflict"]))
    def answer(self, outcome: str) -> None:
        id = self.flight.pop(0)
        self.clock += 1
        if outcome in ("rejected", "conflict"):
            state = State(outcome)
            self.outbox.set_aside(id, state, "no")
            self.aside[id] = state
            return
        reached = self.server.take(id)
        if outcome == "accepted":
            self.outbox.accept(id, reached, self.clock)
        else:
            # The answer was lost; the client asks before it sends again.
            self.flight.clear()
            self.outbox.lost()
            self.ask()

    def ask(self) -> None:
        """Reconnect: accept what the server has, and queue again what it lost."""
        self.outbox.rewind(len(self.server.taken))
        for reached, id in enumerate(self.server.taken, 1):
            if self.outbox.entry(id).state is State.PENDING:
                self.outbox.accept(id, reached, self.clock)

    @rule()
    def the_connection_breaks(self) -> None:
        self.flight.clear()
        self.outbox.lost()
        self.ask()

    @rule()
    def time_passes(self) -> None:
        self.clock += 1
        self.outbox.settle(self.clock)
        assert not self.outbox.within(State.ACCEPTED)

    @rule(left=st.floats(0, 1))
    def the_server_comes_back_older(self, left: float) -> None:
        self.flight.clear()
        self.outbox.lost()
        lost = self.server.taken[int(len(self.server.taken) * left) :]
        del self.server.taken[int(len(self.server.taken) * left) :]
        assert list(self.outbox.rewind(len(self.server.taken))) == lost
        self.ask()

    @precondition(lambda self: self.aside)
    @rule(data=st.data(), retry=st.booleans())
    def decide(self, data: st.DataObject, retry: bool) -> None:
        id = data.draw(st.sampled_from(sorted(self.aside)))
        state = self.aside.pop(id)
        if retry:
            self.numbers += 1
            self.outbox.retry(id, self.numbers)
            self.made[id] = self.numbers
        else:
            self.outbox.drop(id)
            self.dropped[id] = state

    @precondition(lambda self: not self.flight)
    @rule()
    def the_process_is_killed(self) -> None:
        again = Outbox(most_writes=self.most)
        for known in sorted(self.outbox, key=lambda e: e.number):
            again.restore(known)
        # What was dropped was forgotten with its file's row.
        for id in self.dropped:
            del self.made[id]
        self.dropped.clear()
        self.outbox = again

    @invariant()
    def everything_is_somewhere_once(self) -> None:
        if not hasattr(self, "outbox"):
            return
        counts = self.outbox.counts()
        states = [*self.aside.values(), *self.dropped.values()]
        assert counts.pending == len(self.waiting())
        assert counts.accepted == len(self.server.taken)
        assert counts.rejected == states.count(State.REJECTED)
        assert counts.conflicted == states.count(State.CONFLICT)
        parts = counts.pending, counts.accepted, counts.rejected, counts.conflicted
        assert sum(parts) == len(self.made)
        assert self.outbox.waiting == len(self.waiting()) + len(self.aside)
        assert self.outbox.has_open == bool(self.waiting())
        assert [e.id for e in self.outbox.within(State.PENDING, State.IN_FLIGHT)] == self.waiting()
        assert [e.id for e in self.outbox.within(State.IN_FLIGHT)] == self.flight


Queueing.TestCase.settings = settings(max_examples=60 * EFFORT, stateful_step_count=40)
TestQueueing = Queueing.TestCase


def test_what_was_written_first_is_sent_first() -> None:
    outbox = Outbox()
    outbox.add(entry(1))
    outbox.add(entry(2))
    with pytest.raises(ValidationError, match="in the order"):
        outbox.send(["2"])


def test_a_write_is_queued_once() -> None:
    outbox = Outbox()
    outbox.add(entry(1))
    with pytest.raises(DuplicateIdError):
        outbox.add(Entry("1", 2, "apply", "main", 1, 1, State.PENDING, 0))


def test_a_write_that_is_too_large_for_what_is_left_is_refused() -> None:
    outbox = Outbox(most_bytes=10)
    outbox.add(entry(1, size=8))
    with pytest.raises(OutboxFullError, match="at most 100000"):
        outbox.add(entry(2, size=3))
    outbox.add(entry(2, size=2))


def test_only_what_was_set_aside_can_be_dropped_or_retried() -> None:
    outbox = Outbox()
    outbox.add(entry(1))
    with pytest.raises(QueuedWriteNotFoundError):
        outbox.drop("1")
    with pytest.raises(QueuedWriteNotFoundError):
        outbox.retry("1", 2)


def test_a_write_is_set_aside_for_a_reason_that_there_is() -> None:
    outbox = Outbox()
    outbox.add(entry(1))
    with pytest.raises(ValidationError, match="aside as durable"):
        outbox.set_aside("1", State.DURABLE, "")
