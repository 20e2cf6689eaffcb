"""A client of a server that goes on when the server is away, and sends what it wrote later."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from nerv_lab.core.errors import ServerGoneError
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.permissions import Grant, Permissions
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.records import (
    Branch,
    CacheUse,
    EventHandler,
    Problem,
    Snapshot,
    Status,
    StoredHistory,
)
from nerv_lab.inner_universe.spacetime.queueing.committing import CommittingUniverse
from nerv_lab.inner_universe.spacetime.queueing.offline_store import OfflineStore

__all__ = ["QueuedUniverse"]

_T = TypeVar("_T")


class QueuedUniverse(CommittingUniverse):
    """An Inner Universe on a server, with an outbox before it.

    Every write is on this machine's disk before it is sent. While the server is away, changes,
    commits, events, branches and tags are made here and sent later, once and in order; what needs
    the server itself raises `ServerGoneError`.
    """

    # How it stands

    @property
    def connected(self) -> bool:
        """Whether the client can be used; also while the server is away."""
        return self._queues is not None

    @property
    def status(self) -> Status:
        """How the client stands to its server, and how much is queued."""
        queues = self._queues
        if queues is None:
            return Status("SpacetimeDB", "closed")
        found = self.remote.status
        if self._local is not None or found.state != "connected":
            return Status("SpacetimeDB", "reconnecting", found.identity, queued=queues.waiting)
        return replace(found, queued=queues.waiting)

    @property
    def cache_use(self) -> CacheUse:
        """How often rows that were asked for one by one were at hand."""
        return self.remote.cache_use

    @property
    def identity(self) -> str | None:
        """Who the server says we are, in hexadecimal; None before it was there."""
        return self.remote.status.identity

    # What needs the server

    async def _there(self, doing: str, ask: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        return await self._hop(self._only_there(doing, ask))

    async def _only_there(self, doing: str, ask: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        if self._local is not None:
            raise ServerGoneError(
                f"{doing} needs the server, which is away; do it when {self.uri} is back "
                f"(changes, commits, events, branches and tags need not wait)"
            )
        return await self._unless_gone(ask())

    async def load_history(self, history: StoredHistory) -> None:
        """Take in a history as it is, with its ids, places, times and authors, or none of it."""
        await self._there("load_history", lambda: self.remote.load_history(history))
        await self.refresh()

    async def prune(self, step: PruneStep) -> None:
        """Make one step of pruning, in one transaction; only an owner of the database may."""
        await self._there("prune", lambda: self.remote.prune(step))

    async def set_retention_policy(self, policy: RetentionPolicy | None) -> None:
        """Let a policy be applied after commits, or none; only an owner of the database may."""
        await self._there("set_retention_policy", lambda: self.remote.set_retention_policy(policy))

    async def permissions(self) -> Permissions:
        """Return who may do what."""
        return await self._there("permissions", self.remote.permissions)

    async def claim(self) -> None:
        """Become the owner of a database that has none; nothing happens where we are one."""
        await self._there("claim", self.remote.claim)

    async def grant(self, grant: Grant) -> None:
        """Let an identity do something; nothing happens where it may already."""
        await self._there("grant", lambda: self.remote.grant(grant))

    async def revoke(self, grant_id: int) -> None:
        """Take a grant back."""
        await self._there("revoke", lambda: self.remote.revoke(grant_id))

    async def publish_module(self) -> str:
        """Give the server our module, or update the one it runs, and return its address."""
        return await self._there("publish_module", self.remote.publish_module)

    async def verify(self) -> list[Problem]:
        """Check the whole database against itself and return what is wrong; [] when all is well."""
        return await self._there("verify", self.remote.verify)

    async def stored_events(self, after: int, until: int) -> list[Event]:
        """Return events with ``after < seq <= until`` as the server has them at this moment."""
        return await self._there("events", lambda: self.remote.stored_events(after, until))

    async def release(self, *, wait: bool = True) -> None:
        """Do nothing: the server keeps the rows in memory."""

    # Reading

    async def branch_head(self, branch: str = DEFAULT_BRANCH) -> str | None:
        """Return the id of the version a branch is at, or None."""
        return await self._asked(
            lambda s: s.branch_head(branch), lambda: self.remote.branch_head(branch)
        )

    async def branches(self) -> dict[str, Branch]:
        """Return every branch by name; the main one is always there."""
        return await self._asked(lambda s: s.branches(), self.remote.branches)

    async def versions(self) -> list[Version]:
        """Return all versions of all branches, in log order."""
        return await self._asked(lambda s: s.versions(), self.remote.versions)

    async def version(self, version_id: str) -> Version:
        """Return a version."""
        return await self._asked(
            lambda s: s.version(version_id), lambda: self.remote.version(version_id)
        )

    async def delta(self, version_id: str) -> bytes:
        """Return the delta a version was committed with."""
        return await self._asked(
            lambda s: s.delta(version_id), lambda: self.remote.delta(version_id)
        )

    async def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of many versions by their ids, without those that are not at hand."""
        return await self._asked(
            lambda s: s.deltas(version_ids), lambda: self.remote.deltas(version_ids)
        )

    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""
        self._read_in[branch] = self._turn
        return await self._asked(lambda s: s.snapshot(branch), lambda: self.remote.snapshot(branch))

    async def _item(self, key: str, branch: str) -> Item | None:
        return await self._asked(
            lambda s: s.item(key, branch), lambda: self.remote._item(key, branch)
        )

    async def events(
        self, after: int = 0, limit: int | None = None, until: int | None = None
    ) -> list[Event]:
        """Return events with ``after < seq <= until``, ascending, at most ``limit`` of them."""

        def here(store: OfflineStore) -> list[Event]:
            base = store.base.seq
            kept = None if after >= base or self._other_log else self._kept(after, base)
            if kept is None:
                return store.events(after, limit, until)
            found = [e for e in kept if until is None or (e.seq or 0) <= until]
            return [*found, *store.events(base, None, until)][:limit]

        return await self._asked(here, lambda: self.remote.events(after, limit, until))

    async def last_seq(self) -> int:
        """Return the position of the newest event, 0 for an empty log."""
        return await self._asked(lambda s: s.last_seq(), self.remote.last_seq)

    async def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""
        return await self._asked(lambda s: s.tags(), self._read_tags)

    async def retention(self) -> Retention:
        """Return what was pruned."""
        return await self._asked(lambda s: s.retention(), self.remote.retention)

    async def bridge(self, version_id: str) -> Bridge:
        """Return what leads to a version whose parent was pruned."""
        return await self._asked(
            lambda s: s.bridge(version_id), lambda: self.remote.bridge(version_id)
        )

    async def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""
        return await self._asked(lambda s: s.top(), self.remote.top)

    async def retention_policy(self) -> RetentionPolicy | None:
        """Return the policy that is applied after commits, or None; None while it is away."""
        return await self._asked(lambda _: None, self.remote.retention_policy)

    async def refresh(self) -> None:
        """Deliver every event the log holds by now to the subscribers."""
        await self._asked(lambda s: s.last_seq(), self.remote.last_seq)
        self.deliver()

    def subscribe(
        self,
        handler: EventHandler,
        *,
        settled: Callable[[], None] | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """Hand over every event, own or foreign, exactly once and in log order.

        While the server is away, that is what is made here, at the places that it would get.
        """
        self._portal.run(self._ask(lambda s: s.last_seq(), self.remote.last_seq))

        def fresh(events: tuple[Event, ...]) -> None:
            if new := self._without_echoes(events):
                handler(new)

        return self._delivery.subscribe(fresh, settled, after)
