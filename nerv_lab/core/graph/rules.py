"""The rules of the graph: what a batch of changes does, or why it is refused.

The planner is pure. Every store reads through a :class:`Reader`, so that the same rules hold in
memory, in a file and in a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, assert_never

from nerv_lab.core.errors import (
    DanglingRelationError,
    DuplicateIdError,
    EntityInUseError,
    EntityNotFoundError,
    RelationNotFoundError,
    ValidationError,
)
from nerv_lab.core.graph.changes import (
    REMOVE,
    UNSET,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import (
    Entity,
    EntityMetadata,
    Item,
    Relation,
    RelationMetadata,
    entity_key,
    relation_key,
)
from nerv_lab.core.limits import MAX_PROPERTIES, MAX_TAGS, check_count
from nerv_lab.core.values import ReadOnlyDict, freeze

__all__ = ["Reader", "plan"]


class Reader(Protocol):
    """Read access to a graph."""

    def entity(self, id: str, /) -> Entity | None:
        """Return the entity, or None."""

    def relation(self, id: str, /) -> Relation | None:
        """Return the relation, or None."""

    def relations_of(self, entity_id: str, /) -> Iterable[Relation]:
        """Return the relations that start or end at the entity, each once."""


def plan(reader: Reader, changes: Sequence[Change], now_us: int) -> list[ItemChange]:
    """Work out what a batch of changes does, without doing it.

    Parameters
    ----------
    reader : Reader
        The graph as it is. Each change sees those before it in the batch.
    changes : sequence of Change
        Applied in this order, all or nothing.
    now_us : int
        The present, in microseconds since the epoch.

    Returns
    -------
    list of ItemChange
        In the order to apply and record them; a change that alters nothing gives none.

    Raises
    ------
    EntityNotFoundError, RelationNotFoundError
        An id is unknown.
    DuplicateIdError
        An id to create is taken.
    DanglingRelationError, EntityInUseError
        A relation would lose an end, or have none.
    ValidationError
        A field is refused.
    """
    batch = _Batch(reader, now_us)
    for change in changes:
        batch.add(change)
    return batch.done


class _Batch:
    """The graph as it would be after the changes so far."""

    def __init__(self, reader: Reader, now_us: int) -> None:
        self._reader = reader
        self._now = now_us
        self._entities: dict[str, Entity | None] = {}
        self._relations: dict[str, Relation | None] = {}
        self.done: list[ItemChange] = []

    def add(self, change: Change) -> None:
        match change:
            case CreateEntity():
                self._create_entity(change)
            case UpdateEntity():
                self._update_entity(change)
            case DeleteEntity():
                self._delete_entity(change)
            case CreateRelation():
                self._create_relation(change)
            case UpdateRelation():
                self._update_relation(change)
            case DeleteRelation():
                self._put(relation_key(change.id), self._known_relation(change.id), None)
            case RestoreEntity():
                self._restore(self._entity(change.entity.id), change.entity)
            case RestoreRelation():
                self._check_ends(change.relation)
                self._restore(self._relation(change.relation.id), change.relation)
            case _:
                assert_never(change)

    def _entity(self, id: str) -> Entity | None:
        return self._entities[id] if id in self._entities else self._reader.entity(id)

    def _relation(self, id: str) -> Relation | None:
        return self._relations[id] if id in self._relations else self._reader.relation(id)

    def _relations_of(self, entity_id: str) -> list[Relation]:
        stored = {r.id: r for r in self._reader.relations_of(entity_id)}
        for id, relation in self._relations.items():
            stored.pop(id, None)
            if relation and entity_id in (relation.from_entity, relation.to_entity):
                stored[id] = relation
        return list(stored.values())

    def _known_entity(self, id: str) -> Entity:
        entity = self._entity(id)
        if entity is None:
            raise EntityNotFoundError(id, "it may have been deleted or never been added")
        return entity

    def _known_relation(self, id: str) -> Relation:
        relation = self._relation(id)
        if relation is None:
            raise RelationNotFoundError(id, "it may have been deleted or never been added")
        return relation

    def _put(self, key: str, old: Item | None, new: Item | None) -> None:
        if new is not None:
            _check_counts(new)
        item = new if new is not None else old
        if isinstance(item, Entity):
            self._entities[item.id] = new if isinstance(new, Entity) else None
        elif isinstance(item, Relation):
            self._relations[item.id] = new if isinstance(new, Relation) else None
        self.done.append(ItemChange.of(key, old, new))

    def _create_entity(self, change: CreateEntity) -> None:
        if self._entity(change.id) is not None:
            raise DuplicateIdError("entity", change.id)
        entity = Entity(change.id, change.type, change.metadata, self._now, self._now)
        _ = entity.content  # refuses what is too large
        self._put(entity_key(change.id), None, entity)

    def _update_entity(self, change: UpdateEntity) -> None:
        id = change.id
        old = self._entities[id] if id in self._entities else self._reader.entity(id)
        if old is None:
            old = self._known_entity(id)  # raises
        known = old.metadata
        properties = _patched(known.properties, change.properties)
        if change.name is change.description is change.tags is UNSET:
            metadata = known.with_properties(properties)
        else:
            metadata = EntityMetadata(
                known.name if change.name is UNSET else change.name,
                known.description if change.description is UNSET else change.description,
                known.tags if change.tags is UNSET else change.tags,  # type: ignore[arg-type]
                properties,
            )
        kind = old.type if change.type is UNSET else change.type
        new = old.revised(kind, metadata, self._now)
        if new.content != old.content:
            _check_counts(new)
            self._entities[old.id] = new
            self.done.append(ItemChange.of(old.key, old, new))

    def _delete_entity(self, change: DeleteEntity) -> None:
        old = self._known_entity(change.id)
        relations = self._relations_of(change.id)
        if relations and not change.cascade:
            raise EntityInUseError(change.id, [r.id for r in relations])
        for relation in relations:
            self._put(relation.key, relation, None)
        self._put(old.key, old, None)

    def _create_relation(self, change: CreateRelation) -> None:
        if self._relation(change.id) is not None:
            raise DuplicateIdError("relation", change.id)
        relation = Relation(
            change.id,
            change.from_entity,
            change.to_entity,
            change.type,
            change.metadata,
            self._now,
            self._now,
        )
        _ = relation.content  # refuses what is too large
        self._check_ends(relation)
        self._put(relation.key, None, relation)

    def _check_ends(self, relation: Relation) -> None:
        for end in ("from_entity", "to_entity"):
            entity_id = getattr(relation, end)
            if self._entity(entity_id) is None:
                raise DanglingRelationError(relation.id, end, entity_id)

    def _update_relation(self, change: UpdateRelation) -> None:
        old = self._known_relation(change.id)
        known, properties = old.metadata, _patched(old.properties, change.properties)
        fields = change.description, change.strength, change.bidirectional, change.tags
        if all(field is UNSET for field in fields):
            metadata = known.with_properties(properties)
        else:
            metadata = RelationMetadata(
                known.description if change.description is UNSET else change.description,
                known.strength if change.strength is UNSET else change.strength,
                known.bidirectional if change.bidirectional is UNSET else change.bidirectional,
                known.tags if change.tags is UNSET else change.tags,  # type: ignore[arg-type]
                properties,
            )
        kind = old.type if change.type is UNSET else change.type
        self._update(old, old.revised(kind, metadata, self._now))

    def _update(self, old: Item, new: Item) -> None:
        if new.content != old.content:
            self._put(old.key, old, new)

    def _restore(self, old: Item | None, wanted: Item) -> None:
        created_at, revision = wanted.created_at, wanted.revision
        if old is not None:
            created_at, revision = old.created_at, old.revision
        if old is None or wanted.content != old.content:
            new = replace(
                wanted, created_at=created_at, updated_at=self._now, revision=revision + 1
            )
            self._put(wanted.key, old, new)


def _check_counts(item: Item) -> None:
    if len(item.tags) > MAX_TAGS:
        check_count("tags", len(item.tags), MAX_TAGS, "tags")
    if len(item.properties) > MAX_PROPERTIES:
        check_count("properties", len(item.properties), MAX_PROPERTIES, "properties")


def _patched(old: Mapping[str, Any], patch: Mapping[str, Any]) -> ReadOnlyDict:
    if type(patch) is not dict and not isinstance(patch, Mapping):
        raise ValidationError("properties", f"must be a dict, not {type(patch).__name__}")
    assert isinstance(old, ReadOnlyDict)
    if not patch:
        return old
    for value in patch.values():
        if value is REMOVE:
            break
    else:
        given = freeze(patch if type(patch) is dict else dict(patch), "properties")
        patched = ReadOnlyDict(old)
        dict.update(patched, given)
        return patched
    removed = {name for name, value in patch.items() if value is REMOVE}
    added = freeze({k: v for k, v in patch.items() if k not in removed}, "properties")
    kept = {name: value for name, value in old.items() if name not in removed}
    return ReadOnlyDict({**kept, **added})
