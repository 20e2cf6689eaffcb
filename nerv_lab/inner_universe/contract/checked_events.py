"""Events of the user's own, checked before they are written, and told from those that are there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from typing import Any

from msgspec.structs import force_setattr

from nerv_lab.core.checks import checked_name, checked_text
from nerv_lab.core.errors import DuplicateIdError, ValidationError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES
from nerv_lab.core.limits import MAX_BYTES, MAX_CHANGES, check_count, check_text
from nerv_lab.core.values import ReadOnlyDict, encode, freeze

__all__ = ["CheckedEvents", "bounded_text", "check_same", "checked_event", "checked_events"]

# Only apply and commit_version write these: a state is rebuilt from them.
_RESERVED = CHANGE_EVENT_TYPES | {
    EventType.STATE_VERSION_COMMITTED,
    EventType.BRANCH_MOVED,
    EventType.HISTORY_PRUNED,
}
_MAX_SECONDS = 253_402_300_800.0  # the year 10000, where datetime ends


class CheckedEvents(list[Event]):
    """Events that `checked_event` returned, and that nobody else holds.

    Attributes
    ----------
    payloads : list of str or None
        The canonical JSON of each one's data.
    """

    __slots__ = ("payloads",)

    def __init__(self) -> None:
        self.payloads: list[str | None] = []

    def take(self, event: Event, payload: str | None) -> None:
        """Append what `checked_event` returned."""
        self.append(event)
        self.payloads.append(payload)


def checked_events(events: Iterable[Event]) -> CheckedEvents:
    """Return the user's own events with their payloads frozen and times exact to the microsecond.

    Raises
    ------
    ValidationError
        When an event is not valid, or has a type that is reserved.
    """
    if isinstance(events, CheckedEvents):
        return events
    checked = CheckedEvents()
    for event in events:
        checked.take(*checked_event(event))
    check_count("events", len(checked), MAX_CHANGES, "events")
    return checked


def checked_event(event: Event, *, fresh: bool = False) -> tuple[Event, str | None]:
    """Return one such event, and the canonical JSON of its payload.

    Parameters
    ----------
    event : Event
        What somebody gave, of which a copy is made.
    fresh : bool
        It comes from `new_event`, which has checked most of it, and nobody else holds it.

    Raises
    ------
    ValidationError
        When it is not valid, or has a type that is reserved.
    """
    if fresh:
        _refuse_reserved(event.type)
        source = bounded_text(event.source, "source")
        force_setattr(event, "source", source)
        force_setattr(event, "timestamp", _exact(event.timestamp))
        return event, _payload(event.data)
    kind = checked_name(_type_name(event.type), "event_type")
    _refuse_reserved(kind)
    if not math.isfinite(event.timestamp) or not 0 <= event.timestamp < _MAX_SECONDS:
        raise ValidationError("timestamp", "must be seconds since the epoch, before the year 10000")
    data = _checked_data(event.data)
    checked = Event(
        checked_name(event.id, "event_id"),
        kind,
        data,
        _exact(event.timestamp),
        bounded_text(event.source, "source"),
        event.seq,
        event.origin_id,
        event.origin_seq,
        event.actor,
        checked_name(event.branch, "branch"),
    )
    return checked, _payload(data)


def _type_name(kind: object) -> object:
    if type(kind) is not str and isinstance(kind, Enum):
        return kind.value if isinstance(kind.value, str) else kind.name
    return kind


def _exact(seconds: float) -> float:
    """Return a time as the log keeps it, which counts microseconds."""
    return round(seconds * 1_000_000) / 1_000_000


def _refuse_reserved(kind: str) -> None:
    if kind in _RESERVED:
        raise ValidationError(
            "event_type", f"{kind} is written by apply and commit_version; choose another name"
        )


def _checked_data(data: Any) -> ReadOnlyDict | None:
    if data is None:
        return None
    frozen = freeze(data, "data")
    if not isinstance(frozen, ReadOnlyDict):
        raise ValidationError("data", f"must be a dict or None, not {type(data).__name__}")
    return frozen


def _payload(data: object) -> str | None:
    if data is None:
        return None
    payload = encode(data)
    if len(payload) > MAX_BYTES:
        raise ValidationError(
            "data", f"takes {len(payload)} bytes; at most {MAX_BYTES} are allowed"
        )
    return payload.decode()


def bounded_text(value: object, field: str) -> str | None:
    """Return a text, or None.

    Raises
    ------
    ValidationError
        It is neither, or too long.
    """
    if isinstance(value, str):
        check_text(field, value)
    return checked_text(value, field)


def check_same(stored: Event, event: Event) -> None:
    """Refuse an event whose id the log holds for another one.

    Raises
    ------
    DuplicateIdError
        When type, source, branch or payload differ.
    """
    if _fingerprint(stored) != _fingerprint(event):
        raise DuplicateIdError("event", event.id)


def _fingerprint(event: Event) -> tuple[object, ...]:
    data = None if event.type in _RESERVED else encode(event.data)
    return event.type, event.source, event.branch, data
