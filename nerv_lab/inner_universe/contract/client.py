"""A client of the Inner Universe: the contract, and the integration guide's words on top of it."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nerv_lab.core.errors import (
    EntityNotFoundError,
    RelationNotFoundError,
    ValidationError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.changes import (
    UNSET,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    Unset,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import (
    Entity,
    EntityMetadata,
    Item,
    Relation,
    RelationMetadata,
    entity_key,
    relation_key,
)
from nerv_lab.core.history.versions import SHA256_JSON, Version, version_digest
from nerv_lab.inner_universe.contract.contract import InnerUniverseContract
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.records import (
    Branch,
    BranchMove,
    CacheUse,
    EventHandler,
    Finding,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    Status,
    StoredHistory,
)

if TYPE_CHECKING:
    from nerv_lab.inner_universe.keys.store_keys import KeySource
    from nerv_lab.inner_universe.outbox.facade import Queues
    from nerv_lab.inner_universe.outbox.standing import Standing

__all__ = [
    "STATE_BRANCH",
    "Branch",
    "BranchMove",
    "CacheUse",
    "EventHandler",
    "Finding",
    "InnerUniverseClient",
    "Problem",
    "Receipt",
    "RowHandler",
    "Seal",
    "Snapshot",
    "Status",
    "StoredHistory",
]

logger = logging.getLogger(__name__)

STATE_BRANCH = "state"
"""Where versions of plain JSON states are committed, apart from the graph's branches."""

RowHandler = Callable[[str, dict[str, Any]], None]

_ENTITY_FIELDS = frozenset({"name", "description", "tags", "properties"})
_RELATION_FIELDS = frozenset({"description", "strength", "bidirectional", "tags", "properties"})


