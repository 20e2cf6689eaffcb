from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import as_plain, changed, changes

from nerv_lab.core.errors import (
    DuplicateIdError,
    HeadMovedError,
    ValueRefusedError,
    VersionNotFoundError,
)
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import ItemChange, encode_delta
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import version_digest

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
ADA = Entity("ada", "person")
EVE = Entity("eve", "person")
ONE = GraphState.build([ADA])
TWO = GraphState.build([ADA, EVE])


@pytest.fixture
def store() -> TemporalStore:
    return TemporalStore(clock=lambda: NOON)


def test_a_commit_can_be_opened_again(store: TemporalStore) -> None:
    first = store.commit(ONE, "one")
    store.commit(TWO, "two")
    assert store.state_at(first) == ONE


def test_a_version_says_what_was_committed(store: TemporalStore) -> None:
    first = store.commit(ONE, "one")
    version = store.get_version(store.commit(TWO, "two", author="eve", event_seq=7))
    assert version.parents == (first,)
    assert (version.description, version.author, version.event_seq) == ("two", "eve", 7)
    assert (version.data_hash, version.timestamp) == (TWO.data_hash, NOON)


def test_history_is_the_ancestors_oldest_first(store: TemporalStore) -> None:
    ids = [store.commit(state, "") for state in (ONE, TWO, ONE)]
    assert [v.id for v in store.get_history()] == ids
    assert [v.id for v in store.get_history(ids[1])] == ids[:2]


def test_a_look_far_back_leaves_other_looks_at_hand() -> None:
    written, loaded = TemporalStore(), []
    states = [GraphState.build([Entity(str(i), "person")]) for i in range(100)]
    ids = [written.commit(state) for state in states]

    def load(version_id: str) -> bytes:
        loaded.append(version_id)
        return written.delta(version_id)

    store = TemporalStore(load_delta=load, recent=16)
    for version in written.versions:
        store.add(version)
    store.remember(ids[-1], state=states[-1])
    assert store.state_at(ids[60]) == states[60]
    assert loaded
    loaded.clear()
    assert [store.state_at(ids[place]) for place in (99, 60)] == [states[99], states[60]]
    assert not loaded


def test_versions_of_graphs_are_numbered_in_the_order_they_came(store: TemporalStore) -> None:
    first = store.commit(ONE, "one")
    plain = store.commit({"answer": 42}, "no graph", branch="plain")
    aside = store.commit(TWO, "two", branch="aside")
    assert (store.number(first), store.number(aside)) == (1, 2)
    for other in (plain, "unknown"):
        with pytest.raises(VersionNotFoundError, match="no version of a graph has this id"):
            store.number(other)


def test_an_empty_store_has_no_history(store: TemporalStore) -> None:
    assert store.get_history() == []
    assert store.head() is None


def test_a_rollback_is_a_new_version_of_the_old_state(store: TemporalStore) -> None:
    first = store.commit(ONE, "one")
    store.commit(TWO, "two")
    again = store.get_version(store.rollback(first))
    assert again.data_hash == store.get_version(first).data_hash
    assert again.description == "rollback to one"
    assert len(store) == 3


def test_the_difference_of_two_versions_is_what_leads_from_one_to_the_other(
    store: TemporalStore,
) -> None:
    first, second = store.commit(ONE), store.commit(TWO)
    assert store.diff(first, second) == (ItemChange("e:eve", None, EVE),)
    assert store.diff(second, first) == (ItemChange("e:eve", EVE, None),)
    assert set(store.diff(None, second)) == set(GraphState.empty().diff(TWO))
    assert store.diff(first, first) == ()


def test_what_was_undone_on_the_way_is_no_difference(store: TemporalStore) -> None:
    first = store.commit(ONE)
    store.commit(TWO)
    assert store.diff(first, store.commit(ONE)) == ()


def test_the_history_of_an_item_names_the_versions_that_changed_it(store: TemporalStore) -> None:
    store.commit(ONE)
    second = store.commit(TWO)
    store.commit(TWO)
    fourth = store.commit(ONE)
    found = [(v.id, c.kind) for v, c in store.item_history("e:eve")]
    assert found == [(second, "added"), (fourth, "removed")]


def test_an_unknown_version_is_refused_by_name(store: TemporalStore) -> None:
    for ask in (store.get_version, store.state_at, store.delta, store.get_history):
        with pytest.raises(VersionNotFoundError, match="nowhere"):
            ask("nowhere")


def test_a_version_is_added_once(store: TemporalStore) -> None:
    version, delta = store.draft(ONE)
    store.add(version, delta)
    with pytest.raises(DuplicateIdError):
        store.add(version, delta)


def test_of_two_versions_with_one_parent_the_second_is_refused(store: TemporalStore) -> None:
    store.commit(ONE)
    first, second = store.draft(TWO), store.draft(ONE)
    store.add(*first)
    with pytest.raises(HeadMovedError) as refused:
        store.add(*second)
    assert refused.value.actual == first[0].id


