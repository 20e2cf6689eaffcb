"""Merging two states that grew from a common one, property by property.

What only one side changed is taken from it; what both changed alike is taken once. The rest is
given to a merge function, where one is named for the property, or is a conflict. Conflicts are
data: resolve them and merge again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.diff import Path, equal_values, item_fields
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import (
    Entity,
    EntityMetadata,
    Item,
    Relation,
    RelationMetadata,
    entity_key,
    equal_items,
)
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Conflict, Place, Resolution, Take
from nerv_lab.core.history.merge_functions import TAGS, CannotMerge, MergeFunction, last_writer
from nerv_lab.core.values import freeze
from nerv_lab.core.walking import followed, walk_part

__all__ = ["Merge", "merge_states"]

# The part of the work after which it is known what either side changed.
_COMPARED: Final = 0.6
# Fields that no item is without.
_INDISPENSABLE: Final = {("type",), ("from_entity",), ("to_entity",)}


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge comes to.

    Attributes
    ----------
    changes : tuple of ItemChange
        What leads from ours to the merged state; conflicts without a resolution are left as they
        are in ours, or in theirs where ours has nothing.
    conflicts : tuple of Conflict
        Those without a resolution.
    resolved : dict of place to resolution
        Those that were resolved, and how.
    """

    changes: tuple[ItemChange, ...]
    conflicts: tuple[Conflict, ...]
    resolved: Mapping[Place, Resolution] = field(default_factory=dict)


def merge_states(
    base: GraphState,
    ours: GraphState,
    theirs: GraphState,
    *,
    touched: Collection[str] | None = None,
    functions: Mapping[str, MergeFunction] | None = None,
    resolutions: Mapping[Place, Resolution] | None = None,
    later: Literal["ours", "theirs"] = "theirs",
    disputed: Iterable[Place] = (),
) -> Merge:
    """Merge two states.

    Parameters
    ----------
    base : GraphState
        What both grew from.
    ours, theirs : GraphState
        The two sides.
    touched : collection of str, optional
        Keys that either side changed, where they are known; found by comparing otherwise.
    functions : mapping of str to callable, optional
        Merge functions by field, such as ``"properties.visits"``, or by type and field, such as
        ``"page:properties.visits"``. Tags are merged as a set unless said otherwise.
    resolutions : mapping, optional
        How to resolve conflicts, by `Conflict.place`.
    later : {"ours", "theirs"}
        Which side `last_writer` takes.
    disputed : iterable of place
        Where the base is itself a merge that left a conflict: both sides have decided it since,
        so that neither gives way by being like the base.

    Returns
    -------
    Merge
    """
    if touched is None:
        touched = _touched(base, ours, theirs)
    merging = _Merging(functions or {}, resolutions or {}, later, disputed)
    changes: dict[str, ItemChange] = {}
    with walk_part(_COMPARED, 1.0):
        for key in followed(sorted(touched), len(touched)):
            old = ours.get(key)
            new = merging.item(key, base.get(key), old, theirs.get(key))
            _note(changes, key, old, new)
    merging.mend_relations(base, ours, theirs, changes)
    return Merge(tuple(changes.values()), tuple(merging.conflicts), merging.used)


def _touched(base: GraphState, *sides: GraphState) -> set[str]:
    """Return the keys of what either side changed."""
    touched: set[str] = set()
    for number, side in enumerate(sides):
        with walk_part(*(_COMPARED * place / len(sides) for place in (number, number + 1))):
            touched.update(change.key for change in base.diff(side))
    return touched


def _note(changes: dict[str, ItemChange], key: str, old: Item | None, new: Item | None) -> None:
    changes.pop(key, None)
    if not equal_items(old, new):
        changes[key] = ItemChange(key, old, new)


