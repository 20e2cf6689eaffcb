"""A connection to a database that outlives its WebSockets.

It follows the log from where it was left, whatever happens to the network or the server, and
repeats what was under way: every request is one that may be made twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from nerv_lab.core.errors import (
    DatabaseNotFoundError,
    LogRewoundError,
    ModuleMismatchError,
    NervError,
    NERVPersistenceError,
    ProtocolError,
    ProtocolNotOfferedError,
    ServerGoneError,
    ServerTimeoutError,
    StoreClosedError,
    TokenRefusedError,
)
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.spacetime.address import Address
from nerv_lab.inner_universe.spacetime.checking import check_schema
from nerv_lab.inner_universe.spacetime.http import HttpApi
from nerv_lab.inner_universe.spacetime.messages import DatabaseUpdate, rows_of
from nerv_lab.inner_universe.spacetime.rows import event_from_row
from nerv_lab.inner_universe.spacetime.schema import TABLES, EventRow
from nerv_lab.inner_universe.spacetime.session import Session, SessionLostError, open_session
from nerv_lab.inner_universe.spacetime.tail import LogTail
from nerv_lab.inner_universe.spacetime.tokens import Secret, Tokens

__all__ = ["PAGE", "Connection", "Limits"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

PAGE = 2_000
"""How many events are asked for at once."""

# No use in trying these again without somebody doing something about them.
_FINAL = (
    DatabaseNotFoundError,
    ModuleMismatchError,
    ProtocolNotOfferedError,
    TokenRefusedError,
    LogRewoundError,
)
# A server of 1.2 answers up to half a second before it has written to disk.
_DURABLE_AFTER = 3.0
_MOST_RECENT_BYTES = 64 * 1024 * 1024
_MOST_EARLY = 100_000
_FILL_AFTER = 0.05
_LOG = TABLES["event_log"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds.

    Attributes
    ----------
    request : float
        One request, the time to reconnect included.
    connect : float
        One attempt to connect.
    first_retry, last_retry : float
        The pause after the first lost connection, and the longest pause.
    """

    request: float = 60.0
    connect: float = 10.0
    first_retry: float = 0.1
    last_retry: float = 15.0


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
    """

    def __init__(self, address: Address, tokens: Tokens, limits: Limits) -> None:
        self.address = address
        self.tail = LogTail()
        self._tokens = tokens
        self._limits = limits
        self._session: Session | None = None
        self._ready = asyncio.Event()
        self._failure: NervError | None = None
        self._task: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._following = False
        self._recent: deque[tuple[float, str, bytes]] = deque()
        self._recent_bytes = 0
        self._early: list[EventRow] = []
        self._filling: asyncio.Task[None] | None = None
        self._status_watchers: list[list[Callable[[], None]]] = []

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in the portal's thread, when the server goes or comes back."""
        watching = [changed]
        self._status_watchers.append(watching)

        def forget() -> None:
            if watching in self._status_watchers:
                self._status_watchers.remove(watching)

        return forget

    def _tell_status(self) -> None:
        for (changed,) in tuple(self._status_watchers):
            changed()

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
                raise self._gone("connect") from error
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
            self._tell_status()
            await self._reconnect()
            self._tell_status()
            if self._session is None:
                self._ready.set()
                return
            logger.info("reconnected to %s", self.address.uri)

    async def _reconnect(self) -> None:
        pause = self._limits.first_retry
        while True:
            # Many clients lose a server at once, and should not come back at once.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
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
            pause = min(pause * 2, self._limits.last_retry)

    async def _establish(self) -> None:
        """Open a session that follows the log from where we are."""
        token = await self._token()
        api = HttpApi(
            self.address, token, token_place=self._tokens.where, timeout=self._limits.connect
        )
        async with api:
            check_schema(await api.schema(), self.address.uri)
            last = await api.count("event_log")
        session = await open_session(
            self.address, token, self._tokens.where, self._updated, self._limits.connect
        )
        try:
            async with asyncio.timeout(self._limits.request):
                await self._follow(session, last)
        except TimeoutError:
            await session.close()
            raise self._late("connect") from None
        except BaseException:
            await session.close()
            raise
        self._session = session
        self._ready.set()

    async def _token(self) -> Secret:
        server = self.address.server
        token = self._tokens.get(server)
        if token is None:
            async with HttpApi(self.address, timeout=self._limits.connect) as api:
                _, token = await api.new_identity()
            self._tokens.put(server, token)
        if not (self.address.tls or self.address.is_local):
            logger.warning("%s is not encrypted: others can read the token", server)
        return token

    # The log

    async def _follow(self, session: Session, last: int) -> None:
        held: list[EventRow] = []
        self._early.clear()
        if not self._following:
            self.tail.start(last)
        else:
            await self._check_continuity(session, last)
            held = await self._catch_up(session)
        after = held[-1].seq if held else self.tail.last
        await session.subscribe(
            [f"SELECT * FROM event_log WHERE seq > {after}"],
            lambda update: self._feed([*held, *_event_rows(update)]),
        )
        self._following = True

    async def _catch_up(self, session: Session) -> list[EventRow]:
        """Take in what was missed, but for a last transaction that may not be whole."""
        held: list[EventRow] = []
        while True:
            after = held[-1].seq if held else self.tail.last
            page = await _page(session, after, after + PAGE)
            held += page
            if len(page) < PAGE:
                return held
            whole = [row for row in held if row.batch_id != held[-1].batch_id]
            self._feed(whole)
            held = held[len(whole) :]

    async def _check_continuity(self, session: Session, last: int) -> None:
        """See that the server's log goes on where ours ends.

        A server that was killed may come back without its last half second. What of that was
        ours is written again, under the same ids.
        """
        ours = self.tail.last
        if last < ours:
            logger.warning(
                "%s came back at event %d of %d; writing what was lost again",
                self.address.uri,
                last,
                ours,
            )
            for _, reducer, args in tuple(self._recent):
                with contextlib.suppress(NervError):
                    await session.call(reducer, args)
        first = max(min(last, ours) - 1, self.tail.first)
        found = {row.seq: row.event_id for row in await _page(session, first, ours)}
        for event in self.tail.read(first) or ():
            if found.get(event.seq or 0) != event.id:
                raise self._rewound(event.seq or 0)
        if ours not in found and ours > 0 and (last < ours or first < ours):
            raise self._rewound(ours)

    def _rewound(self, seq: int) -> LogRewoundError:
        return LogRewoundError(
            f"{self.address.uri} came back with another log: event {seq} is not the one that was "
            f"confirmed before; open it again, and look whether your last changes are there"
        )

    def _updated(self, update: DatabaseUpdate) -> list[int]:
        rows = _event_rows(update)
        self._feed(rows)
        return [row.seq for row in rows]

    def _feed(self, rows: Sequence[EventRow]) -> None:
        """Take in rows; such as come too early wait for those before them."""
        last = self.tail.last
        new = sorted({row for row in (*self._early, *rows) if row.seq > last})
        whole = next((i for i, row in enumerate(new) if row.seq != last + 1 + i), len(new))
        self._early = new[whole:]
        self.tail.feed([event_from_row(row) for row in new[:whole]])
        if not self._early:
            return
        if len(self._early) > _MOST_EARLY:
            raise ProtocolError(f"{self.address.uri} leaves out events of its log")
        if self._filling is None or self._filling.done():
            self._filling = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        await asyncio.sleep(_FILL_AFTER)
        if self._early:
            with contextlib.suppress(NervError):
                await self.refresh()

    async def refresh(self, doing: str = "refresh") -> int:
        """Take in all that the log holds by now, and return the position of its last event."""

        async def look(session: Session) -> None:
            query = f"SELECT * FROM event_log WHERE seq > {self.tail.last}"
            self._feed(await _select(session, query, "event_log"))

        await self._with_session(look, doing)
        return self.tail.last

    async def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a page of them."""
        rows = await self.page(after, after + PAGE)
        if len(rows) == PAGE:
            # The page may end within a transaction; what there is of it begins where it begins.
            whole = [row for row in rows if row.batch_id != rows[-1].batch_id]
            rows = whole or await self._batch(rows[-1].batch_id, after)
        return tuple(event_from_row(row) for row in rows)

    async def _batch(self, batch_id: str, after: int) -> list[EventRow]:
        found = await self.select("event_log", f"batch_id = {quoted(batch_id)}")
        return sorted(row for row in found if row.seq > after)

    async def page(self, after: int, until: int) -> list[EventRow]:
        """Return the rows of the log with ``after < seq <= until``, ascending."""
        return await self._with_session(lambda session: _page(session, after, until), "events")

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
        query = f"SELECT * FROM {table}" + (f" WHERE {where}" if where else "")
        return await self._with_session(lambda s: _select(s, query, table), f"read {table}")

    async def call(self, reducer: str, args: bytes) -> tuple[Event, ...]:
        """Call a reducer and return the events that its transaction wrote.

        Raises
        ------
        NervError
            When the reducer refuses.
        """
        places: list[int] = await self._with_session(lambda s: s.call(reducer, args), reducer)
        if not places:
            return ()
        self._remember(reducer, args)
        first, last = places[0], places[-1]
        kept = self.tail.read(first - 1, last)
        if kept is not None and len(kept) == len(places):
            return kept
        return tuple(event_from_row(row) for row in await self.page(first - 1, last))

    def _remember(self, reducer: str, args: bytes) -> None:
        now = time.monotonic()
        self._recent.append((now, reducer, args))
        self._recent_bytes += len(args)
        while self._recent and (
            self._recent[0][0] < now - _DURABLE_AFTER or self._recent_bytes > _MOST_RECENT_BYTES
        ):
            self._recent_bytes -= len(self._recent.popleft()[2])

    async def _with_session(self, ask: Callable[[Session], Awaitable[_T]], doing: str) -> _T:
        """Ask of whatever session there is, and again where it is lost, until time is over."""
        limit = asyncio.get_running_loop().time() + self._limits.request
        while True:
            session = await self._available(doing, limit)
            try:
                async with asyncio.timeout_at(limit):
                    return await ask(session)
            except SessionLostError:
                if self._session is session:
                    self._ready.clear()  # the supervisor has not seen it yet
            except TimeoutError:
                raise self._late(doing) from None

    async def _available(self, doing: str, limit: float) -> Session:
        try:
            async with asyncio.timeout_at(limit):
                await self._ready.wait()
        except TimeoutError:
            raise self._gone(doing) from None
        if self._failure is not None:
            raise self._failure
        if self._session is None:
            raise self._gone(doing)
        return self._session

    def _gone(self, doing: str) -> ServerGoneError:
        return ServerGoneError(
            f"{doing}: the connection to {self.address.uri} was lost and did not come back within "
            f"{self._limits.request:g} s; it goes on trying, so see that the server runs, and "
            f"do the same again"
        )

    def _late(self, doing: str) -> NERVPersistenceError:
        return ServerTimeoutError(
            f"{doing}: {self.address.uri} did not answer within {self._limits.request:g} s; "
            f"do the same again, or open it with a longer NERV_REQUEST_TIMEOUT"
        )


def quoted(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _event_rows(update: DatabaseUpdate) -> list[EventRow]:
    return sorted(_LOG.decode(row) for came, row in rows_of(update, "event_log") if came)


async def _select(session: Session, query: str, table: str) -> list[Any]:
    codec = TABLES[table]
    answer = await session.query(query)
    return [codec.decode(row) for found in answer.tables for row in found.rows.rows()]


async def _page(session: Session, after: int, until: int) -> list[EventRow]:
    query = f"SELECT * FROM event_log WHERE seq > {after} AND seq <= {until}"
    return sorted(await _select(session, query, "event_log"))
