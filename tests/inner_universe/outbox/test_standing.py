"""Where a Lab stood is brought forward by the log alone, or not at all."""

from __future__ import annotations

import pytest

from nerv_lab.core.errors import CorruptStoreError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import CreateEntity, DeleteEntity, UpdateEntity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.inner_universe.outbox import Standing
from nerv_lab.inner_universe.outbox.standing import advanced, decode_standing, encode_standing
from nerv_lab.lab import Lab


def stood(lab: Lab) -> Standing:
    return lab._standing()


def followed(lab: Lab, before: Standing) -> Standing | None:
    return advanced(before, list(lab.events.between(before.seq, lab.seq)))


def test_events_lead_to_where_a_lab_that_saw_them_stands() -> None:
    with Lab(MockInnerUniverse()) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        before = stood(lab)
        lab.apply([CreateEntity("bob", "person"), UpdateEntity("ada", name="Ada")])
        lab.bus.publish("said", {"what": "hello"})
        lab.commit("second")
        lab.create_branch("aside")
        lab.apply([DeleteEntity("bob")])
        after, now = followed(lab, before), stood(lab)
        assert after is not None
        assert (after.seq, after.heads, after.moves) == (now.seq, now.heads, now.moves)
        assert after.rows == now.rows
        assert after.versions == now.versions


def test_no_events_lead_nowhere() -> None:
    standing = Standing(5, {"main": GraphState.empty()}, recent=())
    assert advanced(standing, []) == standing


def test_rows_that_were_moved_have_to_be_read() -> None:
    with Lab(MockInnerUniverse()) as lab:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        lab.add_entity("person", id="bob")
        lab.commit("second")
        before = stood(lab)
        lab.reset(first, force=True)
        assert followed(lab, before) is None


def test_a_pruned_history_has_to_be_read() -> None:
    pruned = Event("p.0", "HISTORY_PRUNED", {}, seq=6)
    assert advanced(Standing(5), [pruned]) is None


def test_a_branch_that_is_gone_is_forgotten() -> None:
    with Lab(MockInnerUniverse()) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        lab.create_branch("aside")
        before = stood(lab)
        lab.delete_branch("aside")
        after = followed(lab, before)
        assert after is not None
        assert "aside" not in after.heads


def test_what_is_damaged_says_so() -> None:
    with pytest.raises(CorruptStoreError, match="while its server is there"):
        decode_standing(encode_standing(Standing(5))[:-4])
