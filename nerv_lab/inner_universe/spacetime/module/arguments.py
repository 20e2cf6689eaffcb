"""The arguments of our module's reducers, as types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from nerv_lab.inner_universe.spacetime.bsatn import (
    BYTES,
    I64,
    STRING,
    U64,
    Array,
    Option,
    Product,
    Sum,
    Variant,
)
from nerv_lab.inner_universe.spacetime.module.change_arguments import CHANGE
from nerv_lab.inner_universe.spacetime.module.schema import (
    ENTITY_META,
    OPTIONAL,
    RELATION_META,
    TEXTS,
    EntityMeta,
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


class EntityState(NamedTuple):
    """An entity with its times and revision."""

    id: str
    entity_type: str
    metadata: EntityMeta
    created_at: int
    updated_at: int
    revision: int


ENTITY_STATE: Final = Product(EntityState, STRING, STRING, ENTITY_META, I64, I64, U64)


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


RELATION_STATE: Final = Product(
    RelationState, STRING, STRING, STRING, STRING, RELATION_META, I64, I64, U64
)


class Step(NamedTuple):
    """An item before and after."""

    old: EntityState | RelationState | None
    new: EntityState | RelationState | None


_STEP = Sum(
    Entity=Product(Step, Option(ENTITY_STATE), Option(ENTITY_STATE)),
    Relation=Product(Step, Option(RELATION_STATE), Option(RELATION_STATE)),
)


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


VERSION_ARGS: Final = Product(
    VersionArgs, STRING, TEXTS, STRING, U64, I64, STRING, OPTIONAL, STRING, STRING, STRING
)


class ApplyBatch(NamedTuple):
    """Arguments of `apply_batch`."""

    batch_id: str
    branch: str
    reason: str | None
    source: str | None
    origin_id: str
    origin_seq: int
    changes: list[Variant]


APPLY_BATCH: Final = Product(
    ApplyBatch, STRING, STRING, OPTIONAL, OPTIONAL, STRING, U64, Array(CHANGE)
)


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


APPLY_AND_COMMIT: Final = Product(
    ApplyAndCommit,
    STRING,
    STRING,
    OPTIONAL,
    OPTIONAL,
    STRING,
    U64,
    Array(CHANGE),
    U64,
    VERSION_ARGS,
    BYTES,
)


class OwnEvent(NamedTuple):
    """An event of the user's own; its data canonical JSON, its time in microseconds."""

    event_id: str
    event_type: str
    source: str | None
    timestamp: int
    data: str | None


class PublishEvents(NamedTuple):
    """Arguments of `publish_events`."""

    batch_id: str
    origin_id: str
    origin_seq: int
    branch: str
    events: list[OwnEvent]


PUBLISH_EVENTS: Final = Product(
    PublishEvents,
    STRING,
    STRING,
    U64,
    STRING,
    Array(Product(OwnEvent, STRING, STRING, OPTIONAL, I64, OPTIONAL)),
)


class CommitVersion(NamedTuple):
    """Arguments of `commit_version`."""

    version: VersionArgs
    delta: bytes
    origin_id: str
    origin_seq: int


COMMIT_VERSION: Final = Product(CommitVersion, VERSION_ARGS, BYTES, STRING, U64)


class MoveBranch(NamedTuple):
    """Arguments of `move_branch_as_read`."""

    move_id: str
    name: str
    expected: str | None
    to: str | None
    rows_of: str
    read_at: int
    changes: list[Variant]
    origin_id: str
    origin_seq: int


MOVE_BRANCH: Final = Product(
    MoveBranch, STRING, STRING, OPTIONAL, OPTIONAL, STRING, U64, Array(_STEP), STRING, U64
)


class SetTag(NamedTuple):
    """Arguments of `set_tag`."""

    name: str
    version_id: str


SET_TAG: Final = Product(SetTag, STRING, STRING)


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


class SetConfig(NamedTuple):
    """Arguments of `set_config`."""

    name: str
    value: str


SET_CONFIG: Final = Product(SetConfig, STRING, STRING)


class GrantArgs(NamedTuple):
    """The arguments of `grant`."""

    grantee: str
    role: str
    action: str
    item_type: str


GRANT: Final = Product(GrantArgs, STRING, STRING, STRING, STRING)


class Revoke(NamedTuple):
    """The arguments of `revoke`."""

    permission_id: int


REVOKE: Final = Product(Revoke, U64)


class Claim(NamedTuple):
    """The arguments of `claim`: none."""


CLAIM: Final = Product(Claim)


REDUCERS: Final[Mapping[str, Product[Any]]] = {
    "apply_batch": APPLY_BATCH,
    "apply_and_commit": APPLY_AND_COMMIT,
    "move_branch_as_read": MOVE_BRANCH,
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
