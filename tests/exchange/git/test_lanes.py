from __future__ import annotations

from nerv_lab.exchange.git.lanes import Commit, assign_lanes, free_name

# 1 - 2 ----- 5 - 6   main
#      \- 3 -/         merged into 5, then deleted
#      \---- 4         other
COMMITS = [
    Commit("1", ()),
    Commit("2", ("1",)),
    Commit("3", ("2",)),
    Commit("4", ("2",)),
    Commit("5", ("2", "3"), "Merge branch 'idea' into trunk"),
    Commit("6", ("5",)),
]


def test_the_branch_that_is_checked_out_is_the_main_one() -> None:
    lanes = assign_lanes(COMMITS, "trunk", {"other": "4", "trunk": "6"})
    assert lanes.of == {
        "1": "main",
        "2": "main",
        "5": "main",
        "6": "main",
        "3": "idea",
        "4": "other",
    }
    assert lanes.heads == {"main": "6", "other": "4"}
    assert [str(p) for p in lanes.problems] == ["branch trunk: is called 'main' here"]


def test_a_branch_that_is_gone_ends_with_the_merge_that_names_it() -> None:
    assert assign_lanes(COMMITS, "main", {"main": "6", "other": "4"}).closing == {"5": ["idea"]}


def test_a_merge_that_names_nothing_gives_the_branch_a_name() -> None:
    commits = [*COMMITS[:4], Commit("5", ("2", "3"), "together")]
    assert assign_lanes(commits, "main", {"main": "5"}).of["3"] == "merged-3"


def test_a_pull_request_names_its_branch() -> None:
    commits = [*COMMITS[:4], Commit("5", ("2", "3"), "Merge pull request #7 from ada/idea")]
    assert assign_lanes(commits, "main", {"main": "5"}).of["3"] == "ada/idea"


def test_a_branch_without_commits_of_its_own_is_kept() -> None:
    lanes = assign_lanes(COMMITS, "main", {"main": "6", "old": "2"})
    assert lanes.heads["old"] == "2"
    assert lanes.of["2"] == "main"


def test_of_a_merge_of_many_the_first_two_parents_are_kept() -> None:
    commits = [*COMMITS[:4], Commit("5", ("2", "3", "4"))]
    lanes = assign_lanes(commits, "main", {"main": "5"})
    assert [str(p) for p in lanes.problems] == ["commit 5: its parent 4 is not kept"]
    assert set(lanes.of) == {"1", "2", "3", "4", "5"}


def test_names_that_mean_versions_or_are_taken_are_changed() -> None:
    assert free_name("v1", {}) == "git-v1"
    assert free_name("head", {}) == "git-head"
    assert free_name("main", {}) == "git-main"
    assert free_name("idea", {"idea": 0, "idea-2": 0}) == "idea-3"
    assert free_name("v1", {"git-v1": 0}) == "git-v1-2"
