"""The tables and reducers of our module, as types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from nerv_lab.core.errors import ModuleMismatchError
from nerv_lab.inner_universe.spacetime.bsatn import (
    BOOL,
    BYTES,
    F64,
    I64,
    STRING,
    U32,
    U64,
    Array,
    Codec,
    Option,
    Product,
    Sum,
    Variant,
)

__all__ = [
    "APPLY_AND_COMMIT",
    "APPLY_BATCH",
    "COMMIT_VERSION",
    "MODULE_VERSION",
    "MOVE_BRANCH",
    "PUBLISH_EVENTS",
    "SEPARATOR",
    "SET_TAG",
    "TABLES",
    "ApplyAndCommit",
    "ApplyBatch",
    "BatchRow",
    "BranchRow",
    "ChangeCall",
    "CommitVersion",
    "CursorRow",
    "DeltaRow",
    "EntityMeta",
    "EntityRow",
    "EntityState",
    "EventRow",
    "MoveBranch",
    "OwnEvent",
    "Patch",
    "Property",
    "PublishEvents",
    "RelationMeta",
    "RelationRow",
    "RelationState",
    "SchemaVersionRow",
    "SetTag",
    "Step",
    "TagRow",
    "VersionArgs",
    "VersionRow",
    "check_schema",
    "read_schema",
]

MODULE_VERSION: Final = 1
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


class _ConfigRow(NamedTuple):
    name: str
    value: str


class SchemaVersionRow(NamedTuple):
    """Which version of these tables the database has."""

    component: str
    version: int
    applied_at: int


_OPTIONAL = Option(STRING)
_TEXTS = Array(STRING)
_PROPERTIES = Array(Product(Property, STRING, STRING))
_PATCHES = Array(Product(Patch, STRING, _OPTIONAL))
_ENTITY_META = Product(EntityMeta, _OPTIONAL, _OPTIONAL, _TEXTS, _PROPERTIES)
_RELATION_META = Product(RelationMeta, _OPTIONAL, F64, BOOL, _TEXTS, _PROPERTIES)
_NAMED = (STRING, STRING)

TABLES: Final[Mapping[str, Product[Any]]] = {
    "entity": Product(EntityRow, STRING, STRING, STRING, STRING, _ENTITY_META, I64, I64, U64),
    "relation": Product(
        RelationRow,
        *(STRING,) * 6,
        _RELATION_META,
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
        _OPTIONAL,
        I64,
        _OPTIONAL,
        STRING,
        STRING,
        STRING,
    ),
    "state_version": Product(
        VersionRow,
        STRING,
        _TEXTS,
        STRING,
        U64,
        I64,
        STRING,
        _OPTIONAL,
        STRING,
        STRING,
        STRING,
        U64,
    ),
    "version_delta": Product(DeltaRow, STRING, BYTES),
    "branch": Product(BranchRow, STRING, _OPTIONAL),
    "tag": Product(TagRow, *_NAMED),
    "origin_cursor": Product(CursorRow, STRING, U64, U64),
    "batch": Product(BatchRow, STRING, STRING, U64, U64, STRING),
    "permission": Product(_PermissionRow, U64, STRING, STRING, STRING, STRING),
    "config": Product(_ConfigRow, *_NAMED),
    "schema_version": Product(SchemaVersionRow, STRING, U32, I64),
}
"""The type of each public table's rows."""


class _CreateEntity(NamedTuple):
    id: str
    entity_type: str
    metadata: EntityMeta


class _UpdateEntity(NamedTuple):
    id: str
    entity_type: str | None
    name: Any
    description: Any
    tags: list[str] | None
    properties: list[Patch]


class _DeleteEntity(NamedTuple):
    id: str
    cascade: bool


class _CreateRelation(NamedTuple):
    id: str
    from_entity: str
    to_entity: str
    relation_type: str
    metadata: RelationMeta


class _UpdateRelation(NamedTuple):
    id: str
    relation_type: str | None
    description: Any
    strength: float | None
    bidirectional: bool | None
    tags: list[str] | None
    properties: list[Patch]


class _DeleteRelation(NamedTuple):
    id: str


class _RestoreEntity(NamedTuple):
    id: str
    entity_type: str
    metadata: EntityMeta
    created_at: int
    revision: int


class _RestoreRelation(NamedTuple):
    id: str
    from_entity: str
    to_entity: str
    relation_type: str
    metadata: RelationMeta
    created_at: int
    revision: int


