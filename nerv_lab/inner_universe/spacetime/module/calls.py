"""What the module's reducers are called with, as bytes that fit into a message."""

from __future__ import annotations

from collections.abc import Iterable, Sized

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.permissions import Grant
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.versions import Version
from nerv_lab.core.limits import MAX_MESSAGE, MAX_SENT_CHANGES
from nerv_lab.inner_universe.contract.records import BranchMove
from nerv_lab.inner_universe.contract.writing import Batch
from nerv_lab.inner_universe.spacetime.bsatn import Variant
from nerv_lab.inner_universe.spacetime.module.arguments import (
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
from nerv_lab.inner_universe.spacetime.module.change_calls import change_call
from nerv_lab.inner_universe.spacetime.module.rows import (
    entity_meta,
    marks_text,
    relation_meta,
    version_args,
)

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
        [change_call(change) for change in batch.changes],
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
        [change_call(change) for change in batch.changes],
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
