"""Working aside, and bringing it together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self, TypeVar

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import (
    BranchNotFoundError,
    ConflictError,
    DuplicateIdError,
    HistoryPrunedError,
    IntegrityError,
    LogMovedError,
    ValidationError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.lineage import ancestors
from nerv_lab.core.history.versions import LTHASH, Version
from nerv_lab.core.text import counted
from nerv_lab.inner_universe.contract.client import BranchMove
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.progress import shown_when_slow
from nerv_lab.inner_universe.contract.rebasing import rebased
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.branches.merger import Merger
from nerv_lab.lab.past.event_log import EventLog
from nerv_lab.lab.past.travel import is_reserved_name

__all__ = ["Brancher"]

_T = TypeVar("_T")
_ATTEMPTS = 100


class Brancher(Merger):
    """The branches of a Lab."""

    events: EventLog

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def refresh(self) -> None:
        """Take in, now, everything the store holds."""

    @abstractmethod
    def _sign_if_asked(self, branch: str, version_id: str | None) -> None: ...

    def _since_head(self, head: str | None, seq: int, moved_at: int) -> Iterator[Event]:
        """Yield what happened between the head of a branch and a position in the log."""
        version = self._history.get_version(head) if head else None
        return self.events.between(max(version.event_seq if version else 0, moved_at), seq)

    @property
    def branches(self) -> dict[str, Version | None]:
        """The newest version of every branch, by name; None before the first commit."""
        heads: dict[str, Version | None] = {DEFAULT_BRANCH: self._history.head(DEFAULT_BRANCH)}
        for name, id in sorted(self._history.heads.items()):
            version = self._history.get_version(id)
            if version.algorithm == LTHASH:
                heads[name] = version
        return heads

    def _known_branch(self, name: str) -> Version | None:
        try:
            return self.branches[name]
        except KeyError:
            known = ", ".join(map(repr, self.branches))
            raise BranchNotFoundError(name, f"the branches are {known}") from None

    def create_branch(self, name: str, ref: Version | View | str = "head") -> Version:
        """Make a branch that begins at a version; the Lab stays on the branch it is on.

        Parameters
        ----------
        name : str
            Its name.
        ref : Version, View or str
            Where it begins: the head by default.

        Returns
        -------
        Version
            Where it begins.

        Raises
        ------
        DuplicateIdError
            There is such a branch already.
        VersionNotFoundError
            Nothing was committed yet, or there is no such version.
        """
        checked = checked_name(name, "branch")
        if is_reserved_name(checked) or checked in self._history:
            raise ValidationError("branch", f"{name!r} already means a version; choose another")
        if checked in self._history.heads or checked == DEFAULT_BRANCH:
            raise DuplicateIdError("branch", checked)
        version = self._travel.kept(ref)
        self._move(checked, None, version.id, rows_of=self._follower.branch)
        return version

    def delete_branch(self, name: str) -> None:
        """Delete a branch; its versions stay and can be opened by their labels.

        Raises
        ------
        BranchNotFoundError
            There is no such branch.
        ValidationError
            It is the main branch, or the one the Lab is on.
        """
        head = self._known_branch(name)
        if name == DEFAULT_BRANCH:
            raise ValidationError("branch", f"{name!r} cannot be deleted: every store has it")
        if name == self._follower.branch:
            why = "the Lab is on it; switch to another one first"
            raise ValidationError("branch", f"{name!r} cannot be deleted: {why}")
        self._move(name, head.id if head else None, None, rows_of=name)

    @shown_when_slow()
    def reset(self, ref: Version | View | str, *, force: bool = False) -> Version:
        """Move the present branch to a version, as if what came after had not been.

        To bring an old state back without leaving anything behind, use `rollback`.

        Parameters
        ----------
        ref : Version, View or str
            Where to.
        force : bool
            Also where versions would no longer belong to any branch or tag, or changes that are
            not committed would be dropped.

        Raises
        ------
        ConflictError
            Work would be orphaned and `force` is False.
        """
        self._outside_transaction("reset")
        version = self._travel.kept(ref)
        position = self._follower.position()
        expected = position.head.id if position.head else None

        def check() -> None:
            if not force:
                self._check_orphans(version)

        self._move(position.branch, expected, version.id, position.branch, check)
        return version

    def _check_orphans(self, version: Version) -> None:
        self.refresh()
        position = self._follower.position()
        if uncommitted := position.uncommitted:
            raise ConflictError(
                f"{counted(len(uncommitted), 'change')} not committed would be dropped; "
                "commit, or pass force=True"
            )
        others = {b.id for name, b in self.branches.items() if b and name != position.branch}
        kept = {*others, *self._run(self._client.tags()).values(), version.id}
        known = {a for id in kept for a in ancestors(id, self._parents)}
        lost = ancestors(position.head.id, self._parents) - known if position.head else set()
        if lost:
            raise ConflictError(
                f"{counted(len(lost), 'version')} would belong to no branch or tag; set one "
                "there, or pass force=True"
            )

    def _parents(self, version_id: str) -> tuple[str, ...]:
        return self._history.get_version(version_id).parents

    def _move(
        self,
        name: str,
        expected: str | None,
        to: str | None,
        rows_of: str,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Move a branch, again while others write to the rows it begins with.

        What `check` refuses is refused of the very rows that the move begins with.
        """
        # One id for all attempts, since one that a server may have taken waits under it.
        move = self._read(BranchMove(new_id(), name, expected, to, rows_of))
        for attempt in range(1, _ATTEMPTS + 1):
            check()
            try:
                self._write(self._client.move_branch(move))
                return self._sign_if_asked(name, to)
            except (LogMovedError, IntegrityError) as error:
                if attempt == _ATTEMPTS:
                    raise
                caught_up = self._caught_up(move) if isinstance(error, LogMovedError) else None
                move = caught_up or self._read(move)
        raise AssertionError

    def _read(self, move: BranchMove) -> BranchMove:
        """Return a move from the rows as they are."""
        if move.to is None:
            return move
        rows = self._run(self._client.snapshot(move.rows_of))
        target = self._history.state_at(move.to)
        changes = GraphState.build(rows.items).diff(target, exact=True)
        return replace(move, changes=changes, read_at=rows.seq)

    def _caught_up(self, move: BranchMove) -> BranchMove | None:
        """Take in what happened to the rows since, which takes less time than reading them."""
        try:
            events = self._run(self._client.events(move.read_at))
        except HistoryPrunedError:
            return None
        changes = rebased(move.changes, events, move.rows_of)
        if not events or changes is None:
            return None
        return replace(move, changes=changes, read_at=events[-1].seq or 0)

    def switch(self, name: str) -> Self:
        """Go to another branch: from now on it is read, written and shown.

        Raises
        ------
        BranchNotFoundError
            There is no such branch.
        """
        self._outside_transaction("switch")
        for _ in range(_ATTEMPTS):
            self.refresh()
            self._known_branch(name)
            snapshot = self._run(self._client.snapshot(name))
            branch = self._run(self._client.branches()).get(name)
            if branch is None:
                continue  # deleted just now, which the next look says
            moved_at = branch.moved_at
            events = self._since_head(snapshot.head, snapshot.seq, moved_at)
            state = GraphState.build(snapshot.items)
            if self._follower.switch(name, state, snapshot.seq, moved_at, events):
                self._follower.announcer.tell()
                return self
        raise ConflictError("others write faster than this branch can be read; try again")

    @contextmanager
    def branch(self, name: str, ref: Version | View | str = "head") -> Iterator[Self]:
        """Work on a branch for the length of the block, and come back.

        The branch is made at `ref` where it does not exist.
        """
        before = self._follower.branch
        if name not in self.branches:
            self.create_branch(name, ref)
        self.switch(name)
        try:
            yield self
        finally:
            self.switch(before)
