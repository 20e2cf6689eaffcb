"""Which events a write is going to make, as its counters name them before they are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.changes import (
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

__all__ = ["COMMITTED", "MOVED", "PRUNED", "types_of_changes", "types_of_events"]

_INVALID: Final = "invalid"
_TYPE_OF: Final[dict[type, str]] = {
    CreateEntity: EventType.ENTITY_CREATED.value,
    UpdateEntity: EventType.ENTITY_UPDATED.value,
    DeleteEntity: EventType.ENTITY_DELETED.value,
    CreateRelation: EventType.RELATION_CREATED.value,
    UpdateRelation: EventType.RELATION_UPDATED.value,
    DeleteRelation: EventType.RELATION_DELETED.value,
    # What a restored item becomes, created or updated, only the store finds out.
    RestoreEntity: "ENTITY_RESTORED",
    RestoreRelation: "RELATION_RESTORED",
}
COMMITTED: Final = {EventType.STATE_VERSION_COMMITTED.value: 1}
MOVED: Final = {EventType.BRANCH_MOVED.value: 1}
PRUNED: Final = {EventType.HISTORY_PRUNED.value: 1}


def types_of_changes(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many events of each type come of changes, whatever they are."""
    types: dict[str, int] = {}
    for change in changes:
        name = _TYPE_OF.get(type(change), _INVALID)
        types[name] = types.get(name, 0) + 1
    return types


def types_of_events(events: Iterable[object]) -> dict[str, int]:
    """Return how many there are of each type, whatever they are."""
    return Counter(e.type if isinstance(e, Event) else _INVALID for e in events)
