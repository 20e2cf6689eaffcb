"""A client that measures another: the same contract, with instruments around every call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.permissions import Grant, Permissions
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.contract.records import (
    Branch,
    BranchMove,
    CacheUse,
    EventHandler,
    Finding,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    Status,
    StoredHistory,
    TagsChanged,
)
from nerv_lab.inner_universe.metrics.connection_meters import ConnectionMeters
from nerv_lab.inner_universe.metrics.meters import Meters
from nerv_lab.inner_universe.metrics.written_types import (
    COMMITTED,
    MOVED,
    PRUNED,
    types_of_changes,
    types_of_events,
)

if TYPE_CHECKING:
    from nerv_lab.inner_universe.keys.store_keys import KeySource
    from nerv_lab.inner_universe.outbox.facade import Queues
    from nerv_lab.inner_universe.outbox.standing import Standing

__all__ = ["ObservedUniverse", "observing"]


class ObservedUniverse(InnerUniverseClient):
    """Does what another client does, and measures it.

    Parameters
    ----------
    client : InnerUniverseClient
        Does the work.
    meters : Meters, optional
        What measures; by default instruments of its own.

    Attributes
    ----------
    observed : InnerUniverseClient
        The client that does the work.
    meters : Meters
    """

    def __init__(self, client: InnerUniverseClient, meters: Meters | None = None) -> None:
        self.observed = client
        self.uri = client.uri
        self.origin_id = client.origin_id
        self.completes_inline = client.completes_inline
        self.meters = Meters(client.origin_id) if meters is None else meters
        self._connection = ConnectionMeters(client, self.meters)

    # How it stands

    @property
    def connected(self) -> bool:
        """Whether the client can be used."""
        return self.observed.connected

    @property
    def cache_use(self) -> CacheUse:
        """How often items were at hand."""
        return self.observed.cache_use

    @property
    def status(self) -> Status:
        """How the client stands to its store; asks nobody."""
        return self.observed.status

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in any thread, when the state changes; returns how to end it."""
        return self.observed.on_status(changed)

    def on_tags(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function with all tags when one was set, by whomever; returns how to end it."""
        return self.observed.on_tags(changed)

    async def connect(self) -> None:
        """Open the connection; nothing happens when it is open."""
        with self.meters.call("connect"):
            await self.observed.connect()
        self._connection.follow()

    async def close(self) -> None:
        """Drop the subscriptions and close; nothing happens when it is closed."""
        self._connection.forget()
        with self.meters.call("close"):
            await self.observed.close()

    @property
    def outbox(self) -> Queues | None:
        """What waits for a server that is away."""
        return self.observed.outbox

    def wait_sent(self, timeout: float) -> bool:
        """Wait until nothing is left to send."""
        return self.observed.wait_sent(timeout)

    def lend(self, standing: Callable[[], Standing]) -> None:
        """Name who knows the graph as it is."""
        self.observed.lend(standing)

    def on_reset(self, reset: Callable[[], int]) -> None:
        """Call a function when what was handed over is void."""

        def counted() -> int:
            position = reset()
            self.meters.go_to(position)
            return position

        self.observed.on_reset(counted)

    def on_fork(self, forked: Callable[[str, str], None]) -> None:
        """Call a function with a branch that is to be merged, and into which."""
        self.observed.on_fork(forked)

    def on_back(self, back: Callable[[], None]) -> None:
        """Call a function when everything that was queued is sent and its server is followed."""
        self.observed.on_back(back)

    def deliver(self) -> None:
        """Deliver, in this thread, what was confirmed elsewhere."""
        self.observed.deliver()

    async def examine(self) -> list[Finding]:
        """Look how the store itself is."""
        with self.meters.call("examine"):
            return await self.observed.examine()

    async def rekey(self, key: KeySource | None) -> None:
        """Encrypt the store file with another key, or for the first time; None ends that."""
        with self.meters.call("rekey"):
            await self.observed.rekey(key)

    async def publish_module(self) -> str:
        """Give the server our module, or update the one it runs, and return its address."""
        with self.meters.call("publish_module"):
            return await self.observed.publish_module()

    # Writing

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
        changes = tuple(changes)
        with self.meters.write("apply", types_of_changes(changes), source):
            return await self.observed.apply(
                changes, reason=reason, source=source, branch=branch, batch_id=batch_id
            )

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
        changes = tuple(changes)
        with self.meters.write("apply_and_commit", types_of_changes(changes) | COMMITTED, source):
            return await self.observed.apply_and_commit(
                changes, seal, reason=reason, source=source, branch=branch
            )

    async def publish(self, events: Sequence[Event]) -> list[str]:
        """Make events of the user's own durable as one batch."""
        events = tuple(events)
        given: tuple[object, ...] = events
        source = next((e.source for e in given if isinstance(e, Event)), None)
        with self.meters.write("publish", types_of_events(events), source):
            return await self.observed.publish(events)

    async def commit_version(self, version: Version, delta: bytes) -> Version:
        """Add a version and move its branch to it, if the branch is still at its parent."""
        with self.meters.write("commit_version", COMMITTED, version.author):
            return await self.observed.commit_version(version, delta)

    async def move_branch(self, move: BranchMove) -> None:
        """Make, move or delete a branch with its working rows, in one transaction."""
        with self.meters.write("move_branch", MOVED, None):
            await self.observed.move_branch(move)

    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves."""
        with self.meters.call("set_tag"):
            await self.observed.set_tag(name, version_id)

    # Reading

    async def branch_head(self, branch: str = DEFAULT_BRANCH) -> str | None:
        """Return the id of the version a branch is at, or None."""
        with self.meters.call("branch_head"):
            return await self.observed.branch_head(branch)

    async def branches(self) -> dict[str, Branch]:
        """Return every branch by name; the main one is always there."""
        with self.meters.call("branches"):
            return await self.observed.branches()

    async def versions(self) -> list[Version]:
        """Return all versions of all branches, in log order."""
        with self.meters.call("versions"):
            return await self.observed.versions()

    async def version(self, version_id: str) -> Version:
        """Return a version."""
        with self.meters.call("version"):
            return await self.observed.version(version_id)

    async def delta(self, version_id: str) -> bytes:
        """Return the delta a version was committed with."""
        with self.meters.call("delta"):
            return await self.observed.delta(version_id)

    async def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of many versions by their ids; those that were pruned are left out."""
        with self.meters.call("deltas"):
            return await self.observed.deltas(version_ids)

    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""
        with self.meters.call("snapshot"):
            return await self.observed.snapshot(branch)

    async def _item(self, key: str, branch: str) -> Item | None:
        with self.meters.call("get"):
            return await self.observed._item(key, branch)

    async def events(
        self, after: int = 0, limit: int | None = None, until: int | None = None
    ) -> list[Event]:
        """Return events with ``after < seq <= until``, ascending, at most ``limit`` of them."""
        with self.meters.call("events"):
            return await self.observed.events(after, limit, until)

    async def last_seq(self) -> int:
        """Return the position of the newest event, 0 for an empty log."""
        with self.meters.call("last_seq"):
            return await self.observed.last_seq()

    async def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""
        with self.meters.call("tags"):
            return await self.observed.tags()

    async def stored_events(self, after: int, until: int) -> list[Event]:
        """Return events with ``after < seq <= until`` as the store has them at this moment."""
        with self.meters.call("stored_events"):
            return await self.observed.stored_events(after, until)

    async def load_history(self, history: StoredHistory) -> None:
        """Take in a history as it is, or none of it."""
        with self.meters.call("load_history"):
            await self.observed.load_history(history)

    async def prune(self, step: PruneStep) -> None:
        """Make one step of pruning, in one transaction."""
        with self.meters.write("prune", PRUNED, None):
            await self.observed.prune(step)

    async def retention(self) -> Retention:
        """Return what was pruned."""
        with self.meters.call("retention"):
            return await self.observed.retention()

    async def bridge(self, version_id: str) -> Bridge:
        """Return what leads to a version whose parent was pruned."""
        with self.meters.call("bridge"):
            return await self.observed.bridge(version_id)

    async def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""
        with self.meters.call("top"):
            return await self.observed.top()

    async def retention_policy(self) -> RetentionPolicy | None:
        """Return the policy that is applied after commits, or None."""
        with self.meters.call("retention_policy"):
            return await self.observed.retention_policy()

    async def set_retention_policy(self, policy: RetentionPolicy | None) -> None:
        """Let a policy be applied after commits, by whoever commits, or none."""
        with self.meters.call("set_retention_policy"):
            await self.observed.set_retention_policy(policy)

    @property
    def identity(self) -> str | None:
        """Who the store takes us for."""
        return self.observed.identity

    async def permissions(self) -> Permissions:
        """Return all that was granted."""
        with self.meters.call("permissions"):
            return await self.observed.permissions()

    async def claim(self) -> None:
        """Become the owner of a store that has none."""
        with self.meters.call("claim"):
            await self.observed.claim()

    async def grant(self, grant: Grant) -> None:
        """Let an identity do something."""
        with self.meters.call("grant"):
            await self.observed.grant(grant)

    async def revoke(self, grant_id: int) -> None:
        """Take a grant back."""
        with self.meters.call("revoke"):
            await self.observed.revoke(grant_id)

    async def release(self, *, wait: bool = True) -> None:
        """Give the space of what was pruned back."""
        with self.meters.call("release"):
            await self.observed.release(wait=wait)

    async def verify(self) -> list[Problem]:
        """Check the whole store against itself and return what is wrong; [] when all is well."""
        with self.meters.call("verify"):
            return await self.observed.verify()

    async def refresh(self) -> None:
        """Deliver every event the log holds by now to the subscribers."""
        with self.meters.call("refresh"):
            await self.observed.refresh()

    def subscribe(
        self,
        handler: EventHandler,
        *,
        settled: Callable[[], None] | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """Hand over every confirmed event, own or foreign, exactly once and in log order."""

        def measured(events: tuple[Event, ...]) -> None:
            self.meters.delivered(events)
            handler(events)

        return self.observed.subscribe(measured, settled=settled, after=after)


def observing(client: InnerUniverseClient) -> ObservedUniverse:
    """Return a client that measures the given one; the client itself where it does so already."""
    return client if isinstance(client, ObservedUniverse) else ObservedUniverse(client)
