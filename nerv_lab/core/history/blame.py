"""Which version last set each property of an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nerv_lab.core.graph.diff import Path, equal_values, item_fields, value_at
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version

__all__ = ["Setting", "blame_item", "property_paths"]


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a property got the value it has.

    Attributes
    ----------
    version : Version
        That made it what it is.
    old : object
        What it was before; ``UNSET`` where it was not there.
    """

    version: Version
    old: Any


@dataclass(frozen=True, slots=True)
class _Open:
    """Paths whose values an item has at a version, and which may be older than that."""

    version_id: str
    item: Item
    paths: frozenset[Path]


def property_paths(item: Item) -> tuple[Path, ...]:
    """Return the path of every field and property, those inside of dicts too, in their order."""
    fields = item_fields(item)
    if not item.properties:
        del fields["properties"]
    return tuple(_paths(fields, ()))


def _paths(fields: Mapping[str, Any], path: Path) -> Iterator[Path]:
    for name in sorted(fields):
        value = fields[name]
        if isinstance(value, Mapping) and value:
            yield from _paths(value, (*path, name))
        else:
            yield (*path, name)


def blame_item(history: TemporalStore, key: str, version_id: str) -> dict[Path, Setting]:
    """Return, for each property that an item has at a version, the version that set it.

    A merge set a property only where neither of its parents has that value: otherwise the version
    did that brought it to that parent.

    Parameters
    ----------
    history : TemporalStore
        The versions.
    key : str
        The item, as ``"e:<id>"`` or ``"r:<id>"``.
    version_id : str
        Where to begin. It need not have the item: then nothing is returned.
    """
    item = history.state_at(version_id).get(key)
    found: dict[Path, Setting] = {}
    waiting = [_Open(version_id, item, frozenset(property_paths(item)))] if item else []
    while waiting:
        at = waiting.pop()
        version = history.get_version(at.version_id)
        change = _change_of(history, version.id, key)
        for older in _older(history, version, change, at):
            waiting.append(older)
            at = _Open(at.version_id, at.item, at.paths - older.paths)
        for path in at.paths:
            assert change is not None
            found[path] = Setting(version, value_at(change.old, path))
    return found


def _change_of(history: TemporalStore, version_id: str, key: str) -> ItemChange | None:
    return next((c for c in history.changes(version_id) if c.key == key), None)


def _older(
    history: TemporalStore, version: Version, change: ItemChange | None, at: _Open
) -> Iterator[_Open]:
    """Yield those of the paths that a parent has alike, each with the first such parent."""
    left = at.paths
    for index, parent in enumerate(version.parents):
        if index == 0:
            item = at.item if change is None else change.old
        else:
            item = history.state_at(parent).get(at.item.key) if left else None
        alike = _alike(item, at.item, left)
        if item is not None and alike:
            yield _Open(parent, item, alike)
            left -= alike


def _alike(before: Item | None, item: Item, paths: frozenset[Path]) -> frozenset[Path]:
    if before is None or before is item:
        return paths if before else frozenset()
    return frozenset(
        path for path in paths if equal_values(value_at(before, path), value_at(item, path))
    )
