"""An Inner Universe in memory: for tests, and for trying things out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.checked_events import checked_events
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.log_events import Origin
from nerv_lab.inner_universe.in_process.local import LocalInnerUniverse
from nerv_lab.inner_universe.in_process.memory_store import MemoryStore

__all__ = ["MockInnerUniverse"]


class MockInnerUniverse(LocalInnerUniverse):
    """The whole contract in memory.

    Parameters
    ----------
    actor : str, optional
        The identity recorded in what this client writes.
    share : MockInnerUniverse, optional
        Another client whose store to share, as a second notebook shares a file.
    """

    backend = "memory"

    def __init__(self, *, actor: str | None = None, share: MockInnerUniverse | None = None) -> None:
        super().__init__("mock://", actor=actor)
        self._memory: MemoryStore = MemoryStore() if share is None else share._memory
        self._peers: WeakSet[MockInnerUniverse] = WeakSet() if share is None else share._peers
        self._peers.add(self)

    def _open(self) -> MemoryStore:
        return self._memory

    def _written(self, events: tuple[Event, ...]) -> None:
        super()._written(events)
        for peer in list(self._peers):
            if peer is not self:
                peer._delivery.wake()

    def _tagged(self) -> None:
        for peer in list(self._peers):
            if peer.connected:
                peer._tags.look()

    def fail_next(self, error: Exception, times: int = 1) -> None:
        """Let the next operations of this store raise, before they change anything.

        Parameters
        ----------
        error : Exception
            What the backend is to raise. Unless it is one of ours, callers see it as
            `NERVPersistenceError`, as they do with any unexpected error of a backend.
        times : int
            How many operations are to fail.
        """
        self._memory.fail_next(error, times)

    async def simulate_event(
        self, event_type: str, data: Mapping[str, Any] | None, source: str | None = None
    ) -> str:
        """Let an event arrive that somebody else wrote, and return its id."""
        (event,) = checked_events([Event(new_id(), event_type, data, source=source)])
        with self._errors("simulate_event"):
            written = self._store("simulate_event").publish([event], Origin(new_id()))
        self._written(written)
        return event.id
