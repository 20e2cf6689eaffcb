"""Differences inside an item, field by field and property by property."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item, Relation
from nerv_lab.core.text import value_text

__all__ = [
    "FieldChange",
    "Path",
    "ValuePath",
    "aligned",
    "changes_at",
    "equal_values",
    "field_changes",
    "item_fields",
    "path_label",
    "value_at",
    "value_changes",
]

Path: TypeAlias = tuple[str, ...]
ValuePath: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys of dicts and positions in lists."""

_SHOWN_CHARACTERS = 120
_PLAIN_KEY = re.compile(r"[^.\[\]\"\s]+")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field or property, or one value inside it, before and after.

    Attributes
    ----------
    path : tuple of str and int
        Such as ``("properties", "born")``, or ``("properties", "notes", 2)`` for the third
        element of a list. That of an element that was removed is its old position.
    old, new : object
        ``UNSET`` where it was not there.
    """

    path: ValuePath
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
        """The path as text, such as ``"properties.notes[2]"``."""
        return path_label(self.path)

    def __str__(self) -> str:
        old, new = (value_text(value, _SHOWN_CHARACTERS) for value in (self.old, self.new))
        if self.old is UNSET:
            return f"+ {self.label}: {new}"
        if self.new is UNSET:
            return f"- {self.label}: {old}"
        return f"~ {self.label}: {old} -> {new}"


def path_label(path: ValuePath) -> str:
    """Return a path as text, which no other path has: a key with a dot or the like is quoted."""
    return "".join(_step(step, index == 0) for index, step in enumerate(path))


def _step(step: str | int, first: bool) -> str:
    if isinstance(step, str) and _PLAIN_KEY.fullmatch(step) and step.isprintable():
        return step if first else f".{step}"
    return f"[{json.dumps(step)}]"


def field_changes(change: ItemChange) -> tuple[FieldChange, ...]:
    """Return what changed inside an item; nothing where it was added or removed as a whole."""
    if change.old is None or change.new is None:
        return ()
    return value_changes(item_fields(change.old), item_fields(change.new))


def changes_at(change: ItemChange, path: Path) -> tuple[FieldChange, ...]:
    """Return what changed at a path or inside it, also where the item came or went."""
    return tuple(_value_changes(value_at(change.old, path), value_at(change.new, path), path))


def value_at(item: Item | None, path: Path) -> Any:
    """Return the field or property of an item at a path, or ``UNSET`` where there is none."""
    value: Any = UNSET if item is None else item_fields(item)
    for name in path:
        value = value.get(name, UNSET) if isinstance(value, Mapping) else UNSET
    return value


def item_fields(item: Item) -> dict[str, Any]:
    """Return everything about an item but its id, times and revision."""
    fields = {"type": item.type, **item.metadata.as_dict()}
    if isinstance(item, Relation):
        fields |= {"from_entity": item.from_entity, "to_entity": item.to_entity}
    return fields


def value_changes(old: Any, new: Any) -> tuple[FieldChange, ...]:
    """Return the differences between two values, descending into dicts and lists.

    They come in the order of paths. Values differ when their types do: ``1``, ``1.0`` and
    ``True`` are three values. Tuples and sets are values as a whole.
    """
    return tuple(_value_changes(old, new, ()))


def _value_changes(old: Any, new: Any, path: ValuePath) -> Iterator[FieldChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            yield from _value_changes(old.get(name, UNSET), new.get(name, UNSET), (*path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for index, before, after in _list_steps(old, new):
            yield from _value_changes(before, after, (*path, index))
    elif not equal_values(old, new):
        yield FieldChange(path, old, new)


def _list_steps(old: list[Any], new: list[Any]) -> Iterator[tuple[int, Any, Any]]:
    first, old_end, new_end = aligned(old, new)
    for index in range(first, max(old_end, new_end)):
        before = old[index] if index < old_end else UNSET
        yield index, before, new[index] if index < new_end else UNSET


def aligned(old: Sequence[Any], new: Sequence[Any]) -> tuple[int, int, int]:
    """Return what remains of two lists without their common beginning and end.

    Returns
    -------
    first, old_end, new_end : int
        ``old[first:old_end]`` became ``new[first:new_end]``.
    """
    least = min(len(old), len(new))
    first = 0
    while first < least and equal_values(old[first], new[first]):
        first += 1
    common = 0
    while common < least - first and equal_values(old[-1 - common], new[-1 - common]):
        common += 1
    return first, len(old) - common, len(new) - common


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
