"""What a queued write asks of the server: the reducer and its arguments."""

from __future__ import annotations

from nerv_lab.inner_universe.contract.checked_events import checked_events
from nerv_lab.inner_universe.contract.writing import Batch
from nerv_lab.inner_universe.outbox.writes import QueuedWrite
from nerv_lab.inner_universe.spacetime.module.calls import (
    UNCHECKED,
    apply_args,
    commit_args,
    move_args,
    publish_args,
    tag_args,
)
from nerv_lab.inner_universe.spacetime.module.rows import own_event

__all__ = ["batch_of_write", "request_of"]


def batch_of_write(write: QueuedWrite) -> Batch:
    """Return the batch of a write that has changes."""
    return Batch(write.id, write.changes, write.reason, write.source, write.branch, True)


def request_of(
    write: QueuedWrite, origin_id: str, origin_seq: int = UNCHECKED
) -> tuple[str, bytes]:
    """Return the reducer of a write that needs no look at the log, and its arguments."""
    if write.kind == "publish":
        events = checked_events(write.events)
        rows = [own_event(*pair) for pair in zip(events, events.payloads, strict=True)]
        return "publish_events", publish_args(write.id, write.branch, rows, origin_id, origin_seq)
    if write.move is not None:
        return "move_branch_as_read", move_args(write.move, origin_id, origin_seq)
    if write.tag is not None:
        return "set_tag", tag_args(write.tag.name, write.tag.to)
    if write.kind == "apply":
        return "apply_batch", apply_args(batch_of_write(write), origin_id, origin_seq)
    assert write.version is not None
    return "commit_version", commit_args(write.version, write.delta, origin_id, origin_seq)
