"""Writing: into the outbox first, then to the server or to the graph in memory."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, TypeVar

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import IntegrityError, NervError
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import encode_delta
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.checked_events import checked_events
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.records import BranchMove, Receipt
from nerv_lab.inner_universe.contract.writing import (
    check_place,
    checked_batch,
    checked_move,
    checked_version,
)
from nerv_lab.inner_universe.outbox.states import OPEN
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, TagMove, settled, touched
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.receipts import receipt_from, receipt_of
from nerv_lab.inner_universe.spacetime.module.requests import request_of
from nerv_lab.inner_universe.spacetime.queueing.following import GONE
from nerv_lab.inner_universe.spacetime.queueing.offline_store import OfflineStore
from nerv_lab.inner_universe.spacetime.queueing.opening import OpeningUniverse
from nerv_lab.inner_universe.spacetime.sending import Sender

__all__ = ["WritingUniverse"]

_T = TypeVar("_T")


class WritingUniverse(OpeningUniverse):
    """The part of a queueing client that writes batches, events and versions."""

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
            batch_id,
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

    async def move_branch(self, move: BranchMove) -> None:
        """Make, move or delete a branch with its working rows, in one transaction."""
        move = checked_move(move)
        done_here = encode_delta(move.changes)
        write = QueuedWrite(move.id, "move", move.name, move=move, delta=done_here, count=1)
        request = request_of(write, self.origin_id)

        async def send(connection: Connection) -> tuple[None, int]:
            self._check_read(move)
            places = await connection.call(*request)
            self.remote.forget_items()
            return None, len(places)

        def locally(store: OfflineStore) -> None:
            self._check_read(move)
            store.check_move(move)
            self._keep(write)
            store.move_branch(move, self.origin)

        await self._write(write, send, locally, lambda _: None)

    def _check_read(self, move: BranchMove) -> None:
        """Refuse rows that were read in another log: before the server went or came back."""
        if move.to is not None and self._read_in.get(move.rows_of, self._turn) != self._turn:
            raise IntegrityError(
                f"the rows of branch {move.rows_of!r} are not what the changes start from; "
                f"take a snapshot again"
            )

    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves."""
        tag = TagMove(checked_name(name, "tag"), version_id, None)
        write = QueuedWrite(new_id(), "tag", tag=tag)
        request = request_of(write, self.origin_id)

        async def send(connection: Connection) -> tuple[None, int]:
            await connection.call(*request)
            self._see_tag(name, version_id)
            return None, 0

        def locally(store: OfflineStore) -> None:
            store.check_kept(version_id)
            self._keep(_over(write, store.tags()))
            store.set_tag(name, version_id)

        await self._write(write, send, locally, lambda _: None)

    # What all of them do

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
            await self._unless_gone(self._read_tags())
        write = _over(write, self._tags_seen)
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


def _over(write: QueuedWrite, tags: Mapping[str, str]) -> QueuedWrite:
    """Return a write that knows what its tag stands for before it."""
    if write.tag is None:
        return write
    return replace(write, tag=replace(write.tag, expected=tags.get(write.tag.name)))
