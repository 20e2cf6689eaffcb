"""A history from which versions were pruned: what stands in for them.

A pruned version leaves its fields, so that labels, parents and the log stay as they were, under a
seal in place of its delta. Each version that is kept still has its own delta, which its digest
covers. Where its parent is gone, a bridge leads to that parent's state from the nearest version
that is kept, and the line's beginning, the top, stands on a copy of its whole state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import (
    CHANGE_EVENT_TYPES,
    ItemChange,
    compact,
    decode_delta,
    encode_delta,
)
from nerv_lab.core.history.versions import Version, version_digest

__all__ = ["BranchMark", "Bridge", "Retention", "marked", "seal"]


def seal(version: Version) -> str:
    """Return what a pruned version keeps in place of its delta: a hash (hex) over its fields."""
    return version_digest(version, b"pruned:" + version.digest.encode())


@dataclass(frozen=True, slots=True)
class Bridge:
    """What leads to the state before a version from the nearest one that is kept.

    Attributes
    ----------
    version_id : str
        The version whose parent was pruned.
    base : str
        The version to start from.
    delta : bytes
        The changes between, encoded as those of a version.
    digest : str
        SHA-256 (hex) over the other three.
    """

    version_id: str
    base: str
    delta: bytes
    digest: str

    @classmethod
    def of(cls, version_id: str, base: str, changes: Iterable[ItemChange]) -> Bridge:
        """Return a bridge of these changes, folded."""
        delta = encode_delta(compact(changes, exact=True))
        return cls(version_id, base, delta, _bridge_digest(version_id, base, delta))

    @property
    def sound(self) -> bool:
        """Whether the digest fits."""
        return self.digest == _bridge_digest(self.version_id, self.base, self.delta)

    def changes(self) -> tuple[ItemChange, ...]:
        """Return the changes."""
        return decode_delta(self.delta)


def _bridge_digest(version_id: str, base: str, delta: bytes) -> str:
    """Return the digest of a bridge (SHA-256, hex); each part is preceded by its length."""
    framed = [b"nerv/bridge/1"]
    for part in (version_id.encode(), base.encode(), delta):
        framed += (len(part).to_bytes(8, "big"), part)
    return hashlib.sha256(b"".join(framed)).hexdigest()


@dataclass(frozen=True, slots=True)
class BranchMark:
    """Where a branch was at the floor of the log.

    Attributes
    ----------
    head : str or None
        Its newest version.
    moved_at : int
        Position of the event that last made, moved or deleted it; 0 for none.
    changed_at : int
        Position of the last change of its items; 0 for none.
    """

    head: str | None = None
    moved_at: int = 0
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """What was pruned from a store.

    Attributes
    ----------
    generation : int
        Grows with each step of pruning.
    floor : int
        Position of the last event that was dropped from the log; 0 for none.
    top : str or None
        The version with which the main line begins; None where its beginning is still there.
    marks : mapping of str to BranchMark
        Where each branch was at the floor.
    pruned : frozenset of str
        Ids of the versions that were pruned.
    bridges : mapping of str to str
        The base of each version that has a bridge.
    """

    generation: int = 0
    floor: int = 0
    top: str | None = None
    marks: Mapping[str, BranchMark] = field(default_factory=dict)
    pruned: frozenset[str] = frozenset()
    bridges: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return all but the versions as a dict of values."""
        return {
            "generation": self.generation,
            "floor": self.floor,
            "top": self.top,
            "marks": {
                name: [mark.head, mark.moved_at, mark.changed_at]
                for name, mark in sorted(self.marks.items())
            },
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Retention:
        """Rebuild it from its record.

        Raises
        ------
        ValidationError
            When the record is not one.
        """
        try:
            marks = {name: BranchMark(*mark) for name, mark in record["marks"].items()}
            return cls(record["generation"], record["floor"], record["top"], marks)
        except (TypeError, LookupError, AttributeError) as error:
            raise ValidationError("retention", f"is not a record of it: {error}") from None


def marked(marks: Mapping[str, BranchMark], events: Iterable[Event]) -> dict[str, BranchMark]:
    """Return the marks after these events."""
    after = dict(marks)
    for event in events:
        mark, data, seq = after.get(event.branch, BranchMark()), event.data or {}, event.seq or 0
        if event.type in CHANGE_EVENT_TYPES:
            after[event.branch] = replace(mark, changed_at=seq)
        elif event.type == EventType.STATE_VERSION_COMMITTED:
            after[event.branch] = replace(mark, head=data.get("version_id"))
        elif event.type == EventType.BRANCH_MOVED:
            after[event.branch] = replace(mark, head=data.get("new"), moved_at=seq)
    return after
