"""Groups: one entity in the place of all of a type, and one relation in that of many."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from nerv_lab.core.graph.model import (
    Entity,
    EntityMetadata,
    Item,
    OpenRelation,
    Relation,
    RelationMetadata,
)
from nerv_lab.core.graph.state import GraphState

__all__ = ["Groups", "group_id", "group_size"]

_PREFIX: Final = "nerv:group:"
_LONG: Final = 400
_UNIT: Final = 1 << 40  # strengths are added in parts of 1, so that their order does not matter
_STRONGEST: Final = 1e100
_Key = tuple[str, str, str, bool]


def group_id(type: str) -> str:
    """Return the id of the entity that stands for a type."""
    return _id(type)


def _id(text: str) -> str:
    return f"{_PREFIX}{text if len(text) <= _LONG else hashlib.sha256(text.encode()).hexdigest()}"


def group_size(item: Item) -> int:
    """Return how many items this one stands for; 0 where it stands for itself."""
    count = item.properties.get("count", 0) if item.id.startswith(_PREFIX) else 0
    return count if isinstance(count, int) else 0


class Groups:
    """Counts what each group stands for, as entities and relations come and go.

    Relations inside a group are left out, as its entities are.

    Parameters
    ----------
    types : iterable of str
        Those that are shown as one.
    """

    def __init__(self, types: Iterable[str]) -> None:
        self.types = {type: f"e:{group_id(type)}" for type in types}
        self._names = {key: type for type, key in self.types.items()}
        self._entities = Counter[str]()
        self._relations = Counter[_Key]()
        self._strengths = Counter[_Key]()
        self._keys: dict[str, _Key] = {}  # of relations that stand for many, by id

    def gather(
        self, entities: Iterable[Entity], relations: Iterable[Relation]
    ) -> tuple[dict[str, Entity], dict[str, Relation]]:
        """Count in all of a graph at once, and return what stands for it.

        Parameters
        ----------
        entities, relations : iterable of Entity, iterable of Relation
            All there are, as if each was `put`.

        Returns
        -------
        tuple of (dict, dict)
            Entities and relations by id: those that stand for themselves, then the groups.
        """
        own: dict[str, Entity] = {}
        stands: dict[str, str] = {}
        for entity in entities:
            group = self.types.get(entity.type)
            if group is None:
                own[entity.id] = entity
            else:
                stands[entity.id] = group[2:]
                self._entities[entity.type] += 1
        kept: dict[str, Relation] = {}
        bundles: dict[_Key, list[int]] = {}
        parts: dict[float, int] = {}
        for relation in relations:
            ends = relation.from_entity, relation.to_entity
            start, end = stands.get(ends[0], ends[0]), stands.get(ends[1], ends[1])
            if start == ends[0] and end == ends[1]:
                kept[relation.id] = relation
                continue
            if start == end:
                continue
            known = relation.metadata
            key = (start, relation.type, end, known.bidirectional)
            if (bundle := bundles.get(key)) is None:
                bundle = bundles[key] = [0, 0]
            if (part := parts.get(known.strength)) is None:
                part = parts[known.strength] = _parts(known.strength)
            bundle[0] += 1
            bundle[1] += part
        return own | self.entities(), kept | self._bundled(bundles)

    def _bundled(self, bundles: Mapping[_Key, Sequence[int]]) -> dict[str, Relation]:
        """Count in bundles with their numbers and strengths; return the relations that they are."""
        alike: dict[tuple[bool, int, int], RelationMetadata] = {}  # most bundles of a graph are
        found: dict[str, Relation] = {}
        for key, (count, strength) in bundles.items():
            self._relations[key] += count
            self._strengths[key] += strength
            id = _bundle_id(key)
            self._keys[id] = key
            both = key[-1]
            metadata = alike.get((both, count, strength))
            if metadata is None:
                metadata = alike[both, count, strength] = _bundle_metadata(both, count, strength)
            found[id] = _bundle(id, key, metadata)
        return found

    def put(self, item: Item, state: GraphState, times: int = 1) -> str | None:
        """Count an item in, or out where ``times`` is -1; return what stands for it.

        Parameters
        ----------
        item : Entity or Relation
            The item.
        state : GraphState
            Where it is; with the entities at its ends.
        times : int
            1 or -1.

        Returns
        -------
        str or None
            The key of the group it is in, or its own where it stands for itself; None where
            nothing stands for it.
        """
        if isinstance(item, Entity):
            if item.type not in self.types:
                return item.key
            self._entities[item.type] += times
            return self.types[item.type]
        start, end = (self._stands(state, id) for id in (item.from_entity, item.to_entity))
        if (start, end) == (item.from_entity, item.to_entity):
            return item.key
        if start == end:
            return None
        key = (start, item.type, end, item.bidirectional)
        self._relations[key] += times
        self._strengths[key] += times * _parts(item.strength)
        id = _bundle_id(key)
        self._keys[id] = key
        return f"r:{id}"

    def _stands(self, state: GraphState, id: str) -> str:
        type = state.entities[id].type
        return self.types[type][2:] if type in self.types else id

    def entities(self) -> dict[str, Entity]:
        """Return the entities that stand for types, by id."""
        return {group_id(t): _group(t, count) for t, count in self._entities.items() if count}

    def standing(self, key: str) -> Item | None:
        """Return what stands for many under a key from `put`; None where they are all gone."""
        if key[0] == "r":
            return self._bundle(key[2:])
        type = self._names[key]
        return _group(type, self._entities[type]) if self._entities[type] else None

    def _bundle(self, id: str) -> Relation | None:
        key = self._keys[id]
        count = self._relations[key]
        if not count:
            del self._keys[id], self._relations[key], self._strengths[key]
            return None
        return _bundle(id, key, _bundle_metadata(key[-1], count, self._strengths[key]))


def _bundle_id(key: _Key) -> str:
    start, type, end, both = key
    return _id(f"{start}|{type}|{end}|{both}")


def _bundle(id: str, key: _Key, metadata: RelationMetadata) -> Relation:
    made: Any = OpenRelation()  # its names were those of relations, which were checked
    made.id, made.metadata = id, metadata
    made.from_entity, made.type, made.to_entity, _ = key
    made.created_at, made.updated_at, made.revision = 0, 0, 1
    made.__class__ = Relation
    return made  # type: ignore[no-any-return]


def _bundle_metadata(both: bool, count: int, strength: int) -> RelationMetadata:
    return RelationMetadata(
        strength=strength / _UNIT, bidirectional=both, properties={"count": count}
    )


def _parts(strength: float) -> int:
    number, of = max(min(strength, _STRONGEST), -_STRONGEST).as_integer_ratio()
    return number * _UNIT // of


def _group(type: str, count: int) -> Entity:
    metadata = EntityMetadata(name=f"{type} ({count})", properties={"count": count})
    return Entity(id=group_id(type), type=type, metadata=metadata)
