"""What a client of the Inner Universe must do, whatever is behind it.

It writes atomic batches, commits versions by compare-and-set, reads, and hands every confirmed
event to its subscribers: exactly once, in log order, whoever wrote it.
"""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Callable, Sequence

from nerv_lab.core.errors import HistoryPrunedError
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.permitting import PermissionContract
from nerv_lab.inner_universe.contract.records import (
    Branch,
    BranchMove,
    EventHandler,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    Status,
    StoredHistory,
    TagsChanged,
)
from nerv_lab.inner_universe.contract.retention import RetentionContract

__all__ = ["InnerUniverseContract"]


class InnerUniverseContract(RetentionContract, PermissionContract):
    """The abstract part of a client.

    Attributes
    ----------
    completes_inline : bool
        Whether the coroutines never suspend, so that a synchronous caller may drive them with
        ``send(None)``.
    origin_id : str
        Names this client in the events it writes.
    uri : str
        Where it connects to.
    """

    completes_inline: bool = False
    origin_id: str
    uri: str

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether the client can be used."""

    @property
    @abstractmethod
    def status(self) -> Status:
        """How the client stands to its store; asks nobody."""

    @abstractmethod
    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in any thread, when the state changes; returns how to end it."""

    @abstractmethod
    def on_tags(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function with all tags when one was set, by whomever; returns how to end it.

        It is called in any thread, after the change, and must be short.
        """

    @abstractmethod
    async def connect(self) -> None:
        """Open the connection; nothing happens when it is open."""

    @abstractmethod
    async def close(self) -> None:
        """Drop the subscriptions and close; nothing happens when it is closed."""

    @abstractmethod
    async def apply(
        self,
        changes: Sequence[Change],
        *,
        reason: str | None = None,
        source: str | None = None,
        branch: str = DEFAULT_BRANCH,
        batch_id: str | None = None,
    ) -> Receipt:
        """Make all of the changes durable as one batch, or none of them.

        Parameters
        ----------
        changes : sequence of Change
            What to do, in order.
        reason : str, optional
            Why; recorded in each event.
        source : str, optional
            Who, in the user's words; recorded in each event.
        branch : str
            Whose working rows to change.
        batch_id : str, optional
            The same id again returns the receipt of the first time and writes nothing.

        Raises
        ------
        ValidationError, NotFoundError, DuplicateIdError, IntegrityError
            As the rules of the graph say; nothing was written.
        NERVPersistenceError
            When the store could not do it; nothing was written.
        """

    @abstractmethod
    async def apply_and_commit(
        self,
        changes: Sequence[Change],
        seal: Seal,
        *,
        reason: str | None = None,
        source: str | None = None,
        branch: str = DEFAULT_BRANCH,
    ) -> tuple[Receipt, Version]:
        """Make all of the changes durable and commit the state they lead to, or do neither.

        Parameters
        ----------
        changes, reason, source, branch
            As for `apply`; there may be no changes.
        seal : callable
            Called inside the transaction. What it raises undoes everything and is raised.

        Raises
        ------
        HeadMovedError
            When the branch is not at the parent of the version; nothing was written.
        """

    @abstractmethod
    async def publish(self, events: Sequence[Event]) -> list[str]:
        """Make events of the user's own durable as one batch.

        An event whose id the log holds already is left alone.

        Returns
        -------
        list of str
            Their ids, in the order given.

        Raises
        ------
        ValidationError
            When an event is not valid, or has a type that only ``apply`` and
            ``commit_version`` write.
        DuplicateIdError
            When the log holds another event under one of the ids.
        """

    @abstractmethod
    async def commit_version(self, version: Version, delta: bytes) -> Version:
        """Add a version and move its branch to it, if the branch is still at its parent.

        The same version again is a no-op.

        Raises
        ------
        HeadMovedError
            When the branch is not at ``version.parent``.
        VersionNotFoundError
            When the second parent does not exist.
        ValidationError
            When the digest does not belong to the version and its delta, or ``event_seq`` is
            not a place in the log.
        DuplicateIdError
            When another version has this id.
        """

    @abstractmethod
    async def branch_head(self, branch: str = DEFAULT_BRANCH) -> str | None:
        """Return the id of the version a branch is at, or None."""

    @abstractmethod
    async def branches(self) -> dict[str, Branch]:
        """Return every branch by name; the main one is always there."""

    @abstractmethod
    async def move_branch(self, move: BranchMove) -> None:
        """Make, move or delete a branch with its working rows, in one transaction.

        Raises
        ------
        HeadMovedError
            When the branch is not at ``move.expected``; nothing was changed.
        VersionNotFoundError
            When there is no version ``move.to``.
        LogMovedError
            When the rows of ``move.rows_of`` have changed since ``move.read_at``, or may have;
            nothing was changed. Take a snapshot again.
        IntegrityError
            When the rows are not what the changes start from.
        """

    @abstractmethod
    async def versions(self) -> list[Version]:
        """Return all versions of all branches, in log order."""

    @abstractmethod
    async def version(self, version_id: str) -> Version:
        """Return a version.

        Raises
        ------
        VersionNotFoundError
            When there is none with this id.
        """

    @abstractmethod
    async def delta(self, version_id: str) -> bytes:
        """Return the delta a version was committed with.

        Raises
        ------
        VersionNotFoundError
            When there is no version with this id.
        """

    async def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of many versions by their ids; those that were pruned are left out.

        Raises
        ------
        VersionNotFoundError
            When there is no version with one of the ids.
        """
        found: dict[str, bytes] = {}
        for version_id in version_ids:
            with contextlib.suppress(HistoryPrunedError):
                found[version_id] = await self.delta(version_id)
        return found

    @abstractmethod
    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""

    @abstractmethod
    async def events(
        self, after: int = 0, limit: int | None = None, until: int | None = None
    ) -> list[Event]:
        """Return events with ``after < seq <= until``, ascending, at most ``limit`` of them."""

    @abstractmethod
    async def last_seq(self) -> int:
        """Return the position of the newest event, 0 for an empty log."""

    @abstractmethod
    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves.

        Raises
        ------
        VersionNotFoundError
            When there is no version with this id.
        """

    @abstractmethod
    async def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""

    @abstractmethod
    async def load_history(self, history: StoredHistory) -> None:
        """Take in a history as it is, with its ids, places, times and authors, or none of it.

        It is not verified here: `nerv_lab.inner_universe.bundles.Bundle` has done that. The
        working rows of every branch become those of the history.

        Raises
        ------
        LogMovedError
            When the log does not end where the history begins; nothing was written.
        DuplicateIdError
            When an id of it stands for something else; nothing was written.
        """

    @abstractmethod
    async def verify(self) -> list[Problem]:
        """Check the whole store against itself and return what is wrong; [] when all is well."""

    @abstractmethod
    async def refresh(self) -> None:
        """Deliver every event the log holds by now to the subscribers."""

    @abstractmethod
    def subscribe(
        self,
        handler: EventHandler,
        *,
        settled: Callable[[], None] | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """Hand over every confirmed event, own or foreign, exactly once and in log order.

        Parameters
        ----------
        handler : callable
            Is given a tuple of events that never splits a transaction. It runs under the
            client's delivery lock, in whichever thread delivers, and must be short. Where it
            raises, that is logged and nobody else is affected.
        settled : callable, optional
            Runs afterwards in the delivering thread, with no lock held.
        after : int, optional
            Start behind this position; what the log holds by now is delivered before the call
            returns. By default only events from now on.

        Returns
        -------
        callable
            Ends the subscription; may be called more than once.
        """
