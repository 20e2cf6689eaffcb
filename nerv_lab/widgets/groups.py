"""Groups: one entity in the place of all of a type, and one relation in that of many."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Final

from nerv_lab.core.model import Entity, EntityMetadata, Item, Relation, RelationMetadata
from nerv_lab.core.state import GraphState

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
        id = _id(f"{start}|{item.type}|{end}|{item.bidirectional}")
        self._keys[id] = key
        return f"r:{id}"

    def _stands(self, state: GraphState, id: str) -> str:
        type = state.entities[id].type
        return self.types[type][2:] if type in self.types else id

    def entities(self) -> dict[str, Entity]:
        """Return the entities that stand for types, by id."""
        return {group_id(t): _group(t, count) for t, count in self._entities.items() if count}

    def relations(self) -> dict[str, Relation]:
        """Return the relations that stand for many, by id."""
        found = ((id, self._bundle(id)) for id in list(self._keys))
        return {id: bundle for id, bundle in found if bundle}

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
        start, type, end, both = key
        metadata = RelationMetadata(
            strength=self._strengths[key] / _UNIT,
            bidirectional=both,
            properties={"count": count},
        )
        return Relation(id=id, from_entity=start, to_entity=end, type=type, metadata=metadata)


def _parts(strength: float) -> int:
    number, of = max(min(strength, _STRONGEST), -_STRONGEST).as_integer_ratio()
    return number * _UNIT // of


def _group(type: str, count: int) -> Entity:
    metadata = EntityMetadata(name=f"{type} ({count})", properties={"count": count})
    return Entity(id=group_id(type), type=type, metadata=metadata)
