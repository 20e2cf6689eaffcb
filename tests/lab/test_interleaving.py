"""Others write between what a Lab looks at and what it makes of that."""

from __future__ import annotations

from itertools import count

import pytest
from shared.graphs import ADA, NOTE
from shared.interleaving import before_next

from nerv_lab.core.errors import BranchNotFoundError, ConflictError, HeadMovedError, LogMovedError
from nerv_lab.core.graph.changes import Change, UpdateEntity
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend

EDIT = UpdateEntity("ada", properties={"born": 1})
CHANGES = [pytest.param(NOTE, id="of another item"), pytest.param(EDIT, id="of the same item")]


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Return a Lab with two commits: Ada, and then when she was born otherwise."""
    lab.apply([ADA])
    lab.commit("one")
    lab.update("ada", properties={"born": 1816})
    lab.commit("two")
    return lab


def scribble(lab: Lab, number: int) -> None:
    lab.update("ada", properties={"number": number})


# Making branches


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("ref", ["v1", "v2"])
def test_a_branch_has_the_rows_of_its_version_whatever_others_write_meanwhile(
    lab: Lab, other: Lab, ref: str, change: Change
) -> None:
    before_next(lab, "move_branch", lambda: other.apply([change]))
    version = lab.create_branch("aside", ref)
    other.refresh()
    assert other.switch("aside").data_hash == version.data_hash
    assert lab.verify().ok
    lab.refresh()
    assert len(lab.diff()) == 1


def test_a_branch_is_made_of_rows_that_others_move_meanwhile(lab: Lab, other: Lab) -> None:
    with lab.branch("aside", "v2"):
        lab.apply([NOTE])
        other.switch("aside")
        before_next(lab, "move_branch", lambda: other.reset("v1", force=True))
        version = lab.create_branch("third", "v2")
    assert lab.switch("third").data_hash == version.data_hash
    assert lab.verify().ok


def test_rows_are_read_once_however_often_others_write_meanwhile(lab: Lab, other: Lab) -> None:
    numbers, reads = count(), count()
    before_next(lab, "move_branch", lambda: scribble(other, next(numbers)), times=9)
    before_next(lab, "snapshot", lambda: next(reads), times=9)
    version = lab.create_branch("aside", "v1")
    assert (next(numbers), next(reads)) == (9, 1)
    assert lab.switch("aside").data_hash == version.data_hash
    assert lab.verify().ok


def test_a_branch_is_not_made_for_ever_while_others_write_all_the_time(
    lab: Lab, other: Lab
) -> None:
    numbers = count()
    before_next(lab, "move_branch", lambda: scribble(other, next(numbers)), times=1000)
    with pytest.raises(LogMovedError):
        lab.create_branch("aside", "v1")
    assert next(numbers) == 100
    assert list(lab.branches) == ["main"]


def test_a_branch_that_others_delete_as_one_goes_to_it_is_not_found(lab: Lab, other: Lab) -> None:
    lab.create_branch("aside")
    other.refresh()
    before_next(lab, "branches", lambda: other.delete_branch("aside"))
    with pytest.raises(BranchNotFoundError):
        lab.switch("aside")
    assert lab.branch_name == "main"


# Moving them


@pytest.mark.parametrize("change", CHANGES)
def test_a_reset_drops_nothing_that_others_write_meanwhile(
    lab: Lab, other: Lab, change: Change
) -> None:
    lab.tag("end")
    before_next(lab, "move_branch", lambda: other.apply([change]))
    with pytest.raises(ConflictError, match="1 change not committed would be dropped"):
        lab.reset("v1")
    assert len(lab.diff()) == 1
    assert lab.verify().ok


@pytest.mark.parametrize("change", CHANGES)
def test_a_reset_by_force_drops_what_others_write_meanwhile(
    lab: Lab, other: Lab, change: Change
) -> None:
    before_next(lab, "move_branch", lambda: other.apply([change]))
    version = lab.reset("v1", force=True)
    assert (lab.head, lab.data_hash) == (version, version.data_hash)
    assert lab.verify().ok


def test_a_reset_from_a_version_that_others_left_meanwhile_is_refused(lab: Lab, other: Lab) -> None:
    before_next(lab, "move_branch", lambda: other.reset("v1", force=True))
    with pytest.raises(HeadMovedError):
        lab.reset("v1", force=True)
    assert lab.verify().ok


# Bringing back, and together


@pytest.mark.parametrize("change", CHANGES)
def test_a_rollback_is_to_the_very_state_whatever_others_write_meanwhile(
    lab: Lab, other: Lab, change: Change
) -> None:
    before_next(lab, "apply_and_commit", lambda: other.apply([change]))
    version = lab.rollback("v1")
    assert version.data_hash == lab.version("v1").data_hash == lab.data_hash
    assert lab.verify().ok


def test_a_rollback_of_a_part_leaves_alone_what_others_write_meanwhile(
    lab: Lab, other: Lab
) -> None:
    before_next(lab, "apply_and_commit", lambda: other.apply([NOTE]))
    lab.rollback("v1", only=["ada"])
    assert sorted(lab.entities) == ["ada", "note"]
    assert lab.entity("ada").properties["born"] == 1815


@pytest.mark.parametrize("change", CHANGES)
def test_a_merge_does_not_go_over_what_others_write_meanwhile(
    lab: Lab, other: Lab, change: Change
) -> None:
    with lab.branch("aside"):
        lab.update("ada", properties={"died": 1852})
        lab.commit("aside")
    before_next(lab, "apply_and_commit", lambda: other.apply([change]))
    with pytest.raises(ConflictError, match="1 change not committed yet"):
        lab.merge("aside")
    assert len(lab.diff()) == 1
    lab.commit("what the other wrote")
    assert lab.merge("aside").version == lab.head
    assert lab.entity("ada").properties["died"] == 1852
    assert lab.verify().ok
