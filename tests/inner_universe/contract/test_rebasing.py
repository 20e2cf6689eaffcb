from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import ADA, NOTE, changes, states

from nerv_lab.core.errors import NervError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.contract.log_events import change_events
from nerv_lab.inner_universe.contract.rebasing import rebased
from nerv_lab.inner_universe.contract.writing import checked_batch


def told(done: list[ItemChange], branch: str = "main") -> list[Event]:
    """Return the events of what somebody did."""
    batch = checked_batch([], "b", reason=None, source=None, branch=branch)
    return change_events(batch, done, 1)


def happened(state: GraphState, wanted: list[Change]) -> list[ItemChange]:
    """Return what those of the changes that the rules allow do, at later moments each."""
    done: list[ItemChange] = []
    for moment, change in enumerate(wanted, 10):
        try:
            steps = plan(state, [change], moment)
        except NervError:
            continue
        state = state.apply(steps)
        done += steps
    return done


@given(states, states, st.lists(changes, max_size=15))
def test_what_leads_to_a_state_still_does_after_others_wrote(
    rows: GraphState, target: GraphState, wanted: list[Change]
) -> None:
    done = happened(rows, wanted)
    steps = rebased(rows.diff(target, exact=True), told(done), "main")
    assert steps is not None
    assert rows.apply(done).apply(steps).diff(target, exact=True) == ()


def test_what_happens_on_other_branches_changes_nothing() -> None:
    target = GraphState.empty().apply(plan(GraphState.empty(), [ADA], 1))
    steps = GraphState.empty().diff(target, exact=True)
    elsewhere = told(plan(GraphState.empty(), [NOTE], 2), "aside")
    moved = Event("m", EventType.BRANCH_MOVED, {"branch": "aside"}, 1.0, branch="aside")
    assert rebased(steps, [*elsewhere, moved], "main") == steps


def test_of_a_branch_that_was_moved_nothing_is_known() -> None:
    moved = Event("m", EventType.BRANCH_MOVED, {"branch": "main"}, 1.0, branch="main")
    assert rebased([], [moved], "main") is None
