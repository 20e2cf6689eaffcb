from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shared.graphs import as_plain, changed, changes

import nerv_lab as nl
from nerv_lab.core.errors import ConflictError, HeadMovedError, ValidationError
from nerv_lab.core.graph.changes import Change, CreateEntity
from nerv_lab.core.graph.item_changes import restoring
from nerv_lab.core.history.conflicts import Take
from nerv_lab.core.history.merge_functions import counter, last_writer
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Return a Lab whose branches both changed Ada, here her birth and there her name."""
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1800, "visits": 10})
    lab.commit("one")
    with lab.branch("aside"):
        lab.update("ada", name="Ada Lovelace", properties={"visits": 13})
        lab.commit("name")
    lab.update("ada", properties={"born": 1815})
    lab.commit("birth")
    return lab


def test_a_merge_brings_both_sides_together_as_a_version_with_two_parents(lab: Lab) -> None:
    ours, theirs = lab.version("head"), lab.version("aside")
    result = lab.merge("aside")
    assert result.version == lab.head
    assert lab.version("head").parents == (ours.id, theirs.id)
    assert lab.version("head").description == "merge aside"
    assert lab.entity("ada").name == "Ada Lovelace"
    assert dict(lab.entity("ada").properties) == {"born": 1815, "visits": 13}
    assert lab.verify().ok


def test_a_preview_changes_nothing(lab: Lab) -> None:
    seq = lab.seq
    result = lab.preview("aside")
    assert [c.key for c in result.changes] == ["e:ada"]
    assert repr(result).startswith("merge aside: 1 change, no conflicts")
    assert (lab.seq, result.version) == (seq, None)


def test_a_preview_can_be_committed(lab: Lab) -> None:
    version = lab.preview("aside").commit("together")
    assert (version.description, len(version.parents)) == ("together", 2)


def test_merging_what_is_merged_already_is_no_new_version(lab: Lab) -> None:
    lab.merge("aside")
    versions = lab.versions
    assert lab.merge("aside").version == lab.head
    assert lab.versions == versions


def test_a_branch_that_was_merged_can_be_merged_again_later(lab: Lab) -> None:
    lab.merge("aside")
    with lab.branch("aside"):
        lab.update("ada", properties={"visits": 20})
        lab.commit("more")
    lab.update("ada", properties={"born": 1816})
    lab.commit("again")
    assert lab.merge("aside").conflicts == ()
    assert dict(lab.entity("ada").properties) == {"born": 1816, "visits": 20}


def test_conflicts_wait_for_a_decision_and_nothing_is_lost(lab: Lab) -> None:
    lab.update("ada", properties={"visits": 11})
    lab.commit("visit")
    seq = lab.seq
    result = lab.merge("aside")
    assert (result.version, lab.seq) == (None, seq)
    assert "ours 11, theirs 13, before 10" in repr(result)
    with pytest.raises(ConflictError, match="1 conflict left"):
        result.commit()
    version = result.resolve("theirs").commit()
    assert lab.entity("ada").properties["visits"] == 13
    assert version == lab.head
    event = lab.events[-1]
    assert event.type == "MERGE_RESOLVED"
    assert event.data == {
        "version_id": version.id,
        "resolutions": [
            {"key": "e:ada", "path": ["properties", "visits"], "side": "theirs"},
        ],
    }
    assert lab.resolutions(version) == result.resolutions
    assert "merge aside [1 conflict resolved]" in lab.log()._repr_html_()


def test_a_cherry_pick_records_how_its_conflicts_were_decided(lab: Lab) -> None:
    lab.update("ada", properties={"visits": 11})
    lab.commit("visit")
    version = lab.cherry_pick("aside").resolve("theirs").commit()
    assert [str(r) for r in lab.resolutions(version)] == ["e:ada.properties.visits: theirs"]


def test_conflicts_are_decided_one_by_one(lab: Lab) -> None:
    lab.update("ada", name="A. Lovelace", properties={"visits": 11})
    lab.commit("visit")
    result = lab.merge("aside")
    name, visits = result.conflicts
    assert result.resolve("ours", name).conflicts == (visits,)
    result.resolve(Take(14), visits.place).commit()
    assert (lab.entity("ada").name, lab.entity("ada").properties["visits"]) == ("A. Lovelace", 14)
    assert lab.verify().ok


def test_a_decision_about_nothing_is_refused_and_changes_nothing(lab: Lab) -> None:
    lab.update("ada", properties={"visits": 11})
    lab.commit("visit")
    result = lab.merge("aside")
    with pytest.raises(ValidationError, match="no conflict at"):
        result.resolve("ours", ("e:eve", ()))
    with pytest.raises(ValidationError, match="must be 'base'"):
        result.resolve("mine")  # type: ignore[arg-type]
    assert len(result.conflicts) == 1


@pytest.mark.parametrize(("function", "expected"), [(counter, 14), (last_writer, 11)])
def test_merge_functions_decide_for_their_property(lab: Lab, function: Any, expected: int) -> None:
    lab.update("ada", properties={"visits": 11})
    lab.commit("visit")
    assert lab.merge("aside", functions={"properties.visits": function}).version
    assert lab.entity("ada").properties["visits"] == expected


def test_uncommitted_changes_are_not_merged_over(lab: Lab) -> None:
    lab.update("ada", properties={"x": 1})
    with pytest.raises(ConflictError, match="not committed"):
        lab.merge("aside")
    assert lab.entity("ada").properties["x"] == 1


@pytest.mark.parametrize(
    ("method", "doing"), [("merge", "merge"), ("cherry_pick", "cherry-pick"), ("revert", "revert")]
)
def test_uncommitted_changes_are_to_be_committed_before_what_was_asked_for(
    lab: Lab, method: str, doing: str
) -> None:
    lab.update("ada", properties={"x": 1})
    with pytest.raises(ConflictError, match=f"1 change not committed yet; .* before you {doing}$"):
        getattr(lab, method)("aside")


def test_a_result_that_has_become_old_is_refused(lab: Lab) -> None:
    result = lab.preview("aside")
    lab.commit("meanwhile")
    with pytest.raises(HeadMovedError):
        result.commit()


def test_conflicts_are_shown_as_text_in_html(lab: Lab) -> None:
    lab.update("ada", properties={"visits": "<b>"})
    lab.commit("visit")
    assert "&lt;b&gt;" in lab.merge("aside")._repr_html_()


def test_a_criss_cross_history_merges_without_a_false_conflict(lab: Lab) -> None:
    with lab.branch("aside"):
        lab.merge("v3")
        lab.update("ada", properties={"visits": 14})
        lab.commit("aside goes on")
    lab.merge("v2")
    lab.update("ada", properties={"born": 1816})
    lab.commit("main goes on")
    assert lab.merge("aside").conflicts == ()
    assert dict(lab.entity("ada").properties) == {"born": 1816, "visits": 14}


def test_a_merge_in_a_file_is_there_after_opening(tmp_path: Path) -> None:
    with nl.open(tmp_path / "store.nerv") as lab:
        lab.add_entity("person", id="ada")
        lab.commit("one")
        with lab.branch("aside"):
            lab.add_entity("person", id="eve")
            lab.relate("ada", "knows", "eve")
            lab.commit("two")
        lab.add_entity("person", id="bob")
        lab.commit("three")
        lab.merge("aside")
        state = lab.state
    with nl.open(tmp_path / "store.nerv") as again:
        assert again.state == state
        assert again.at("head").state == state
        assert again.verify().ok


def test_picking_does_again_what_one_version_changed(lab: Lab) -> None:
    with lab.branch("aside"):
        lab.update("ada", properties={"died": 1852})
        picked = lab.commit("death")
    result = lab.cherry_pick(picked)
    assert result.version == lab.head
    assert dict(lab.entity("ada").properties) == {"born": 1815, "visits": 10, "died": 1852}
    assert lab.version("head").parents == (lab.version("v3").id,)
    assert lab.version("head").description == "pick v4"
    assert lab.verify().ok


def test_reverting_undoes_one_version_and_leaves_alone_what_came_after(lab: Lab) -> None:
    lab.update("ada", properties={"visits": 11})
    lab.commit("visit")
    assert lab.revert("v3").version == lab.head
    assert dict(lab.entity("ada").properties) == {"born": 1800, "visits": 11}
    assert lab.version("head").description == "revert v3"


def test_reverting_what_was_changed_since_is_a_conflict(lab: Lab) -> None:
    lab.update("ada", properties={"born": 1816})
    lab.commit("again")
    result = lab.revert("v3")
    assert [c.path for c in result.conflicts] == [("properties", "born")]
    assert result.resolve("theirs").commit() == lab.head
    assert lab.entity("ada").properties["born"] == 1800


def test_the_first_version_can_be_reverted_too(lab: Lab) -> None:
    lab.reset("v1", force=True)
    lab.revert("v1")
    assert len(lab.entities) == 0


grown = st.lists(changes, max_size=6)


def write(lab: Lab, wanted: list[Change]) -> None:
    lab.apply(restoring(lab.state.diff(changed(lab.state, wanted))))


@settings(max_examples=40)
@given(grown, grown, grown, st.sampled_from(["ours", "theirs", "base"]))
@example([], [CreateEntity("a", "person")], [CreateEntity("a", "text")], "base")
def test_any_two_branches_can_be_brought_together(
    base: list[Change], one: list[Change], two: list[Change], side: Any
) -> None:
    with Lab(MockInnerUniverse()) as lab:
        write(lab, base)
        lab.commit("base")
        with lab.branch("aside"):
            write(lab, one)
            lab.commit("one")
        write(lab, two)
        lab.commit("two")
        result = lab.merge("aside")
        while result.conflicts:
            try:
                result.resolve(side)
            except ValidationError:  # what no item is without was not there before
                assert side == "base"
                side = "ours"
        result.commit()
        assert lab.at("head").state == lab.state
        assert len(lab.diff()) == 0
        assert lab.merge("aside").version == lab.head
        with lab.branch("aside"):
            merged = lab.merge("main")
            assert merged.conflicts == ()
            assert as_plain(lab.state) == as_plain(lab.at("main").state)
        assert repr(lab.verify()).startswith("verified")
