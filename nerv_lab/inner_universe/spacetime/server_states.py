"""The states of the versions that a server has, rebuilt from what it keeps of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from nerv_lab.core.errors import HistoryPrunedError, VersionNotFoundError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.thinning import Bridge
from nerv_lab.inner_universe.portal import Portal
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.reading import (
    read_bridge,
    read_delta,
    read_retention,
    read_top,
    read_versions,
)

__all__ = ["ServerStates"]


class ServerStates:
    """Gives the states of versions; the history is read when the first is asked for.

    Parameters
    ----------
    connection : Connection
        To the server.
    portal : Portal
        Where the connection lives.
    deltas : dict of str to bytes
        Deltas that were read before, by the digest of their version; those that are read now are
        added.
    """

    def __init__(self, connection: Connection, portal: Portal, deltas: dict[str, bytes]) -> None:
        self._connection = connection
        self._portal = portal
        self._deltas = deltas
        self._history: TemporalStore | None = None

    async def known(self, version_ids: Iterable[str]) -> Callable[[str], GraphState]:
        """Return what gives the states of those versions that the server has."""
        found: dict[str, GraphState] = {}
        for id in version_ids:
            with contextlib.suppress(VersionNotFoundError, HistoryPrunedError):
                found[id] = await self.state_of(id)

        def state_of(id: str) -> GraphState:
            if id not in found:
                raise VersionNotFoundError(id)
            return found[id]

        return state_of

    async def state_of(self, version_id: str) -> GraphState:
        """Return the state of a version that the server has."""
        if self._history is None or version_id not in self._history:
            self._history = await self._read_history()
        state: GraphState = await self._portal.aside(self._history.state_at, version_id)
        return state

    async def _read_history(self) -> TemporalStore:
        connection, run = self._connection, self._portal.run

        def load_delta(id: str) -> bytes:
            digest = history.get_version(id).digest
            found = self._deltas.get(digest) or run(read_delta(connection, id))
            if found is None:
                raise VersionNotFoundError(id)
            self._deltas[digest] = found
            return found

        def load_bridge(id: str) -> Bridge:
            found = run(read_bridge(connection, id))
            if found is None:
                raise VersionNotFoundError(id)
            return found

        history = TemporalStore(
            load_delta=load_delta,
            load_bridge=load_bridge,
            load_top=lambda _: GraphState.build(run(read_top(connection))[1]),
        )
        for version in await read_versions(connection):
            history.add(version, confirmed=True)
        history.thin((await read_retention(connection))[0])
        return history