def test_a_version_whose_parent_is_unknown_is_refused(store: TemporalStore) -> None:
    version, delta = store.draft(ONE)
    with pytest.raises(VersionNotFoundError, match="absent"):
        store.add(replace(version, parents=("absent",)), delta)


def test_plain_json_has_the_hash_of_the_integration_guide(store: TemporalStore) -> None:
    state = {"b": [1, 2.5, None], "a": {"ü": True}}
    version = store.get_version(store.commit(state, "json", branch="state"))
    expected = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()
    assert (version.data_hash, version.algorithm) == (expected, "sha256-json")
    assert store.state_at(version.id) == state


def test_json_that_loses_something_is_refused(store: TemporalStore) -> None:
    with pytest.raises(ValueRefusedError, match=r"state\.a"):
        store.commit({"a": float("nan")})
    assert len(store) == 0


def test_a_version_without_its_delta_is_read_where_it_is_kept() -> None:
    source = TemporalStore()
    ids = [source.commit(ONE), source.commit(TWO)]
    copy = TemporalStore(load_delta=source.delta)
    for version in source.versions:
        copy.add(version)
    assert [copy.state_at(id) for id in ids] == [ONE, TWO]


def test_opening_walks_from_the_nearest_state_in_memory() -> None:
    source = TemporalStore()
    states = [
        GraphState.build([Entity("a", "t", EntityMetadata(properties={"n": n}))]) for n in range(50)
    ]
    ids = [source.commit(state) for state in states]
    read: list[str] = []

    def load(id: str) -> bytes:
        read.append(id)
        return source.delta(id)

    copy = TemporalStore(load_delta=load)
    for version in source.versions:
        copy.add(version, state=states[-1] if version.id == ids[-1] else None)
    assert copy.state_at(ids[-3]) == states[-3]
    assert read == [ids[-1], ids[-2]]
    assert copy.state_at(ids[1]) == states[1]
    assert set(read) & set(ids[2:40]) == set()


def test_a_store_that_keeps_little_in_memory_answers_the_same() -> None:
    store = TemporalStore(recent=2)
    states = [ONE, TWO, GraphState.empty(), TWO, ONE]
    ids = [store.commit(state) for state in states]
    for id, state in [*zip(ids, states, strict=True)][::-1]:
        assert store.state_at(id) == state


def test_a_sound_history_verifies(store: TemporalStore) -> None:
    for state in (ONE, TWO, ONE, {"json": 1}):
        store.commit(state, branch="main" if isinstance(state, GraphState) else "state")
    assert store.verify() == []


def test_a_changed_description_is_found(store: TemporalStore) -> None:
    first = store.commit(ONE, "one")
    store._versions[first] = replace(store.get_version(first), description="another")
    [finding] = store.verify()
    assert first in finding.where
    assert "digest" in finding.what


def test_a_changed_delta_is_found_even_where_its_digest_was_made_anew(
    store: TemporalStore,
) -> None:
    first = store.commit(ONE, "one")
    store._deltas[first] = encode_delta([ItemChange("e:eve", None, EVE)])
    version = store.get_version(first)
    store._versions[first] = replace(version, digest=version_digest(version, store._deltas[first]))
    assert [f.what for f in store.verify()] == [
        "the state rebuilt from its delta has another data_hash"
    ]


def test_an_unreadable_delta_is_found_and_named(store: TemporalStore) -> None:
    first = store.commit(ONE)
    second = store.commit(TWO)
    store._deltas[first] = b"{"
    found = store.verify()
    assert any(first in f.where and "cannot be read" in f.what for f in found)
    assert any(second in f.where for f in found)


@given(st.lists(st.lists(changes, max_size=6), min_size=1, max_size=8), st.data())
def test_any_version_opens_as_it_was_committed_however_little_is_in_memory(
    batches: list[list[Change]], data: st.DataObject
) -> None:
    source = TemporalStore()
    states, state = [], GraphState.empty()
    for batch in batches:
        state = changed(state, batch)
        states.append(state)
        source.commit(state)
    copy = TemporalStore(load_delta=source.delta, recent=3)
    for version in source.versions:
        copy.add(version)
    ids = [v.id for v in source.versions]
    for index in data.draw(st.lists(st.integers(0, len(ids) - 1), max_size=6)):
        assert as_plain(copy.state_at(ids[index])) == as_plain(states[index])
    a, b = (data.draw(st.integers(0, len(ids) - 1)) for _ in range(2))
    difference = copy.diff(ids[a], ids[b])
    assert as_plain(states[a].apply(difference)) == as_plain(states[b])
    assert {c.key for c in difference} == {c.key for c in states[a].diff(states[b])}
    assert source.verify() == copy.verify() == []