class InnerUniverseClient(InnerUniverseContract):
    """One connection to an Inner Universe."""

    def deliver(self) -> None:
        """Deliver, in this thread, what a coroutine of this client that ran elsewhere confirmed.

        Clients whose coroutines complete inline deliver within them and need nothing here.
        """

    @property
    def cache_use(self) -> CacheUse:
        """How often items were at hand; clients that keep none at hand count nothing."""
        return CacheUse()

    @property
    def outbox(self) -> Queues | None:
        """What waits for a server that is away; None for clients that queue nothing."""
        return None

    def wait_sent(self, timeout: float) -> bool:
        """Wait until nothing is left to send; False when that takes more seconds."""
        return True

    def lend(self, standing: Callable[[], Standing]) -> None:
        """Name who knows the graph as it is; of use to clients that go on without their server."""

    def on_reset(self, reset: Callable[[], int]) -> None:
        """Call a function when what was handed over is void; it reads anew where the graph stands.

        It returns the position it read. Only clients that go on without their server call it.
        """

    def on_fork(self, forked: Callable[[str, str], None]) -> None:
        """Call a function with a branch that is to be merged, and into which."""

    def on_back(self, back: Callable[[], None]) -> None:
        """Call a function when everything that was queued is sent and its server is followed."""

    async def examine(self) -> list[Finding]:
        """Look, without changing anything or reading it whole, how the store itself is."""
        return []

    async def publish_module(self) -> str:
        """Give the server our module, or update the one it runs, and return its address.

        Raises
        ------
        ValidationError
            The store is not a server that takes a module.
        """
        raise ValidationError("uri", f"{self.uri} is no SpacetimeDB server, so it takes no module")

    async def rekey(self, key: KeySource | None) -> None:
        """Encrypt the store file with another key, or for the first time; None ends that.

        Raises
        ------
        ValidationError
            The store is no file, or the key is empty.
        StoreInUseError
            Somebody else has the file open; nothing was changed.
        """
        raise ValidationError("key", f"only a store file can be encrypted, which {self.uri} is not")

    async def stored_events(self, after: int, until: int) -> list[Event]:
        """Return events with ``after < seq <= until`` as the store has them at this moment.

        Other than `events`, which may answer with what was received before.
        """
        return await self.events(after, None, until)

    async def _item(self, key: str, branch: str) -> Item | None:
        """Return a working row, or None. Clients with a quicker way override this."""
        return next((i for i in (await self.snapshot(branch)).items if i.key == key), None)

    async def create_entity(
        self,
        entity_type: str,
        metadata: EntityMetadata | Mapping[str, Any] | None = None,
        entity_id: str | None = None,
    ) -> str:
        """Add an entity and return its id."""
        entity_id = new_id() if entity_id is None else entity_id
        fields = _fields(metadata, _ENTITY_FIELDS)
        await self.apply([CreateEntity(entity_id, entity_type, EntityMetadata(**fields))])
        return entity_id

    async def get_entity(self, entity_id: str, *, branch: str = DEFAULT_BRANCH) -> Entity:
        """Return an entity.

        Raises
        ------
        EntityNotFoundError
            When there is none with this id.
        """
        item = await self._item(entity_key(entity_id), branch)
        if not isinstance(item, Entity):
            raise EntityNotFoundError(entity_id)
        return item

    async def update_entity(
        self,
        entity_id: str,
        metadata: EntityMetadata | Mapping[str, Any] | None = None,
        *,
        entity_type: str | Unset = UNSET,
    ) -> Entity:
        """Set the given fields and properties, leave the others, and return the entity."""
        fields = _fields(metadata, _ENTITY_FIELDS)
        await self.apply([UpdateEntity(entity_id, entity_type, **fields)])
        return await self.get_entity(entity_id)

    async def delete_entity(self, entity_id: str, cascade: bool = False) -> None:
        """Remove an entity; with ``cascade``, its relations too."""
        await self.apply([DeleteEntity(entity_id, cascade)])

    async def create_relation(
        self,
        from_entity: str,
        to_entity: str,
        relation_type: str,
        metadata: RelationMetadata | Mapping[str, Any] | None = None,
        relation_id: str | None = None,
    ) -> str:
        """Add a relation between two entities and return its id."""
        relation_id = new_id() if relation_id is None else relation_id
        fields = _fields(metadata, _RELATION_FIELDS)
        await self.apply(
            [
                CreateRelation(
                    relation_id, from_entity, to_entity, relation_type, RelationMetadata(**fields)
                )
            ]
        )
        return relation_id

    async def get_relation(self, relation_id: str, *, branch: str = DEFAULT_BRANCH) -> Relation:
        """Return a relation.

        Raises
        ------
        RelationNotFoundError
            When there is none with this id.
        """
        item = await self._item(relation_key(relation_id), branch)
        if not isinstance(item, Relation):
            raise RelationNotFoundError(relation_id)
        return item

    async def update_relation(
        self,
        relation_id: str,
        metadata: RelationMetadata | Mapping[str, Any] | None = None,
        *,
        relation_type: str | Unset = UNSET,
    ) -> Relation:
        """Set the given fields and properties, leave the others, and return the relation."""
        fields = _fields(metadata, _RELATION_FIELDS)
        await self.apply([UpdateRelation(relation_id, relation_type, **fields)])
        return await self.get_relation(relation_id)

    async def delete_relation(self, relation_id: str) -> None:
        """Remove a relation."""
        await self.apply([DeleteRelation(relation_id)])

    async def publish_event(
        self,
        event_type: str,
        source: str | None = None,
        data: Mapping[str, Any] | None = None,
        event_id: str | None = None,
    ) -> str:
        """Make one event of the user's own durable and return its id.

        The same ``event_id`` again writes nothing.
        """
        event_id = new_id() if event_id is None else event_id
        await self.publish([Event(event_id, event_type, data, source=source)])
        return event_id

    async def commit_state_version(
        self,
        parent_version_id: str | None,
        description: str,
        data_hash: str,
        *,
        delta: bytes = b"",
        author: str | None = None,
        branch: str = STATE_BRANCH,
    ) -> str:
        """Commit a version of a plain JSON state, known by its SHA-256, and return its id.

        Parameters
        ----------
        parent_version_id : str or None
            The version the branch must be at; None for the first.
        description : str
            Why, in the user's words.
        data_hash : str
            ``core.values.json_hash`` of the state.
        delta : bytes
            The encoded state; without it the version can be named but not rebuilt.
        author : str, optional
            Who.
        branch : str
            Where to commit.

        Raises
        ------
        HeadMovedError
            When the branch is no longer at the parent.
        """
        version = Version(
            id=new_id(),
            parents=() if parent_version_id is None else (parent_version_id,),
            branch=branch,
            event_seq=await self.last_seq(),
            timestamp=dt.datetime.now(dt.UTC),
            description=description,
            author=author,
            data_hash=data_hash,
            algorithm=SHA256_JSON,
        )
        version = replace(version, digest=version_digest(version, delta))
        return (await self.commit_version(version, delta)).id

    def subscribe_event_log_changes(self, handler: RowHandler) -> Callable[[], None]:
        """Call ``handler("INSERTED", event)`` for every event from now on.

        Parameters
        ----------
        handler : callable
            Its second argument is a dict with ``event_id``, ``event_type``, ``source``,
            ``timestamp`` (milliseconds since the epoch) and ``data``.

        Returns
        -------
        callable
            Ends the subscription.
        """

        def hand_over(events: tuple[Event, ...]) -> None:
            for event in events:
                try:
                    handler("INSERTED", _as_row(event))
                except Exception:
                    logger.exception("an event log handler failed on event %s", event.id)

        return self.subscribe(hand_over)


def _as_row(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "event_type": event.type,
        "source": event.source,
        "timestamp": event.timestamp * 1000,
        "data": event.data,
    }


def _fields(
    metadata: EntityMetadata | RelationMetadata | Mapping[str, Any] | None, known: frozenset[str]
) -> dict[str, Any]:
    if metadata is None:
        return {}
    if isinstance(metadata, (EntityMetadata, RelationMetadata)):
        return metadata.as_dict()
    if not isinstance(metadata, Mapping):
        raise ValidationError("metadata", f"must be a dict, not {type(metadata).__name__}")
    for name in metadata:
        if name not in known:
            raise ValidationError(
                f"metadata.{name}", f"is not a field; use one of {', '.join(sorted(known))}"
            )
    return dict(metadata)
