"""Ids made by the client, so that every write can be repeated without harm."""

from __future__ import annotations

import uuid_utils

__all__ = ["batch_of", "event_id", "new_id"]


def new_id() -> str:
    """Return a new UUIDv7: unique everywhere, and in the order of its making within a process."""
    return str(uuid_utils.uuid7())


def event_id(batch_id: str, index: int) -> str:
    """Return the id of one event of a batch, the same whenever the batch is sent."""
    return f"{batch_id}.{index}"


def batch_of(event_id: str) -> str:
    """Return the id of the batch that an event of the graph belongs to."""
    return event_id.rpartition(".")[0]
