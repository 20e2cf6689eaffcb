"""Many who commit at once: what they did and saw is one story, by the checker of histories."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from shared import committing_process
from shared.committers import Committer, entries, history_of
from shared.effort import EFFORT
from shared.history_checker import Commit, History, Read, anomalies
from shared.universes import UNIVERSES, Universe

import nerv_lab
from nerv_lab.core.errors import HeadMovedError
from nerv_lab.core.events import Event
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.in_process.memory_store import MemoryStore
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend

RACERS = 4
ROUNDS = 5 * EFFORT
WINS = 6 * EFFORT
TIMEOUT = 240


def together(works: Sequence[Callable[[], object]]) -> None:
    """Run each in a thread of its own; raise what one of them raised."""
    failures: list[BaseException] = []

    def attempt(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=attempt, args=[work], daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in threads)
    for failure in failures:
        raise failure


@pytest.fixture
def racers(universe: Universe) -> Iterator[list[Committer]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(Committer(universe.client(), f"racer {n}")))
            for n in range(RACERS)
        ]


def story(racers: Sequence[Committer]) -> History:
    """Return the history of a race that has ended, once its store is known to be sound."""
    for racer in racers:
        racer.read_everything()
    assert racers[0].problems() == []
    return history_of(racers[0].log(), [racer.record() for racer in racers])


def check_counts(history: History, reader: Committer, wins: int) -> None:
    """Check that the last version counts every win."""
    head = reader.look()
    assert head is not None
    won = Counter(c.client for c in history.commits if c.outcome == "won")
    assert reader.read(head) == won
    assert won.total() == wins


def test_of_those_who_commit_on_one_head_at_once_exactly_one_wins(racers: list[Committer]) -> None:
    start = threading.Barrier(RACERS, timeout=TIMEOUT)
    rounds: list[list[Commit]] = [[] for _ in range(ROUNDS)]

    def race(racer: Committer) -> None:
        for attempts in rounds:
            head = racer.look()
            start.wait()
            attempts.append(racer.attempt(head))
            start.wait()

    together([lambda racer=racer: race(racer) for racer in racers])  # type: ignore[misc]
    for attempts in rounds:
        [winner] = [attempt for attempt in attempts if attempt.outcome == "won"]
        assert {a.told for a in attempts if a is not winner} == {winner.version}
    history = story(racers)
    assert anomalies(history) == []
    check_counts(history, racers[0], ROUNDS)


def test_threads_that_commit_as_fast_as_they_can_lose_nothing(racers: list[Committer]) -> None:
    together([lambda racer=racer: racer.win(WINS) for racer in racers])  # type: ignore[misc]
    history = story(racers)
    assert anomalies(history) == []
    check_counts(history, racers[0], RACERS * WINS)


class _Process:
    """Another process that takes part in the race."""

    def __init__(self, place: tuple[str, str], name: str, wins: int = WINS) -> None:
        root = Path(nerv_lab.__file__).parents[1]
        tests = Path(__file__).parents[1]
        self._process = subprocess.Popen(
            [sys.executable, str(committing_process.__file__), *place, name, str(wins)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root, tests)))},
        )

    def tell(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go on\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def close(self) -> None:
        with self._process:
            self._process.kill()


@pytest.mark.every_backend("embedded-file", "spacetimedb")
def test_processes_that_commit_as_fast_as_they_can_lose_nothing(universe: Universe) -> None:
    place = universe.place
    assert place is not None
    with ExitStack() as stack:
        own = stack.enter_context(closing(Committer(universe.client(), "here")))
        others = [stack.enter_context(closing(_Process(place, f"process {n}"))) for n in range(2)]
        assert [other.hear() for other in others] == ["ready", "ready"]
        for other in others:
            other.tell()
        own.win(WINS)
        assert [other.hear() for other in others] == ["done", "done"]
        for other in others:
            other.tell()
        records: list[dict[str, Any]] = [json.loads(other.hear()) for other in others]
        own.read_everything()
        history = history_of(own.log(), [own.record(), *records])
        assert anomalies(history) == []
        assert own.problems() == []
        check_counts(history, own, 3 * WINS)


@pytest.mark.every_backend("embedded-file", "spacetimedb")
def test_a_process_that_is_killed_in_the_race_leaves_a_sound_history(universe: Universe) -> None:
    place = universe.place
    assert place is not None
    with ExitStack() as stack:
        own = stack.enter_context(closing(Committer(universe.client(), "here")))
        victims = [_Process(place, f"victim {n}", 1_000_000) for n in range(2)]
        for victim in victims:
            stack.callback(victim.close)
        assert [victim.hear() for victim in victims] == ["ready", "ready"]
        for victim in victims:
            victim.tell()
            own.win(WINS)
            victim.close()
        own.win(1)
        own.read_everything()
        history = history_of(own.log(), [own.record()])
        assert anomalies(history) == []
        assert own.problems() == []
        head = own.look()
        assert head is not None
        assert own.read(head)["here"] == 2 * WINS + 1
        assert sum(own.read(head).values()) == len(history.log)


class _LabAtWork:
    """A Lab that writes and commits on the main branch, and what it saw."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.commits: list[Commit] = []
        self.delivered: list[tuple[int, str]] = []
        lab.bus.subscribe("*", self._take)

    def _take(self, event: Event) -> None:
        self.delivered.append((event.seq or 0, event.id))

    def work(self) -> None:
        for n in range(1, WINS + 1):
            self.lab.update("score", properties={self.name: n})
            began = time.monotonic_ns()
            version = self.lab.commit(self.name)
            ended = time.monotonic_ns()
            self.commits.append(Commit(self.name, "main", version.id, version.parent, began, ended))

    def reads(self) -> list[Read]:
        self.lab.refresh()
        return [Read(self.name, v.id, self.lab.at(v).data_hash) for v in self.lab.versions]


