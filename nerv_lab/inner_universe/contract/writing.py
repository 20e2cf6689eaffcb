"""What every store of ours checks of a write before it touches its data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import IntegrityError, ValidationError
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, equal_items
from nerv_lab.core.graph.rules import Reader
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.core.limits import MAX_CHANGES, MAX_RECORD, check_count, check_text
from nerv_lab.core.values import freeze
from nerv_lab.inner_universe.contract.checked_events import bounded_text
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.records import BranchMove

__all__ = [
    "Batch",
    "check_place",
    "check_start",
    "checked_batch",
    "checked_move",
    "checked_version",
]

_CHANGE_TYPES = get_args(Change)


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


def checked_batch(
    changes: Iterable[Change],
    batch_id: str | None = None,
    *,
    reason: str | None,
    source: str | None,
    branch: str,
) -> Batch:
    """Return a batch whose parts have the right types, with an id of our own where none is given.

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
    return Batch(
        new_id() if batch_id is None else checked_name(batch_id, "batch_id"),
        listed,
        bounded_text(reason, "reason"),
        bounded_text(source, "source"),
        checked_name(branch, "branch"),
        repeatable=batch_id is not None,
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
        if not equal_items(find(change.item.id), change.old):
            raise IntegrityError(f"{change.key}: the rows are not what the changes start from")


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
