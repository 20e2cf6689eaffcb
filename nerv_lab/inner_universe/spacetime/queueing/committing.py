"""Changes and the version they lead to, as one write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.history.versions import Version, from_micros, version_digest
from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.contract.records import Receipt, Seal
from nerv_lab.inner_universe.contract.writing import checked_batch, checked_version
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, settled, touched
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.receipts import receipt_from, receipt_of
from nerv_lab.inner_universe.spacetime.module.calls import apply_and_commit_args, check_sent
from nerv_lab.inner_universe.spacetime.module.requests import batch_of_write, request_of
from nerv_lab.inner_universe.spacetime.planning import read_touched
from nerv_lab.inner_universe.spacetime.queueing.following import GONE
from nerv_lab.inner_universe.spacetime.queueing.offline_store import OfflineStore
from nerv_lab.inner_universe.spacetime.queueing.writing import WritingUniverse

__all__ = ["CommittingUniverse"]


class CommittingUniverse(WritingUniverse):
    """The part of a queueing client that commits in the same step as it writes."""

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
        batch = checked_batch(map(settled, changes), reason=reason, source=source, branch=branch)
        check_sent("changes", batch.changes)
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
        version, delta = await self._portal.aside(seal, planned, expected + len(planned))
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
        version, delta = await self._portal.aside(seal, planned.changes, planned.seq)
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
