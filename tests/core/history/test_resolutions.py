from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import entity_ids, names, values

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.item_changes import ItemChange, decode_delta, encode_delta
from nerv_lab.core.graph.model import Entity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Take
from nerv_lab.core.history.resolutions import (
    ResolvedConflict,
    delta_with,
    resolutions_of,
    resolved_conflicts,
)
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.values import encode, freeze

CHANGES = (ItemChange("e:a", None, Entity("a", "thing")),)
SIDE = ResolvedConflict("e:a", ("properties", "x"), "theirs")
VALUE = ResolvedConflict("r:b", (), Take(dt.date(2026, 1, 2)))

conflicts = st.builds(
    ResolvedConflict,
    entity_ids.map("e:{}".format),
    st.lists(names, max_size=3).map(tuple),
    st.sampled_from(["base", "ours", "theirs"]) | values.map(lambda v: Take(freeze(v))),
)


@given(st.lists(conflicts, max_size=4).map(tuple))
def test_a_delta_gives_back_its_changes_and_its_resolutions(
    resolutions: tuple[ResolvedConflict, ...],
) -> None:
    delta = delta_with(CHANGES, resolutions)
    assert decode_delta(delta) == CHANGES
    found = [r.record() for r in resolutions_of(delta)]
    assert encode(freeze(found)) == encode(freeze([r.record() for r in resolutions]))


def test_a_delta_without_resolutions_is_what_it_always_was() -> None:
    assert delta_with(CHANGES, ()) == encode_delta(CHANGES)
    assert resolutions_of(encode_delta(CHANGES)) == ()


def test_resolutions_come_in_the_order_of_their_places() -> None:
    resolved = {("e:b", ()): "ours", ("e:a", ("x",)): Take(1)}
    assert [str(r) for r in resolved_conflicts(resolved)] == ["e:a.x: 1", "e:b: ours"]


@pytest.mark.parametrize(
    "delta",
    [
        b'{"changes":[]}',
        b'{"resolutions":[]}',
        b'{"changes":[],"resolutions":[],"more":1}',
        b'{"changes":{},"resolutions":[]}',
    ],
)
def test_a_delta_of_another_form_is_refused(delta: bytes) -> None:
    with pytest.raises(ValidationError):
        decode_delta(delta)


@pytest.mark.parametrize(
    "records",
    [
        '"x"',
        "[1]",
        '[{"key":"e:a"}]',
        '[{"key":1,"path":[],"side":"ours"}]',
        '[{"key":"e:a","path":[1],"side":"ours"}]',
        '[{"key":"e:a","path":[],"side":"mine"}]',
    ],
)
def test_records_that_are_no_resolutions_are_refused(records: str) -> None:
    with pytest.raises(ValidationError):
        resolutions_of(b'{"changes":[],"resolutions":%b}' % records.encode())


@pytest.fixture
def history() -> TemporalStore:
    history = TemporalStore()
    history.commit(GraphState.empty())
    state = GraphState.build([Entity("a", "thing")])
    history.commit(state, "merge", resolutions=(SIDE, VALUE))
    return history


def test_a_version_keeps_how_it_was_decided(history: TemporalStore) -> None:
    first, second = history.versions
    assert history.resolutions(second.id) == (SIDE, VALUE)
    assert history.resolutions(first.id) == ()
    assert history.verify() == []


def test_a_changed_resolution_breaks_the_digest(history: TemporalStore) -> None:
    second: Any = history.versions[1]
    history._deltas[second.id] = history.delta(second.id).replace(b"theirs", b"ours")
    assert "digest does not match" in str(history.verify()[0])