class ChangeCall:
    """The alternatives of a change, in the module's order."""

    CREATE_ENTITY, UPDATE_ENTITY, DELETE_ENTITY = 0, 1, 2
    CREATE_RELATION, UPDATE_RELATION, DELETE_RELATION = 3, 4, 5
    RESTORE_ENTITY, RESTORE_RELATION = 6, 7


# An optional field whose new value may be None: the inner option is kept as a tuple of one.
class _Given(Codec[Any]):
    __slots__ = ()

    _inner: Codec[str | None] = _OPTIONAL

    def __init__(self) -> None:
        self.least = 1

    def read(self, reader: Any) -> Any:
        return None if reader.take(1)[0] else (self._inner.read(reader),)

    def write(self, out: bytearray, value: Any) -> None:
        out.append(1 if value is None else 0)
        if value is not None:
            self._inner.write(out, value[0])

    def shape(self) -> Any:
        return Option(self._inner).shape()


_GIVEN = _Given()
_CHANGE = Sum(
    CreateEntity=Product(_CreateEntity, STRING, STRING, _ENTITY_META),
    UpdateEntity=Product(
        _UpdateEntity, STRING, _OPTIONAL, _GIVEN, _GIVEN, Option(_TEXTS), _PATCHES
    ),
    DeleteEntity=Product(_DeleteEntity, STRING, BOOL),
    CreateRelation=Product(_CreateRelation, STRING, STRING, STRING, STRING, _RELATION_META),
    UpdateRelation=Product(
        _UpdateRelation,
        STRING,
        _OPTIONAL,
        _GIVEN,
        Option(F64),
        Option(BOOL),
        Option(_TEXTS),
        _PATCHES,
    ),
    DeleteRelation=Product(_DeleteRelation, STRING),
    RestoreEntity=Product(_RestoreEntity, STRING, STRING, _ENTITY_META, I64, U64),
    RestoreRelation=Product(
        _RestoreRelation, STRING, STRING, STRING, STRING, _RELATION_META, I64, U64
    ),
)


class EntityState(NamedTuple):
    """An entity with its times and revision."""

    id: str
    entity_type: str
    metadata: EntityMeta
    created_at: int
    updated_at: int
    revision: int


class RelationState(NamedTuple):
    """A relation with its times and revision."""

    id: str
    from_entity: str
    to_entity: str
    relation_type: str
    metadata: RelationMeta
    created_at: int
    updated_at: int
    revision: int


class Step(NamedTuple):
    """An item before and after."""

    old: EntityState | RelationState | None
    new: EntityState | RelationState | None


class OwnEvent(NamedTuple):
    """An event of the user's own; its data canonical JSON, its time in microseconds."""

    event_id: str
    event_type: str
    source: str | None
    timestamp: int
    data: str | None


class VersionArgs(NamedTuple):
    """A version to commit."""

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


class ApplyBatch(NamedTuple):
    """Arguments of `apply_batch`."""

    batch_id: str
    branch: str
    reason: str | None
    source: str | None
    origin_id: str
    origin_seq: int
    changes: list[Variant]


class ApplyAndCommit(NamedTuple):
    """Arguments of `apply_and_commit`."""

    batch_id: str
    branch: str
    reason: str | None
    source: str | None
    origin_id: str
    origin_seq: int
    changes: list[Variant]
    expected_seq: int
    version: VersionArgs
    delta: bytes


class PublishEvents(NamedTuple):
    """Arguments of `publish_events`."""

    batch_id: str
    origin_id: str
    origin_seq: int
    branch: str
    events: list[OwnEvent]


class CommitVersion(NamedTuple):
    """Arguments of `commit_version`."""

    version: VersionArgs
    delta: bytes
    origin_id: str
    origin_seq: int


class MoveBranch(NamedTuple):
    """Arguments of `move_branch`."""

    move_id: str
    name: str
    expected: str | None
    to: str | None
    rows_of: str
    changes: list[Variant]
    origin_id: str
    origin_seq: int


class SetTag(NamedTuple):
    """Arguments of `set_tag`."""

    name: str
    version_id: str


