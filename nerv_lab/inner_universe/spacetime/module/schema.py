"""The tables of our module, as types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from nerv_lab.inner_universe.spacetime.bsatn import (
    BOOL,
    BYTES,
    F64,
    I64,
    STRING,
    U32,
    U64,
    Array,
    Option,
    Product,
)

__all__ = [
    "ENTITY_META",
    "MODULE_VERSION",
    "OPTIONAL",
    "PATCHES",
    "RELATION_META",
    "SEPARATOR",
    "TABLES",
    "TEXTS",
    "BatchRow",
    "BranchRow",
    "BridgeRow",
    "ConfigRow",
    "CursorRow",
    "DeltaRow",
    "EntityMeta",
    "EntityRow",
    "EventRow",
    "Patch",
    "Property",
    "PrunedRow",
    "RelationMeta",
    "RelationRow",
    "RetentionRow",
    "SchemaVersionRow",
    "TagRow",
    "VersionRow",
]

MODULE_VERSION: Final = 2
SEPARATOR: Final = "\x1f"
"""Between branch and id in the key of a row; no name may hold it."""


class Property(NamedTuple):
    """A property and the canonical JSON of its value."""

    name: str
    value: str


class Patch(NamedTuple):
    """A property to set, or to remove where there is no value."""

    name: str
    value: str | None


class EntityMeta(NamedTuple):
    """What is known of an entity."""

    name: str | None
    description: str | None
    tags: list[str]
    properties: list[Property]


class RelationMeta(NamedTuple):
    """What is known of a relation."""

    description: str | None
    strength: float
    bidirectional: bool
    tags: list[str]
    properties: list[Property]


class EntityRow(NamedTuple):
    """A working row; times in microseconds since the epoch."""

    key: str
    branch: str
    entity_id: str
    entity_type: str
    metadata: EntityMeta
    created_at: int
    updated_at: int
    revision: int


class RelationRow(NamedTuple):
    """A working row; times in microseconds since the epoch."""

    key: str
    branch: str
    relation_id: str
    from_entity: str
    to_entity: str
    relation_type: str
    metadata: RelationMeta
    created_at: int
    updated_at: int
    revision: int
    from_key: str
    to_key: str


class EventRow(NamedTuple):
    """An entry of the log; its time in microseconds since the epoch."""

    seq: int
    event_id: str
    origin_id: str
    origin_seq: int
    event_type: str
    source: str | None
    timestamp: int
    data: str | None
    actor: str
    branch: str
    batch_id: str


class VersionRow(NamedTuple):
    """A committed version; its time in microseconds since the epoch."""

    version_id: str
    parents: list[str]
    branch: str
    event_seq: int
    timestamp: int
    description: str
    author: str | None
    data_hash: str
    algorithm: str
    digest: str
    seq: int


class DeltaRow(NamedTuple):
    """What a version changed."""

    version_id: str
    delta: bytes


class PrunedRow(NamedTuple):
    """A version of which only the fields are left."""

    version_id: str
    seal: str


class BridgeRow(NamedTuple):
    """What leads to a version whose parent was pruned."""

    version_id: str
    base: str
    delta: bytes
    digest: str


class RetentionRow(NamedTuple):
    """What was pruned so far."""

    name: str
    generation: int
    floor: int
    top: str | None
    marks: str


class BranchRow(NamedTuple):
    """Where a branch is."""

    name: str
    version_id: str | None


class TagRow(NamedTuple):
    """What a tag stands for."""

    name: str
    version_id: str


class CursorRow(NamedTuple):
    """How much of one client's work the log holds."""

    origin_id: str
    origin_seq: int
    event_seq: int


class BatchRow(NamedTuple):
    """The receipt of a batch."""

    batch_id: str
    origin_id: str
    first_seq: int
    last_seq: int
    outcome: str


class _PermissionRow(NamedTuple):
    id: int
    grantee: str
    role: str
    action: str
    item_type: str


class ConfigRow(NamedTuple):
    """A setting of the database."""

    name: str
    value: str


class SchemaVersionRow(NamedTuple):
    """Which version of these tables the database has."""

    component: str
    version: int
    applied_at: int


OPTIONAL = Option(STRING)
TEXTS = Array(STRING)
_PROPERTIES = Array(Product(Property, STRING, STRING))
PATCHES = Array(Product(Patch, STRING, OPTIONAL))
ENTITY_META = Product(EntityMeta, OPTIONAL, OPTIONAL, TEXTS, _PROPERTIES)
RELATION_META = Product(RelationMeta, OPTIONAL, F64, BOOL, TEXTS, _PROPERTIES)
_NAMED = (STRING, STRING)

TABLES: Final[Mapping[str, Product[Any]]] = {
    "entity": Product(EntityRow, STRING, STRING, STRING, STRING, ENTITY_META, I64, I64, U64),
    "relation": Product(
        RelationRow,
        *(STRING,) * 6,
        RELATION_META,
        I64,
        I64,
        U64,
        STRING,
        STRING,
    ),
    "event_log": Product(
        EventRow,
        U64,
        STRING,
        STRING,
        U64,
        STRING,
        OPTIONAL,
        I64,
        OPTIONAL,
        STRING,
        STRING,
        STRING,
    ),
    "state_version": Product(
        VersionRow,
        STRING,
        TEXTS,
        STRING,
        U64,
        I64,
        STRING,
        OPTIONAL,
        STRING,
        STRING,
        STRING,
        U64,
    ),
    "version_delta": Product(DeltaRow, STRING, BYTES),
    "pruned_version": Product(PrunedRow, *_NAMED),
    "version_bridge": Product(BridgeRow, STRING, STRING, BYTES, STRING),
    "retention": Product(RetentionRow, STRING, U64, U64, OPTIONAL, STRING),
    "branch": Product(BranchRow, STRING, OPTIONAL),
    "tag": Product(TagRow, *_NAMED),
    "origin_cursor": Product(CursorRow, STRING, U64, U64),
    "batch": Product(BatchRow, STRING, STRING, U64, U64, STRING),
    "permission": Product(_PermissionRow, U64, STRING, STRING, STRING, STRING),
    "config": Product(ConfigRow, *_NAMED),
    "schema_version": Product(SchemaVersionRow, STRING, U32, I64),
}
"""The type of each public table's rows."""
