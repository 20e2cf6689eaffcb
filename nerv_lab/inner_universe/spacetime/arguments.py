"""The arguments of our module's reducers, as types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from nerv_lab.inner_universe.spacetime.bsatn import (
    BOOL,
    BYTES,
    F64,
    I64,
    STRING,
    U64,
    Array,
    Codec,
    Option,
    Product,
    Sum,
    Variant,
)
from nerv_lab.inner_universe.spacetime.schema import (
    ENTITY_META,
    OPTIONAL,
    PATCHES,
    RELATION_META,
    TEXTS,
    EntityMeta,
    Patch,
    RelationMeta,
)

__all__ = [
    "APPLY_AND_COMMIT",
    "APPLY_BATCH",
    "CLAIM",
    "COMMIT_VERSION",
    "ENTITY_STATE",
    "GRANT",
    "MOVE_BRANCH",
    "PRUNE",
    "PUBLISH_EVENTS",
    "REDUCERS",
    "RELATION_STATE",
    "REVOKE",
    "SET_CONFIG",
    "SET_TAG",
    "VERSION_ARGS",
    "ApplyAndCommit",
    "ApplyBatch",
    "BridgeArgs",
    "ChangeCall",
    "Claim",
    "CommitVersion",
    "EntityState",
    "GrantArgs",
    "MoveBranch",
    "OwnEvent",
    "Prune",
    "PublishEvents",
    "RelationState",
    "Revoke",
    "SetConfig",
    "SetTag",
    "Step",
    "VersionArgs",
]


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

    _inner: Codec[str | None] = OPTIONAL

    def __init__(self) -> None:
        self.least = 1

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        if data[at]:
            return None, at + 1
        value, at = self._inner.read(data, at + 1)
        return (value,), at

    def write(self, out: bytearray, value: Any) -> None:
        out.append(1 if value is None else 0)
        if value is not None:
            self._inner.write(out, value[0])

    def shape(self) -> Any:
        return Option(self._inner).shape()


_GIVEN = _Given()
_CHANGE = Sum(
    CreateEntity=Product(_CreateEntity, STRING, STRING, ENTITY_META),
    UpdateEntity=Product(_UpdateEntity, STRING, OPTIONAL, _GIVEN, _GIVEN, Option(TEXTS), PATCHES),
    DeleteEntity=Product(_DeleteEntity, STRING, BOOL),
    CreateRelation=Product(_CreateRelation, STRING, STRING, STRING, STRING, RELATION_META),
    UpdateRelation=Product(
        _UpdateRelation,
        STRING,
        OPTIONAL,
        _GIVEN,
        Option(F64),
        Option(BOOL),
        Option(TEXTS),
        PATCHES,
    ),
    DeleteRelation=Product(_DeleteRelation, STRING),
    RestoreEntity=Product(_RestoreEntity, STRING, STRING, ENTITY_META, I64, U64),
    RestoreRelation=Product(
        _RestoreRelation, STRING, STRING, STRING, STRING, RELATION_META, I64, U64
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


class BridgeArgs(NamedTuple):
    """A bridge to put in place."""

    version_id: str
    base: str
    delta: bytes
    digest: str


class Prune(NamedTuple):
    """Arguments of `prune`."""

    batch_id: str
    origin_id: str
    expected_seq: int
    generation: int
    versions: list[str]
    bridges: list[BridgeArgs]
    top: str | None
    changes: list[Variant]
    floor: int
    marks: str


class SetConfig(NamedTuple):
    """Arguments of `set_config`."""

    name: str
    value: str


APPLY_BATCH: Final = Product(
    ApplyBatch, STRING, STRING, OPTIONAL, OPTIONAL, STRING, U64, Array(_CHANGE)
)
PUBLISH_EVENTS: Final = Product(
    PublishEvents,
    STRING,
    STRING,
    U64,
    STRING,
    Array(Product(OwnEvent, STRING, STRING, OPTIONAL, I64, OPTIONAL)),
)
VERSION_ARGS: Final = Product(
    VersionArgs, STRING, TEXTS, STRING, U64, I64, STRING, OPTIONAL, STRING, STRING, STRING
)
APPLY_AND_COMMIT: Final = Product(
    ApplyAndCommit,
    STRING,
    STRING,
    OPTIONAL,
    OPTIONAL,
    STRING,
    U64,
    Array(_CHANGE),
    U64,
    VERSION_ARGS,
    BYTES,
)
COMMIT_VERSION: Final = Product(CommitVersion, VERSION_ARGS, BYTES, STRING, U64)
ENTITY_STATE: Final = Product(EntityState, STRING, STRING, ENTITY_META, I64, I64, U64)
RELATION_STATE: Final = Product(
    RelationState, STRING, STRING, STRING, STRING, RELATION_META, I64, I64, U64
)
_STEP = Sum(
    Entity=Product(Step, Option(ENTITY_STATE), Option(ENTITY_STATE)),
    Relation=Product(Step, Option(RELATION_STATE), Option(RELATION_STATE)),
)
MOVE_BRANCH: Final = Product(
    MoveBranch, STRING, STRING, OPTIONAL, OPTIONAL, STRING, Array(_STEP), STRING, U64
)
SET_TAG: Final = Product(SetTag, STRING, STRING)
PRUNE: Final = Product(
    Prune,
    STRING,
    STRING,
    U64,
    U64,
    TEXTS,
    Array(Product(BridgeArgs, STRING, STRING, BYTES, STRING)),
    OPTIONAL,
    Array(_STEP),
    U64,
    STRING,
)
SET_CONFIG: Final = Product(SetConfig, STRING, STRING)


class GrantArgs(NamedTuple):
    """The arguments of `grant`."""

    grantee: str
    role: str
    action: str
    item_type: str


class Revoke(NamedTuple):
    """The arguments of `revoke`."""

    permission_id: int


class Claim(NamedTuple):
    """The arguments of `claim`: none."""


CLAIM = Product(Claim)
GRANT = Product(GrantArgs, STRING, STRING, STRING, STRING)
REVOKE = Product(Revoke, U64)

REDUCERS: Final[Mapping[str, Product[Any]]] = {
    "apply_batch": APPLY_BATCH,
    "apply_and_commit": APPLY_AND_COMMIT,
    "move_branch": MOVE_BRANCH,
    "publish_events": PUBLISH_EVENTS,
    "commit_version": COMMIT_VERSION,
    "set_tag": SET_TAG,
    "prune": PRUNE,
    "set_config": SET_CONFIG,
    "claim": CLAIM,
    "grant": GRANT,
    "revoke": REVOKE,
}
"""The arguments of each reducer that the client calls."""