APPLY_BATCH: Final = Product(
    ApplyBatch, STRING, STRING, _OPTIONAL, _OPTIONAL, STRING, U64, Array(_CHANGE)
)
PUBLISH_EVENTS: Final = Product(
    PublishEvents,
    STRING,
    STRING,
    U64,
    STRING,
    Array(Product(OwnEvent, STRING, STRING, _OPTIONAL, I64, _OPTIONAL)),
)
_VERSION_ARGS = Product(
    VersionArgs, STRING, _TEXTS, STRING, U64, I64, STRING, _OPTIONAL, STRING, STRING, STRING
)
APPLY_AND_COMMIT: Final = Product(
    ApplyAndCommit,
    STRING,
    STRING,
    _OPTIONAL,
    _OPTIONAL,
    STRING,
    U64,
    Array(_CHANGE),
    U64,
    _VERSION_ARGS,
    BYTES,
)
COMMIT_VERSION: Final = Product(CommitVersion, _VERSION_ARGS, BYTES, STRING, U64)
_ENTITY_STATE = Option(Product(EntityState, STRING, STRING, _ENTITY_META, I64, I64, U64))
_RELATION_STATE = Option(
    Product(RelationState, STRING, STRING, STRING, STRING, _RELATION_META, I64, I64, U64)
)
_STEP = Sum(
    Entity=Product(Step, _ENTITY_STATE, _ENTITY_STATE),
    Relation=Product(Step, _RELATION_STATE, _RELATION_STATE),
)
MOVE_BRANCH: Final = Product(
    MoveBranch, STRING, STRING, _OPTIONAL, _OPTIONAL, STRING, Array(_STEP), STRING, U64
)
SET_TAG: Final = Product(SetTag, *_NAMED)

_REDUCERS: Final[Mapping[str, Product[Any]]] = {
    "apply_batch": APPLY_BATCH,
    "apply_and_commit": APPLY_AND_COMMIT,
    "move_branch": MOVE_BRANCH,
    "publish_events": PUBLISH_EVENTS,
    "commit_version": COMMIT_VERSION,
    "set_tag": SET_TAG,
}


def check_schema(schema: Mapping[str, Any], where: str) -> None:
    """Refuse a database whose tables or reducers are not those above.

    Parameters
    ----------
    schema : mapping
        As the server describes it.
    where : str
        The address, for the error.

    Raises
    ------
    ModuleMismatchError
        When a table or reducer is missing or has another type.
    """
    tables, reducers = read_schema(schema, where)
    for kind, ours, found in (("table", TABLES, tables), ("reducer", _REDUCERS, reducers)):
        for name, expected in ours.items():
            if name not in found:
                raise ModuleMismatchError(
                    f"{where}: the database has no {kind} {name!r}, so it does not run the "
                    f"nerv-lab module; publish it with publish_module, or choose another database"
                )
            if found[name] != expected.shape():
                raise ModuleMismatchError(
                    f"{where}: the {kind} {name!r} is not that of module version "
                    f"{MODULE_VERSION}; update nerv-lab, or publish its module again"
                )


Shapes = dict[str, Any]


def read_schema(schema: Mapping[str, Any], where: str) -> tuple[Shapes, Shapes]:
    """Return the types of a database's tables and of its reducers' arguments, by name.

    Each is described as `Codec.shape` describes ours.

    Raises
    ------
    ModuleMismatchError
        When the description cannot be understood.
    """
    try:
        types = schema["typespace"]["types"]
        tables = {
            table["name"]: _shape({"Ref": table["product_type_ref"]}, types, _DEPTH)
            for table in schema["tables"]
        }
        reducers = {
            reducer["name"]: _shape({"Product": reducer["params"]}, types, _DEPTH)
            for reducer in schema["reducers"]
        }
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ModuleMismatchError(
            f"{where}: the server describes the database in a way that is not understood "
            f"({type(error).__name__}: {error}); use a server of 1.2 or a newer nerv-lab"
        ) from None
    return tables, reducers


_DEPTH = 16


def _shape(given: Any, types: list[Any], room: int) -> Any:
    """Return the description of a type that the server gave, as `Codec.shape` returns ours."""
    if room == 0:
        raise ValueError("types nest too deep")
    ((kind, inner),) = given.items()
    if kind == "Ref":
        return _shape(types[inner], types, room - 1)
    if kind == "Array":
        return ("Array", _shape(inner, types, room - 1))
    if kind == "Product":
        return ("Product", _members(inner["elements"], types, room))
    if kind == "Sum":
        return ("Sum", _members(inner["variants"], types, room))
    return str(kind)


def _members(listed: Any, types: list[Any], room: int) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (str(member["name"]["some"]), _shape(member["algebraic_type"], types, room - 1))
        for member in listed
    )
