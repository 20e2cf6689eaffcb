"""Ids made by the client, so that every write can be repeated without harm."""

from __future__ import annotations

import uuid_utils

__all__ = ["new_id"]


def new_id() -> str:
    """Return a new UUIDv7: unique everywhere, and in the order of its making within a process."""
    return str(uuid_utils.uuid7())
