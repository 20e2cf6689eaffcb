from __future__ import annotations

from collections.abc import Iterator

import pytest
from shared.universes import Universe

from nerv_lab.core.errors import (
    BranchNotFoundError,
    ConflictError,
    DuplicateIdError,
    EventNotFoundError,
    HeadMovedError,
    TransactionError,
    ValidationError,
    VersionNotFoundError,
)
from nerv_lab.core.events import EventType
from nerv_lab.lab import ConfirmedBatch, Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Iterator[Lab]:
    """Return a Lab with one commit: Ada."""
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1815})
    lab.commit("one")
    yield lab
    assert repr(lab.verify()).startswith("verified")


def test_a_new_lab_is_on_the_main_branch(lab: Lab) -> None:
    assert (lab.branch_name, list(lab.branches)) == ("main", ["main"])


def test_work_aside_does_not_show_on_the_main_branch(lab: Lab) -> None:
    with lab.branch("what-if") as aside:
        assert aside is lab
        assert lab.branch_name == "what-if"
        lab.add_entity("person", id="eve")
        lab.commit("eve joins")
        assert sorted(lab.entities) == ["ada", "eve"]
    assert lab.branch_name == "main"
    assert list(lab.entities) == ["ada"]
    assert [v.description if v else None for v in lab.branches.values()] == ["one", "eve joins"]


def test_uncommitted_work_stays_on_its_branch(lab: Lab) -> None:
    lab.update("ada", properties={"here": 1})
    with lab.branch("aside"):
        assert "here" not in lab.entity("ada").properties
        lab.update("ada", properties={"there": 1})
        assert [c.key for c in lab.diff()] == ["e:ada"]
    assert dict(lab.entity("ada").properties) == {"born": 1815, "here": 1}
    lab.switch("aside")
    assert dict(lab.entity("ada").properties) == {"born": 1815, "there": 1}
    assert len(lab.diff()) == 1


def test_a_branch_may_begin_at_any_version(lab: Lab) -> None:
    lab.add_entity("person", id="eve")
    lab.commit("two")
    assert lab.create_branch("past", "v1") == lab.version("v1")
    lab.switch("past")
    assert list(lab.entities) == ["ada"]
    assert len(lab.diff()) == 0
    assert lab.commit("aside").parents == (lab.version("v1").id,)


def test_a_branch_is_a_name_for_its_head(lab: Lab) -> None:
    with lab.branch("aside"):
        version = lab.commit("two")
    assert lab.version("aside") == version
    assert lab.at("aside").version == version
    assert lab.version("aside~1") == lab.version("aside~") == lab.version("v1")


def test_steps_before_the_beginning_are_refused(lab: Lab) -> None:
    with pytest.raises(VersionNotFoundError, match="only 0 versions before"):
        lab.version("head~1")


def test_the_log_is_that_of_the_present_branch(lab: Lab) -> None:
    with lab.branch("aside"):
        lab.commit("two")
        assert repr(lab.log()) == "v2 (head)  two\nv1  one"
    lab.commit("three")
    assert repr(lab.log()) == "v3 (head)  three\nv1  one"


def test_watchers_are_told_what_switching_changed(lab: Lab) -> None:
    lab.create_branch("aside")
    lab.add_entity("person", id="eve")
    batches: list[ConfirmedBatch] = []
    lab.watch(batches.append)
    lab.switch("aside")
    assert [c.key for c in batches[-1].changes] == ["e:eve"]
    assert batches[-1].state == lab.state


def test_another_branch_moving_leaves_this_one_alone(lab: Lab) -> None:
    batches: list[ConfirmedBatch] = []
    lab.create_branch("aside")
    lab.watch(batches.append)
    lab.delete_branch("aside")
    assert [b.changes for b in batches] == [()]
    assert [e.type for b in batches for e in b.events] == [EventType.BRANCH_MOVED]


def test_a_branch_is_deleted_and_its_versions_stay(lab: Lab) -> None:
    with lab.branch("aside"):
        lab.add_entity("person", id="eve")
        version = lab.commit("two")
    lab.delete_branch("aside")
    assert list(lab.branches) == ["main"]
    assert "eve" in lab.at(version).entities
    lab.create_branch("aside", version)
    assert lab.version("aside") == version


