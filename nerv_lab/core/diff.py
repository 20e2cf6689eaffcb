"""Differences inside an item, field by field and property by property."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from nerv_lab.core.changes import UNSET, ItemChange
from nerv_lab.core.model import Item, Relation

__all__ = ["FieldChange", "Path", "equal_values", "field_changes", "item_fields", "value_changes"]

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field or property before and after.

    Attributes
    ----------
    path : tuple of str
        Such as ``("properties", "born")``.
    old, new : object
        ``UNSET`` where it was not there.
    """

    path: Path
    old: Any
    new: Any

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """What happened to it."""
        if self.old is UNSET:
            return "added"
        return "removed" if self.new is UNSET else "changed"

    @property
    def label(self) -> str:
        """The path as dotted text."""
        return ".".join(self.path)

    def __str__(self) -> str:
        if self.old is UNSET:
            return f"+ {self.label}: {self.new!r}"
        if self.new is UNSET:
            return f"- {self.label}: {self.old!r}"
        return f"~ {self.label}: {self.old!r} -> {self.new!r}"


def field_changes(change: ItemChange) -> tuple[FieldChange, ...]:
    """Return what changed inside an item; nothing where it was added or removed as a whole."""
    if change.old is None or change.new is None:
        return ()
    return value_changes(item_fields(change.old), item_fields(change.new))


def item_fields(item: Item) -> dict[str, Any]:
    """Return everything about an item but its id, times and revision."""
    fields = {"type": item.type, **item.metadata.as_dict()}
    if isinstance(item, Relation):
        fields |= {"from_entity": item.from_entity, "to_entity": item.to_entity}
    return fields


def value_changes(old: Any, new: Any) -> tuple[FieldChange, ...]:
    """Return the differences between two values, descending into dicts, in the order of paths.

    Values differ when their types do: ``1``, ``1.0`` and ``True`` are three values.
    """
    return tuple(_value_changes(old, new, ()))


def _value_changes(old: Any, new: Any, path: Path) -> Iterator[FieldChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            yield from _value_changes(old.get(name, UNSET), new.get(name, UNSET), (*path, name))
    elif not equal_values(old, new):
        yield FieldChange(path, old, new)


def equal_values(old: Any, new: Any) -> bool:
    """Return whether two values have the same canonical form."""
    if type(old) is not type(new):
        return False
    if isinstance(old, (list, tuple)):
        return len(old) == len(new) and all(map(equal_values, old, new))
    if isinstance(old, Mapping):
        return old.keys() == new.keys() and all(equal_values(old[k], new[k]) for k in old)
    if isinstance(old, float):
        return bool(old.hex() == new.hex())
    return bool(old == new)