class _Merging:
    """One merge, and the conflicts it meets."""

    def __init__(
        self,
        functions: Mapping[str, MergeFunction],
        resolutions: Mapping[Place, Resolution],
        later: Literal["ours", "theirs"],
        disputed: Iterable[Place],
    ) -> None:
        self._functions = functions
        self._resolutions = resolutions
        self._later = later
        # With whatever a disputed place is a part of.
        self._disputed = {
            (key, path[:depth]) for key, path in disputed for depth in range(len(path) + 1)
        }
        self.conflicts: list[Conflict] = []
        self.used: dict[Place, Resolution] = {}

    def _settle(self, conflict: Conflict) -> tuple[bool, Any]:
        """Return whether the conflict was resolved, and with what."""
        resolution = self._resolutions.get(conflict.place)
        if resolution is None:
            self.conflicts.append(conflict)
            return False, UNSET
        self.used[conflict.place] = resolution
        if isinstance(resolution, Take):
            return True, freeze(resolution.value, ".".join((conflict.key, *conflict.path)))
        if resolution not in ("base", "ours", "theirs"):
            raise ValidationError(
                "resolution", f"must be 'base', 'ours', 'theirs' or Take(value), not {resolution!r}"
            )
        return True, getattr(conflict, resolution)

    def item(
        self, key: str, base: Item | None, ours: Item | None, theirs: Item | None
    ) -> Item | None:
        if equal_items(ours, theirs):
            return ours
        if (key, ()) not in self._disputed:
            if equal_items(base, theirs):
                return ours
            if equal_items(base, ours):
                return theirs
        if ours is None or theirs is None:
            return self._deleted(key, base, ours, theirs)
        fields = self._value(
            ours,
            (),
            UNSET if base is None else item_fields(base),
            item_fields(ours),
            item_fields(theirs),
        )
        return _item(ours, fields)

    def _deleted(
        self, key: str, base: Item | None, ours: Item | None, theirs: Item | None
    ) -> Item | None:
        sides = (UNSET if item is None else item for item in (base, ours, theirs))
        conflict = Conflict(key, (), "deleted", *sides)
        settled, item = self._settle(conflict)
        if not settled:
            return ours or theirs
        if item is UNSET:
            return None
        if not isinstance(item, (Entity, Relation)):
            raise ValidationError("resolution", f"{key} is kept or deleted: take a side")
        return item

    def _value(self, item: Item, path: Path, base: Any, ours: Any, theirs: Any) -> Any:
        if equal_values(ours, theirs):
            return ours
        if (item.key, path) not in self._disputed:
            if equal_values(base, theirs):
                return ours
            if equal_values(base, ours):
                return theirs
        function = self._function(item, path)
        if function is not None:
            try:
                return self._merged(function, base, ours, theirs)
            except CannotMerge:
                pass
        elif _are_dicts(base, ours, theirs):
            start = {} if base is UNSET else base
            return self._dicts(item, path, start, ours, theirs)
        settled, value = self._settle(Conflict(item.key, path, "value", base, ours, theirs))
        if settled:
            _check_present(item, path, value)
            return value
        return theirs if ours is UNSET else ours

    def _dicts(self, item: Item, path: Path, base: Any, ours: Any, theirs: Any) -> dict[str, Any]:
        merged = {}
        for name in sorted({*base, *ours, *theirs}):
            sides = (side.get(name, UNSET) for side in (base, ours, theirs))
            value = self._value(item, (*path, name), *sides)
            if value is not UNSET:
                merged[name] = value
        return merged

    def _function(self, item: Item, path: Path) -> MergeFunction | None:
        label = ".".join(path)
        found = self._functions.get(f"{item.type}:{label}") or self._functions.get(label)
        return TAGS if found is None and path == ("tags",) else found

    def _merged(self, function: MergeFunction, base: Any, ours: Any, theirs: Any) -> Any:
        if function is last_writer:
            return ours if self._later == "ours" else theirs
        merged = function(base, ours, theirs)
        return merged if merged is UNSET else freeze(merged, "merged value")

    def mend_relations(
        self,
        base: GraphState,
        ours: GraphState,
        theirs: GraphState,
        changes: dict[str, ItemChange],
    ) -> None:
        """Find relations that the merge left without an end."""
        dangling = list(_dangling(ours, theirs, changes))
        for relation, entity_id in dangling:
            key = entity_key(entity_id)
            if _is_kept(ours, changes, key):
                continue
            sides = (side.get(key) or UNSET for side in (base, ours, theirs))
            conflict = Conflict(relation.key, (entity_id,), "dangling", *sides)
            settled, entity = self._settle(conflict)
            if settled and isinstance(entity, Entity):
                _note(changes, key, ours.get(key), entity)
            elif settled and entity is not UNSET:
                raise ValidationError("resolution", f"{relation.key}: take a side")
            else:
                _note(changes, relation.key, ours.get(relation.key), None)


def _dangling(
    ours: GraphState, theirs: GraphState, changes: Mapping[str, ItemChange]
) -> Iterator[tuple[Relation, str]]:
    """Yield relations of the merged state with an end that it lacks."""
    gone = [c.old for c in changes.values() if c.new is None and isinstance(c.old, Entity)]
    candidates = {r.key: r for entity in gone for r in ours.relations_of(entity.id)}
    for change in changes.values():
        if isinstance(change.new, Relation):
            candidates[change.key] = change.new
        else:
            candidates.pop(change.key, None)
    for relation in candidates.values():
        for entity_id in sorted({relation.from_entity, relation.to_entity}):
            if not _is_kept(ours, changes, entity_key(entity_id)):
                yield relation, entity_id


def _is_kept(ours: GraphState, changes: Mapping[str, ItemChange], key: str) -> bool:
    change = changes.get(key)
    return change.new is not None if change else ours.get(key) is not None


def _are_dicts(base: Any, ours: Any, theirs: Any) -> bool:
    if not (isinstance(ours, Mapping) and isinstance(theirs, Mapping)):
        return False
    return base is UNSET or isinstance(base, Mapping)


def _check_present(item: Item, path: Path, value: Any) -> None:
    if value is UNSET and path in _INDISPENSABLE:
        raise ValidationError(
            "resolution",
            f"{item.key} cannot be without its {path[0]}, and it was not there before: take "
            "'ours', 'theirs' or a value of your own",
        )


def _item(like: Item, fields: Mapping[str, Any]) -> Item:
    known = dict(fields)
    kind = known.pop("type")
    if isinstance(like, Entity):
        metadata = EntityMetadata(**known)
        return Entity(like.id, kind, metadata, like.created_at, like.updated_at, like.revision)
    start, end = known.pop("from_entity"), known.pop("to_entity")
    return Relation(
        like.id,
        start,
        end,
        kind,
        RelationMetadata(**known),
        like.created_at,
        like.updated_at,
        like.revision,
    )
