"""Versions hold what happened in the log they are made of."""

from __future__ import annotations

from dataclasses import replace

from shared.interleaving import before_next

from nerv_lab.core.graph.change_events import ChangeEvent
from nerv_lab.core.graph.item_changes import ItemChange, decode_delta
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import Lab


def test_a_version_holds_what_happened_in_the_log_that_comes_back_as_it_is_made() -> None:
    with Lab(MockInnerUniverse()) as lab:
        ada = lab.add_entity("person", id="ada")
        late = replace(ada, created_at=ada.created_at + 1, updated_at=ada.updated_at + 1)

        def come_back() -> None:
            """Stand as many events on in a log that has another time for the same."""
            change = ItemChange(late.key, None, late)
            event = ChangeEvent(
                "late.0", change.event_type, change.data(), 0.0, seq=lab.seq, branch="main"
            )
            follower = lab._follower
            state = GraphState.build([late])
            follower.restart("main", state, lab.seq, follower.moves, 0, [event], [])

        before_next(lab, "apply_and_commit", come_back)
        version = lab.commit("one")
        (change,) = decode_delta(lab._run(lab.client.delta(version.id)))
        assert change.new == late
