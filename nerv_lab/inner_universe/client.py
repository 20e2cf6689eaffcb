"""The contract between nerv-lab and the place where the graph is kept.

A client writes atomic batches, commits versions by compare-and-set, reads, and hands every
confirmed event to its subscribers: exactly once, in log order, whoever wrote it. The contract is
small; the vocabulary of the integration guide stands on top of it and is the same everywhere.
"""

from __future__ import annotations

import datetime as dt
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from nerv_lab.core.changes import (
    UNSET,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    ItemChange,
    Unset,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.errors import (
    EntityNotFoundError,
    RelationNotFoundError,
    ValidationError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.model import (
    Entity,
    EntityMetadata,
    Item,
    Relation,
    RelationMetadata,
    entity_key,
    relation_key,
)
from nerv_lab.core.versions import SHA256_JSON, Version, version_digest
from nerv_lab.inner_universe.ids import new_id

__all__ = [
    "STATE_BRANCH",
    "EventHandler",
    "InnerUniverseClient",
    "Problem",
    "Receipt",
    "RowHandler",
    "Snapshot",
]

logger = logging.getLogger(__name__)

STATE_BRANCH = "state"
"""Where versions of plain JSON states are committed, apart from the graph's branches."""

EventHandler = Callable[[tuple[Event, ...]], None]
RowHandler = Callable[[str, dict[str, Any]], None]

_ENTITY_FIELDS = frozenset({"name", "description", "tags", "properties"})
_RELATION_FIELDS = frozenset({"description", "strength", "bidirectional", "tags", "properties"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a batch did.

    Attributes
    ----------
    batch_id : str
        Identity of the batch; applying it again gives an equal receipt and writes nothing.
    first_seq, last_seq : int
        Its place in the log, both ends included. A batch that changed nothing has
        ``first_seq == last_seq + 1``.
    changes : tuple of ItemChange
        One for each event, in log order.
    """

    batch_id: str
    first_seq: int
    last_seq: int
    changes: tuple[ItemChange, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The working rows of a branch at one position of the log.

    Attributes
    ----------
    seq : int
        Last event that the rows include.
    items : tuple of Entity and Relation
        Entities first.
    head : str or None
        Version the branch points at.
    """

    seq: int
    items: tuple[Item, ...]
    head: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that ``verify`` found wrong.

    Attributes
    ----------
    where : str
        The place, such as ``"event 12"``, ``"version 01…"`` or ``"main e:ada"``.
    what : str
        What is wrong there.
    """

    where: str
    what: str


class InnerUniverseClient(ABC):
    """One connection to an Inner Universe.

    Attributes
    ----------
    completes_inline : bool
        Whether the coroutines never suspend, so that a synchronous caller may drive them with
        ``send(None)``.
    origin_id : str
        Names this client in the events it writes.
    uri : str
        Where it connects to.
    """

    completes_inline: ClassVar[bool] = False
    origin_id: str
    uri: str

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether the client can be used."""

    @abstractmethod
    async def connect(self) -> None:
        """Open the connection; nothing happens when it is open."""

    @abstractmethod
    async def close(self) -> None:
        """Drop the subscriptions and close; nothing happens when it is closed."""

    @abstractmethod
    async def apply(
        self,
        changes: Sequence[Change],
        *,
        reason: str | None = None,
        source: str | None = None,
        branch: str = DEFAULT_BRANCH,
        batch_id: str | None = None,
    ) -> Receipt:
        """Make all of the changes durable as one batch, or none of them.

        Parameters
        ----------
        changes : sequence of Change
            What to do, in order.
        reason : str, optional
            Why; recorded in each event.
        source : str, optional
            Who, in the user's words; recorded in each event.
        branch : str
            Whose working rows to change.
        batch_id : str, optional
            The same id again returns the receipt of the first time and writes nothing.

        Raises
        ------
        ValidationError, NotFoundError, DuplicateIdError, IntegrityError
            As the rules of the graph say; nothing was written.
        NERVPersistenceError
            When the store could not do it; nothing was written.
        """

    @abstractmethod
    async def publish(self, events: Sequence[Event]) -> list[str]:
        """Make events of the user's own durable as one batch.

        An event whose id the log holds already is left alone.

        Returns
        -------
        list of str
            Their ids, in the order given.

        Raises
        ------
        ValidationError
            When an event is not valid, or has a type that only ``apply`` and
            ``commit_version`` write.
        DuplicateIdError
            When the log holds another event under one of the ids.
        """

    @abstractmethod
    async def commit_version(self, version: Version, delta: bytes) -> Version:
        """Add a version and move its branch to it, if the branch is still at its parent.

        The same version again is a no-op.

        Raises
        ------
        HeadMovedError
            When the branch is not at ``version.parent``.
        VersionNotFoundError
            When the second parent does not exist.
        ValidationError
            When the digest does not belong to the version and its delta.
        DuplicateIdError
            When another version has this id.
        """

    @abstractmethod
    async def branch_head(self, branch: str = DEFAULT_BRANCH) -> str | None:
        """Return the id of the version a branch is at, or None."""

    @abstractmethod
    async def versions(self) -> list[Version]:
        """Return all versions of all branches, in log order."""

    @abstractmethod
    async def version(self, version_id: str) -> Version:
        """Return a version.

        Raises
        ------
        VersionNotFoundError
            When there is none with this id.
        """

    @abstractmethod
    async def delta(self, version_id: str) -> bytes:
        """Return the delta a version was committed with.

        Raises
        ------
        VersionNotFoundError
            When there is no version with this id.
        """

    @abstractmethod
    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""

    @abstractmethod
    async def events(
        self, after: int = 0, limit: int | None = None, until: int | None = None
    ) -> list[Event]:
        """Return events with ``after < seq <= until``, ascending, at most ``limit`` of them."""

    @abstractmethod
    async def last_seq(self) -> int:
        """Return the position of the newest event, 0 for an empty log."""

    @abstractmethod
    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves.

        Raises
        ------
        VersionNotFoundError
            When there is no version with this id.
        """

    @abstractmethod
    async def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""

    @abstractmethod
    async def verify(self) -> list[Problem]:
        """Check the whole store against itself and return what is wrong; [] when all is well."""

    @abstractmethod
    async def refresh(self) -> None:
        """Deliver every event the log holds by now to the subscribers."""

    @abstractmethod
    def subscribe(
        self,
        handler: EventHandler,
        *,
        settled: Callable[[], None] | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """Hand over every confirmed event, own or foreign, exactly once and in log order.

        Parameters
        ----------
        handler : callable
            Is given a tuple of events that never splits a transaction. It runs under the
            client's delivery lock, in whichever thread delivers, and must be short. Where it
            raises, that is logged and nobody else is affected.
        settled : callable, optional
            Runs afterwards in the delivering thread, with no lock held.
        after : int, optional
            Start behind this position; what the log holds by now is delivered before the call
            returns. By default only events from now on.

        Returns
        -------
        callable
            Ends the subscription; may be called more than once.
        """

    def deliver(self) -> None:
        """Deliver, in this thread, what a coroutine of this client that ran elsewhere confirmed.

        Clients whose coroutines complete inline deliver within them and need nothing here.
        """

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
