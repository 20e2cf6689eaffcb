"""The history of a git repository as the history of a graph of its files.

A commit becomes a version whose id is that of the commit, so that ``lab.at("3f2a9c1")`` shows the
files as they were there; its time, author and message are those of the commit, and a merge has
both of its parents. Entities are the files, folders, links and submodules by path, with their
size and the id of their content; folders hold what is in them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version
from nerv_lab.core.limits import MAX_NAME
from nerv_lab.core.text import one_line
from nerv_lab.exchange.git.lanes import Commit, Lanes, assign_lanes, free_name
from nerv_lab.exchange.git.repository import GitRepository
from nerv_lab.exchange.git.trees import TreeGraph, root_entity
from nerv_lab.exchange.history_builder import HistoryBuilder
from nerv_lab.inner_universe.contract.progress import Meter, Progress, told
from nerv_lab.lab.import_reports import GitReport, ImportProblem

if TYPE_CHECKING:
    from nerv_lab.inner_universe.contract.records import StoredHistory
    from nerv_lab.lab import Lab

__all__ = ["from_git", "import_git"]

logger = logging.getLogger(__name__)


class _HistoryTarget(Protocol):
    def load_history(self, history: StoredHistory) -> None:
        """Take in a whole history, or nothing of it."""


def from_git(
    path: str | os.PathLike[str], uri: str = ":memory:", *, progress: Progress = None
) -> Lab:
    """Open a lab and bring the history of a git repository into it; see :func:`import_git`.

    Parameters
    ----------
    path : str or path
        The repository, or a folder in it.
    uri : str
        The store to open, as for ``nerv_lab.open``; it has to be empty.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in commits.
    """
    from nerv_lab.lab import open as open_lab

    with told(progress) as meter:
        history, report = read_git(path, meter)  # first, so that a wrong path leaves no store
        lab = open_lab(uri)
        try:
            lab.load_history(history)
        except BaseException:
            lab.close()
            raise
    for problem in report.problems:
        logger.warning("%s: %s", report.source, problem)
    return lab


def import_git(
    lab: _HistoryTarget, path: str | os.PathLike[str], *, progress: Progress = None
) -> GitReport:
    """Bring the history of a git repository into an empty lab: all of it, or nothing.

    The branch that is checked out becomes ``"main"``. Of a merge of more than two, the first two
    parents are kept.

    Parameters
    ----------
    lab : Lab
        Where to; nothing may have happened in it.
    path : str or path
        The repository, or a folder in it.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in commits.

    Raises
    ------
    MissingLibraryError
        dulwich is not installed.
    ValidationError
        There is no repository, or nothing in it.
    LogMovedError
        The lab has a history already.
    """
    with told(progress) as meter:
        history, report = read_git(path, meter)
        lab.load_history(history)
        return report


def read_git(path: str | os.PathLike[str], meter: Meter) -> tuple[StoredHistory, GitReport]:
    """Return the history of a repository, and what there is to tell of it."""
    with GitRepository(path) as repository:
        commits = repository.commits()
        if not commits:
            raise ValidationError("path", f"the repository {repository.name!r} has no commits")
        lanes = assign_lanes(commits, repository.checked_out, repository.branches)
        reading = _Reading(repository, commits, lanes)
        meter.expect(len(commits))
        for commit in meter.each(commits):
            reading.take(commit)
        return reading.result()


class _Reading:
    """A repository on its way into a history."""

    def __init__(self, repository: GitRepository, commits: list[Commit], lanes: Lanes) -> None:
        self._repository = repository
        self._lanes = lanes
        self._builder = HistoryBuilder()
        self._trees = TreeGraph()
        self._versions: dict[str, Version] = {}
        # Of the other states nobody will ask.
        self._wanted = {c.parents[0] for c in commits if self._begins(c)} | {*lanes.heads.values()}
        self._states: dict[str, GraphState] = {}

    def _begins(self, commit: Commit) -> bool:
        """Return whether a commit is the first of a branch that comes off another."""
        of = self._lanes.of
        return bool(commit.parents) and of[commit.parents[0]] != of[commit.sha]

    def take(self, commit: Commit) -> None:
        lane = self._lanes.of[commit.sha]
        said = self._repository.details(commit.sha)
        if self._begins(commit):
            start = commit.parents[0]
            self._builder.create_branch(
                lane, self._versions[start], self._states[start], said.moment
            )
        self._versions[commit.sha] = self._builder.commit(
            commit.sha,
            lane,
            list(self._changes(commit)),
            description=commit.subject,
            author=one_line(said.author)[:MAX_NAME],
            reason=said.message,
            moment=said.moment,
            merged=commit.parents[1] if len(commit.parents) > 1 else None,
        )
        if commit.sha in self._wanted:
            self._states[commit.sha] = self._builder.state(lane)
        for closed in self._lanes.closing.get(commit.sha, ()):
            self._builder.delete_branch(closed, said.moment)

    def _changes(self, commit: Commit) -> Iterator[Change]:
        before = commit.parents[0] if commit.parents else None
        if before is None:
            yield root_entity(self._repository.name)
        yield from self._trees.changes(self._repository.differences(before, commit.sha))

    def result(self) -> tuple[StoredHistory, GitReport]:
        self._open_branches()
        problems, tags = list(self._lanes.problems), dict[str, str]()
        for name, sha in self._repository.tags.items():
            if sha not in self._versions:
                problems.append(ImportProblem(f"tag {name}", "no branch leads to it"))
                continue
            tag = free_name(name, {**tags, **self._lanes.heads})
            if tag != name:
                problems.append(ImportProblem(f"tag {name}", f"is called {tag!r} here"))
            tags[tag] = sha
        for path, why in self._trees.left_out.items():
            problems.append(ImportProblem(f"path {path!r}", f"left out: {why}"))
        builder = self._builder
        counts = (builder.versions, builder.events, len(self._lanes.heads), len(tags))
        report = GitReport(self._repository.name, *counts, tuple(problems))
        return builder.history(tags), report

    def _open_branches(self) -> None:
        """Make the branches that have no commit of their own."""
        for name, sha in self._lanes.heads.items():
            if self._lanes.of[sha] != name:
                version = self._versions[sha]
                self._builder.create_branch(name, version, self._states[sha], version.timestamp)
