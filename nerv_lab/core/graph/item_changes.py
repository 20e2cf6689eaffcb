"""Items before and after changes, one by one, folded and as the delta of a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import EventType
from nerv_lab.core.graph.canonical import record_json
from nerv_lab.core.graph.changes import (
    Change,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
)
from nerv_lab.core.graph.model import Entity, Item, Relation, equal_items, item_from_record
from nerv_lab.core.values import ReadOnlyDict, decode

__all__ = [
    "CHANGE_EVENT_TYPES",
    "ChangeData",
    "ItemChange",
    "compact",
    "decode_delta",
    "encode_delta",
    "fold",
    "restoring",
]

_ENTITY_TYPES = (
    EventType.ENTITY_CREATED.value,
    EventType.ENTITY_UPDATED.value,
    EventType.ENTITY_DELETED.value,
)
_RELATION_TYPES = (
    EventType.RELATION_CREATED.value,
    EventType.RELATION_UPDATED.value,
    EventType.RELATION_DELETED.value,
)
CHANGE_EVENT_TYPES = frozenset((*_ENTITY_TYPES, *_RELATION_TYPES))


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item before and after.

    Attributes
    ----------
    key : str
        ``"e:<id>"`` or ``"r:<id>"``.
    old, new : Entity, Relation or None
        None where the item was not there.
    """

    key: str
    old: Item | None
    new: Item | None
    # The same bytes go into the event and into the delta of the next version.
    _encoded: bytes | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """What happened to the item."""
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"

    @property
    def item(self) -> Item:
        """The item after the change, or before it where it was removed."""
        item = self.old if self.new is None else self.new
        assert item is not None
        return item

    @property
    def event_type(self) -> str:
        """Type of the event that records this change."""
        created, updated, deleted = _ENTITY_TYPES if self.key[0] == "e" else _RELATION_TYPES
        if self.old is None:
            return created
        return deleted if self.new is None else updated

    @classmethod
    def of(cls, key: str, old: Item | None, new: Item | None) -> ItemChange:
        """Return a change, as the constructor does and in less time."""
        made: Any = _OpenChange()
        made.key, made.old, made.new, made._encoded = key, old, new, None
        made.__class__ = cls
        return made  # type: ignore[no-any-return]

    def inverse(self) -> ItemChange:
        """Return the change that undoes this one."""
        return ItemChange(self.key, self.new, self.old)

    def encoded(self) -> bytes:
        """Return the canonical bytes of the change: those of its data without a reason."""
        if self._encoded is None:
            new = b"null" if self.new is None else record_json(self.new)
            old = b"null" if self.old is None else record_json(self.old)
            object.__setattr__(self, "_encoded", b'{"new":%b,"old":%b}' % (new, old))
        assert self._encoded is not None
        return self._encoded

    def data(self, reason: str | None = None) -> ChangeData:
        """Return the change as the payload of an event, with the reason where there is one."""
        old, new = self.old, self.new
        fields: dict[str, Any] = {
            "old": None if old is None else old.record(),
            "new": None if new is None else new.record(),
        }
        if reason is not None:
            fields["reason"] = reason
        return ChangeData(fields, self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ItemChange:
        """Rebuild a change from the payload of an event.

        Raises
        ------
        ValidationError
            When the payload is not that of a change.
        """
        if type(data) is ChangeData:
            return data.change
        if not isinstance(data, Mapping):
            raise ValidationError("data", f"must be a dict, not {type(data).__name__}")
        old, new = (
            item_from_record(record) if (record := data.get(side)) is not None else None
            for side in ("old", "new")
        )
        item = new or old
        if item is None:
            raise ValidationError("data", "a change needs an old or a new record")
        if old is not None and old.key != item.key:
            raise ValidationError("data", f"old is {old.key}, but new is {item.key}")
        return cls(item.key, old, new)

    @classmethod
    def from_encoded(cls, encoded: bytes) -> ItemChange:
        """Rebuild a change from its canonical bytes.

        Raises
        ------
        ValidationError
            When they are not those of a change.
        """
        change = cls.from_data(decode(encoded))
        object.__setattr__(change, "_encoded", encoded)
        return change


class _OpenChange:
    """A change whose fields can be set: the same in memory, until it takes its class."""

    __slots__ = tuple(ItemChange.__slots__)


class ChangeData(ReadOnlyDict):
    """The payload of a change's event, which still knows the change it was made from."""

    __slots__ = ("change",)

    def __init__(self, fields: Mapping[str, Any], change: ItemChange) -> None:
        super().__init__(fields)
        self.change = change


def compact(changes: Iterable[ItemChange], *, exact: bool = False) -> tuple[ItemChange, ...]:
    """Fold successive changes of one item into one, and drop what came back to where it was.

    Parameters
    ----------
    changes : iterable of ItemChange
        In the order they happened.
    exact : bool
        Keep an item whose content came back, but whose times or revision did not.
    """
    return tuple(c for c in fold(changes) if not equal_items(c.old, c.new, exact=exact))


def fold(changes: Iterable[ItemChange]) -> list[ItemChange]:
    """Fold successive changes of one item into one; what came and went again is left out."""
    folded: dict[str, ItemChange] = {}
    for change in changes:
        key = change.key
        if (first := folded.get(key)) is None:
            folded[key] = change
        else:
            folded[key] = ItemChange(key, first.old, change.new)
    return [c for c in folded.values() if c.old is not None or c.new is not None]


def encode_delta(changes: Iterable[ItemChange]) -> bytes:
    """Return the canonical bytes of a delta, in the order of its keys."""
    return b"[%b]" % b",".join(c.encoded() for c in sorted(changes, key=lambda c: c.key))


def decode_delta(data: bytes) -> tuple[ItemChange, ...]:
    """Return the changes of a delta; one of a merge may tell besides how it was decided.

    Raises
    ------
    ValidationError
        When the bytes are not a delta.
    """
    rows = decode(data)
    if isinstance(rows, Mapping) and rows.keys() == {"changes", "resolutions"}:
        rows = rows["changes"]
    if not isinstance(rows, list):
        raise ValidationError("delta", "must be a list of changes")
    return tuple(ItemChange.from_data(row) for row in rows)


def restoring(changes: Iterable[ItemChange]) -> list[Change]:
    """Return the changes to ask for, in a valid order, so that each item becomes its ``new``."""
    removals: list[Change] = []
    gone: list[Change] = []
    entities: list[Change] = []
    relations: list[Change] = []
    for change in changes:
        match change.item, change.new:
            case Relation(id=id), None:
                removals.append(DeleteRelation(id))
            case Entity(id=id), None:
                gone.append(DeleteEntity(id))
            case _, Entity() as entity:
                entities.append(RestoreEntity(entity))
            case _, Relation() as relation:
                relations.append(RestoreRelation(relation))
    return [*removals, *gone, *entities, *relations]
