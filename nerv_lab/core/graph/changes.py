"""Changes as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata

__all__ = [
    "REMOVE",
    "UNSET",
    "Change",
    "CreateEntity",
    "CreateRelation",
    "DeleteEntity",
    "DeleteRelation",
    "RestoreEntity",
    "RestoreRelation",
    "Unset",
    "UpdateEntity",
    "UpdateRelation",
]


class _Sentinel(Enum):
    UNSET = "UNSET"
    REMOVE = "REMOVE"

    def __repr__(self) -> str:
        return self.name


UNSET: Final = _Sentinel.UNSET
REMOVE: Final = _Sentinel.REMOVE
Unset: TypeAlias = Literal[_Sentinel.UNSET]


@dataclass(frozen=True, slots=True)
class CreateEntity:
    """Add an entity under a new id."""

    id: str
    type: str
    metadata: EntityMetadata = field(default_factory=EntityMetadata)


@dataclass(frozen=True, slots=True)
class UpdateEntity:
    """Set the given fields and properties of an entity and leave the others.

    A property whose value is ``REMOVE`` is removed.
    """

    id: str
    type: str | Unset = UNSET
    name: str | None | Unset = UNSET
    description: str | None | Unset = UNSET
    tags: Iterable[str] | Unset = UNSET
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeleteEntity:
    """Remove an entity; with ``cascade``, its relations too."""

    id: str
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class CreateRelation:
    """Add a relation between two entities under a new id."""

    id: str
    from_entity: str
    to_entity: str
    type: str
    metadata: RelationMetadata = field(default_factory=RelationMetadata)


@dataclass(frozen=True, slots=True)
class UpdateRelation:
    """Set the given fields and properties of a relation and leave the others."""

    id: str
    type: str | Unset = UNSET
    description: str | None | Unset = UNSET
    strength: float | Unset = UNSET
    bidirectional: bool | Unset = UNSET
    tags: Iterable[str] | Unset = UNSET
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeleteRelation:
    """Remove a relation."""

    id: str


@dataclass(frozen=True, slots=True)
class RestoreEntity:
    """Make an entity what it once was, whether it is there or not."""

    entity: Entity


@dataclass(frozen=True, slots=True)
class RestoreRelation:
    """Make a relation what it once was, whether it is there or not."""

    relation: Relation


Change: TypeAlias = (
    CreateEntity
    | UpdateEntity
    | DeleteEntity
    | CreateRelation
    | UpdateRelation
    | DeleteRelation
    | RestoreEntity
    | RestoreRelation
)
