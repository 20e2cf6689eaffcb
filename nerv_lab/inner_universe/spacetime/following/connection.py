"""A connection to a database that outlives its WebSockets.

It follows the log from where it was left, whatever happens to the network or the server, and
repeats what was under way: every request is one that may be made twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from nerv_lab.core.errors import (
    DatabaseNotFoundError,
    HistoryPrunedError,
    LogRewoundError,
    ModuleMismatchError,
    NervError,
    NERVPersistenceError,
    ProtocolNotOfferedError,
    StoreClosedError,
    TokenRefusedError,
)
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.records import TagsChanged
from nerv_lab.inner_universe.contract.watchers import Watchers
from nerv_lab.inner_universe.spacetime.following import queries
from nerv_lab.inner_universe.spacetime.following.entries import LogEntry
from nerv_lab.inner_universe.spacetime.following.following import LogFollower, whole_batches
from nerv_lab.inner_universe.spacetime.following.queries import (
    quoted,
    select,
    select_between,
    select_entries,
)
from nerv_lab.inner_universe.spacetime.following.tag_table import TagTable
from nerv_lab.inner_universe.spacetime.module.checking import check_schema, newer_module
from nerv_lab.inner_universe.spacetime.tokens import Secret, Tokens
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.backoff import Backoff
from nerv_lab.inner_universe.spacetime.wire.handshake import open_session
from nerv_lab.inner_universe.spacetime.wire.http import HttpApi
from nerv_lab.inner_universe.spacetime.wire.limits import Limits
from nerv_lab.inner_universe.spacetime.wire.messages import DatabaseUpdate
from nerv_lab.inner_universe.spacetime.wire.session import Session, SessionLostError

__all__ = ["Connection"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
_FILL_AFTER = 0.05

# No use in trying these again without somebody doing something about them.
_FINAL = (
    DatabaseNotFoundError,
    HistoryPrunedError,
    ModuleMismatchError,
    ProtocolNotOfferedError,
    TokenRefusedError,
    LogRewoundError,
)


class Connection:
    """The connection of a process to one database; all methods run in the portal's loop.

    Parameters
    ----------
    address : Address
        The database.
    tokens : Tokens
        Where our token is kept; a server that we have none for gives us one.
    limits : Limits
        How long things may take.

    Attributes
    ----------
    tail : LogTail
        The newest events; any thread may read it.
    read_only : str or None
        Why nothing can be written.
    """

    def __init__(self, address: Address, tokens: Tokens, limits: Limits) -> None:
        self.address = address
        self._log = LogFollower(
            address.uri, self._fill_gap, min(limits.patience, limits.request / 2)
        )
        self.tail = self._log.tail
        self.read_only: str | None = None
        self._tokens = tokens
        self._limits = limits
        self._session: Session | None = None
        self._ready = asyncio.Event()
        self._failure: NervError | None = None
        self._task: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._backoff = Backoff(limits.first_retry, limits.last_retry)
        self._filling: asyncio.Task[None] | None = None
        self._watchers: Watchers[[]] = Watchers()
        self._tags = TagTable()

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in the portal's thread, when the server goes or comes back."""
        return self._watchers.add(changed)

    def on_tags(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function with all tags, in the portal's thread, when one was set by whomever."""
        return self._tags.watchers.add(changed)

    @property
    def tags(self) -> dict[str, str]:
        """The version id of each tag, as the server told last."""
        return self._tags.now

    def _updated(self, update: DatabaseUpdate) -> Sequence[int]:
        self._tags.updated(update)
        return self._log.updated(update)

    @property
    def live(self) -> bool:
        """Whether the server can be talked to at this moment."""
        return self._session is not None and self._ready.is_set()

    @property
    def failed(self) -> bool:
        """Whether it has given up."""
        return self._failure is not None

    @property
    def identity(self) -> str:
        """Who we are there, in hexadecimal."""
        return "" if self._session is None else self._session.identity

    # Life

    async def open(self) -> None:
        """Connect; nothing happens when it was done.

        Raises
        ------
        ServerError
            When it cannot; the kind of error says why.
        """
        async with self._opening:
            if self._task is not None and not self._task.done():
                return
            self._failure = None
            self._ready.clear()
            try:
                await self._establish()
            except SessionLostError as error:
                raise self._limits.gone("connect", self.address.uri) from error
            self._task = asyncio.create_task(self._supervise())

    async def close(self) -> None:
        """Disconnect for good."""
        self._failure = StoreClosedError(f"{self.address.uri} was closed; connect it again")
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._drop()
        self._ready.set()  # whoever waits finds the failure

    async def _drop(self) -> None:
        session, self._session = self._session, None
        self._ready.clear()
        if session is not None:
            await session.close()

    async def _supervise(self) -> None:
        while True:
            session = self._session
            assert session is not None
            await session.ended.wait()
            await self._drop()
            logger.warning("the connection to %s was lost; reconnecting", self.address.uri)
            self._watchers.tell()
            await self._reconnect()
            self._watchers.tell()
            if self._session is None:
                self._ready.set()
                return
            logger.info("reconnected to %s", self.address.uri)

    async def _reconnect(self) -> None:
        self._backoff.restart()
        while True:
            await self._backoff.pause()
            try:
                await self._establish()
                return
            except _FINAL as error:
                logger.error("%s", error)
                self._failure = error
                return
            except (NervError, SessionLostError) as error:
                logger.debug("cannot reconnect yet: %s", error)
            except Exception as error:
                if sys.is_finalizing() or not threading.main_thread().is_alive():
                    return  # the process ends, and with it whoever could want to know
                logger.exception("cannot reconnect to %s", self.address.uri)
                self._failure = NERVPersistenceError(f"{type(error).__name__}: {error}")
                return

    async def _establish(self) -> None:
        """Open a session that follows the log from where we are."""
        token = await self._token()
        api = HttpApi(
            self.address, token, token_place=self._tokens.where, timeout=self._limits.connect
        )
        async with api:
            schema, where = await api.schema(), self.address.uri
            check_schema(schema, where, to_write=False)
            self.read_only = newer_module(await api.schema_versions(), where)
            check_schema(schema, where, to_write=self.read_only is None)
            floor, last = await api.log_ends()
        session = await open_session(
            self.address, token, self._tokens.where, self._updated, self._limits.connect
        )
        try:
            async with asyncio.timeout(self._limits.request):
                await self._log.follow(session, last, floor)
                await self._tags.follow(session)
        except TimeoutError:
            await session.close()
            raise self._limits.late("connect", self.address.uri) from None
        except BaseException:
            await session.close()
            raise
        self._session = session
        self._ready.set()

    async def _token(self) -> Secret:
        server = self.address.server
        # In a thread, since a keyring may ask the user to unlock it.
        token = await asyncio.to_thread(self._tokens.get, server)
        if token is None:
            async with HttpApi(self.address, timeout=self._limits.connect) as api:
                _, token = await api.new_identity()
            await asyncio.to_thread(self._tokens.put, server, token)
        if not (self.address.tls or self.address.is_local):
            logger.warning("%s is not encrypted: others can read the token", server)
        return token

    # The log

    def _fill_gap(self) -> None:
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        await asyncio.sleep(_FILL_AFTER)
        if self._log.has_gap:
            with contextlib.suppress(NervError):
                await self.refresh()

    async def refresh(self, doing: str = "refresh") -> int:
        """Take in all that the log holds by now, and return the position of its last event."""

        async def look(session: Session) -> None:
            self._log.feed(await select_entries(session, f"seq > {self.tail.last}"))

        await self._with_session(look, doing)
        return self.tail.last

    async def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a page of them."""
        found = await self.page(after, after + queries.PAGE)
        if after < self.tail.last and not (found and found[0].seq == after + 1):
            raise HistoryPrunedError(f"event {after + 1}", "open it again, to go on from there")
        if len(found) == queries.PAGE:
            # The page may end within a transaction; what there is of it begins where it begins.
            found = whole_batches(found) or await self._batch(found[-1].row.batch_id, after)
        return tuple([entry.event for entry in found])

    async def _batch(self, batch_id: str, after: int) -> list[LogEntry]:
        where = f"batch_id = {quoted(batch_id)}"
        found = await self._with_session(lambda s: select_entries(s, where), "events")
        return [entry for entry in found if entry.seq > after]

    async def page(self, after: int, until: int) -> list[LogEntry]:
        """Return the entries of the log with ``after < seq <= until``, ascending."""
        return await self._with_session(lambda s: select_between(s, after, until), "events")

    # Requests

    async def select(self, table: str, where: str = "") -> list[Any]:
        """Return rows of a table, in no order.

        Parameters
        ----------
        table : str
            One of `schema.TABLES`.
        where : str
            The condition, in SQL.
        """
        return await self._with_session(lambda s: select(s, table, where), f"read {table}")

    async def call(self, reducer: str, args: bytes) -> Sequence[int]:
        """Call a reducer and return the places in the log of what its transaction wrote.

        Raises
        ------
        ModuleMismatchError
            When the module is a newer one, which we only read.
        NervError
            When the reducer refuses.
        """
        if self.read_only is not None:
            text = f"{reducer} on {self.address.uri}: {self.read_only}; nothing was changed"
            raise ModuleMismatchError(text)
        limit = asyncio.get_running_loop().time() + self._limits.request
        while True:
            session = self._session
            if session is None or not self._ready.is_set():
                session = await self._available(reducer, limit)
            try:
                places: Sequence[int] = await session.call(reducer, args, limit)
            except SessionLostError:
                self._lost(session)
            except TimeoutError:
                raise self._limits.late(reducer, self.address.uri) from None
            else:
                if self._limits.repeats:
                    # Also where nothing was written: a call made again has been, and only just.
                    self._log.recent.add(reducer, args)
                return places

    async def written(self, places: Sequence[int]) -> tuple[Event, ...]:
        """Return the events at the places that a call returned."""
        if not places:
            return ()
        first, last = places[0], places[-1]
        kept = self.tail.read(first - 1, last)
        if kept is not None and len(kept) == len(places):
            return kept
        return tuple([entry.event for entry in await self.page(first - 1, last)])

    async def _with_session(self, ask: Callable[[Session], Awaitable[_T]], doing: str) -> _T:
        """Ask of whatever session there is, and again where it is lost, until time is over."""
        limit = asyncio.get_running_loop().time() + self._limits.request
        while True:
            session = await self._available(doing, limit)
            try:
                async with asyncio.timeout_at(limit):
                    return await ask(session)
            except SessionLostError:
                self._lost(session)
            except TimeoutError:
                raise self._limits.late(doing, self.address.uri) from None

    def _lost(self, session: Session) -> None:
        if self._session is session:
            self._ready.clear()  # the supervisor has not seen it yet

    def hasten(self) -> None:
        """Try soon to come back to a server that is away, since somebody waits for it."""
        self._backoff.hasten()

    async def _available(self, doing: str, limit: float) -> Session:
        self.hasten()
        try:
            async with asyncio.timeout_at(limit):
                await self._ready.wait()
        except TimeoutError:
            raise self._limits.gone(doing, self.address.uri) from None
        if self._failure is not None:
            raise self._failure
        if self._session is None:
            raise self._limits.gone(doing, self.address.uri)
        return self._session
