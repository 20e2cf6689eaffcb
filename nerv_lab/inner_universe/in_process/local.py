"""The part of a client that all stores inside this process share.

A store is synchronous and knows nothing of subscribers; this class checks what goes in, hands
what was written to the subscribers, and sees that only our own errors come out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from nerv_lab.core.checks import checked_name
from nerv_lab.core.collecting import collector_paused_for
from nerv_lab.core.errors import StoreClosedError
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.checked_events import checked_events
from nerv_lab.inner_universe.contract.client import (
    Branch,
    BranchMove,
    EventHandler,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    Status,
    StoredHistory,
)
from nerv_lab.inner_universe.contract.delivery import Delivery
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.log_events import Origin
from nerv_lab.inner_universe.contract.records import TagsChanged
from nerv_lab.inner_universe.contract.retention import POLICY, policy_from_text, policy_text
from nerv_lab.inner_universe.contract.tag_watch import TagWatch
from nerv_lab.inner_universe.contract.watchers import Watchers
from nerv_lab.inner_universe.contract.writing import checked_batch, checked_move, checked_version
from nerv_lab.inner_universe.in_process.local_access import LocalAccess
from nerv_lab.inner_universe.in_process.local_store import OwnErrors, Store

__all__ = ["LocalInnerUniverse", "Store"]


class LocalInnerUniverse(LocalAccess):
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
        self._status_watchers: Watchers[[]] = Watchers()
        self._tags = TagWatch(lambda: self._store("tags").tags())

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
        return self._status_watchers.add(changed)

    def on_tags(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function with all tags when one was set, by whomever; returns how to end it."""
        with self._errors("on_tags"):
            return self._tags.add(changed)

    async def connect(self) -> None:
        """Open the store; nothing happens when it is open."""
        if self._opened is None:
            with OwnErrors(self.uri, "connect"):
                self._opened = self._open()

    async def close(self) -> None:
        """Drop the subscriptions and close; nothing happens when it is closed."""
        self._delivery.close()
        store, self._opened = self._opened, None
        if store is not None:
            with OwnErrors(self.uri, "close"):
                store.close()
            self._status_watchers.tell()

    def _store(self, doing: str) -> Store:
        if self._opened is None:
            raise StoreClosedError(
                f"{doing} was asked of {self.uri}, which is not connected; connect it first"
            )
        return self._opened

    def _errors(self, doing: str) -> OwnErrors:
        return OwnErrors(self.uri, doing)

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

    def _tagged(self) -> None:
        """Tell whoever watches the tags of what this client has just set."""
        self._tags.look()

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
            batch_id,
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
        batch = checked_batch(changes, reason=reason, source=source, branch=branch)
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

    async def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of many versions by their ids; those that were pruned are left out."""
        with self._errors("deltas"):
            return self._store("deltas").deltas(version_ids)

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

    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves."""
        checked_name(name, "tag")
        await self._require("set_tag", name)
        with self._errors("set_tag"):
            self._store("set_tag").set_tag(name, version_id)
        self._tagged()

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
