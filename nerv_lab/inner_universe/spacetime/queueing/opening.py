"""Opening a queueing client with or without its server, and closing it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.item_changes import decode_delta
from nerv_lab.inner_universe.contract.checked_events import checked_events
from nerv_lab.inner_universe.contract.log_events import Origin
from nerv_lab.inner_universe.outbox.facade import Queues
from nerv_lab.inner_universe.outbox.folders import OutboxFolder, default_outbox_path
from nerv_lab.inner_universe.outbox.forking import relocated
from nerv_lab.inner_universe.outbox.standing import Standing
from nerv_lab.inner_universe.outbox.states import OPEN, SENT, Outbox
from nerv_lab.inner_universe.outbox.writes import QueuedWrite
from nerv_lab.inner_universe.spacetime.module.requests import batch_of_write
from nerv_lab.inner_universe.spacetime.queueing.following import GONE
from nerv_lab.inner_universe.spacetime.queueing.offline_store import OfflineStore
from nerv_lab.inner_universe.spacetime.queueing.returning import ReturningUniverse

__all__ = ["OpeningUniverse"]

logger = logging.getLogger(__name__)

# What is larger is written down only when the server goes away, since it takes seconds.
_MOST_REMEMBERED = 200_000


class OpeningUniverse(ReturningUniverse):
    """The part of a queueing client that opens and closes it, and keeps where the graph stood."""

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
            with contextlib.suppress(*GONE):  # what is read next finds out, too
                await self._unless_gone(self._read_tags())
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
        self._queues = Queues(own, adopted, self._poke, self._watchers.tell)

    # Without a server from the start

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

    # Closing, and what is kept for the next time

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
        await self._portal.aside(self._remember)
        self._stop_following()
        await self.remote.close()
        queues, self._queues = self._queues, None
        queues.close()
        self._local = None
        self._watchers.tell()

    def lend(self, standing: Callable[[], Standing]) -> None:
        """Name who knows the graph as it is, to go on from when the server is away."""
        self._lend = standing
        self._portal.loop.call_soon_threadsafe(self._remember_soon)

    def _remember_soon(self) -> None:
        if self._local is None:
            self._remembering = asyncio.create_task(self._portal.aside(self._remember))

    def _remember(self) -> None:
        if self._local is None and self._folder is not None:
            try:
                standing = self._lent()
                if standing is None:
                    return
                if standing.recent is None:
                    ask = self.remote.events(standing.since, None, standing.seq)
                    recent = tuple(self._portal.run(self._unless_gone(ask)))
                    standing = replace(standing, recent=recent)
                if sum(map(len, standing.rows.values())) <= _MOST_REMEMBERED:
                    self._folder.remember(standing)
            except NervError as error:
                logger.warning("where the graph stands could not be kept: %s", error)


def _redo(store: OfflineStore, write: QueuedWrite, origin: Origin) -> None:
    """Do a queued write again in memory; one that does not fit waits for the server to say so."""
    try:
        if write.kind == "apply":
            store.write(store.plan(batch_of_write(write)), origin)
        elif write.kind == "publish":
            store.publish(checked_events(write.events), origin)
        elif write.move is not None:
            changes, seq = decode_delta(write.delta), store.last_seq()
            store.move_branch(replace(write.move, changes=changes, read_at=seq), origin)
        elif write.tag is not None:
            store.set_tag(write.tag.name, write.tag.to)
        if write.version is not None:
            version = relocated(write.version, write.delta, store.last_seq())
            store.commit_version(version, write.delta, origin)
    except NervError as error:
        logger.warning("a queued write does not fit what is kept here: %s", error)
