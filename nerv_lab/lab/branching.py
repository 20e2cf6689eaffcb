"""Working aside, and bringing it together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from nerv_lab.core.changes import Change
from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import (
    BranchNotFoundError,
    ConflictError,
    DuplicateIdError,
    HeadMovedError,
    TransactionError,
    ValidationError,
    VersionNotFoundError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.lineage import ancestors
from nerv_lab.core.merge import Place, Resolution
from nerv_lab.core.merge_functions import MergeFunction
from nerv_lab.core.state import GraphState
from nerv_lab.core.temporal import TemporalStore
from nerv_lab.core.versions import LTHASH, Version
from nerv_lab.inner_universe.client import BranchMove, InnerUniverseClient, Receipt
from nerv_lab.inner_universe.ids import new_id
from nerv_lab.lab.committing import Joined
from nerv_lab.lab.event_log import EventLog
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.merging import MergeResult, merging, picking
from nerv_lab.lab.transactions import Transaction
from nerv_lab.lab.travel import Travel, is_reserved_name
from nerv_lab.lab.views import View

__all__ = ["Brancher"]

_T = TypeVar("_T")
_ATTEMPTS = 100


class Brancher:
    """The branches of a Lab."""

    _client: InnerUniverseClient
    _history: TemporalStore
    _follower: Follower
    _travel: Travel
    _author: str | None
    events: EventLog

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def _write(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def _open_transaction(self) -> Transaction | None: ...

    @abstractmethod
    def _commit(
        self,
        description: str,
        author: str | None,
        changes: Sequence[Change] | Callable[[GraphState], Sequence[Change]] = (),
        *,
        reason: str | None = None,
        merge: Joined | None = None,
        fitting: bool = True,
    ) -> tuple[Receipt, Version]: ...

    @abstractmethod
    def refresh(self) -> None:
        """Take in, now, everything the store holds."""

    @abstractmethod
    def _sign_if_asked(self, branch: str, version_id: str | None) -> None: ...

    def _outside_transaction(self, doing: str) -> None:
        if self._open_transaction():
            raise TransactionError(f"leave the transaction before you {doing}")

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
        if name in (DEFAULT_BRANCH, self._follower.branch):
            raise ValidationError("branch", f"{name!r} cannot be deleted while the Lab is on it")
        self._move(name, head.id if head else None, None, rows_of=name)

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
        if not force:
            self._check_orphans(version)
        expected = position.head.id if position.head else None
        self._move(position.branch, expected, version.id, rows_of=position.branch)
        return version

    def _check_orphans(self, version: Version) -> None:
        position = self._follower.position()
        if uncommitted := position.uncommitted:
            raise ConflictError(
                f"{len(uncommitted)} changes are not committed and would be dropped; "
                "commit them, or pass force=True"
            )
        others = {b.id for name, b in self.branches.items() if b and name != position.branch}
        kept = {*others, *self._run(self._client.tags()).values(), version.id}
        known = {a for id in kept for a in ancestors(id, self._parents)}
        lost = ancestors(position.head.id, self._parents) - known if position.head else set()
        if lost:
            raise ConflictError(
                f"{len(lost)} versions would belong to no branch or tag; tag them, make a branch "
                "of them, or pass force=True"
            )

    def _parents(self, version_id: str) -> tuple[str, ...]:
        return self._history.get_version(version_id).parents

    def _move(self, name: str, expected: str | None, to: str | None, rows_of: str) -> None:
        """Move a branch, starting again while others write to the rows it begins with."""
        for attempt in range(1, _ATTEMPTS + 1):
            rows = self._run(self._client.snapshot(rows_of))
            target = self._history.state_at(to) if to else GraphState.empty()
            changes = GraphState.build(rows.items).diff(target, exact=True) if to else ()
            move = BranchMove(new_id(), name, expected, to, rows_of, changes)
            try:
                self._write(self._client.move_branch(move))
                return self._sign_if_asked(name, to)
            except HeadMovedError:
                raise
            except ValueError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError

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
            moved_at = self._run(self._client.branches())[name].moved_at
            events = self._since_head(snapshot.head, snapshot.seq, moved_at)
            state = GraphState.build(snapshot.items)
            if self._follower.switch(name, state, snapshot.seq, moved_at, events):
                self._follower.tell()
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

    def preview(
        self,
        source: Version | View | str,
        *,
        functions: Mapping[str, MergeFunction] | None = None,
        resolutions: Mapping[Place, Resolution] | None = None,
    ) -> MergeResult:
        """Work out what merging would do, without doing it; see `merge`."""
        head = self._clean_head()
        theirs = self._travel.kept(source)
        name = source if isinstance(source, str) else self._travel.label(theirs)
        sides = merging(self._history, head, theirs, name, functions or {})
        return MergeResult(sides, self._finish, functions or {}, resolutions or {})

    def _clean_head(self) -> Version:
        self._outside_transaction("merge")
        position = self._follower.position()
        if position.head is None:
            raise VersionNotFoundError("head", "commit before you merge")
        if uncommitted := position.uncommitted:
            raise ConflictError(
                f"{len(uncommitted)} changes are not committed; commit them before you merge"
            )
        return position.head

    def merge(
        self,
        source: Version | View | str,
        *,
        functions: Mapping[str, MergeFunction] | None = None,
        resolutions: Mapping[Place, Resolution] | None = None,
        description: str | None = None,
    ) -> MergeResult:
        """Bring another branch or version into the present one, property by property.

        Parameters
        ----------
        source : str, Version or View
            The branch or version to merge.
        functions : mapping of str to callable, optional
            Merge functions by field, such as ``{"properties.visits": counter}``; see
            `nerv_lab.core.merge_functions`.
        resolutions : mapping, optional
            How to resolve conflicts, by `Conflict.place`.
        description : str, optional
            ``"merge …"`` by default.

        Returns
        -------
        MergeResult
            Committed, unless there are conflicts: then resolve them and call its ``commit``.

        Raises
        ------
        ConflictError
            There are changes that are not committed.
        """
        result = self.preview(source, functions=functions, resolutions=resolutions)
        return result if result.conflicts else _committed(result, description)

    def cherry_pick(
        self, ref: Version | View | str, *, description: str | None = None
    ) -> MergeResult:
        """Do again, here, what one version changed, wherever it was committed.

        Returns
        -------
        MergeResult
            Committed, unless there are conflicts, as with `merge`.
        """
        return self._pick(ref, description, revert=False)

    def revert(self, ref: Version | View | str, *, description: str | None = None) -> MergeResult:
        """Undo what one version changed, and leave alone what came after it.

        Returns
        -------
        MergeResult
            Committed, unless there are conflicts, as with `merge`.
        """
        return self._pick(ref, description, revert=True)

    def _pick(
        self, ref: Version | View | str, description: str | None, *, revert: bool
    ) -> MergeResult:
        head = self._clean_head()
        picked = self._travel.kept(ref)
        sides = picking(self._history, head, picked, self._travel.label(picked), revert=revert)
        result = MergeResult(sides, self._finish, {}, {})
        return result if result.conflicts else _committed(result, description)

    def _finish(self, result: MergeResult, description: str) -> Version:
        self._clean_head()
        _, version = self._commit(
            description,
            self._author,
            result.requests,
            reason=description,
            merge=Joined(result.sides.head, result.sides.second, result.resolutions),
        )
        if result.resolved:
            event = Event(new_id(), "MERGE_RESOLVED", result.record(version), source=self._author)
            self._write(self._client.publish([event]))
        return version


def _committed(result: MergeResult, description: str | None) -> MergeResult:
    result.commit(description)
    return result
