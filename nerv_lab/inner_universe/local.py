"""The part of a client that all stores inside this process share.

A store is synchronous and knows nothing of subscribers; this class checks what goes in, hands
what was written to the subscribers, and sees that only our own errors come out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import ClassVar, Protocol

from nerv_lab.core.changes import Change
from nerv_lab.core.checks import checked_name
from nerv_lab.core.collecting import collector_paused_for
from nerv_lab.core.errors import (
    NervError,
    NERVPersistenceError,
    StoreClosedError,
    ValidationError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.model import Item
from nerv_lab.core.permissions import EVERYBODY, OWNER, Grant, Permissions
from nerv_lab.core.pruning import PruneStep
from nerv_lab.core.retention import RetentionPolicy
from nerv_lab.core.thinning import Bridge, Retention
from nerv_lab.core.versions import Version
from nerv_lab.inner_universe.client import (
    Branch,
    BranchMove,
    EventHandler,
    InnerUniverseClient,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    Status,
    StoredHistory,
)
from nerv_lab.inner_universe.delivery import Delivery
from nerv_lab.inner_universe.ids import new_id
from nerv_lab.inner_universe.permitting import (
    ACCESS,
    permissions_from_text,
    permissions_text,
    require,
)
from nerv_lab.inner_universe.retention import POLICY, policy_from_text, policy_text
from nerv_lab.inner_universe.writing import (
    Batch,
    Origin,
    checked_batch,
    checked_events,
    checked_move,
    checked_version,
)

__all__ = ["LocalInnerUniverse", "Store"]


class Store(Protocol):
    """What a store inside this process can do; safe to call from any thread.

    A write returns what it wrote, in log order, besides its result. The other methods answer as
    those of `InnerUniverseClient`.
    """

    def apply(self, batch: Batch, origin: Origin) -> tuple[Receipt, tuple[Event, ...]]:
        """Apply a batch."""

    def apply_and_commit(
        self, batch: Batch, seal: Seal, origin: Origin
    ) -> tuple[Receipt, Version, tuple[Event, ...]]:
        """Apply a batch and commit what it leads to."""

    def publish(self, events: Sequence[Event], origin: Origin) -> tuple[Event, ...]:
        """Append those of the events that the log does not hold."""

    def commit_version(
        self, version: Version, delta: bytes, origin: Origin
    ) -> tuple[Version, tuple[Event, ...]]:
        """Add a version by compare-and-set."""

    def branch_head(self, branch: str) -> str | None:
        """Return the head of a branch."""

    def branches(self) -> dict[str, Branch]:
        """Return every branch by name."""

    def move_branch(self, move: BranchMove, origin: Origin) -> tuple[Event, ...]:
        """Make, move or delete a branch."""

    def versions(self) -> list[Version]:
        """Return all versions, in log order."""

    def version(self, version_id: str) -> Version:
        """Return a version."""

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows of a branch."""

    def item(self, key: str, branch: str) -> Item | None:
        """Return a working row, or None."""

    def events(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        """Return a part of the log."""

    def last_seq(self) -> int:
        """Return the position of the newest event."""

    def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version."""

    def tags(self) -> dict[str, str]:
        """Return all tags."""

    def load_history(self, history: StoredHistory) -> None:
        """Take in a history of another store."""

    def retention(self) -> Retention:
        """Return what was pruned."""

    def bridge(self, version_id: str) -> Bridge:
        """Return the bridge to a version."""

    def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""

    def prune(self, step: PruneStep, origin: Origin) -> tuple[Event, ...]:
        """Make one step of pruning."""

    def setting(self, name: str) -> str | None:
        """Return a setting, or None."""

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting."""

    def change_setting(self, name: str, change: Callable[[str | None], str]) -> None:
        """Make another setting of the one there is, in one transaction."""

    def release(self, *, wait: bool) -> None:
        """Give the space of what was pruned back."""

    def verify(self) -> list[Problem]:
        """Return what is wrong."""

    def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a convenient number of them."""

    def close(self) -> None:
        """Give up what the store holds."""


class _OwnErrors:
    """Lets errors of ours pass and turns any other into `NERVPersistenceError`."""

    __slots__ = ("_doing", "_uri")

    def __init__(self, uri: str, doing: str) -> None:
        self._uri = uri
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, NervError):
            raise NERVPersistenceError(
                f"{self._doing} failed on {self._uri}: {type(error).__name__}: {error}"
            ) from error


class LocalInnerUniverse(InnerUniverseClient):
    """A client of a store inside this process.

    Parameters
    ----------
    uri : str
        What to call the store.
    actor : str, optional
        The identity recorded in what this client writes.
    """

    completes_inline = True
    backend: ClassVar[str]

    def __init__(self, uri: str, *, actor: str | None = None) -> None:
        self.uri = uri
        self.origin_id = new_id()
        self._origin = Origin(self.origin_id, actor)
        self._opened: Store | None = None
        self._delivery = Delivery(self._transactions, self._last_seq)
        self._status_watchers: list[list[Callable[[], None]]] = []

    @abstractmethod
    def _open(self) -> Store:
        """Open the store."""

    @property
    def connected(self) -> bool:
        """Whether the client can be used."""
        return self._opened is not None

    @property
    def status(self) -> Status:
        """How the client stands to its store."""
        return Status(self.backend, "connected" if self.connected else "closed")

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function when the state changes: here that is when the client is closed."""
        watching = [changed]
        self._status_watchers.append(watching)

        def forget() -> None:
            if watching in self._status_watchers:
                self._status_watchers.remove(watching)

        return forget

    async def connect(self) -> None:
        """Open the store; nothing happens when it is open."""
        if self._opened is None:
            with _OwnErrors(self.uri, "connect"):
                self._opened = self._open()

    async def close(self) -> None:
        """Drop the subscriptions and close; nothing happens when it is closed."""
        self._delivery.close()
        store, self._opened = self._opened, None
        if store is not None:
            with _OwnErrors(self.uri, "close"):
                store.close()
            for (changed,) in tuple(self._status_watchers):
                changed()

    def _store(self, doing: str) -> Store:
        if self._opened is None:
            raise StoreClosedError(
                f"{doing} was asked of {self.uri}, which is not connected; connect it first"
            )
        return self._opened

    def _errors(self, doing: str) -> _OwnErrors:
        return _OwnErrors(self.uri, doing)

    def _transactions(self, after: int) -> tuple[Event, ...]:
        with self._errors("delivery"):
            return self._store("delivery").transactions(after)

    def _last_seq(self) -> int:
        with self._errors("subscribe"):
            return self._store("subscribe").last_seq()

    def _written(self, events: tuple[Event, ...]) -> None:
        """Tell whoever follows the log what this client has just written."""
        if events:
            self._delivery.hand_over(events)

    async def apply(
        self,
        changes: Sequence[Change],
        *,
        reason: str | None = None,
        source: str | None = None,
        branch: str = DEFAULT_BRANCH,
        batch_id: str | None = None,
    ) -> Receipt:
        """Make all of the changes durable as one batch, or none of them."""
        batch = checked_batch(
            changes,
            new_id() if batch_id is None else batch_id,
            batch_id is not None,
            reason=reason,
            source=source,
            branch=branch,
        )
        with self._delivery.writing(), collector_paused_for(len(batch.changes)):
            with self._errors("apply"):
                receipt, events = self._store("apply").apply(batch, self._origin)
            self._written(events)
        return receipt

    async def apply_and_commit(
        self,
        changes: Sequence[Change],
        seal: Seal,
        *,
        reason: str | None = None,
        source: str | None = None,
        branch: str = DEFAULT_BRANCH,
    ) -> tuple[Receipt, Version]:
        """Make all of the changes durable and commit the state they lead to, or do neither."""
        batch = checked_batch(changes, new_id(), False, reason=reason, source=source, branch=branch)
        with self._delivery.writing(), collector_paused_for(len(batch.changes)):
            with self._errors("apply_and_commit"):
                receipt, version, events = self._store("apply_and_commit").apply_and_commit(
                    batch, seal, self._origin
                )
            self._written(events)
        return receipt, version

    async def publish(self, events: Sequence[Event]) -> list[str]:
        """Make events of the user's own durable as one batch."""
        checked = checked_events(events)
        with self._delivery.writing():
            with self._errors("publish"):
                written = self._store("publish").publish(checked, self._origin)
            self._written(written)
        return [event.id for event in checked]

    async def commit_version(self, version: Version, delta: bytes) -> Version:
        """Add a version and move its branch to it, if the branch is still at its parent."""
        checked_version(version, delta)
        with self._delivery.writing():
            with self._errors("commit_version"):
                committed, events = self._store("commit_version").commit_version(
                    version, delta, self._origin
                )
            self._written(events)
        return committed

    async def branch_head(self, branch: str = DEFAULT_BRANCH) -> str | None:
        """Return the id of the version a branch is at, or None."""
        with self._errors("branch_head"):
            return self._store("branch_head").branch_head(branch)

    async def branches(self) -> dict[str, Branch]:
        """Return every branch by name; the main one is always there."""
        with self._errors("branches"):
            return self._store("branches").branches()

    async def move_branch(self, move: BranchMove) -> None:
        """Make, move or delete a branch with its working rows, in one transaction."""
        checked_move(move)
        with self._errors("move_branch"):
            events = self._store("move_branch").move_branch(move, self._origin)
        self._written(events)

    async def versions(self) -> list[Version]:
        """Return all versions of all branches, in log order."""
        with self._errors("versions"):
            return self._store("versions").versions()

    async def version(self, version_id: str) -> Version:
        """Return a version."""
        with self._errors("version"):
            return self._store("version").version(version_id)

    async def delta(self, version_id: str) -> bytes:
        """Return the delta a version was committed with."""
        with self._errors("delta"):
            return self._store("delta").delta(version_id)

    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""
        with self._errors("snapshot"):
            return self._store("snapshot").snapshot(branch)

    async def _item(self, key: str, branch: str) -> Item | None:
        with self._errors("get"):
            return self._store("get").item(key, branch)

    async def events(
        self, after: int = 0, limit: int | None = None, until: int | None = None
    ) -> list[Event]:
        """Return events with ``after < seq <= until``, ascending, at most ``limit`` of them."""
        with self._errors("events"):
            return self._store("events").events(after, limit, until)

    async def last_seq(self) -> int:
        """Return the position of the newest event, 0 for an empty log."""
        with self._errors("last_seq"):
            return self._store("last_seq").last_seq()

    @property
    def identity(self) -> str | None:
        """The actor of the settings: a store in this process believes what it is told."""
        return self._origin.actor

    async def permissions(self) -> Permissions:
        """Return all that was granted."""
        with self._errors("permissions"):
            return permissions_from_text(self._store("permissions").setting(ACCESS))

    async def _require(self, action: str, item_type: str = EVERYBODY) -> None:
        require(await self.permissions(), self.identity, action, item_type)

    async def claim(self) -> None:
        """Become the owner of a store that has none."""
        actor = self.identity
        if actor is None:
            raise ValidationError(
                "actor", "nobody would be the owner; say who you are in NERV_ACTOR or the settings"
            )

        def change(permissions: Permissions) -> Permissions:
            if permissions.claimed:
                require(permissions, actor, "claim", EVERYBODY)
            return permissions.with_grant(Grant(actor, OWNER))

        self._change_permissions("claim", change)

    async def grant(self, grant: Grant) -> None:
        """Let an identity do something; nothing happens where it may already."""

        def change(permissions: Permissions) -> Permissions:
            require(permissions, self.identity, "grant", EVERYBODY)
            return permissions.with_grant(grant)

        self._change_permissions("grant", change)

    async def revoke(self, grant_id: int) -> None:
        """Take a grant back."""

        def change(permissions: Permissions) -> Permissions:
            require(permissions, self.identity, "revoke", EVERYBODY)
            return permissions.without(grant_id)

        self._change_permissions("revoke", change)

    def _change_permissions(self, doing: str, change: Callable[[Permissions], Permissions]) -> None:
        def changed(text: str | None) -> str:
            return permissions_text(change(permissions_from_text(text)))

        with self._errors(doing):
            self._store(doing).change_setting(ACCESS, changed)

    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves."""
        checked_name(name, "tag")
        await self._require("set_tag", name)
        with self._errors("set_tag"):
            self._store("set_tag").set_tag(name, version_id)

    async def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""
        with self._errors("tags"):
            return self._store("tags").tags()

    async def load_history(self, history: StoredHistory) -> None:
        """Take in a history as it is, with its ids, places, times and authors, or none of it."""
        await self._require("import_history")
        with self._errors("load_history"):
            self._store("load_history").load_history(history)
        self._delivery.catch_up()
        self._written(())

    async def retention(self) -> Retention:
        """Return what was pruned."""
        with self._errors("retention"):
            return self._store("retention").retention()

    async def bridge(self, version_id: str) -> Bridge:
        """Return what leads to a version whose parent was pruned."""
        with self._errors("bridge"):
            return self._store("bridge").bridge(version_id)

    async def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""
        with self._errors("top"):
            return self._store("top").top()

    async def prune(self, step: PruneStep) -> None:
        """Make one step of pruning, in one transaction."""
        with self._delivery.writing():
            with self._errors("prune"):
                events = self._store("prune").prune(step, self._origin)
            self._written(events)

    async def retention_policy(self) -> RetentionPolicy | None:
        """Return the policy that is applied after commits, or None."""
        with self._errors("retention_policy"):
            return policy_from_text(self._store("retention_policy").setting(POLICY))

    async def set_retention_policy(self, policy: RetentionPolicy | None) -> None:
        """Let a policy be applied after commits, by whoever commits, or none."""
        await self._require("set_config", POLICY)
        with self._errors("set_retention_policy"):
            self._store("set_retention_policy").set_setting(POLICY, policy_text(policy))

    async def release(self, *, wait: bool = True) -> None:
        """Give the space of what was pruned back."""
        with self._errors("release"):
            self._store("release").release(wait=wait)

    async def verify(self) -> list[Problem]:
        """Check the whole store against itself and return what is wrong; [] when all is well."""
        with self._errors("verify"):
            return self._store("verify").verify()

    async def refresh(self) -> None:
        """Deliver every event the log holds by now to the subscribers."""
        self._store("refresh")
        self._delivery.catch_up()

    def subscribe(
        self,
        handler: EventHandler,
        *,
        settled: Callable[[], None] | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """Hand over every confirmed event, own or foreign, exactly once and in log order."""
        return self._delivery.subscribe(handler, settled, after)
