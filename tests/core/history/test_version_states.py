from __future__ import annotations

from collections.abc import Sequence

import pytest
from shared.halting import halted

from nerv_lab.core.errors import HistoryPrunedError
from nerv_lab.core.graph.model import Entity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.walking import following_walks

STATES = [GraphState.build(Entity(str(n), "thing") for n in range(count)) for count in range(40)]


@pytest.fixture
def store() -> TemporalStore:
    """Return a history of forty versions, of whose states few are in memory."""
    store = TemporalStore(recent=4)
    for state in STATES:
        store.commit(state)
    return store


def test_a_commit_comes_in_while_a_walk_far_back_is_under_way(store: TemporalStore) -> None:
    early = store.versions[5].id
    with halted(lambda: store.state_at(early)) as walk:
        after = store.commit(STATES[3], "meanwhile")
        assert not walk.result.done()
        assert walk.go_on() == STATES[5]
    assert store.state_at(after) == STATES[3]


def test_a_look_at_what_is_in_memory_does_not_wait_for_a_walk(store: TemporalStore) -> None:
    early, late = store.versions[5].id, store.versions[-1].id
    with halted(lambda: store.state_at(early)) as walk:
        assert store.state_at(late) == STATES[-1]
        assert not walk.result.done()


def test_two_walks_at_a_time_find_the_same(store: TemporalStore) -> None:
    early = store.versions[5].id
    with halted(lambda: store.state_at(early)) as walk:
        assert store.state_at(early) == STATES[5]
        assert walk.go_on() == STATES[5]


def test_a_walk_takes_another_way_where_versions_on_it_were_pruned(store: TemporalStore) -> None:
    early = store.versions[5].id
    with halted(lambda: store.state_at(early)) as walk:
        store.retain(RetentionPolicy(keep_last=2), {"early": early})
        assert walk.go_on() == STATES[5]


def test_a_walk_to_a_version_that_is_pruned_meanwhile_keeps_nothing_of_it(
    store: TemporalStore,
) -> None:
    early = store.versions[5].id
    with halted(lambda: store.state_at(early)) as walk:
        store.retain(RetentionPolicy(keep_last=2))
        with pytest.raises(HistoryPrunedError):
            walk.go_on()
    with pytest.raises(HistoryPrunedError):
        store.state_at(early)


def test_a_walk_that_is_stopped_leaves_the_history_as_it_was(store: TemporalStore) -> None:
    early = store.versions[5].id

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = (store.versions, store.heads)
    with following_walks(stop), pytest.raises(KeyboardInterrupt):
        store.state_at(early)
    assert (store.versions, store.heads) == before
    assert store.state_at(early) == STATES[5]
    assert store.verify() == []


def test_a_long_walk_reads_what_it_goes_over_a_good_deal_at_a_time(store: TemporalStore) -> None:
    asked: list[list[str]] = []

    def deltas(ids: Sequence[str]) -> dict[str, bytes]:
        asked.append([*ids])
        return {id: store.delta(id) for id in ids}

    copy = TemporalStore(load_delta=refuse, load_deltas=deltas)
    versions = store.versions
    for version, state in zip(versions, STATES, strict=True):
        copy.add(version, state=state if version is versions[-1] else None)
    assert copy.state_at(versions[25].id) == STATES[25]
    assert asked == [[version.id for version in reversed(versions[26:])]]
    assert copy.state_at(versions[26].id) == STATES[26]
    assert len(asked) == 1


def test_what_a_store_leaves_out_is_asked_for_by_itself(store: TemporalStore) -> None:
    copy = TemporalStore(load_delta=store.delta, load_deltas=lambda ids: {})
    for version in store.versions:
        copy.add(version)
    assert copy.state_at(store.versions[20].id) == STATES[20]


def refuse(version_id: str) -> bytes:
    raise AssertionError(f"asked for {version_id} by itself")
