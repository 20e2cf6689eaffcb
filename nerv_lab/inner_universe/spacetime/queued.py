"""A client of a server that goes on when the server is away, and sends what it wrote later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar

from nerv_lab.core.changes import Change
from nerv_lab.core.errors import NervError, ServerGoneError
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.model import Item
from nerv_lab.core.permissions import Grant, Permissions
from nerv_lab.core.pruning import PruneStep
from nerv_lab.core.retention import RetentionPolicy
from nerv_lab.core.rules import plan
from nerv_lab.core.thinning import Bridge, Retention
from nerv_lab.core.versions import Version, from_micros, version_digest
from nerv_lab.inner_universe.ids import new_id
from nerv_lab.inner_universe.outbox.offline_store import OfflineStore
from nerv_lab.inner_universe.outbox.states import OPEN
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, settled, touched
from nerv_lab.inner_universe.records import (
    Branch,
    BranchMove,
    CacheUse,
    EventHandler,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    Status,
    StoredHistory,
)
from nerv_lab.inner_universe.spacetime.calls import apply_and_commit_args
from nerv_lab.inner_universe.spacetime.connection import Connection
from nerv_lab.inner_universe.spacetime.planning import read_touched
from nerv_lab.inner_universe.spacetime.receipts import receipt_from, receipt_of
from nerv_lab.inner_universe.spacetime.sending import Sender, batch_of_write, request_of
from nerv_lab.inner_universe.spacetime.switching import GONE, SwitchingUniverse
from nerv_lab.inner_universe.writing import (
    check_place,
    checked_batch,
    checked_events,
    checked_version,
    now_us,
)

__all__ = ["QueuedUniverse"]

_T = TypeVar("_T")


class QueuedUniverse(SwitchingUniverse):
    """An Inner Universe on a server, with an outbox before it.

    Every write is on this machine's disk before it is sent. While the server is away, changes,
    commits and events are made here and sent later, once and in order; what needs the server
    itself raises `ServerGoneError`.
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
        batch = checked_batch(
            map(settled, changes),
            new_id() if batch_id is None else batch_id,
            batch_id is not None,
            reason=reason,
            source=source,
            branch=branch,
        )
        write = QueuedWrite(batch.id, "apply", branch, batch.changes, reason, source)
        request = request_of(write, self.origin_id)

        async def send(connection: Connection) -> tuple[Receipt, int]:
            places = await connection.call(*request)
            return await receipt_of(connection, batch.id, places), len(places)

        def locally(store: OfflineStore) -> Receipt:
            if (known := store.receipt_of(batch.id)) is not None:
                return known
            planned = store.plan(batch)
            count = len(planned.changes)
            self._keep(replace(write, befores=touched(planned.changes), count=count))
            return store.write(planned, self.origin)

        return await self._write(write, send, locally, lambda e: receipt_from(batch.id, e))

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
        batch = checked_batch(
            map(settled, changes), new_id(), False, reason=reason, source=source, branch=branch
        )
        write = QueuedWrite(batch.id, "apply", branch, batch.changes, reason, source)
        return await self._hop(self._commit(write, seal))

    async def _commit(self, write: QueuedWrite, seal: Seal) -> tuple[Receipt, Version]:
        async with self._writing:
            if self._local is None:
                try:
                    return await self._commit_there(write, seal)
                except GONE:
                    store = await self._go_offline()
                    if write.id in self.queues.own.outbox:
                        write = self.queues.own.write(write.id)
                        return self._done_again(store, write)
            await self._make_room(write)
            assert self._local is not None
            return await self._commit_here(self._local, write, seal)

    async def _commit_there(self, write: QueuedWrite, seal: Seal) -> tuple[Receipt, Version]:
        connection = self.remote.connection
        reader, expected = await self._unless_gone(
            read_touched(connection, write.changes, write.branch)
        )
        moment = now_us()
        planned = tuple(plan(reader, write.changes, moment))
        version, delta = await asyncio.to_thread(seal, planned, expected + len(planned))
        checked_version(version, delta)
        if planned:
            version = replace(version, timestamp=from_micros(moment))
            version = replace(version, digest=version_digest(version, delta))
        count = len(planned) + 1
        write = replace(write, version=version, delta=delta, befores=touched(planned), count=count)
        batch = batch_of_write(write)
        args = apply_and_commit_args(batch, self.origin_id, expected, version, delta)

        async def send(connection: Connection) -> tuple[tuple[Receipt, Version], int]:
            if not planned:
                places = await connection.call(
                    *request_of(replace(write, kind="version"), self.origin_id)
                )
                return (Receipt(write.id, expected + 1, expected, ()), version), len(places)
            places = await connection.call("apply_and_commit", args)
            return (await receipt_of(connection, write.id, places), version), len(places)

        return await self._send_now(write, send)

    async def _commit_here(
        self, store: OfflineStore, write: QueuedWrite, seal: Seal
    ) -> tuple[Receipt, Version]:
        planned = store.plan(batch_of_write(write))
        version, delta = await asyncio.to_thread(seal, planned.changes, planned.seq)
        checked_version(version, delta)
        if planned.changes:
            version = replace(version, timestamp=from_micros(planned.moment))
            version = replace(version, digest=version_digest(version, delta))
        store.check_version(version)
        befores, count = touched(planned.changes), len(planned.changes) + 1
        self._keep(replace(write, version=version, delta=delta, befores=befores, count=count))
        receipt = store.write(planned, self.origin)
        store.commit_version(version, delta, self.origin)
        return receipt, version

    def _done_again(self, store: OfflineStore, write: QueuedWrite) -> tuple[Receipt, Version]:
        """Do here what was under way, since nobody knows whether it was done there."""
        assert write.version is not None
        if events := self._arrived(write, store):
            made = [event for event in events if event.batch_id == write.id]
            last = (events[0].seq or 1) - 1
            nothing = Receipt(write.id, last + 1, last, ())
            return receipt_from(write.id, made) if made else nothing, write.version
        planned = store.plan(batch_of_write(write))
        store.check_version(write.version)
        receipt = store.write(planned, self.origin)
        store.commit_version(write.version, write.delta, self.origin)
        return receipt, write.version

    async def publish(self, events: Sequence[Event]) -> list[str]:
        """Make events of the user's own durable as one batch, or one for each branch in turn."""
        checked = checked_events(events)
        for branch, listed in groupby(checked, key=lambda event: event.branch):
            own = tuple(listed)
            write = QueuedWrite(new_id(), "publish", branch, events=own, count=len(own))
            await self._publish(write)
        return [event.id for event in checked]

    async def _publish(self, write: QueuedWrite) -> None:
        request = request_of(write, self.origin_id)

        async def send(connection: Connection) -> tuple[None, int]:
            return None, len(await connection.call(*request))

        def locally(store: OfflineStore) -> None:
            self._keep(write)
            # Copied, since the store gives them places of its own.
            copies = [
                Event(e.id, e.type, e.data, e.timestamp, e.source, branch=e.branch)
                for e in write.events
            ]
            store.publish(checked_events(copies), self.origin)

        await self._write(write, send, locally, lambda _: None)

    async def commit_version(self, version: Version, delta: bytes) -> Version:
        """Add a version and move its branch to it, if the branch is still at its parent."""
        checked_version(version, delta)
        write = QueuedWrite(
            version.id, "version", version.branch, version=version, delta=delta, count=1
        )

        async def send(connection: Connection) -> tuple[Version, int]:
            last = connection.tail.last
            if version.event_seq > last:
                last = await connection.refresh("commit_version")
            check_place(version, last)
            return version, len(await connection.call(*request_of(write, self.origin_id)))

        def locally(store: OfflineStore) -> Version:
            store.check_version(version)
            check_place(version, store.last_seq())
            self._keep(write)
            return store.commit_version(version, delta, self.origin)[0]

        return await self._write(write, send, locally, lambda _: version)

    async def _write(
        self,
        write: QueuedWrite,
        send: Callable[[Connection], Coroutine[Any, Any, tuple[_T, int]]],
        locally: Callable[[OfflineStore], _T],
        arrived: Callable[[tuple[Event, ...]], _T],
    ) -> _T:
        return await self._hop(self._write_here(write, send, locally, arrived))

    async def _hop(self, work: Coroutine[Any, Any, _T]) -> _T:
        result = await self._portal.hop(work)
        self.deliver()
        return result

    async def _write_here(
        self,
        write: QueuedWrite,
        send: Callable[[Connection], Coroutine[Any, Any, tuple[_T, int]]],
        locally: Callable[[OfflineStore], _T],
        arrived: Callable[[tuple[Event, ...]], _T],
    ) -> _T:
        async with self._writing:
            if self._local is None:
                try:
                    return await self._send_now(write, send)
                except GONE:
                    if events := self._arrived(write, await self._go_offline()):
                        return arrived(events)
            else:
                await self._make_room(write)
            store = self._local
            assert store is not None
            return locally(store)

    async def _send_now(
        self,
        write: QueuedWrite,
        send: Callable[[Connection], Coroutine[Any, Any, tuple[_T, int]]],
    ) -> _T:
        """Write it down and send it, while the server is there."""
        journal = self.queues.own
        if journal.outbox.has_open:
            # Something that was given up while it was under way goes first.
            await self._unless_gone(
                Sender(self.remote.connection, journal, self._portal).send_all()
            )
        known = write.id in journal.outbox
        if not known:
            journal.add(write)
        try:
            result, count = await self._unless_gone(send(self.remote.connection))
        except GONE:
            raise
        except NervError:
            if not known:
                journal.drop(write.id, *OPEN)
            raise
        except BaseException:
            self._poke()  # given up, perhaps after it was sent
            raise
        if not known:
            journal.accept([(write.id, journal.cursor + count)])
        return result

    def _keep(self, write: QueuedWrite) -> None:
        """Write down what is done here, unless it was when it was sent."""
        journal = self.queues.own
        if write.id in journal.outbox:
            journal.replace(write)
        else:
            journal.add(write)

    # What needs the server

    async def _there(self, doing: str, ask: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        return await self._hop(self._only_there(doing, ask))

    async def _only_there(self, doing: str, ask: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        if self._local is not None:
            raise ServerGoneError(
                f"{doing} needs the server, which is away; do it when {self.uri} is back "
                f"(changes, commits and events need not wait)"
            )
        return await self._unless_gone(ask())

    async def move_branch(self, move: BranchMove) -> None:
        """Make, move or delete a branch with its working rows, in one transaction."""
        await self._there("move_branch", lambda: self.remote.move_branch(move))

    async def load_history(self, history: StoredHistory) -> None:
        """Take in a history as it is, with its ids, places, times and authors, or none of it."""
        await self._there("load_history", lambda: self.remote.load_history(history))
        await self.refresh()

    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves."""
        await self._there("set_tag", lambda: self.remote.set_tag(name, version_id))

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

    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""
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
        return await self._asked(lambda s: s.tags(), self.remote.tags)

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

    def deliver(self) -> None:
        """Deliver what is confirmed, in this thread; in the portal's own, leave it to others."""
        if not self._portal.inside:
            self._delivery.hand_over(())

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
