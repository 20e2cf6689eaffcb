"""Events: what happened, as the log keeps it and the bus delivers it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

__all__ = ["DEFAULT_BRANCH", "Event", "EventType", "Message"]

DEFAULT_BRANCH = "main"


class EventType(StrEnum):
    """The types nerv-lab itself publishes; any other string is a user's own event."""

    ENTITY_CREATED = "ENTITY_CREATED"
    ENTITY_UPDATED = "ENTITY_UPDATED"
    ENTITY_DELETED = "ENTITY_DELETED"
    RELATION_CREATED = "RELATION_CREATED"
    RELATION_UPDATED = "RELATION_UPDATED"
    RELATION_DELETED = "RELATION_DELETED"
    STATE_VERSION_COMMITTED = "STATE_VERSION_COMMITTED"
    BRANCH_MOVED = "BRANCH_MOVED"
    HISTORY_PRUNED = "HISTORY_PRUNED"
    CLIENT_CONNECTED = "CLIENT_CONNECTED"
    CLIENT_DISCONNECTED = "CLIENT_DISCONNECTED"
    SYSTEM_INITIALIZED = "SYSTEM_INITIALIZED"


@dataclass(frozen=True, slots=True)
class Message:
    """What a subscriber of the event log is handed, in the integration guide's shape.

    Attributes
    ----------
    id, type : str
        Identity and type of the event.
    source : str or None
        Who published it.
    timestamp : float
        Seconds since the epoch, UTC.
    data : mapping or None
        The payload.
    seq : int or None
        Position in the log; None while the event is not confirmed.
    """

    id: str
    type: str
    source: str | None = None
    timestamp: float = 0.0
    data: Mapping[str, Any] | None = None
    seq: int | None = None


class Event(Struct, frozen=True, weakref=True):
    """One entry of the event log.

    Attributes
    ----------
    id, type : str
        Client-made identity and type.
    data : mapping or None
        The payload. Changes of the graph carry ``old`` and ``new`` records.
    timestamp : float
        Seconds since the epoch, UTC, exact to the microsecond.
    source : str or None
        Who published it, in the user's words.
    seq : int or None
        Gapless position in the store's log; None while not confirmed.
    origin_id, origin_seq : str, int or None
        The client that wrote it and that client's own count.
    actor : str or None
        The identity on whose behalf it was written.
    branch : str
        The branch it happened on.
    batch_id : str or None
        The transaction it was written in; None while not confirmed.
    """

    id: str
    type: str
    data: Mapping[str, Any] | None = None
    timestamp: float = field(default_factory=time.time)
    source: str | None = None
    seq: int | None = None
    origin_id: str | None = None
    origin_seq: int | None = None
    actor: str | None = None
    branch: str = DEFAULT_BRANCH
    batch_id: str | None = None

    def to_message(self) -> Message:
        """Return the event in the shape of the integration guide."""
        return Message(self.id, self.type, self.source, self.timestamp, self.data, self.seq)
