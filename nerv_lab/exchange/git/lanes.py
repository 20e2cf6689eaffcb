"""Which branch each commit of a repository was made on, as far as its graph can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.lab.import_reports import ImportProblem
from nerv_lab.lab.past.travel import is_reserved_name

__all__ = ["Commit", "Lanes", "assign_lanes", "free_name"]

# What git itself and the large hosts write into the message of a merge.
_MERGED: Final = re.compile(
    r"^Merge (?:remote-tracking )?branch '([^']+)'|^Merge pull request #\d+ from (\S+)"
)


@dataclass(frozen=True, slots=True)
class Commit:
    """What is needed of a commit to place it.

    Attributes
    ----------
    sha : str
        Its id (hex).
    parents : tuple of str
        Those that are in the repository.
    subject : str
        The first line of its message.
    """

    sha: str
    parents: tuple[str, ...]
    subject: str = ""


@dataclass(slots=True)
class Lanes:
    """Branches of a history.

    Attributes
    ----------
    of : dict of str to str
        The branch of each commit.
    heads : dict of str to str
        The branches that still are, each with its newest commit.
    closing : dict of str to list of str
        The branches that are gone after a merge, by its id.
    problems : list of ImportProblem
        What had to be called otherwise, or is not kept.
    """

    of: dict[str, str] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    closing: dict[str, list[str]] = field(default_factory=dict)
    problems: list[ImportProblem] = field(default_factory=list)


def assign_lanes(commits: Sequence[Commit], head: str | None, branches: Mapping[str, str]) -> Lanes:
    """Return a branch for every commit.

    First parents make a branch: of the branch that is checked out, which becomes ``"main"``, then
    of the others by name, then of what was merged, whose name the merge may tell.

    Parameters
    ----------
    commits : sequence of Commit
        Parents before children.
    head : str or None
        The name of the branch that is checked out, or None.
    branches : mapping of str to str
        The newest commit of each branch.
    """
    by_id = {commit.sha: commit for commit in commits}
    lanes = Lanes()
    for name in sorted(branches, key=lambda name: (name != head, name)):
        lane = DEFAULT_BRANCH if not lanes.heads else free_name(name, lanes.heads)
        if lane != name:
            lanes.problems.append(ImportProblem(f"branch {name}", f"is called {lane!r} here"))
        lanes.heads[lane] = branches[name]
        _claim(lanes, by_id, branches[name], lane)
    taken = dict(lanes.heads)
    for commit in reversed(commits):
        for parent in commit.parents[1:]:
            if parent not in lanes.of:
                lane = free_name(_merged_name(commit.subject, parent), taken)
                taken[lane] = parent
                _claim(lanes, by_id, parent, lane)
                lanes.closing.setdefault(commit.sha, []).append(lane)
        lanes.problems += (
            ImportProblem(f"commit {commit.sha[:10]}", f"its parent {parent[:10]} is not kept")
            for parent in commit.parents[2:]
        )
    return lanes


def _claim(lanes: Lanes, by_id: Mapping[str, Commit], sha: str, lane: str) -> None:
    for commit in _first_parents(by_id, sha):
        if commit.sha in lanes.of:
            return
        lanes.of[commit.sha] = lane


def _first_parents(by_id: Mapping[str, Commit], sha: str) -> Iterator[Commit]:
    commit: Commit | None = by_id[sha]
    while commit is not None:
        yield commit
        commit = by_id[commit.parents[0]] if commit.parents else None


def _merged_name(subject: str, sha: str) -> str:
    found = _MERGED.match(subject)
    return (found[1] or found[2]) if found else f"merged-{sha[:10]}"


def free_name(name: str, taken: Mapping[str, object]) -> str:
    """Return a name for a branch or tag that is not taken, and that means no version already."""
    wanted = f"git-{name}" if is_reserved_name(name) or name == DEFAULT_BRANCH else name
    free, count = wanted, 1
    while free in taken:
        count += 1
        free = f"{wanted}-{count}"
    return free
