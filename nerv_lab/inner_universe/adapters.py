"""The bridge between NERV's components and the Inner Universe."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from nerv_lab.core.bus import EventBus, Handler, new_event
from nerv_lab.core.errors import HeadMovedError, NERVPersistenceError
from nerv_lab.core.events import Event, Message
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import decode, encode, freeze, json_hash, thaw
from nerv_lab.inner_universe.batching import EventBatcher
from nerv_lab.inner_universe.contract.client import STATE_BRANCH, InnerUniverseClient

__all__ = ["SpacetimeEventBus", "SpacetimeTemporalStore"]


class SpacetimeEventBus:
    """An event bus whose events are durable, and which hears what others publish.

    An event is written once. It reaches the subscribers, here and elsewhere, when the log has
    confirmed it, so that all of them see each event once and in the same order.

    Parameters
    ----------
    client : InnerUniverseClient
        A connected client.
    bus : EventBus, optional
        The bus to deliver on; by default one of its own.
    local : iterable of str
        Types that need not last, such as ``"cursor.*"``: their events are delivered on this bus
        at once and written nowhere.
    batch_events : int
        How many events published at about the same time are written together.
    batch_seconds : float
        How long an event waits for others at most, where `batch_events` is more than 1.
    """

    def __init__(
        self,
        client: InnerUniverseClient,
        bus: EventBus | None = None,
        *,
        local: Iterable[str] = (),
        batch_events: int = 1,
        batch_seconds: float = 0.05,
    ) -> None:
        self.client = client
        self.bus = EventBus() if bus is None else bus
        self._local = tuple(local)
        self._batcher = (
            EventBatcher(client.publish, batch_events, batch_seconds) if batch_events > 1 else None
        )
        self._unsubscribe: Callable[[], None] | None = None
        self._subscribing = threading.Lock()
        self._confirmed: deque[Event] = deque()
        # Never waited for: who finds it taken leaves the events to whoever holds it.
        self._turn = threading.Lock()

    def subscribe_to_events(self) -> None:
        """Deliver the log's events on the bus from now on; nothing happens when it does so."""
        with self._subscribing:
            if self._unsubscribe is None:
                self._unsubscribe = self.client.subscribe(
                    self._confirmed.extend, settled=self._deliver
                )

    async def publish(
        self,
        event_type: str | Enum,
        data: Mapping[str, Any] | None = None,
        source: str | None = None,
    ) -> str:
        """Make an event durable and return its id; subscribers get it from the log.

        An event of a type that stays local is delivered at once instead.

        Raises
        ------
        ValidationError
            When the event is refused.
        NERVPersistenceError
            When it could not be made durable; nobody was told of it.
        """
        event = new_event(event_type, data, source)
        if self.is_local(event.type):
            self.bus.publish_event(event)
            return event.id
        self.subscribe_to_events()
        if self._batcher is None:
            await self.client.publish([event])
        else:
            await self._batcher.add(event, fresh=True)
        return event.id

    def is_local(self, event_type: str) -> bool:
        """Return whether events of a type stay here."""
        return bool(self._local) and any(
            event_type.startswith(pattern[:-1]) if pattern.endswith("*") else event_type == pattern
            for pattern in self._local
        )

    async def flush(self) -> None:
        """Return when every event that waits for others is written."""
        if self._batcher is not None:
            await self._batcher.flush()

    def subscribe(self, event_type: str | Enum, handler: Handler) -> Callable[[], None]:
        """Call a handler with each event of a type, as `EventBus.subscribe` does."""
        return self.bus.subscribe(event_type, handler)

    def notify_subscribers(self, message: Message) -> None:
        """Deliver a message to the subscribers of this bus only, without writing it."""
        self.bus.notify_subscribers(message)

    def close(self) -> None:
        """Stop following the log; nothing happens when it does not."""
        with self._subscribing:
            unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            unsubscribe()

    def _deliver(self) -> None:
        confirmed = self._confirmed
        while confirmed and self._turn.acquire(blocking=False):
            try:
                while confirmed:
                    self.bus.publish_event(confirmed.popleft())
            finally:
                self._turn.release()


class SpacetimeTemporalStore:
    """Durable versions of a plain JSON state.

    Parameters
    ----------
    client : InnerUniverseClient
        A connected client.
    branch : str
        Where to commit.
    """

    def __init__(self, client: InnerUniverseClient, branch: str = STATE_BRANCH) -> None:
        self.client = client
        self.branch = branch
        self._committing = asyncio.Lock()
        self._current: str | None = None
        self._known = False

    @property
    def current_version_id(self) -> str | None:
        """Id of the version the next commit follows; None before the first."""
        return self._current

    async def refresh(self) -> str | None:
        """Move to the head of the branch, wherever others have moved it, and return its id."""
        async with self._committing:
            return await self._look()

    async def commit_version(
        self, state: Any, description: str, *, author: str | None = None
    ) -> str:
        """Commit a state and return the id of its version.

        Commits of this store follow one another. When another client has committed meanwhile,
        nothing is written; `current_version_id` is then the head it made.

        Parameters
        ----------
        state : object
            Plain JSON.
        description : str
            Why.
        author : str, optional
            Who.

        Raises
        ------
        HeadMovedError
            When another client has committed meanwhile.
        ValueRefusedError
            When the state is not plain JSON.
        """
        data_hash, delta = json_hash(state), encode(freeze(state, "state"))
        async with self._committing:
            parent = self._current if self._known else await self._look()
            try:
                self._current = await self.client.commit_state_version(
                    parent, description, data_hash, delta=delta, author=author, branch=self.branch
                )
            except HeadMovedError as error:
                self._current = error.actual
                raise
            return self._current

    async def _look(self) -> str | None:
        self._current = await self.client.branch_head(self.branch)
        self._known = True
        return self._current

    async def get_version(self, version_id: str) -> Version:
        """Return a version.

        Raises
        ------
        VersionNotFoundError
            When there is none with this id.
        """
        return await self.client.version(version_id)

    async def get_history(self, version_id: str | None = None) -> list[Version]:
        """Return a version and its ancestors, oldest first; by default of the branch's head."""
        wanted = version_id
        if wanted is None:
            wanted = await self.client.branch_head(self.branch)
        else:
            await self.client.version(wanted)
        history: list[Version] = []
        for version in reversed(await self.client.versions()):
            if version.id == wanted:
                history.append(version)
                wanted = version.parent
        history.reverse()
        return history

    async def state_at(self, version_id: str) -> Any:
        """Return the state of a version.

        Raises
        ------
        VersionNotFoundError
            When there is none with this id.
        NERVPersistenceError
            When the version was committed by its hash alone.
        """
        delta = await self.client.delta(version_id)
        if not delta:
            raise NERVPersistenceError(
                f"version {version_id!r} was committed without its state, so it cannot be rebuilt"
            )
        return thaw(decode(delta))
