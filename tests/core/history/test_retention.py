from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from shared.graphs import changed, changes

from nerv_lab.core.errors import HistoryPrunedError, UsageError, ValidationError
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.lineage import merge_bases
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.temporal import TemporalStore

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
BRANCHES = ["main", "aside", "third"]


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


class Scribe:
    """Writes a history, and remembers every state that it committed."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = TemporalStore(clock=self.clock, recent=2)
        self.states: dict[str, GraphState] = {}
        self.tags: dict[str, str] = {}

    def commit(self, branch: str, wanted: list[Any], merged: str | None = None) -> str:
        head = self.store.head(branch)
        before = self.states[head.id] if head else GraphState.empty()
        state = changed(before, wanted)
        if merged is not None:
            path = before.diff(self.states[merged], exact=True)
            state = before.apply(path)
        id = self.store.commit(state, branch=branch, event_seq=len(self.states), merged=merged)
        self.states[id] = state
        return id


policies = st.builds(
    RetentionPolicy,
    keep_last=st.integers(1, 4),
    hourly=st.integers(0, 3),
    daily=st.integers(0, 2),
)


@st.composite
def histories(draw: st.DrawFn) -> Scribe:
    """Return a history of commits, branches, merges, moves and tags, pruned now and then."""
    scribe = Scribe()
    store = scribe.store
    for _ in range(draw(st.integers(1, 25))):
        scribe.clock.now += dt.timedelta(minutes=draw(st.sampled_from([0, 7, 40, 600])))
        kept = [id for id in scribe.states if not store.is_pruned(id)]
        branch = draw(st.sampled_from(BRANCHES))
        action = draw(st.sampled_from(["commit"] * 5 + ["move", "merge", "tag", "drop", "retain"]))
        if action == "move" and kept:
            store.move(branch, draw(st.sampled_from(kept)))
        elif action == "merge" and kept and store.head(branch):
            scribe.commit(branch, [], draw(st.sampled_from(kept)))
        elif action == "tag" and kept:
            scribe.tags[draw(st.sampled_from(["x", "y"]))] = draw(st.sampled_from(kept))
        elif action == "drop" and branch != "main":
            store.move(branch, None)
        elif action == "retain":
            store.retain(draw(policies), scribe.tags)
        else:
            scribe.commit(branch, draw(st.lists(changes, max_size=3)))
    return scribe


def exact(state: GraphState) -> dict[str, bytes]:
    return {item.key: item.fingerprint for item in state.items()}


@settings(max_examples=300)
@given(histories(), policies)
def test_retention_never_changes_what_is_kept(scribe: Scribe, policy: RetentionPolicy) -> None:
    store = scribe.store
    pruning = store.plan(policy, scribe.tags)
    before = {id: (store.get_version(id), store.delta(id)) for id in pruning.kept}
    assert store.retain(policy, scribe.tags) == pruning
    event(f"went: {min(len(pruning), 5)}")
    for id, (version, delta) in before.items():
        assert store.get_version(id) == version
        assert store.delta(id) == delta
        assert exact(store.state_at(id)) == exact(scribe.states[id])
        assert store.state_at(id).data_hash == version.data_hash
    assert store.verify() == []


@given(histories(), policies, st.data())
def test_differences_between_kept_versions_stay(
    scribe: Scribe, policy: RetentionPolicy, data: st.DataObject
) -> None:
    store = scribe.store
    kept = sorted(store.retain(policy, scribe.tags).kept)
    if not kept:
        return
    a, b = (data.draw(st.sampled_from(kept)) for _ in range(2))
    difference = store.diff(a, b)
    assert exact(scribe.states[a].apply(difference)).keys() == exact(scribe.states[b]).keys()
    assert scribe.states[a].apply(difference).data_hash == scribe.states[b].data_hash


@given(histories(), policies)
def test_what_was_pruned_is_refused_and_still_has_its_fields(
    scribe: Scribe, policy: RetentionPolicy
) -> None:
    store = scribe.store
    known = {version.id: version for version in store.versions}
    kept = store.retain(policy, scribe.tags).kept
    for id, version in known.items():
        assert store.get_version(id) == version
        assert store.is_pruned(id) == (id not in kept)
        if id not in kept:
            for ask in (store.state_at, store.delta, store.changes):
                with pytest.raises(HistoryPrunedError):
                    ask(id)


@given(histories(), policies)
def test_pins_are_kept(scribe: Scribe, policy: RetentionPolicy) -> None:
    store = scribe.store
    heads = sorted(set(store.heads.values()))
    gone = store.pruned
    bases = {
        base
        for a in heads
        for b in heads
        for base in merge_bases(a, b, lambda id: store.get_version(id).parents)
    }
    kept = store.retain(policy, scribe.tags).kept
    assert {*heads, *scribe.tags.values(), *(bases - gone)} <= kept.keys()


@given(histories(), policies)
def test_retention_is_idempotent(scribe: Scribe, policy: RetentionPolicy) -> None:
    scribe.store.retain(policy, scribe.tags)
    assert len(scribe.store.plan(policy, scribe.tags)) == 0


@given(histories(), policies)
def test_a_history_goes_on_after_pruning(scribe: Scribe, policy: RetentionPolicy) -> None:
    store = scribe.store
    store.retain(policy, scribe.tags)
    after = GraphState.build([Entity("after", "thing")])
    id = store.commit(after, "goes on")
    assert store.state_at(id) == after
    assert store.verify() == []


def line(count: int, minutes: int = 0) -> tuple[TemporalStore, list[str]]:
    clock = Clock()
    store = TemporalStore(clock=clock)
    ids = []
    for number in range(count):
        state = GraphState.build([Entity(f"e{n}", "thing") for n in range(number + 1)])
        ids.append(store.commit(state, f"{number}"))
        clock.now += dt.timedelta(minutes=minutes)
    return store, ids


def test_the_newest_versions_are_kept() -> None:
    store, ids = line(10)
    assert sorted(store.plan(RetentionPolicy(keep_last=3)).kept) == ids[-3:]


def test_each_branch_keeps_its_own_newest_versions() -> None:
    store, ids = line(5)
    store.move("aside", ids[1])
    other = [store.commit(GraphState.empty(), branch="aside") for _ in range(3)]
    kept = store.plan(RetentionPolicy(keep_last=1)).kept
    assert sorted(kept) == sorted([ids[1], ids[4], other[2]])
    assert kept[ids[1]] == "common ancestor of branches"


def test_the_newest_version_of_an_hour_and_of_a_day_is_kept() -> None:
    store, ids = line(100, minutes=30)
    kept = store.plan(RetentionPolicy(keep_last=1, hourly=3, daily=2)).kept
    moments = sorted(store.get_version(id).timestamp for id in kept)
    last = store.get_version(ids[-1]).timestamp
    days_end = last.replace(hour=0, minute=0) - dt.timedelta(minutes=30)
    hour = dt.timedelta(hours=1)
    assert moments == [days_end, last - 2 * hour, last - hour, last]


def test_versions_of_deleted_branches_grow_old_too() -> None:
    store, ids = line(2)
    store.move("aside", ids[0])
    other = [store.commit(GraphState.empty(), branch="aside") for _ in range(4)]
    store.move("aside", None)
    kept = store.plan(RetentionPolicy(keep_last=2)).kept
    assert sorted(kept) == sorted([*ids, *other[-2:]])


def test_each_version_says_why_it_is_kept() -> None:
    store, ids = line(4)
    kept = store.plan(RetentionPolicy(keep_last=1), {"start": ids[0]}).kept
    assert kept == {ids[3]: "head of 'main'", ids[0]: "tag 'start'"}


def test_plain_states_are_pruned_too() -> None:
    store = TemporalStore()
    ids = [store.commit({"n": n}) for n in range(5)]
    store.retain(RetentionPolicy(keep_last=2))
    assert [store.is_pruned(id) for id in ids] == [True, True, True, False, False]
    assert store.state_at(ids[3]) == {"n": 3}
    assert store.verify() == []


def test_verify_finds_a_changed_tombstone_and_a_changed_bridge() -> None:
    store, ids = line(6)
    store.retain(RetentionPolicy(keep_last=1), {"start": ids[0]})
    assert store.verify() == []
    store._versions[ids[2]] = replace(store._versions[ids[2]], description="something else")
    bridge = store._bridges[ids[5]]
    forged = ItemChange("e:x", None, Entity("x", "thing"))
    store._bridges[ids[5]] = replace(bridge, delta=type(bridge).of("", "", [forged]).delta)
    found = [str(finding) for finding in store.verify()]
    assert any(ids[2] in line and "fields" in line for line in found)
    assert any(ids[5] in line and "bridge" in line for line in found)


def test_a_store_of_others_deltas_is_not_pruned_from_here() -> None:
    with pytest.raises(UsageError):
        TemporalStore(load_delta=lambda id: b"").retain(RetentionPolicy())


@pytest.mark.parametrize(
    "fields", [{"keep_last": 0}, {"hourly": -1}, {"daily": 1.0}, {"keep_last": True}]
)
def test_numbers_that_are_none_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(fields))):
        RetentionPolicy(**fields)


def test_a_policy_comes_back_from_its_record() -> None:
    policy = RetentionPolicy(7, 24, 30)
    assert RetentionPolicy.from_record(policy.record()) == policy
    with pytest.raises(ValidationError, match="weekly"):
        RetentionPolicy.from_record({"weekly": 1})
    with pytest.raises(ValidationError, match="dict"):
        RetentionPolicy.from_record([1])
