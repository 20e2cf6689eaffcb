"""Retention, as whoever uses a Lab sees it, on every backend."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from shared.universes import Universe

import nerv_lab as nl
from nerv_lab.core.errors import EntityNotFoundError, HistoryPrunedError, ValidationError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.versions import Version
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend

LAST = RetentionPolicy(keep_last=3)


def exact(state: GraphState) -> dict[str, bytes]:
    return {item.key: item.fingerprint for item in state.items()}


def counted(lab: Lab, versions: int = 10) -> list[tuple[Version, dict[str, bytes]]]:
    """Commit a counter so many times, and return each version with its state."""
    lab.add_entity("counter", id="n", properties={"is": 0})
    lab.add_entity("thing", id="still")
    made = []
    for number in range(1, versions + 1):
        lab.update("n", properties={"is": number})
        version = lab.commit(f"step {number}")
        made.append((version, exact(lab.state)))
    return made


def test_what_is_kept_stays_as_it_was(lab: Lab) -> None:
    made = counted(lab)
    report = lab.retain(LAST)
    assert report.pruned == tuple(f"v{n}" for n in range(1, 8))
    assert list(report.kept) == ["v8", "v9", "v10"]
    for version, state in made[-3:]:
        view = lab.at(version)
        assert exact(view.state) == state
        assert view.data_hash == version.data_hash
        assert lab.version(version.id) == version
    assert lab.verify().problems == ()


def test_whoever_opens_it_later_sees_the_same(lab: Lab, universe: Universe) -> None:
    made = counted(lab)
    lab.tag("start", "v2")
    lab.retain(LAST)
    with Lab(universe.client()) as later:
        assert [entry.label for entry in later.log() if not entry.pruned] == [
            "v10",
            "v9",
            "v8",
            "v2",
        ]
        for version, state in (*made[-3:], made[1]):
            assert exact(later.at(version).state) == state
        assert later.diff("start", "v9")[0].new == lab.at("v9").entity("n")
        assert later.verify().problems == ()
        with pytest.raises(HistoryPrunedError):
            later.at("v5")


def test_whoever_has_it_open_follows(lab: Lab, other: Lab) -> None:
    made = counted(lab)
    other.refresh()
    assert other.at("v4").entity("n").properties["is"] == 4
    lab.retain(LAST)
    other.refresh()
    with pytest.raises(HistoryPrunedError, match="'v4'"):
        other.at("v4")
    assert exact(other.at("v8").state) == made[7][1]
    other.update("n", properties={"is": 11})
    assert other.commit("goes on").parents == (made[-1][0].id,)
    assert other.verify().problems == ()


@pytest.mark.parametrize(
    "ask",
    [
        lambda lab: lab.at("v3"),
        lambda lab: lab.at("v4~1"),
        lambda lab: lab.diff("v3", "head"),
        lambda lab: lab.rollback("v3"),
        lambda lab: lab.tag("three", "v3"),
        lambda lab: lab.create_branch("three", "v3"),
        lambda lab: lab.reset("v3", force=True),
        lambda lab: lab.cherry_pick("v3"),
        lambda lab: lab.revert("v3"),
        lambda lab: lab.merge("v3"),
    ],
)
def test_a_pruned_version_is_refused_by_name_with_what_is_near(
    lab: Lab, ask: Callable[[Lab], Any]
) -> None:
    counted(lab)
    lab.tag("start", "v2")
    lab.retain(LAST)
    with pytest.raises(HistoryPrunedError, match=r"'v3' was pruned.*v2 and v8"):
        ask(lab)


def test_a_pruned_position_or_moment_is_refused(lab: Lab) -> None:
    made = counted(lab)
    lab.retain(LAST)
    first = lab.events.floor + 1
    assert first == made[-3][0].event_seq + 1
    for asked in (1, 5, first - 2, made[3][0].timestamp, made[0][0].timestamp):
        with pytest.raises(HistoryPrunedError, match="v8"):
            lab.at(asked)
    with pytest.raises(HistoryPrunedError):
        lab.at(made[0][0].timestamp - dt.timedelta(days=1))
    assert exact(lab.at(first - 1).state) == made[-3][1]
    assert len(lab.at(0).entities) == 0


def test_what_is_in_the_log_still_says_so(lab: Lab) -> None:
    made = counted(lab)
    lab.retain(LAST)
    for version, state in made[-3:]:
        assert exact(lab.at(version.event_seq).state) == state
        assert exact(lab.at(version.timestamp).state) == state


def test_the_log_says_from_where_on_it_is_there(lab: Lab) -> None:
    counted(lab)
    before = len(lab.events)
    lab.retain(LAST)
    floor = lab.events.floor
    assert len(lab.events) >= before
    assert [e.seq for e in lab.events.kept()] == list(range(floor + 1, len(lab.events) + 1))
    assert lab.events.recent(1000)[-1].seq == floor + 1
    assert lab.events[floor].seq == floor + 1
    assert f"1 to {floor} pruned" in repr(lab.events)
    for ask in (lambda: lab.events[0], lambda: list(lab.events), lambda: lab.events[2:5]):
        with pytest.raises(HistoryPrunedError):
            ask()


def test_the_history_of_an_item_says_what_is_missing(lab: Lab) -> None:
    counted(lab)
    lab.retain(LAST)
    history = lab.history("n")
    assert [entry.version for entry in history] == ["v9", "v10"]
    assert history.pruned_until == lab.events.floor
    assert "was pruned" in repr(history).splitlines()[0]
    with pytest.raises(HistoryPrunedError, match="still"):
        lab.history("still")
    with pytest.raises(EntityNotFoundError, match="pruned"):
        lab.history("nobody")


def test_bisect_answers_exactly_or_not_at_all(lab: Lab) -> None:
    counted(lab)
    lab.retain(LAST)
    found = lab.bisect(lambda view: view.entity("n").properties["is"] >= 9)
    assert found == lab.version("v9")
    with pytest.raises(HistoryPrunedError, match="'v8'"):
        lab.bisect(lambda view: view.entity("n").properties["is"] >= 4)
    assert lab.bisect(lambda view: False) is None


def test_trace_says_which_rows_are_missing(lab: Lab) -> None:
    counted(lab, 5)
    lab.retain(RetentionPolicy(keep_last=2))
    table = lab.trace(lambda view: view.entity("n").properties["is"] > 3)
    assert [bool(error) for error in table["error"]] == [True, True, True, False, False]
    assert list(table["changed"]) == [False] * 5


def test_labels_and_the_log_stay(lab: Lab) -> None:
    made = counted(lab)
    lab.retain(LAST)
    assert lab.version("v3") == made[2][0]
    assert [entry.version for entry in lab.log()] == [v for v, _ in reversed(made)]
    assert [entry.label for entry in lab.log() if entry.pruned] == [
        f"v{n}" for n in range(7, 0, -1)
    ]
    assert "v3 (pruned)  step 3" in repr(lab.log())


def test_a_dry_run_changes_nothing_and_says_what_would_be_done(lab: Lab) -> None:
    counted(lab)
    seq = lab.seq
    dry = lab.retain(LAST, dry_run=True)
    assert lab.seq == seq
    assert "would prune 7 versions: v1, v2" in repr(dry)
    done = lab.retain(LAST)
    assert (dry.pruned, dry.kept, dry.first_event) == (done.pruned, done.kept, done.first_event)
    assert done.kept["v10"] == "head of 'main'"


def test_again_does_nothing(lab: Lab) -> None:
    counted(lab)
    lab.retain(LAST)
    seq = lab.seq
    assert lab.retain(LAST).pruned == ()
    assert lab.seq == seq


def test_branches_that_live_can_still_be_merged(lab: Lab) -> None:
    counted(lab, 4)
    with lab.branch("aside"):
        lab.update("still", properties={"aside": True})
        lab.commit("aside")
    for number in range(5, 10):
        lab.update("n", properties={"is": number})
        lab.commit("on")
    report = lab.retain(RetentionPolicy(keep_last=1))
    assert report.kept == {
        "v4": "common ancestor of branches",
        "v5": "head of 'aside'",
        "v10": "head of 'main'",
    }
    lab.merge("aside")
    assert lab.entity("still").properties["aside"] is True
    assert lab.entity("n").properties["is"] == 9
    assert lab.verify().problems == ()


def test_uncommitted_changes_are_kept_wherever_they_are(lab: Lab, universe: Universe) -> None:
    counted(lab, 2)
    with lab.branch("aside"):
        lab.update("still", properties={"aside": True})
    pending = lab.seq
    for number in range(3, 8):
        lab.update("n", properties={"is": number})
        lab.commit("on")
    lab.retain(RetentionPolicy(keep_last=1))
    assert lab.events.floor < pending
    with Lab(universe.client()) as later:
        later.switch("aside")
        assert [change.key for change in later.diff()] == ["e:still"]
        assert later.verify().problems == ()


def test_a_deleted_branch_holds_nothing_back(lab: Lab) -> None:
    counted(lab, 2)
    with lab.branch("aside"):
        lab.update("still", properties={"aside": True})
    lab.delete_branch("aside")
    made = counted_on(lab, 5)
    lab.retain(RetentionPolicy(keep_last=1))
    assert lab.events.floor == made.event_seq
    assert lab.verify().problems == ()


def counted_on(lab: Lab, versions: int) -> Version:
    for number in range(versions):
        lab.update("n", properties={"on": number})
        last = lab.commit("on")
    return last


def test_a_policy_is_applied_as_commits_come(lab: Lab, universe: Universe) -> None:
    lab.retention = LAST
    made = counted(lab, 12)
    kept = [entry.label for entry in lab.log() if not entry.pruned]
    assert kept == ["v12", "v11", "v10"]
    assert exact(lab.at("v10").state) == made[9][1]
    with Lab(universe.client()) as later:
        assert later.retention == LAST
        later.update("n", properties={"is": 13})
        later.commit("by another")
        assert [e.label for e in later.log() if not e.pruned] == ["v13", "v12", "v11"]
        assert later.verify().problems == ()
    lab.retention = None
    lab.refresh()
    counted_on(lab, 3)
    assert len([entry for entry in lab.log() if not entry.pruned]) == 6


def test_memory_lets_go_of_what_was_pruned(lab: Lab) -> None:
    counted(lab)
    lab.retain(LAST)
    history = lab._history
    gone = [v.id for v in lab.versions if history.is_pruned(v.id)]
    assert len(gone) == 7
    assert not any(id in history._states or id in history._changes for id in gone)


def test_a_policy_is_needed_and_checked(lab: Lab) -> None:
    with pytest.raises(ValidationError, match="policy"):
        lab.retain()
    with pytest.raises(ValidationError, match="weekly"):
        lab.retain({"weekly": 3})
    with pytest.raises(ValidationError, match="keep_last"):
        lab.retention = {"keep_last": 0}
    assert lab.retention is None


def test_a_budget_leaves_the_rest_to_the_next_time(lab: Lab) -> None:
    counted(lab, 60)
    report = lab.retain(LAST, budget=0.0)
    assert not report.done
    assert 0 < len(report.pruned) < 57
    assert lab.verify().problems == ()
    assert lab.retain(LAST).done
    assert lab.verify().problems == ()


def test_opening_with_a_policy_sets_it(tmp_path: Any) -> None:
    with nl.open(tmp_path / "a.nerv", retention={"keep_last": 7, "daily": 30}) as opened:
        assert opened.retention == RetentionPolicy(7, daily=30)
    with nl.open(tmp_path / "a.nerv") as again:
        assert again.retention == RetentionPolicy(7, daily=30)


def test_a_bundle_holds_a_whole_history_or_is_refused(lab: Lab, tmp_path: Any) -> None:
    counted(lab, 5)
    lab.export(tmp_path / "whole.bundle")
    lab.retain(RetentionPolicy(keep_last=1))
    with pytest.raises(HistoryPrunedError):
        lab.export(tmp_path / "part.bundle")
    with pytest.raises(HistoryPrunedError):
        lab.import_bundle(tmp_path / "whole.bundle")
    assert lab.verify().problems == ()
