"""Changes of the graph, as the module's reducers take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import fields
from typing import Any, assert_never

from nerv_lab.core.changes import (
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
from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.item_changes import ItemChange
from nerv_lab.core.limits import MAX_MESSAGE, MAX_SENT_CHANGES
from nerv_lab.core.model import Entity, EntityMetadata, Item, RelationMetadata
from nerv_lab.core.permissions import Grant
from nerv_lab.core.pruning import PruneStep
from nerv_lab.core.versions import Version
from nerv_lab.inner_universe.records import BranchMove
from nerv_lab.inner_universe.spacetime.arguments import (
    APPLY_AND_COMMIT,
    APPLY_BATCH,
    COMMIT_VERSION,
    GRANT,
    MOVE_BRANCH,
    PRUNE,
    PUBLISH_EVENTS,
    SET_CONFIG,
    SET_TAG,
    ApplyAndCommit,
    ApplyBatch,
    BridgeArgs,
    CommitVersion,
    EntityState,
    GrantArgs,
    MoveBranch,
    OwnEvent,
    Prune,
    PublishEvents,
    RelationState,
    SetConfig,
    SetTag,
    Step,
)
from nerv_lab.inner_universe.spacetime.bsatn import Variant
from nerv_lab.inner_universe.spacetime.change_arguments import ChangeCall
from nerv_lab.inner_universe.spacetime.rows import (
    entity_meta,
    json_text,
    marks_text,
    relation_meta,
    version_args,
)
from nerv_lab.inner_universe.spacetime.schema import Patch
from nerv_lab.inner_universe.writing import Batch

__all__ = [
    "UNCHECKED",
    "apply_and_commit_args",
    "apply_args",
    "check_sent",
    "commit_args",
    "config_args",
    "grant_args",
    "item_state",
    "move_args",
    "prune_args",
    "publish_args",
    "sized",
    "tag_args",
]

# What a message holds besides the arguments.
_ROOM = 1024
UNCHECKED = 0
"""Stands for "do not check my count": writes that are sent side by side have no fixed order."""


def apply_args(batch: Batch, origin_id: str, origin_seq: int = UNCHECKED) -> bytes:
    """Return the arguments of `apply_batch`.

    Raises
    ------
    ValidationError
        When a change is refused before it is sent, or there are too many, or too large ones, to
        send at once.
    """
    check_sent("changes", batch.changes)
    call = ApplyBatch(
        batch.id,
        batch.branch,
        batch.reason,
        batch.source,
        origin_id,
        origin_seq,
        [_wire(change) for change in batch.changes],
    )
    return sized("changes", APPLY_BATCH.encode(call))


def apply_and_commit_args(
    batch: Batch,
    origin_id: str,
    expected_seq: int,
    version: Version,
    delta: bytes,
    origin_seq: int = UNCHECKED,
) -> bytes:
    """Return the arguments of `apply_and_commit`.

    Parameters
    ----------
    batch : Batch
        What to do.
    origin_id : str
        Who writes.
    expected_seq : int
        The position that the log must be at.
    origin_seq : int
        The writer's own count of the first event, which the server then checks.
    version, delta : Version and bytes
        The state it leads to.

    Raises
    ------
    ValidationError
        When a change is refused before it is sent, or there are too many, or too large ones, to
        send at once.
    """
    check_sent("changes", batch.changes)
    call = ApplyAndCommit(
        batch.id,
        batch.branch,
        batch.reason,
        batch.source,
        origin_id,
        origin_seq,
        [_wire(change) for change in batch.changes],
        expected_seq,
        version_args(version),
        delta,
    )
    return sized("changes", APPLY_AND_COMMIT.encode(call))


def publish_args(
    batch_id: str,
    branch: str,
    events: list[OwnEvent],
    origin_id: str,
    origin_seq: int = UNCHECKED,
) -> bytes:
    """Return the arguments of `publish_events`.

    Raises
    ------
    ValidationError
        When the events are too many or too large to send at once.
    """
    check_sent("events", events)
    call = PublishEvents(batch_id, origin_id, origin_seq, branch, events)
    return sized("events", PUBLISH_EVENTS.encode(call))


def commit_args(
    version: Version, delta: bytes, origin_id: str, origin_seq: int = UNCHECKED
) -> bytes:
    """Return the arguments of `commit_version`.

    Raises
    ------
    ValidationError
        When the delta is too large to send.
    """
    call = CommitVersion(version_args(version), delta, origin_id, origin_seq)
    return sized("delta", COMMIT_VERSION.encode(call))


def move_args(move: BranchMove, origin_id: str, origin_seq: int = UNCHECKED) -> bytes:
    """Return the arguments of `move_branch_as_read`.

    Raises
    ------
    ValidationError
        When the changes are too large to send.
    """
    steps = _steps(move.changes)
    ends = (move.expected, move.to, move.rows_of, move.read_at)
    call = MoveBranch(move.id, move.name, *ends, steps, origin_id, origin_seq)
    return sized("changes", MOVE_BRANCH.encode(call))


def prune_args(batch_id: str, step: PruneStep, origin_id: str) -> bytes:
    """Return the arguments of `prune`.

    Raises
    ------
    ValidationError
        When the step is too large to send.
    """
    call = Prune(
        batch_id,
        origin_id,
        step.seq,
        step.generation,
        list(step.versions),
        [BridgeArgs(b.version_id, b.base, b.delta, b.digest) for b in step.bridges],
        step.top,
        _steps(step.changes),
        step.floor,
        marks_text(step.marks),
    )
    return sized("step", PRUNE.encode(call))


def config_args(name: str, value: str) -> bytes:
    """Return the arguments of `set_config`."""
    return SET_CONFIG.encode(SetConfig(name, value))


def grant_args(grant: Grant) -> bytes:
    """Return the arguments of `grant`."""
    return GRANT.encode(GrantArgs(grant.grantee, grant.role, grant.action, grant.item_type))


def _steps(changes: Iterable[ItemChange]) -> list[Variant]:
    return [
        Variant(
            1 if change.key.startswith("r:") else 0, Step(_state(change.old), _state(change.new))
        )
        for change in changes
    ]


def _state(item: Item | None) -> EntityState | RelationState | None:
    return None if item is None else item_state(item)


def item_state(item: Item) -> EntityState | RelationState:
    """Return an item with its times and revision as the module takes it."""
    moments = (item.created_at, item.updated_at, item.revision)
    if isinstance(item, Entity):
        return EntityState(item.id, item.type, entity_meta(item.metadata), *moments)
    ends = (item.from_entity, item.to_entity)
    return RelationState(item.id, *ends, item.type, relation_meta(item.metadata), *moments)


def tag_args(name: str, version_id: str) -> bytes:
    """Return the arguments of `set_tag`."""
    return SET_TAG.encode(SetTag(name, version_id))


def check_sent(field: str, listed: Sized) -> None:
    """Refuse more changes or events than a server is asked to make at once.

    It answers nobody while it makes them, takes gigabytes of memory for a million, and tells
    everybody of all of them in one message: connections break before the answer is there.

    Raises
    ------
    ValidationError
        When there are more.
    """
    if len(listed) > MAX_SENT_CHANGES:
        raise ValidationError(
            field,
            f"has {len(listed)} {field}; a server takes at most {MAX_SENT_CHANGES} at once, since "
            f"it answers nobody while it makes them, so split them",
        )


def sized(field: str, args: bytes) -> bytes:
    """Return arguments that a server takes in one message.

    Raises
    ------
    ValidationError
        When they are too large.
    """
    if len(args) > MAX_MESSAGE - _ROOM:
        raise ValidationError(
            field,
            f"take {len(args)} bytes; a server takes at most {MAX_MESSAGE} at once, so split them",
        )
    return args


def _wire(change: Change) -> Variant:
    match change:
        case CreateEntity():
            name = checked_name(change.type, "type")
            fields_ = (checked_name(change.id, "id"), name, entity_meta(change.metadata))
            return Variant(ChangeCall.CREATE_ENTITY, fields_)
        case UpdateEntity():
            return Variant(ChangeCall.UPDATE_ENTITY, _entity_update(change))
        case DeleteEntity():
            return Variant(ChangeCall.DELETE_ENTITY, (_id(change), bool(change.cascade)))
        case CreateRelation():
            return Variant(
                ChangeCall.CREATE_RELATION,
                (
                    checked_name(change.id, "id"),
                    checked_name(change.from_entity, "from_entity"),
                    checked_name(change.to_entity, "to_entity"),
                    checked_name(change.type, "type"),
                    relation_meta(change.metadata),
                ),
            )
        case UpdateRelation():
            return Variant(ChangeCall.UPDATE_RELATION, _relation_update(change))
        case DeleteRelation():
            return Variant(ChangeCall.DELETE_RELATION, (_id(change),))
        case RestoreEntity(entity=entity):
            meta = entity_meta(entity.metadata)
            kept = (entity.created_at, entity.revision)
            return Variant(ChangeCall.RESTORE_ENTITY, (entity.id, entity.type, meta, *kept))
        case RestoreRelation(relation=relation):
            ends = (relation.from_entity, relation.to_entity)
            known = relation_meta(relation.metadata)
            return Variant(
                ChangeCall.RESTORE_RELATION,
                (
                    relation.id,
                    *ends,
                    relation.type,
                    known,
                    relation.created_at,
                    relation.revision,
                ),
            )
        case _:
            assert_never(change)


def _id(change: UpdateEntity | UpdateRelation | DeleteEntity | DeleteRelation) -> str:
    # An id that could not exist is asked for all the same, so that it is not found.
    return str(change.id)


def _entity_update(change: UpdateEntity) -> tuple[Any, ...]:
    given = _given(change)
    known = EntityMetadata(
        **{name: given[name] for name in ("name", "description", "tags") if name in given},
        properties=_values(change.properties),
    )
    return (
        _id(change),
        _type(given),
        (known.name,) if "name" in given else None,
        (known.description,) if "description" in given else None,
        list(known.tags) if "tags" in given else None,
        _patches(change.properties, known.properties),
    )


def _relation_update(change: UpdateRelation) -> tuple[Any, ...]:
    given = _given(change)
    names = ("description", "strength", "bidirectional", "tags")
    known = RelationMetadata(
        **{name: given[name] for name in names if name in given},
        properties=_values(change.properties),
    )
    return (
        _id(change),
        _type(given),
        (known.description,) if "description" in given else None,
        known.strength if "strength" in given else None,
        known.bidirectional if "bidirectional" in given else None,
        list(known.tags) if "tags" in given else None,
        _patches(change.properties, known.properties),
    )


def _given(change: UpdateEntity | UpdateRelation) -> dict[str, Any]:
    values = ((field.name, getattr(change, field.name)) for field in fields(change))
    return {name: value for name, value in values if value is not UNSET}


def _type(given: Mapping[str, Any]) -> str | None:
    return checked_name(given["type"], "type") if "type" in given else None


def _values(patch: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(patch, Mapping):
        raise ValidationError("properties", f"must be a dict, not {type(patch).__name__}")
    return {name: value for name, value in patch.items() if value is not REMOVE}


def _patches(patch: Mapping[str, Any], values: Mapping[str, Any]) -> list[Patch]:
    removed = [Patch(name, None) for name, value in patch.items() if value is REMOVE]
    return [*removed, *(Patch(name, json_text(values[name])) for name in sorted(values))]
