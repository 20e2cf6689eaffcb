"""The client of a database on a SpacetimeDB server."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from nerv_lab.core.changes import CHANGE_EVENT_TYPES, Change
from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import (
    DuplicateIdError,
    ProtocolError,
    StoreClosedError,
    VersionNotFoundError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.model import Item
from nerv_lab.core.rules import plan
from nerv_lab.core.versions import Version, from_micros, version_digest
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
)
from nerv_lab.inner_universe.delivery import Delivery
from nerv_lab.inner_universe.ids import batch_of, new_id
from nerv_lab.inner_universe.portal import Portal, portal
from nerv_lab.inner_universe.spacetime.address import Address
from nerv_lab.inner_universe.spacetime.cache import TimedCache
from nerv_lab.inner_universe.spacetime.calls import (
    apply_and_commit_args,
    apply_args,
    commit_args,
    move_args,
    publish_args,
    tag_args,
)
from nerv_lab.inner_universe.spacetime.connection import Connection, Limits, quoted
from nerv_lab.inner_universe.spacetime.planning import read_touched
from nerv_lab.inner_universe.spacetime.pool import pool_of
from nerv_lab.inner_universe.spacetime.publish import publish
from nerv_lab.inner_universe.spacetime.pump import Pump
from nerv_lab.inner_universe.spacetime.reading import (
    read_branches,
    read_delta,
    read_events,
    read_item,
    read_snapshot,
    read_versions,
    read_whole,
)
from nerv_lab.inner_universe.spacetime.rows import event_from_row
from nerv_lab.inner_universe.spacetime.schema import BatchRow
from nerv_lab.inner_universe.spacetime.tokens import TokenFile, Tokens, tokens_of
from nerv_lab.inner_universe.verifying import check_store
from nerv_lab.inner_universe.writing import (
    change_of,
    check_place,
    checked_batch,
    checked_events,
    checked_move,
    checked_version,
    now_us,
)

if TYPE_CHECKING:
    from nerv_lab.inner_universe.config import InnerUniverseConfig

__all__ = ["SpacetimeInnerUniverse", "client_with"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
_APPLIED = "applied"


class SpacetimeInnerUniverse(InnerUniverseClient):
    """An Inner Universe on a SpacetimeDB server.

    All clients of one database in a process share one connection. It lives in the process's
    portal, so that the client may be used from any event loop, and from none. When the connection
    is lost it comes back by itself, and what was under way goes on; nothing is written twice.

    Parameters
    ----------
    uri : str
        ``spacetimedb://HOST:PORT/DATABASE``, or ``spacetimedbs://`` for TLS.
    tokens : Tokens, optional
        Where the token is kept that says who we are; by default a file of the user's own.
    limits : Limits, optional
        How long things may take.
    cache_seconds : float
        How long a row that was read is remembered; it is forgotten at once when it changes.
    """

    completes_inline: ClassVar[bool] = False

    def __init__(
        self,
        uri: str,
        *,
        tokens: Tokens | None = None,
        limits: Limits | None = None,
        cache_seconds: float = 300.0,
    ) -> None:
        self.address = Address.parse(uri)
        self.uri = self.address.uri
        self.origin_id = new_id()
        self._tokens = TokenFile() if tokens is None else tokens
        self._limits = Limits() if limits is None else limits
        self._connection: Connection | None = None
        self._pump: Pump | None = None
        self._pumping = threading.Lock()
        self._lag: float | None = None
        self._delivery = Delivery(self._transactions, self._newest)
        self._items: TimedCache[tuple[str, str], Item | None] = TimedCache(cache_seconds)

    @property
    def connected(self) -> bool:
        """Whether the client can be used; False too while the server is away."""
        connection = self._connection
        return connection is not None and connection.live

    @property
    def identity(self) -> str:
        """Who the server says we are, in hexadecimal."""
        return self._open("identity").identity

    @property
    def status(self) -> Status:
        """How the client stands to the server; the lag is that of the newest event."""
        connection = self._connection
        if connection is None or connection.failed:
            return Status("SpacetimeDB", "closed")
        state: Literal["connected", "reconnecting"] = (
            "connected" if connection.live else "reconnecting"
        )
        return Status("SpacetimeDB", state, connection.identity or None, self._lag)

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in the portal's thread, when the server goes or comes back."""
        return self._open("on_status").on_status(changed)

    async def publish_module(self) -> str:
        """Give the server our module, or update the one it runs, and return its address."""
        await self._portal.hop(publish(self.uri, tokens=self._tokens))
        return self.uri

    # Life

    async def connect(self) -> None:
        """Open the connection; nothing happens when it is open.

        Raises
        ------
        ServerError
            When it cannot; the kind of error says why.
        """
        await self._portal.hop(self._connect())

    async def _connect(self) -> None:
        if self._connection is None:
            pool = pool_of(self._portal)
            connection = await pool.acquire(self.address, self._tokens, self._limits)
            if not self._take(connection):
                await pool.release(connection)

    def _take(self, connection: Connection) -> bool:
        """Use a connection, unless somebody else has connected meanwhile."""
        if self._connection is not None:
            return False
        connection.tail.on_feed(self._forget_changed)
        self._connection = connection
        return True

    async def close(self) -> None:
        """Drop the subscriptions and disconnect; nothing happens when it is closed."""
        self._delivery.close()
        with self._pumping:
            pump, self._pump = self._pump, None
        if pump is not None:
            pump.stop()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.tail.off_feed(self._forget_changed)
            self._items.forget()
            await self._portal.hop(pool_of(self._portal).release(connection))

    @property
    def _portal(self) -> Portal:
        return portal()

    def _open(self, doing: str) -> Connection:
        if self._connection is None:
            raise StoreClosedError(
                f"{doing} was asked of {self.uri}, which is not connected; connect it first"
            )
        return self._connection

    async def _ask(self, doing: str, ask: Callable[[Connection], Coroutine[Any, Any, _T]]) -> _T:
        return await self._portal.hop(ask(self._open(doing)))

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
            changes,
            new_id() if batch_id is None else batch_id,
            batch_id is not None,
            reason=reason,
            source=source,
            branch=branch,
        )
        args = apply_args(batch, self.origin_id)

        async def call(connection: Connection) -> Receipt:
            events = await connection.call("apply_batch", args)
            return await _receipt(connection, batch.id, events)

        receipt = await self._ask("apply", call)
        self.deliver()
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
        """Make all of the changes durable and commit the state they lead to, or do neither.

        The server takes the version only if the log is still where the plan was made.
        """
        batch = checked_batch(changes, new_id(), False, reason=reason, source=source, branch=branch)

        async def call(connection: Connection) -> tuple[Receipt, Version]:
            reader, expected = await read_touched(connection, batch.changes, branch)
            moment = now_us()
            planned = tuple(plan(reader, batch.changes, moment))
            # What seals may itself ask this client, so it must not hold up the portal.
            version, delta = await asyncio.to_thread(seal, planned, expected + len(planned))
            checked_version(version, delta)
            if planned:
                # The server makes the changes at the version's moment, as the delta has them.
                version = replace(version, timestamp=from_micros(moment))
                version = replace(version, digest=version_digest(version, delta))
            if not planned:
                await connection.call("commit_version", commit_args(version, delta, self.origin_id))
                return Receipt(batch.id, expected + 1, expected, ()), version
            args = apply_and_commit_args(batch, self.origin_id, expected, version, delta)
            events = await connection.call("apply_and_commit", args)
            return await _receipt(connection, batch.id, events), version

        done = await self._ask("apply_and_commit", call)
        self.deliver()
        return done

    async def publish(self, events: Sequence[Event]) -> list[str]:
        """Make events of the user's own durable as one batch, or one for each branch in turn."""
        checked = checked_events(events)
        calls: list[tuple[str, list[Event]]] = []
        for event in checked:
            if not calls or calls[-1][0] != event.branch:
                calls.append((event.branch, []))
            calls[-1][1].append(event)
        batches = [
            publish_args(new_id(), branch, listed, self.origin_id) for branch, listed in calls
        ]

        async def call(connection: Connection) -> None:
            for args in batches:
                await connection.call("publish_events", args)

        await self._ask("publish", call)
        self.deliver()
        return [event.id for event in checked]

    async def commit_version(self, version: Version, delta: bytes) -> Version:
        """Add a version and move its branch to it, if the branch is still at its parent."""
        checked_version(version, delta)

        async def call(connection: Connection) -> None:
            # The log only grows, so a look before the call is enough.
            last = connection.tail.last
            if version.event_seq > last:
                last = await connection.refresh("commit_version")
            check_place(version, last)
            await connection.call("commit_version", commit_args(version, delta, self.origin_id))

        await self._ask("commit_version", call)
        self.deliver()
        return version

    async def move_branch(self, move: BranchMove) -> None:
        """Make, move or delete a branch with its working rows, in one transaction."""
        args = move_args(checked_move(move), self.origin_id)
        await self._ask("move_branch", lambda c: c.call("move_branch", args))
        self._items.forget()
        self.deliver()

    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves."""
        args = tag_args(checked_name(name, "tag"), version_id)
        await self._ask("set_tag", lambda c: c.call("set_tag", args))

    # Reading

    async def branch_head(self, branch: str = DEFAULT_BRANCH) -> str | None:
        """Return the id of the version a branch is at, or None."""
        where = f"name = {quoted(branch)}"
        rows = await self._ask("branch_head", lambda c: c.select("branch", where))
        return rows[0].version_id if rows else None

    async def branches(self) -> dict[str, Branch]:
        """Return every branch by name; the main one is always there."""
        return await self._ask("branches", read_branches)

    async def versions(self) -> list[Version]:
        """Return all versions of all branches, in log order."""
        return await self._ask("versions", read_versions)

    async def version(self, version_id: str) -> Version:
        """Return a version."""
        where = f"version_id = {quoted(version_id)}"
        found = await self._ask("version", lambda c: read_versions(c, where))
        if not found:
            raise VersionNotFoundError(version_id)
        return found[0]

    async def delta(self, version_id: str) -> bytes:
        """Return the delta a version was committed with."""
        found = await self._ask("delta", lambda c: read_delta(c, version_id))
        if found is None:
            raise VersionNotFoundError(version_id)
        return found

    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""
        return await self._ask("snapshot", lambda c: read_snapshot(c, branch))

    async def _item(self, key: str, branch: str) -> Item | None:
        connection = self._open("get")
        if found := self._items.get((branch, key)):
            return found[0]
        mark = self._items.mark
        item = await self._portal.hop(read_item(connection, key, branch))
        self._items.put((branch, key), item, mark)
        return item

    def _forget_changed(self, events: Sequence[Event]) -> None:
        if events:
            self._lag = max(0.0, time.time() - events[-1].timestamp)
        for event in events:
            if event.type == EventType.BRANCH_MOVED:
                self._items.forget()
            elif event.type in CHANGE_EVENT_TYPES:
                change = change_of(event)
                if change is not None:
                    self._items.forget((event.branch, change.key))

    async def events(
        self, after: int = 0, limit: int | None = None, until: int | None = None
    ) -> list[Event]:
        """Return events with ``after < seq <= until``, ascending, at most ``limit`` of them."""
        return await self._ask("events", lambda c: read_events(c, after, limit, until))

    async def last_seq(self) -> int:
        """Return the position of the newest event, 0 for an empty log."""
        return await self._ask("last_seq", lambda c: c.refresh("last_seq"))

    async def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""
        rows = await self._ask("tags", lambda c: c.select("tag"))
        return {row.name: row.version_id for row in sorted(rows)}

    async def verify(self) -> list[Problem]:
        """Check the whole database against itself and return what is wrong; [] when all is well."""
        return await self._ask("verify", self._verify)

    async def _verify(self, connection: Connection) -> list[Problem]:
        try:
            whole = await read_whole(connection)
        except ProtocolError as error:
            return [Problem("server", str(error))]

        def delta_of(version_id: str) -> bytes:
            found = self._portal.run(read_delta(connection, version_id))
            if found is None:
                raise VersionNotFoundError(version_id)
            return found

        return await asyncio.to_thread(
            lambda: list(
                check_store(
                    whole.events, whole.versions, delta_of, whole.rows, whole.heads, whole.tags
                )
            )
        )

    # Following

    async def refresh(self) -> None:
        """Deliver every event the log holds by now to the subscribers."""
        await self._ask("refresh", lambda c: c.refresh())
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
        """Hand over every confirmed event, own or foreign, exactly once and in log order."""
        connection = self._open("subscribe")
        self._portal.run(connection.refresh("subscribe"))
        unsubscribe = self._delivery.subscribe(handler, settled, after)
        with self._pumping:
            if self._pump is None and self._connection is connection:
                self._pump = Pump(connection.tail, self._delivery.wake)
        return unsubscribe

    def _transactions(self, after: int) -> tuple[Event, ...]:
        connection = self._open("delivery")
        kept = connection.tail.read(after)
        return self._portal.run(connection.transactions(after)) if kept is None else kept

    def _newest(self) -> int:
        return self._open("subscribe").tail.last


async def _receipt(connection: Connection, batch_id: str, events: Sequence[Event]) -> Receipt:
    """Return the receipt of a batch whose transaction wrote these events."""
    own = [event for event in events if batch_of(event.id) == batch_id]
    if own:
        return _receipt_of(batch_id, own)
    # It was known already, or changed nothing.
    found: list[BatchRow] = await connection.select("batch", f"batch_id = {quoted(batch_id)}")
    if not found:
        raise ProtocolError(f"{connection.address.uri} took a batch and left no receipt of it")
    batch = found[0]
    if batch.outcome != _APPLIED:
        raise DuplicateIdError("batch", batch_id)
    if batch.last_seq < batch.first_seq:
        return Receipt(batch_id, batch.first_seq, batch.last_seq, ())
    rows = await connection.page(batch.first_seq - 1, batch.last_seq)
    return _receipt_of(batch_id, [event_from_row(row) for row in rows])


def _receipt_of(batch_id: str, events: Sequence[Event]) -> Receipt:
    changes = tuple(change for event in events if (change := change_of(event)) is not None)
    return Receipt(batch_id, events[0].seq or 0, events[-1].seq or 0, changes)


def client_with(uri: str, config: InnerUniverseConfig) -> SpacetimeInnerUniverse:
    """Return a client with the given settings, not yet connected."""
    return SpacetimeInnerUniverse(
        uri,
        tokens=tokens_of(config),
        limits=Limits(request=config.request_timeout, connect=config.connect_timeout),
        cache_seconds=config.cache_seconds,
    )
