"""What every store of ours does with a write before it touches its data."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple, get_args

from msgspec.structs import force_setattr

from nerv_lab.core.change_events import ChangeEvent, change_in
from nerv_lab.core.changes import Change
from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import DuplicateIdError, IntegrityError, ValidationError
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.item_changes import CHANGE_EVENT_TYPES, ItemChange
from nerv_lab.core.limits import MAX_BYTES, MAX_CHANGES, MAX_RECORD, check_count, check_text
from nerv_lab.core.model import Entity
from nerv_lab.core.rules import Reader
from nerv_lab.core.values import ReadOnlyDict, ReadOnlyList, encode, freeze
from nerv_lab.core.versions import Version, version_digest
from nerv_lab.inner_universe.ids import event_id
from nerv_lab.inner_universe.records import BranchMove

__all__ = [
    "ROW_EVENTS",
    "Batch",
    "CheckedEvents",
    "Origin",
    "Place",
    "branch_event",
    "change_events",
    "change_of",
    "check_place",
    "check_same",
    "check_start",
    "checked_batch",
    "checked_event",
    "checked_events",
    "checked_move",
    "checked_version",
    "now_us",
    "placed",
    "version_event",
]

# Only apply and commit_version write these: a state is rebuilt from them.
_RESERVED = CHANGE_EVENT_TYPES | {
    EventType.STATE_VERSION_COMMITTED,
    EventType.BRANCH_MOVED,
    EventType.HISTORY_PRUNED,
}
_CHANGE_TYPES = get_args(Change)
ROW_EVENTS: Final = CHANGE_EVENT_TYPES | {EventType.BRANCH_MOVED}
"""Types of the events after which their branch has other rows."""
_MAX_SECONDS = 253_402_300_800.0  # the year 10000, where datetime ends


@dataclass(frozen=True, slots=True)
class Origin:
    """Who writes.

    Attributes
    ----------
    id : str
        The client.
    actor : str or None
        The identity on whose behalf it writes.
    """

    id: str
    actor: str | None = None


class Place(NamedTuple):
    """Where in the log, and among the events of who writes them, some events begin."""

    seq: int
    origin_seq: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Batch:
    """A checked request to change the graph.

    Attributes
    ----------
    repeatable : bool
        Whether the id came from the caller, so that the batch may be in the log already.
    """

    id: str
    changes: tuple[Change, ...]
    reason: str | None
    source: str | None
    branch: str
    repeatable: bool


def now_us() -> int:
    """Return the present, in microseconds since the epoch."""
    return time.time_ns() // 1000


def checked_batch(
    changes: Iterable[Change],
    batch_id: str,
    repeatable: bool,
    *,
    reason: str | None,
    source: str | None,
    branch: str,
) -> Batch:
    """Return a batch whose parts have the right types.

    Raises
    ------
    ValidationError
        When one of them has not.
    """
    listed = tuple(changes)
    for index, change in enumerate(listed):
        if not isinstance(change, _CHANGE_TYPES):
            raise ValidationError(
                f"changes[{index}]", f"must be a change, not {type(change).__name__}"
            )
    check_count("changes", len(listed), MAX_CHANGES, "changes")
    if repeatable:
        checked_name(batch_id, "batch_id")
    return Batch(
        batch_id,
        listed,
        _checked_text(reason, "reason"),
        _checked_text(source, "source"),
        checked_name(branch, "branch"),
        repeatable,
    )


def change_events(
    batch: Batch, changes: Sequence[ItemChange], moment_us: int, place: Place | None = None
) -> list[Event]:
    """Return the events that record a batch, in their places in the log where those are known."""
    timestamp, id, reason, source = moment_us / 1_000_000, batch.id, batch.reason, batch.source
    branch = batch.branch
    if place is None:
        return [
            ChangeEvent(
                f"{id}.{index}",
                change.event_type,
                (change, reason),  # type: ignore[arg-type]
                timestamp,
                source,
                branch=branch,
            )
            for index, change in enumerate(changes)
        ]
    seq, origin_seq, origin = place.seq, place.origin_seq, place.origin
    return [
        ChangeEvent(
            f"{id}.{index}",
            change.event_type,
            (change, reason),  # type: ignore[arg-type]
            timestamp,
            source,
            seq + index,
            origin.id,
            origin_seq + index,
            origin.actor,
            branch,
            id,
        )
        for index, change in enumerate(changes)
    ]


def change_of(event: Event) -> ItemChange | None:
    """Return what a graph event did to its item, or None for any other event.

    Raises
    ------
    ValidationError
        When the payload is not that of a change.
    """
    if event.type not in CHANGE_EVENT_TYPES:
        return None
    return change_in(event)


def version_event(version: Version, seq: int, moment_us: int | None = None) -> Event:
    """Return the event that records a commit, made now unless another moment is given."""
    return Event(
        event_id(version.id, 0),
        EventType.STATE_VERSION_COMMITTED.value,
        ReadOnlyDict(version.record(), parents=ReadOnlyList(version.parents)),
        (now_us() if moment_us is None else moment_us) / 1_000_000,
        version.author,
        seq,
        branch=version.branch,
    )


def branch_event(move: BranchMove, seq: int) -> Event:
    """Return the event that records the move of a branch."""
    return Event(
        event_id(move.id, 0),
        EventType.BRANCH_MOVED.value,
        ReadOnlyDict(branch=move.name, old=move.expected, new=move.to),
        now_us() / 1_000_000,
        None,
        seq,
        branch=move.name,
    )


def checked_move(move: BranchMove) -> BranchMove:
    """Return a move whose names are names.

    Raises
    ------
    ValidationError
        When one is not, or the main branch is to be deleted.
    """
    checked_name(move.id, "move_id")
    checked_name(move.name, "branch")
    checked_name(move.rows_of, "branch")
    if move.name == DEFAULT_BRANCH and move.to is None:
        raise ValidationError("branch", f"{DEFAULT_BRANCH!r} cannot be deleted")
    return move


def check_start(reader: Reader, changes: Iterable[ItemChange]) -> None:
    """Refuse changes that do not start from what is there.

    Raises
    ------
    IntegrityError
        When one of them does not.
    """
    for change in changes:
        find = reader.entity if isinstance(change.item, Entity) else reader.relation
        found = find(change.item.id)
        before = change.old and change.old.content
        if (found and found.content) != before:
            raise IntegrityError(f"{change.key}: the rows are not what the changes start from")


def placed(event: Event, seq: int, origin: Origin, origin_seq: int, batch_id: str) -> Event:
    """Give an event, which nobody else holds yet, its place in the log, and return it."""
    for name, value in (
        ("seq", seq),
        ("origin_id", origin.id),
        ("origin_seq", origin_seq),
        ("actor", origin.actor),
        ("batch_id", batch_id),
    ):
        force_setattr(event, name, value)
    return event


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
        source = _checked_text(event.source, "source")
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
        _checked_text(event.source, "source"),
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


def _checked_text(value: object, field: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValidationError(field, f"must be a string or None, not {type(value).__name__}")
    check_text(field, value)
    return str(freeze(value, field))


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


def checked_version(version: Version, delta: bytes) -> Version:
    """Return a version that is whole and whose digest is right.

    Raises
    ------
    ValidationError
        When it is not.
    """
    if not isinstance(delta, bytes):
        raise ValidationError("delta", f"must be bytes, not {type(delta).__name__}")
    if len(delta) > MAX_RECORD:
        reason = f"takes {len(delta)} bytes; at most {MAX_RECORD} are allowed"
        raise ValidationError("delta", reason)
    checked_name(version.id, "version_id")
    checked_name(version.branch, "branch")
    freeze(version.record(), "version")
    check_text("description", version.description)
    check_text("author", version.author)
    if len(version.parents) > 2:
        raise ValidationError("parents", f"at most two, not {len(version.parents)}")
    if version.digest != version_digest(version, delta):
        raise ValidationError(
            "digest",
            "does not belong to this version and delta; compute it with version_digest last",
        )
    return version


def check_place(version: Version, last_seq: int) -> None:
    """Refuse a version that claims to include events which are not in the log.

    Raises
    ------
    ValidationError
        When its ``event_seq`` is not a place in the log.
    """
    if not 0 <= version.event_seq <= last_seq:
        raise ValidationError(
            "event_seq", f"{version.event_seq} is not in the log, which ends at {last_seq}"
        )
