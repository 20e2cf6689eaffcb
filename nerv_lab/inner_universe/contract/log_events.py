"""The events that record what was written, and their places in the log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from msgspec.structs import force_setattr

from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.change_events import ChangeEvent, change_in
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import ReadOnlyDict, ReadOnlyList
from nerv_lab.inner_universe.contract.ids import event_id
from nerv_lab.inner_universe.contract.records import BranchMove
from nerv_lab.inner_universe.contract.writing import Batch

__all__ = [
    "ROW_EVENTS",
    "Origin",
    "Place",
    "branch_event",
    "change_events",
    "change_of",
    "now_us",
    "placed",
    "version_event",
]

ROW_EVENTS: Final = CHANGE_EVENT_TYPES | {EventType.BRANCH_MOVED}
"""Types of the events after which their branch has other rows."""


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


def now_us() -> int:
    """Return the present, in microseconds since the epoch."""
    return time.time_ns() // 1000


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
