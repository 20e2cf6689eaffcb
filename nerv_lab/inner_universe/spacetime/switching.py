"""Going on without the server when it is away, and catching up when it is back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from nerv_lab.core.errors import (
    NervError,
    OutboxFullError,
    ServerGoneError,
    ServerTimeoutError,
    ServerUnreachableError,
    StoreClosedError,
)
from nerv_lab.core.events import Event
from nerv_lab.core.rules import plan
from nerv_lab.core.state import GraphState
from nerv_lab.inner_universe.client import InnerUniverseClient
from nerv_lab.inner_universe.delivery import Delivery
from nerv_lab.inner_universe.outbox.facade import Queues
from nerv_lab.inner_universe.outbox.folders import OutboxFolder, default_outbox_path
from nerv_lab.inner_universe.outbox.forking import fork_name, forked, relocated
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.offline_store import OfflineStore
from nerv_lab.inner_universe.outbox.standing import Standing, advanced
from nerv_lab.inner_universe.outbox.states import OPEN, SENT, Outbox, State
from nerv_lab.inner_universe.outbox.writes import QueuedWrite
from nerv_lab.inner_universe.portal import Portal, portal
from nerv_lab.inner_universe.spacetime.client import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.pump import Pump
from nerv_lab.inner_universe.spacetime.reading import read_branches, read_snapshot
from nerv_lab.inner_universe.spacetime.sending import Clash, Sender, batch_of_write
from nerv_lab.inner_universe.writing import Origin, checked_events, now_us

__all__ = ["GONE", "QueueLimits", "SwitchingUniverse"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

# What is larger is written down only when the server goes away, since it takes seconds.
_MOST_REMEMBERED = 200_000
_OTHERS_PATIENCE = 1.0
# What was under way when the connection was lost is among the last events, if it is there at all.
_LOOK_BACK = 10_000
GONE = (ServerGoneError, ServerTimeoutError, ServerUnreachableError)
"""Errors that say nothing of what was asked, only that nobody answered."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How a queue behaves.

    Attributes
    ----------
    folder : Path or None
        Where outboxes lie; by default in the user's own folder for state.
    writes, size : int
        How many writes, and how many bytes of them, may wait at most.
    wait : float
        Seconds that a write waits for room in a full outbox before it is refused.
    patience : float
        Seconds that a lost connection may take to come back before the work goes on without it.
    """

    folder: Path | None = None
    writes: int = 100_000
    size: int = 256 * 1024 * 1024
    wait: float = 0.0
    patience: float = 2.0


class SwitchingUniverse(InnerUniverseClient):
    """The part of a queueing client that follows whether its server is there.

    Parameters
    ----------
    remote : SpacetimeInnerUniverse
        The client that talks to the server.
    limits : QueueLimits, optional
        How the queue behaves.
    """

    def __init__(self, remote: SpacetimeInnerUniverse, limits: QueueLimits | None = None) -> None:
        self.remote = remote
        remote.leave_repeating(_OTHERS_PATIENCE)
        self.uri = remote.uri
        self.origin_id = remote.origin_id
        self._queue_limits = QueueLimits() if limits is None else limits
        self._delivery = Delivery(self._read_log, self._last_seq)
        self._local: OfflineStore | None = None
        self._queues: Queues | None = None
        self._folder: OutboxFolder | None = None
        self._lend: Callable[[], Standing] | None = None
        self._resets: list[Callable[[], int]] = []
        self._back_watchers: list[Callable[[], None]] = []
        self._fork_watchers: list[Callable[[str, str], None]] = []
        self._status_watchers: list[list[Callable[[], None]]] = []
        self._pump: Pump | None = None
        self._echoes: tuple[frozenset[str], int] = (frozenset(), 0)
        self._closed = threading.Event()
        self._settled = threading.Condition()
        self._busy = False
        # Where the server stands by now, and a store of that to read from while it is taken in.
        self._ahead: Standing | None = None
        self._basis: OfflineStore | None = None
        self._resetting = False
        self._other_log = False
        # What belongs to the portal's loop.
        self._writing = asyncio.Lock()
        self._gone = asyncio.Event()
        self._wanted = asyncio.Event()
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._remembering: asyncio.Task[None] | None = None
        self._forget_status: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_error: NervError | None = None

    @property
    def _portal(self) -> Portal:
        return portal()

    @property
    def origin(self) -> Origin:
        """Who writes."""
        return Origin(self.origin_id)

    @property
    def queues(self) -> Queues:
        """What waits for the server."""
        if self._queues is None:
            raise StoreClosedError(f"{self.uri} is not connected; connect it first")
        return self._queues

    @property
    def outbox(self) -> Queues | None:
        """What waits for the server."""
        return self._queues

    def lend(self, standing: Callable[[], Standing]) -> None:
        """Name who knows the graph as it is, to go on from when the server is away."""
        self._lend = standing
        self._portal.loop.call_soon_threadsafe(self._remember_soon)

    def _remember_soon(self) -> None:
        if self._local is None:
            self._remembering = asyncio.create_task(asyncio.to_thread(self._remember))

    def on_reset(self, reset: Callable[[], int]) -> None:
        """Call a function when what was handed over since the server went away is void.

        It reads anew where the graph stands, and returns that position. It runs while nothing
        is delivered.
        """
        self._resets.append(reset)

    def on_fork(self, forked: Callable[[str, str], None]) -> None:
        """Call a function, in a thread of its own, with a branch to be merged, and into which."""
        self._fork_watchers.append(forked)

    def on_back(self, back: Callable[[], None]) -> None:
        """Call a function, in a thread of its own, when all is sent and the server is followed."""
        self._back_watchers.append(back)

    # Opening and closing

    async def connect(self) -> None:
        """Open the connection, or go on without the server where it was open before."""
        await self._portal.hop(self._connect())

    async def _connect(self) -> None:
        if self._queues is not None:
            return
        self._closed.clear()
        try:
            await self.remote.connect()
        except GONE as error:
            await self._begin_without(error)
        else:
            self._open_outbox(await self._secret())
            self._follow_connection()
        self._task = asyncio.create_task(self._resync_for_ever())
        if self._local is not None or self.queues.adopted:
            self._wanted.set()

    async def _secret(self) -> str:
        address = self.remote.address
        token = await asyncio.to_thread(self.remote.tokens.get, address.server)
        return "" if token is None else token.reveal()

    def _open_outbox(self, secret: str) -> None:
        limits = self._queue_limits
        root = default_outbox_path() if limits.folder is None else limits.folder
        self._folder = OutboxFolder(root, self.uri, secret)
        adopted = self._folder.adopt()
        own = self._folder.new(self.origin_id, Outbox(limits.writes, limits.size))
        self._queues = Queues(own, adopted, self._poke)

    async def _begin_without(self, error: NervError) -> None:
        secret = await self._secret()
        if not secret:
            raise error
        self._open_outbox(secret)
        assert self._folder is not None
        store = await asyncio.to_thread(self._stored_graph, self._folder)
        if store is None:
            self.queues.close()
            self._queues = None
            raise error
        self._local = store
        self._other_log = True
        self.queues.own.stand(store.standing())
        self._gone.set()
        logger.warning("%s is away (%s); going on from what is kept here", self.uri, error)

    def _stored_graph(self, folder: OutboxFolder) -> OfflineStore | None:
        """Return the graph as it was last seen, with what is queued; None where it never was."""
        kept = [(j, found) for j in self.queues.adopted if (found := j.standing()) is not None]
        last = folder.last()
        standings = [standing for _, (_, standing) in kept] + ([last] if last else [])
        if not standings:
            return None
        newest = max(standings, key=lambda standing: standing.seq)
        store = OfflineStore(newest, self.origin, 0)
        for journal in self.queues.adopted:
            found = journal.standing()
            since = found[0] if found is not None and found[1].seq == newest.seq else None
            for entry in journal.outbox.within(*OPEN, *SENT):
                # What the server took before we stood there is in what we stand on.
                if entry.state in OPEN or (since is not None and entry.number > since):
                    _redo(store, journal.write(entry.id), Origin(journal.origin_id))
        return store

    async def close(self) -> None:
        """Drop the subscriptions and close; what waits is kept, and sent by the next client."""
        self._delivery.close()
        await self._portal.hop(self._close())

    async def _close(self) -> None:
        if self._queues is None:
            return
        self._closed.set()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._remembering is not None:
            await asyncio.gather(self._remembering, return_exceptions=True)
        await asyncio.to_thread(self._remember)
        self._stop_following()
        await self.remote.close()
        queues, self._queues = self._queues, None
        queues.close()
        self._local = None
        self._tell_status()

    def _remember(self) -> None:
        if self._local is None and self._lend is not None and self._folder is not None:
            try:
                standing = self._lend()
                recent = self._kept(standing.since, standing.seq)
                if recent is None:
                    ask = self.remote.events(standing.since, None, standing.seq)
                    recent = tuple(self._portal.run(self._unless_gone(ask)))
                standing = replace(standing, recent=recent)
                if sum(map(len, standing.rows.values())) <= _MOST_REMEMBERED:
                    self._folder.remember(standing)
            except NervError as error:
                logger.warning("where the graph stands could not be kept: %s", error)

    # The connection

    def _follow_connection(self) -> None:
        self._gone.clear()
        self._forget_status = self.remote.on_status(self._status_changed)
        self._pump = Pump(self.remote.connection.tail, self._delivery.wake)

    def _stop_following(self) -> None:
        forget, self._forget_status = self._forget_status, None
        if forget is not None:
            forget()
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _status_changed(self) -> None:
        if self.remote.connected:
            self._gone.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._wanted.set()
        elif self.remote.broken:
            self._give_up()
        elif self._timer is None:
            patience = self._queue_limits.patience
            self._timer = asyncio.get_running_loop().call_later(patience, self._give_up)
        self._tell_status()

    def _give_up(self) -> None:
        self._timer = None
        self._gone.set()
        self._wanted.set()

    def on_status(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, in any thread, when the state changes; returns how to end it."""
        watching = [changed]
        self._status_watchers.append(watching)

        def forget() -> None:
            if watching in self._status_watchers:
                self._status_watchers.remove(watching)

        return forget

    def _tell_status(self) -> None:
        for (changed,) in tuple(self._status_watchers):
            changed()

    async def _unless_gone(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do something with the server, and give it up when that goes.

        Raises
        ------
        ServerGoneError
            It went; nobody knows what became of it.
        """
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not (self.remote.broken and task.exception() is not None):
                return await task
            raise ServerGoneError(f"{self.uri} is away")
        finally:
            for pending in (task, gone):
                pending.cancel()

    # Without the server

    async def _go_offline(self) -> OfflineStore:
        """Go on from where the Lab stands; only while nobody else writes here."""
        if self._local is None:
            self._ahead = None
            self._local = await asyncio.to_thread(self._stand)
            logger.warning("%s is away; what is written is queued", self.uri)
            self._wanted.set()
            self._tell_status()
        return self._local

    def _arrived(self, write: QueuedWrite, store: OfflineStore) -> tuple[Event, ...]:
        """Return the events of a write that was under way, where they were confirmed after all."""
        tail = self.remote.connection.tail
        kept = tail.read(max(tail.first, store.base.seq - _LOOK_BACK), store.base.seq) or ()
        ids = {write.id} | ({write.version.id} if write.version else set())
        found = tuple(event for event in kept if event.batch_id in ids)
        if found and write.id in self.queues.own.outbox:
            self.queues.own.accept([(write.id, found[-1].origin_seq or 0)])
        return found

    def _stand(self) -> OfflineStore:
        try:
            self._delivery.catch_up()
        except NervError as error:
            logger.debug("what was confirmed last could not be delivered: %s", error)
        with self._delivery.halted():
            if self._lend is None:
                standing = Standing(self._delivery.position)
            else:
                standing = self._lend()
                recent = self._kept(standing.since, standing.seq)
                standing = replace(standing, recent=recent)
                self.queues.own.stand(standing)
            store = OfflineStore(standing, self.origin, self.queues.own.cursor)
            self._delivery.go_to(standing.seq)
            self._local = store
        return store

    async def _make_room(self, write: QueuedWrite) -> None:
        """Wait for room in a full outbox, as long as that is allowed.

        Raises
        ------
        OutboxFullError
            There is none.
        """
        limit = asyncio.get_running_loop().time() + self._queue_limits.wait
        size = len(write.delta) + 1024
        while True:
            self._room.clear()
            try:
                self.queues.own.outbox.check_room(size)
                return
            except OutboxFullError:
                left = limit - asyncio.get_running_loop().time()
                if left <= 0:
                    raise
            self._writing.release()  # so that the outbox can be emptied
            try:
                async with asyncio.timeout(left):
                    await self._room.wait()
            except TimeoutError:
                pass
            finally:
                await self._writing.acquire()

    # Back again

    def _poke(self) -> None:
        self._portal.loop.call_soon_threadsafe(self._wanted.set)

    async def _resync_for_ever(self) -> None:
        pause = 0.1
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._busy = True
            try:
                if await self._resync():
                    self._last_error = None
                    pause = 0.1
                    continue
            except GONE as error:
                self._last_error = error
                logger.debug("%s is still away: %s", self.uri, error)
            except NervError as error:
                self._last_error = error
                logger.warning("what is queued could not be sent yet: %s", error)
            except Exception:
                logger.exception("what is queued could not be sent yet")
            finally:
                self._busy = False
                with self._settled:
                    self._settled.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wanted.wait()
            pause = min(pause * 2, 5.0)
            self._wanted.set()

    async def _resync(self) -> bool:
        """Send what is queued and be online again; False where the server is not there yet."""
        if self._gone.is_set() and self._local is None and not self.remote.connected:
            async with self._writing:
                await self._go_offline()
        if not self.remote.connected and not await self._reached_again():
            return False
        for journal in self.queues.journals:
            clash = await self._send(journal)
            while clash is not None:
                await self._fork(journal, clash)
                clash = await self._send(journal)
        if self._local is not None:
            await self._go_online()
        self._release_idle()
        self._room.set()
        self._tell_status()
        await self._offer_forks()
        return True

    async def _reached_again(self) -> bool:
        """Open the connection anew where it was never open, or has given up."""
        if self.remote.broken or self._forget_status is None:
            if self._local is None:
                async with self._writing:
                    await self._go_offline()
            self._stop_following()
            self._other_log = True
            await self.remote.reconnect()
            self._follow_connection()
        return self.remote.connected

    def _sender(self, journal: Journal) -> Sender:
        stand = self._stand_now if journal is self.queues.own else None
        return Sender(self.remote.connection, journal, self._portal, stand)

    async def _send(self, journal: Journal) -> Clash | None:
        sender = self._sender(journal)
        if journal is not self.queues.own:
            return await self._unless_gone(sender.send_all())
        if self._local is None:
            async with self._writing:
                return await self._unless_gone(sender.send_all())
        try:
            return await self._unless_gone(sender.send_all())
        finally:
            self._room.set()

    async def _fork(self, journal: Journal, clash: Clash) -> None:
        """Put what does not fit any more on a branch of its own."""
        if clash.branch in journal.forks():
            for entry in journal.outbox.within(State.PENDING):
                if entry.branch == clash.branch:
                    journal.set_aside(entry.id, State.CONFLICT, clash.why)
            return
        connection, sender = self.remote.connection, self._sender(journal)
        async with self._writing:
            branches = await read_branches(connection)
            writes = journal.writes(State.PENDING)
            if journal.lost:
                # What the server lost is written again on what it has.
                snapshot = await read_snapshot(connection, clash.branch)
                base, head = GraphState.build(snapshot.items), snapshot.head
            else:
                base, head = await asyncio.to_thread(self._base_of, journal, clash.branch)
            if head not in {v.id for v in await self.remote.versions()}:
                head = None
            state = GraphState.empty() if head is None else await sender.state_of(head)
            name = fork_name(journal.origin_id, branches)
            instead = forked(writes, name, clash.branch, base, head, state)
            journal.rewrite([w.id for w in writes], instead)
            journal.fork(name, clash.branch)
            logger.warning(
                "%s: others went on meanwhile (%s); what was written offline goes to branch %s",
                self.uri,
                clash.why,
                name,
            )
            if await self._unless_gone(sender.send_all()) is None and self._local is not None:
                await self._leave_local()

    def _base_of(self, journal: Journal, branch: str) -> tuple[GraphState, str | None]:
        """Return what the writes that wait were made on: the rows of a branch, and its version."""
        found = journal.standing()
        if found is None:
            return GraphState.empty(), None
        behind, standing = found
        state = standing.rows.get(branch, GraphState.empty())
        head = standing.heads.get(branch)
        for entry in journal.outbox.within(*SENT):
            if entry.number > behind and entry.branch == branch and entry.kind == "apply":
                write = journal.write(entry.id)
                state = state.apply(plan(state, write.changes, now_us()))
                head = head if write.version is None else write.version.id
        return state, head

    async def _go_online(self) -> None:
        """Send what was written meanwhile, and follow the server again, while others wait."""
        own = self.queues.own
        async with self._writing:
            if await self._unless_gone(self._sender(own).send_all()) is not None:
                self._wanted.set()  # to be put on a branch of its own
            elif self._local is not None:
                await self._leave_local()

    async def _stand_now(self) -> Standing | None:
        """Return where the server stands, by where we stood and what it has logged since."""
        if self._local is None or self._other_log:
            return None
        standing = self._ahead or self._local.base
        connection = self.remote.connection
        last = await connection.refresh("resync")
        while standing.seq < last:
            events = self._kept(standing.seq, last)
            if events is None:
                events = await connection.transactions(standing.seq)
            further = advanced(standing, events)
            if further is None:
                return None
            standing = self._ahead = further
        return standing

    async def _leave_local(self) -> None:
        local = self._local
        assert local is not None
        standing = await self._unless_gone(self._stand_now())
        if standing is not None and standing.recent is not None:
            self._basis = OfflineStore(standing, self.origin, 0)
        now = self.remote.connection.tail.last if standing is None else standing.seq
        # Of another log, what was handed over before may be there again at other places.
        common = now if self._other_log else min(local.base.seq, now)
        try:
            await asyncio.to_thread(self._follow_again, local, common, now)
        finally:
            self._basis = None
        self._ahead, self._other_log = None, False
        logger.info("%s is back; everything that was queued is sent", self.uri)

    def _follow_again(self, local: OfflineStore, common: int, now: int) -> None:
        with self._delivery.halted():
            # What was not delivered yet comes with the log.
            position = self._delivery.position
            told = frozenset(e.id for e in local.own if (e.seq or 0) <= position)
            self._echoes = told, now
            self._local = None
            self._resetting = True
            try:
                for reset in self._resets:
                    reset()
            except BaseException:
                self._local = local
                raise
            finally:
                self._resetting = False
            self._delivery.go_to(common)
        self._delivery.wake()

    def _release_idle(self) -> None:
        """Give up the outboxes of others in which nothing waits."""
        for journal in list(self.queues.adopted):
            if journal.idle:
                self.queues.adopted.remove(journal)
                journal.close()

    async def _offer_forks(self) -> None:
        for fork in self.queues.forks:
            for watcher in self._fork_watchers:
                await asyncio.to_thread(watcher, fork.name, fork.branch)
        for back in self._back_watchers:
            await asyncio.to_thread(back)

    def wait_sent(self, timeout: float) -> bool:
        """Wait until nothing is left to send; False when time is over."""
        with self._settled:
            return self._settled.wait_for(self._is_sent, timeout)

    def _is_sent(self) -> bool:
        if self._queues is None:
            return True
        under_way = 1 if self._local is None and self._writing.locked() else 0
        return self._local is None and not self._busy and self._queues.open <= under_way

    # The log

    def _kept(self, after: int, until: int) -> tuple[Event, ...] | None:
        """Return a part of the log that is in memory, or None."""
        return () if after >= until else self.remote.connection.tail.read(after, until)

    def _read_log(self, after: int) -> tuple[Event, ...]:
        local = self._local
        if local is not None:
            return local.transactions(after)
        connection = self.remote.connection
        kept = connection.tail.read(after)
        return self._portal.run(connection.transactions(after)) if kept is None else kept

    def _last_seq(self) -> int:
        local = self._local
        return self.remote.connection.tail.last if local is None else local.last_seq()

    def _without_echoes(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Leave out what was handed over before, while the server was away."""
        told, until = self._echoes
        if not told:
            return events
        if (events[-1].seq or 0) > until:
            self._echoes = frozenset(), 0
        return tuple(e for e in events if (e.seq or 0) > until or e.id not in told)

    async def _asked(
        self, local: Callable[[OfflineStore], _T], remote: Callable[[], Coroutine[Any, Any, _T]]
    ) -> _T:
        """Ask the server, or what is at hand while it is away."""
        return await self._portal.hop(self._ask(local, remote))

    async def _ask(
        self, local: Callable[[OfflineStore], _T], remote: Callable[[], Coroutine[Any, Any, _T]]
    ) -> _T:
        if self._local is None:
            if self._resetting and self._basis is not None:
                return local(self._basis)
            try:
                return await self._unless_gone(remote())
            except GONE:
                if self._resetting or not self._gone.is_set():
                    raise
                async with self._writing:
                    await self._go_offline()
        assert self._local is not None
        return local(self._local)


def _redo(store: OfflineStore, write: QueuedWrite, origin: Origin) -> None:
    """Do a queued write again in memory; one that does not fit waits for the server to say so."""
    try:
        if write.kind == "apply":
            store.write(store.plan(batch_of_write(write)), origin)
        elif write.kind == "publish":
            store.publish(checked_events(write.events), origin)
        if write.version is not None:
            version = relocated(write.version, write.delta, store.last_seq())
            store.commit_version(version, write.delta, origin)
    except NervError as error:
        logger.warning("a queued write does not fit what is kept here: %s", error)
