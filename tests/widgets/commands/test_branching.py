from __future__ import annotations

from typing import Any

from shared.widgets import error, result


def test_refs_tell_branches_and_tags_with_their_versions(lab: Any, explorer: Any) -> None:
    lab.commit("one")
    lab.create_branch("aside")
    lab.commit("two")
    lab.tag("paper", "v1")
    refs = result(explorer, "refs")
    assert [(b["name"], b["label"], b["current"]) for b in refs["branches"]] == [
        ("main", "v2", True),
        ("aside", "v1", False),
    ]
    assert [(t["name"], t["label"]) for t in refs["tags"]] == [("paper", "v1")]


def test_before_the_first_commit_there_is_the_main_branch_without_a_version(explorer: Any) -> None:
    (main,) = result(explorer, "refs")["branches"]
    assert (main["name"], main["label"], main["current"]) == ("main", "", True)
    assert error(explorer, "create_branch", name="aside")["kind"] == "VersionNotFoundError"


def test_a_new_branch_begins_at_the_version_that_is_shown_and_is_gone_to(
    lab: Any, explorer: Any
) -> None:
    first = lab.commit("one")
    lab.add_entity("person")
    lab.commit("two")
    explorer.version = "v1"
    assert result(explorer, "create_branch", name="aside")["id"] == first.id
    assert lab.branch_name == "aside"
    assert explorer.version is None
    assert len(explorer.shown_state.entities) == 1


def test_switching_shows_the_other_branch_live(lab: Any, explorer: Any) -> None:
    lab.commit("one")
    with lab.branch("aside"):
        lab.add_entity("person")
    explorer.version = "v1"
    result(explorer, "switch", name="aside")
    assert explorer.version is None
    assert len(explorer.shown_state.entities) == 2
    assert explorer._feed.board.meta["branch"] == "aside"


def test_a_tag_names_the_version_that_is_shown_else_the_head(lab: Any, explorer: Any) -> None:
    first, second = lab.commit("one"), lab.commit("two")
    result(explorer, "tag", name="newest")
    explorer.version = "v1"
    result(explorer, "tag", name="oldest")
    assert lab.tags == {"newest": second.id, "oldest": first.id}


def test_bad_names_are_refused_and_nothing_changes(lab: Any, explorer: Any) -> None:
    lab.commit("one")
    assert error(explorer, "create_branch", name=" ")["field"] == "name"
    assert error(explorer, "create_branch", name="main")["kind"] == "DuplicateIdError"
    assert error(explorer, "switch", name="nowhere")["kind"] == "BranchNotFoundError"
    assert error(explorer, "tag", name="v3")["field"] == "tag"
    assert (lab.branch_name, lab.tags, list(lab.branches)) == ("main", {}, ["main"])