def test_labs_that_write_and_commit_at_once_lose_nothing(universe: Universe) -> None:
    with ExitStack() as stack:
        labs = [stack.enter_context(Lab(universe.client())) for _ in range(3)]
        workers = [_LabAtWork(lab, f"lab {n}") for n, lab in enumerate(labs)]
        labs[0].add_entity("score", id="score")
        for lab in labs:
            lab.refresh()
        together([worker.work for worker in workers])
        reads = [read for worker in workers for read in worker.reads()]
        told = [Read("the version", v.id, v.data_hash) for v in labs[0].versions]
        history = History(
            entries(labs[0].events),
            [commit for worker in workers for commit in worker.commits],
            (),
            [*told, *reads],
            {worker.name: worker.delivered for worker in workers},
        )
        assert anomalies(history) == []
        for lab in labs:
            assert dict(lab.entity("score").properties) == {w.name: WINS for w in workers}
            assert lab.state == lab.at("head").state
        assert repr(labs[0].verify()).startswith("verified")


def commit_at_once(labs: Sequence[Lab], base: Version) -> list[Version | HeadMovedError]:
    """Let each commit a version of its own on one head; return what became of each."""
    start = threading.Barrier(len(labs), timeout=TIMEOUT)
    outcomes: dict[int, Version | HeadMovedError] = {}

    def commit(place: int, lab: Lab) -> None:
        draft = lab._history.draft(lab.state, f"of {place}", head=base)
        start.wait()
        try:
            outcomes[place] = lab._run(lab.client.commit_version(*draft))
        except HeadMovedError as error:
            outcomes[place] = error

    together([lambda n=n, lab=lab: commit(n, lab) for n, lab in enumerate(labs)])  # type: ignore[misc]
    return [outcomes[place] for place in range(len(labs))]


def test_who_loses_is_told_both_heads_and_merges_what_it_has(lab: Lab, other: Lab) -> None:
    lab.add_entity("text", id="note", properties={"winner": 0, "loser": 0})
    base = lab.commit("base")
    other.refresh()
    labs = [lab, other]
    outcomes = commit_at_once(labs, base)
    [lost] = [o for o in outcomes if isinstance(o, HeadMovedError)]
    [won] = [o for o in outcomes if isinstance(o, Version)]
    assert (lost.branch, lost.expected, lost.actual) == ("main", base.id, won.id)
    winner, loser = (labs[outcomes.index(outcome)] for outcome in (won, lost))
    winner.refresh()
    winner.update("note", properties={"winner": 1})
    winner.commit("goes on")
    assert lost.expected is not None
    with loser.branch("mine", lost.expected):
        loser.update("note", properties={"loser": 1})
        loser.commit("what was refused")
    result = loser.merge("mine")
    assert result.conflicts == ()
    assert dict(loser.entity("note").properties) == {"winner": 1, "loser": 1}
    assert loser.verify().ok


def test_a_store_that_does_not_compare_before_it_sets_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MemoryStore, "_check_new", lambda store, version: None)
    universe = UNIVERSES["mock"](Path())
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(closing(Committer(universe.client(), name)))
            for name in ("one", "two")
        )
        heads = one.look(), two.look()
        for racer, head in zip((one, two), heads, strict=True):
            assert racer.attempt(head).outcome == "won"
        for racer in (one, two):
            racer.read_everything()
        history = history_of(one.log(), [one.record(), two.record()])
    assert {a.kind for a in anomalies(history)} == {"two winners", "hidden fork", "lost update"}
