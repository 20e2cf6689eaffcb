"""Sealing queued versions anew: the changes that they hold happened when the server made them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nerv_lab.core.graph.change_events import change_in
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange, compact
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.history.resolutions import delta_with, resolutions_of
from nerv_lab.core.history.versions import Version, to_micros
from nerv_lab.inner_universe.outbox.forking import relocated
from nerv_lab.inner_universe.outbox.writes import QueuedWrite
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.queries import quoted
from nerv_lab.inner_universe.spacetime.following.reading import (
    read_branches,
    read_events,
    read_versions,
)
from nerv_lab.inner_universe.spacetime.planning import read_touched

__all__ = ["Resealer"]


class Resealer:
    """Gives queued versions their places in the log, and the times that the log has there.

    A server stamps a batch when it takes it, so one that was made while it was away, or that it
    lost, has other times there than it had here. A version that kept those from here would lead
    to other rows than the log does.

    Parameters
    ----------
    connection : Connection
        Where to.
    signed : collection of str
        Ids of versions that somebody vouched for as they are, so that they must stay so.
    """

    def __init__(self, connection: Connection, signed: Collection[str] = ()) -> None:
        self._connection = connection
        self._signed = signed
        # The newest version of branches, and what it includes the log up to.
        self._heads: dict[str, tuple[str, int]] = {}

    async def resealed(self, write: QueuedWrite, last: int, count: int) -> QueuedWrite:
        """Return a write with its version as it has to be.

        Parameters
        ----------
        write : QueuedWrite
            Changes and the version they lead to.
        last : int
            The last event on the server.
        count : int
            How many events the changes will be.
        """
        version, delta = write.version, write.delta
        assert version is not None
        if version.id not in self._signed:
            done = await self._done(write, version) if count else ()
            pending = await self._pending(version, last)
            included = compact((*pending, *done), exact=True)
            delta = delta_with(included, resolutions_of(delta))
        return replace(write, version=relocated(version, delta, last + count), delta=delta)

    async def _done(self, write: QueuedWrite, version: Version) -> tuple[ItemChange, ...]:
        reader, _ = await read_touched(self._connection, write.changes, write.branch)
        return tuple(plan(reader, write.changes, to_micros(version.timestamp)))

    async def _pending(self, version: Version, last: int) -> list[ItemChange]:
        """Return what happened on a branch since its newest version, in order."""
        since = await self._since(version)
        events = await read_events(self._connection, since, None, last)
        return [
            change_in(event)
            for event in events
            if event.branch == version.branch and event.type in CHANGE_EVENT_TYPES
        ]

    async def _since(self, version: Version) -> int:
        head, since = self._heads.get(version.branch, ("", 0))
        if head and head == version.parent:
            return since
        where = f"version_id = {quoted(version.parent or '')}"
        found = await read_versions(self._connection, where)
        moved_at = {b.name: b.moved_at for b in (await read_branches(self._connection)).values()}
        return max(found[0].event_seq if found else 0, moved_at.get(version.branch, 0))

    def took(self, write: QueuedWrite) -> None:
        """Take note of what the server has taken."""
        if write.version is not None:
            self._heads[write.branch] = write.version.id, write.version.event_seq
        elif write.move is not None:
            self._heads.pop(write.move.name, None)
