"""Making versions: each together with the changes that lead to it, in one transaction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import (
    ConflictError,
    HeadMovedError,
    LogMovedError,
    TransactionError,
    ValidationError,
)
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import ItemChange, compact, restoring
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.resolutions import ResolvedConflict
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.core.text import counted
from nerv_lab.inner_universe.contract.client import InnerUniverseClient, Receipt
from nerv_lab.inner_universe.contract.progress import shown_when_slow
from nerv_lab.lab.asking.graph_items import id_of
from nerv_lab.lab.asking.reading import GraphReader
from nerv_lab.lab.changes.transactions import Transaction
from nerv_lab.lab.expected import Expected
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.travel import Ref, Travel
from nerv_lab.lab.position import Position
from nerv_lab.lab.schemas.checks import SchemaChecker
from nerv_lab.lab.security.encrypting import Vault

__all__ = ["Committer", "Joined", "Sealer", "check_committed"]

_T = TypeVar("_T")
# Each attempt follows a commit of somebody else's, so that all together still make progress.
_COMMIT_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Joined:
    """What was brought together in a version.

    Attributes
    ----------
    head : Version
        What it was brought into.
    second : Version or None
        What was brought in, where the version is to have it as its second parent.
    resolutions : tuple of ResolvedConflict
        How conflicts were decided.
    doing : str
        What was asked for, as ``"merge"``.
    """

    head: Version
    second: Version | None
    resolutions: tuple[ResolvedConflict, ...] = ()
    doing: str = "merge"


@dataclass(frozen=True, slots=True)
class Sealer:
    """Makes a version of the state that a batch leads to from where a Lab stands.

    Attributes
    ----------
    history : TemporalStore
        Makes the version.
    follower : Follower
        Is told what to expect.
    position : Position
        Where the Lab stands.
    description, author : str
        Why, and who.
    merged : str or None
        Id of the version that was merged.
    resolutions : tuple of ResolvedConflict
        How the conflicts of the merge were decided.
    """

    history: TemporalStore
    follower: Follower
    position: Position
    description: str
    author: str | None
    merged: str | None = None
    resolutions: tuple[ResolvedConflict, ...] = ()

    def reader(self, branch: str, seq: int) -> GraphState | None:
        """Return the graph of a branch at a position of the log, or None where it is not known."""
        position = self.position
        return position.state if (branch, seq) == (position.branch, position.seq) else None

    def __call__(self, done: tuple[ItemChange, ...], seq: int) -> tuple[Version, bytes]:
        """Return the version and its delta.

        Parameters
        ----------
        done : tuple of ItemChange
            What the batch does.
        seq : int
            Position in the log at which it ends.

        Raises
        ------
        LogMovedError
            The batch does not follow on the position.
        """
        position = self.position
        if position.seq != seq - len(done) or position.log != self.follower.log:
            raise LogMovedError(position.seq, seq - len(done))
        state = position.state.apply(done)
        included = compact((*position.pending, *done), exact=True)
        version, delta = self.history.draft(
            state,
            self.description,
            changes=included,
            compacted=True,
            author=self.author,
            branch=position.branch,
            event_seq=seq,
            head=position.head,
            merged=self.merged,
            resolutions=self.resolutions,
        )
        self.follower.expect(Expected(position.state, state, done, included, version))
        return version, delta


class Committer(GraphReader):
    """The versions that a Lab makes."""

    _client: InnerUniverseClient
    _history: TemporalStore
    _follower: Follower
    _travel: Travel
    _author: str | None
    _checker: SchemaChecker
    _vault: Vault

    @abstractmethod
    def _write(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def _open_transaction(self) -> Transaction | None: ...

    @abstractmethod
    def _keep_to_policy(self) -> None: ...

    @abstractmethod
    def _sign_if_asked(self, branch: str, version_id: str | None) -> None: ...

    @abstractmethod
    def refresh(self) -> None:
        """Take in, now, everything the store holds."""

    def commit(self, description: str, *, author: str | None = None) -> Version:
        """Make the present state a version.

        Parameters
        ----------
        description : str
            Why, in your words.
        author : str, optional
            Who; that of the Lab by default.

        Returns
        -------
        Version
            Durable when the call returns.
        """
        who = self._author if author is None else checked_name(author, "author")
        if self._open_transaction():
            raise TransactionError("leave the transaction before you commit")
        return self._commit(description, who)[1]

    def _commit(
        self,
        description: str,
        author: str | None,
        changes: Sequence[Change] | Callable[[GraphState], Sequence[Change]] = (),
        *,
        reason: str | None = None,
        merge: Joined | None = None,
        fitting: bool = True,
    ) -> tuple[Receipt, Version]:
        """Make changes, and the state they lead to a version, in one transaction.

        A merge is committed on the version it was worked out for, or not at all. Changes that are
        a function are worked out for the state that they meet. They have to fit the schemas of
        the graph, unless they bring back what was.
        """
        if not isinstance(description, str):
            raise ValidationError("description", f"must be a string, not {description!r}")
        for _ in range(_COMMIT_ATTEMPTS):
            position = self._follower.position()
            if merge:
                _check_start(position, merge.head, merge.doing)
            seal = Sealer(self._history, self._follower, position, description, author)
            if merge:
                second = merge.second.id if merge.second else None
                seal = replace(seal, merged=second, resolutions=merge.resolutions)
            asked = changes(position.state) if callable(changes) else changes
            if fitting:
                asked = self._vault.sealed(position.state, asked)
                self._checker.check(position.state, asked)
            try:
                done = self._write(
                    self._client.apply_and_commit(
                        asked, seal, reason=reason, source=self._author, branch=position.branch
                    )
                )
                break
            except (LogMovedError, HeadMovedError) as error:
                behind = error
                self.refresh()
        else:
            raise behind
        self._sign_if_asked(done[1].branch, done[1].id)
        self._keep_to_policy()
        return done

    @shown_when_slow()
    def rollback(
        self,
        ref: Ref,
        description: str | None = None,
        *,
        only: Iterable[Item | str] | None = None,
    ) -> Version:
        """Make the state of the past the present again, as a new version; nothing is deleted.

        With it the schemas of then come back, so that a state and its schemas stay together.

        Parameters
        ----------
        ref : Version, View, str, int or datetime
            Where to go back to, as in `at`.
        description : str, optional
            ``"rollback to …"`` by default.
        only : iterable of Entity, Relation or str, optional
            Bring back these alone, and leave the rest as it is; they have to fit the schemas
            that are in force now.

        Returns
        -------
        Version
            Its ``data_hash`` is that of the state gone back to, unless only a part was.
        """
        target = self._travel.at(ref)
        if self._open_transaction():
            raise TransactionError("leave the transaction before you roll back")
        text = f"rollback to {target.label}" if description is None else description
        ids = None if only is None else {id_of(item, "only") for item in only}

        def changes(state: GraphState) -> Sequence[Change]:
            difference = state.diff(target.state)
            return restoring(c for c in difference if ids is None or c.item.id in ids)

        partial = only is not None
        return self._commit(text, self._author, changes, reason=text, fitting=partial)[1]


def check_committed(position: Position, doing: str) -> None:
    """Refuse to bring anything into a branch with changes that are not committed.

    Parameters
    ----------
    position : Position
        Where the branch stands.
    doing : str
        What was asked for, as ``"merge"``.

    Raises
    ------
    ConflictError
        There are some.
    """
    if uncommitted := position.uncommitted:
        raise ConflictError(
            f"{counted(len(uncommitted), 'change')} not committed yet; commit before you {doing}"
        )


def _check_start(position: Position, head: Version, doing: str) -> None:
    """Refuse what was worked out for a version where the branch is not at that, and only that."""
    if position.head != head:
        found = position.head.id if position.head else None
        raise HeadMovedError(position.branch, head.id, found)
    check_committed(position, doing)
