"""How a client stands to its server: connecting, following the log, and asking."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

from nerv_lab.core.errors import StoreClosedError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES
from nerv_lab.core.graph.model import Item
from nerv_lab.inner_universe.contract.client import CacheUse, EventHandler, Status
from nerv_lab.inner_universe.contract.delivery import Delivery
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.log_events import change_of
from nerv_lab.inner_universe.contract.records import TagsChanged
from nerv_lab.inner_universe.contract.watchers import Watchers
from nerv_lab.inner_universe.spacetime.following.cache import TimedCache
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.delivering import DeliveringUniverse
from nerv_lab.inner_universe.spacetime.following.entries import LogEntry
from nerv_lab.inner_universe.spacetime.following.pool import pool_of
from nerv_lab.inner_universe.spacetime.following.pump import Pump
from nerv_lab.inner_universe.spacetime.publish import publish
from nerv_lab.inner_universe.spacetime.tokens import TokenFile, Tokens
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.limits import Limits

__all__ = ["LinkedUniverse"]

_T = TypeVar("_T")


class LinkedUniverse(DeliveringUniverse):
    """The part of a client that keeps the link to its server.

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
    ca_file : path, optional
        Certificates, in PEM, of who may vouch for the server; by default whom the system trusts.
    """

    def __init__(
        self,
        uri: str,
        *,
        tokens: Tokens | None = None,
        limits: Limits | None = None,
        cache_seconds: float = 300.0,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> None:
        self.address = Address.parse(uri, ca_file=ca_file)
        self.uri = self.address.uri
        self.origin_id = new_id()
        self._tokens = TokenFile() if tokens is None else tokens
        self._limits = Limits() if limits is None else limits
        self._connection: Connection | None = None
        self._pump: Pump | None = None
        self._pumping = threading.Lock()
        self._newest_heard: tuple[LogEntry, float] | None = None
        self._delivery = Delivery(self._transactions, self._newest)
        self._tag_watchers: Watchers[Mapping[str, str]] = Watchers()
        self._forget_tags: Callable[[], None] = lambda: None
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
        identity = connection.identity or None
        return Status("SpacetimeDB", state, identity, self._lag, connection.read_only)

    @property
    def broken(self) -> bool:
        """Whether the connection has given up, and has to be made anew."""
        return self._connection is not None and self._connection.failed

    @property
    def cache_use(self) -> CacheUse:
        """How often rows that were asked for one by one were at hand."""
        return self._items.use

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in the portal's thread, when the server goes or comes back."""
        return self._open("on_status").on_status(changed)

    def on_tags(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function with all tags, in the portal's thread, when one was set by whomever."""
        return self._tag_watchers.add(changed)

    async def publish_module(self) -> str:
        """Give the server our module, or update the one it runs, and return its address."""
        await self._portal.hop(publish(self.uri, tokens=self._tokens, ca_file=self.address.ca_file))
        return self.uri

    async def connect(self) -> None:
        """Open the connection; nothing happens when it is open.

        Raises
        ------
        ServerError
            When it cannot; the kind of error says why.
        """
        await self._portal.hop(self._connect())

    def leave_repeating(self, patience: float) -> None:
        """Leave it to a journal to write again what a server lost; before the first connection.

        Parameters
        ----------
        patience : float
            Seconds that others get to write again what it lost of theirs.
        """
        patience = min(patience, self._limits.patience)
        self._limits = replace(self._limits, repeats=False, patience=patience)

    def hasten(self) -> None:
        """Try soon to come back to a server that is away; in the portal's loop."""
        if self._connection is not None:
            self._connection.hasten()

    async def reconnect(self) -> None:
        """Open a new connection in place of one that has given up; in the portal's loop.

        Raises
        ------
        ServerError
            When it cannot; the kind of error says why.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.tail.off_feed(self._heard)
            await pool_of(self._portal).release(connection)
            self._forget_tags()
        self._items.forget()
        await self._connect()
        self._tag_watchers.tell(self._open("tags").tags)  # they may have been set meanwhile

    @property
    def tokens(self) -> Tokens:
        """Where the token is kept that says who we are."""
        return self._tokens

    @property
    def connection(self) -> Connection:
        """The connection, which must be open."""
        return self._open("connection")

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
        connection.tail.on_feed(self._heard)
        self._forget_tags = connection.on_tags(self._tag_watchers.tell)
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
            connection.tail.off_feed(self._heard)
            self._forget_tags()
            self._items.forget()
            await self._portal.hop(pool_of(self._portal).release(connection))

    def _open(self, doing: str) -> Connection:
        if self._connection is None:
            raise StoreClosedError(
                f"{doing} was asked of {self.uri}, which is not connected; connect it first"
            )
        return self._connection

    async def _ask(self, doing: str, ask: Callable[[Connection], Coroutine[Any, Any, _T]]) -> _T:
        return await self._portal.hop(ask(self._open(doing)))

    async def refresh(self) -> None:
        """Deliver every event the log holds by now to the subscribers."""
        await self._ask("refresh", lambda c: c.refresh())
        self.deliver()

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

    def _heard(self, entries: Sequence[LogEntry]) -> None:
        self._newest_heard = entries[-1], time.time()
        if self._items.idle:
            return
        for entry in entries:
            kind, branch = entry.row.event_type, entry.row.branch
            if kind == EventType.BRANCH_MOVED:
                self._items.forget()
            elif kind in CHANGE_EVENT_TYPES:
                change = change_of(entry.event)
                if change is not None:
                    self._items.forget((branch, change.key))

    @property
    def _lag(self) -> float | None:
        if self._newest_heard is None:
            return None
        entry, heard_at = self._newest_heard
        return max(0.0, heard_at - entry.row.timestamp / 1_000_000)
