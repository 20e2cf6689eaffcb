"""The checker of histories lets sound ones pass, and finds every anomaly that is seeded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.effort import EFFORT
from shared.history_checker import (
    Commit,
    Entry,
    History,
    Look,
    Read,
    anomalies,
)

CLIENTS = ("a", "b", "c")


@st.composite
def sound_histories(draw: st.DrawFn) -> History:
    """Return the history of a store that does one thing after the other.

    Each operation takes effect at a moment of its own; it was asked for up to three moments
    earlier and is answered up to three later, so that operations overlap as they like.
    """
    log: list[Entry] = []
    commits: list[Commit] = []
    looks: list[Look] = []
    heads: dict[str, str | None] = {"main": None, "aside": None}
    older: dict[str, list[str | None]] = {name: [None] for name in heads}
    for moment in range(10, 10 * draw(st.integers(4, 14)), 10):
        client, branch = draw(st.sampled_from(CLIENTS)), draw(st.sampled_from(sorted(heads)))
        began = moment - draw(st.integers(0, 30))
        ended = moment + draw(st.integers(0, 30))
        if draw(st.booleans()):
            looks.append(Look(client, branch, heads[branch], began, ended))
        version, parent = f"v{moment}", draw(st.sampled_from([*older[branch], heads[branch]]))
        if parent != heads[branch]:
            told = heads[branch]
            commits.append(Commit(client, branch, version, parent, began, ended, "refused", told))
            continue
        seq = len(log) + 1
        log.append(Entry(seq, f"e{seq}", branch, version, parent))
        if draw(st.booleans()):
            log.append(Entry(seq + 1, f"e{seq + 1}"))
        commits.append(Commit(client, branch, version, parent, began, ended))
        heads[branch] = version
        older[branch].append(version)
    order = [(entry.seq, entry.event) for entry in log]
    reads = [Read(c, e.version, f"of {e.version}") for c in CLIENTS for e in log if e.version]
    return History(log, commits, looks, reads, dict.fromkeys(CLIENTS, order))


def chain(length: int = 3) -> History:
    """Return the history of one client after the other, each committing on the last."""
    versions = [f"v{n}" for n in range(1, length + 1)]
    parents = [None, *versions]
    log = [
        Entry(n, f"e{n}", "main", version, parent)
        for n, (version, parent) in enumerate(zip(versions, parents, strict=False), start=1)
    ]
    return History(
        log,
        [
            Commit(CLIENTS[n % 3], "main", entry.version or "", entry.parent, 10 * n, 10 * n + 5)
            for n, entry in enumerate(log)
        ],
        [Look("a", "main", versions[-1], 10 * length, 10 * length + 5)],
        [Read(client, version, f"of {version}") for client in CLIENTS for version in versions],
        {client: [(entry.seq, entry.event) for entry in log] for client in CLIENTS},
    )


def kinds(history: History) -> set[str]:
    return {anomaly.kind for anomaly in anomalies(history)}


def with_log(history: History, log: list[Entry]) -> History:
    """Return a history with another log, which everybody was delivered."""
    order = [(entry.seq, entry.event) for entry in log]
    return replace(history, log=log, delivered=dict.fromkeys(history.delivered, order))


@given(sound_histories())
@settings(max_examples=100 * EFFORT)
def test_a_sound_history_passes(history: History) -> None:
    assert anomalies(history) == []


def test_an_answer_that_got_lost_is_no_anomaly_whether_it_happened_or_not() -> None:
    done = chain()
    lost = [*done.commits[:2], replace(done.commits[2], outcome="unknown")]
    assert anomalies(replace(done, commits=lost)) == []
    undone = with_log(done, list(done.log[:2]))
    assert anomalies(replace(undone, commits=lost, looks=())) == []


def test_a_lost_update_is_found() -> None:
    # Two clients read v1 and wrote; the second put its version where the first had put its own.
    history = chain()
    third = replace(history.log[2], parent="v1")
    commits = [*history.commits[:2], replace(history.commits[2], parent="v1")]
    found = kinds(replace(with_log(history, [*history.log[:2], third]), commits=commits))
    assert {"lost update", "two winners", "hidden fork"} <= found


def test_a_duplicated_commit_is_found() -> None:
    history = chain()
    again = replace(history.log[2], seq=4, event="e4")
    assert "duplicated commit" in kinds(with_log(history, [*history.log, again]))


def test_an_event_that_is_there_twice_is_found() -> None:
    history = chain()
    assert "duplicated commit" in kinds(with_log(history, [*history.log, Entry(4, "e1")]))


def test_two_winners_of_one_compare_and_set_are_found() -> None:
    history = chain()
    both = [*history.commits, replace(history.commits[1], client="c", version="w")]
    assert "two winners" in kinds(replace(history, commits=both))


def test_a_fork_that_nobody_was_told_of_is_found() -> None:
    # Written by a client that kept no record, so that the log alone can tell.
    history = chain()
    fork = Entry(4, "e4", "main", "w", "v1")
    assert "hidden fork" in kinds(with_log(history, [*history.log, fork]))


def test_a_missing_acknowledged_commit_is_found() -> None:
    history = chain()
    assert "missing commit" in kinds(with_log(history, list(history.log[:2])))


def test_a_refused_commit_that_was_done_is_found() -> None:
    history = chain()
    refused = replace(history.commits[2], outcome="refused", told="v1")
    commits = [*history.commits[:2], refused]
    assert kinds(replace(history, commits=commits)) == {"refused but done"}


@pytest.mark.parametrize("told", [None, "v2", "nowhere"])
def test_a_refusal_that_names_no_other_head_of_the_branch_is_found(told: str | None) -> None:
    history = chain()
    refused = Commit("b", "main", "w", "v2", 0, 1, "refused", told)
    found = kinds(replace(history, commits=[*history.commits, refused]))
    assert found == {"refused without cause"}


def test_a_commit_before_one_that_was_done_earlier_is_found() -> None:
    history = chain()
    late = replace(history.commits[0], began=100, ended=101)
    assert "out of order" in kinds(replace(history, commits=[late, *history.commits[1:]]))


@pytest.mark.parametrize("head", [None, "v2", "never was"])
def test_a_head_that_is_older_than_what_was_done_is_found(head: str | None) -> None:
    history = chain()
    assert kinds(replace(history, looks=[Look("b", "main", head, 99, 100)])) == {"stale head"}


@given(st.permutations([0, 1, 2]).filter(lambda order: order != [0, 1, 2]))
def test_readers_that_were_told_another_order_are_found(order: list[int]) -> None:
    history = chain()
    log = history.delivered["a"]
    delivered = {**history.delivered, "b": [log[place] for place in order]}
    assert kinds(replace(history, delivered=delivered)) == {"divergent orders"}


@pytest.mark.parametrize("part", [slice(1, None), slice(None, -1), slice(None, None, 2)])
def test_a_reader_that_missed_an_event_is_found(part: slice) -> None:
    history = chain()
    delivered = {**history.delivered, "c": history.delivered["c"][part]}
    assert kinds(replace(history, delivered=delivered)) == {"divergent orders"}


def test_a_reader_that_was_told_twice_is_found() -> None:
    history = chain()
    delivered = {**history.delivered, "c": [*history.delivered["c"], (3, "e3")]}
    assert kinds(replace(history, delivered=delivered)) == {"divergent orders"}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_version_that_reads_otherwise_is_found(client: str) -> None:
    history = chain()
    reads = [*history.reads, Read(client, "v2", "something else")]
    assert kinds(replace(history, reads=reads)) == {"changed version"}


@given(sound_histories(), st.data())
@settings(max_examples=100 * EFFORT)
def test_anomalies_are_found_wherever_they_are_seeded(
    history: History, data: st.DataObject
) -> None:
    won = [c for c in history.commits if c.outcome == "won"]
    if not won:
        return
    commit = data.draw(st.sampled_from(won))
    [entry] = [e for e in history.log if e.version == commit.version]
    gone = [e for e in history.log if e is not entry]
    assert "missing commit" in kinds(with_log(history, gone))
    last = len(history.log) + 1
    twice = [*history.log, replace(entry, seq=last, event=f"e{last}")]
    assert "duplicated commit" in kinds(with_log(history, twice))
    rival = replace(commit, version="rival", client="z")
    assert "two winners" in kinds(replace(history, commits=[*history.commits, rival]))
    fork = Entry(last, f"e{last}", entry.branch, "fork", entry.parent)
    assert {"hidden fork", "lost update"} <= kinds(with_log(history, [*history.log, fork]))
    changed = Read("z", commit.version, "changed")
    assert "changed version" in kinds(replace(history, reads=[*history.reads, changed]))
    assert "divergent orders" in kinds(
        replace(history, delivered={**history.delivered, "z": [(1, "other")]})
    )