@pytest.mark.parametrize("name", ["main", "aside"])
def test_a_branch_one_is_on_cannot_be_deleted(lab: Lab, name: str) -> None:
    with lab.branch("aside"), pytest.raises(ValidationError, match="cannot be deleted"):
        lab.delete_branch(name)


def test_an_unknown_branch_is_answered_with_those_that_exist(lab: Lab) -> None:
    with pytest.raises(BranchNotFoundError, match="'main'"):
        lab.switch("nowhere")


def test_a_branch_is_made_once(lab: Lab) -> None:
    lab.create_branch("aside")
    for name in ("aside", "main"):
        with pytest.raises(DuplicateIdError):
            lab.create_branch(name)


@pytest.mark.parametrize("name", ["head", "v1", "", "a\nb"])
def test_a_branch_needs_a_name_of_its_own(lab: Lab, name: str) -> None:
    with pytest.raises(ValidationError, match="branch"):
        lab.create_branch(name)


def test_branches_wait_for_the_end_of_a_transaction(lab: Lab) -> None:
    lab.create_branch("aside")
    with lab.transaction():
        for attempt in (lab.switch, lab.merge, lab.reset):
            with pytest.raises(TransactionError):
                attempt("aside")


def test_positions_of_the_log_are_those_of_the_present_branch(lab: Lab) -> None:
    made_at = lab.seq + 1
    lab.create_branch("aside")
    lab.add_entity("person", id="eve")
    lab.switch("aside")
    assert list(lab.at(lab.seq).entities) == ["ada"]
    with pytest.raises(EventNotFoundError, match=f"by event {made_at}"):
        lab.at(1)
    lab.switch("main")
    assert len(lab.at(0).entities) == 0


def test_a_reset_moves_the_branch_and_is_refused_where_work_would_be_lost(lab: Lab) -> None:
    lab.update("ada", properties={"died": 1852})
    with pytest.raises(ConflictError, match="not committed"):
        lab.reset("v1")
    lab.commit("two")
    with pytest.raises(ConflictError, match="1 version would belong to no branch"):
        lab.reset("v1")
    lab.tag("kept", "v2")
    lab.reset("v1")
    assert lab.head == lab.version("v1")
    assert "died" not in lab.entity("ada").properties
    assert len(lab.diff()) == 0
    assert lab.commit("again").parents == (lab.version("v1").id,)


def test_a_reset_can_be_forced(lab: Lab) -> None:
    lab.update("ada", properties={"died": 1852})
    lab.commit("two")
    lab.update("ada", properties={"x": 1})
    lab.reset("v1", force=True)
    assert dict(lab.entity("ada").properties) == {"born": 1815}


def test_a_lab_on_the_branch_follows_a_reset_elsewhere(lab: Lab, other: Lab) -> None:
    lab.add_entity("person", id="eve")
    lab.commit("two")
    other.refresh()
    lab.reset("v1", force=True)
    other.refresh()
    assert list(other.entities) == ["ada"]
    assert other.head == lab.head


def test_branches_are_there_again_after_opening(lab: Lab, universe: Universe) -> None:
    lab.create_branch("gone")
    lab.delete_branch("gone")
    with lab.branch("aside"):
        lab.add_entity("person", id="eve")
        lab.commit("two")
        lab.update("eve", name="Eve")
    with Lab(universe.client()) as again:
        assert (again.branches, again.state) == (lab.branches, lab.state)
        again.switch("aside")
        assert again.entity("eve").name == "Eve"
        assert [c.key for c in again.diff()] == ["e:eve"]
        assert again.verify().ok


def test_of_two_who_commit_on_one_version_one_wins_and_both_heads_are_told(lab: Lab) -> None:
    base = lab.version("head")
    first, second = (lab._history.draft(lab.state, text) for text in ("first", "second"))
    lab._run(lab.client.commit_version(*first))
    with pytest.raises(HeadMovedError) as refused:
        lab._run(lab.client.commit_version(*second))
    assert (refused.value.expected, refused.value.actual) == (base.id, first[0].id)
    lab.refresh()


def test_a_branch_made_at_a_rollback_verifies(lab: Lab) -> None:
    lab.update("ada", properties={"died": 1852})
    lab.commit("two")
    lab.rollback("v1")
    with lab.branch("aside"):
        lab.update("ada", properties={"x": 1})
    assert repr(lab.verify()).startswith("verified")
