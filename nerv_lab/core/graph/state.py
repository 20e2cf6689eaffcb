"""The graph at one moment: immutable, shared in structure with its neighbours, and hashed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from immutables import Map, MapMutation

from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.errors import IntegrityError
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Item, Relation, equal_items, keeps_ends
from nerv_lab.core.text import graph_size
from nerv_lab.core.values.hashing import SetHash
from nerv_lab.core.walking import followed, walk_part

__all__ = ["GraphState"]

_I = TypeVar("_I", Entity, Relation)


class GraphState:
    """All entities and relations at one moment.

    Applying a change costs the change, not the graph: the maps share their structure. Two states
    are equal when their hashes are, whatever the path to each.

    Attributes
    ----------
    entities : immutables.Map of str to Entity
        By id.
    relations : immutables.Map of str to Relation
        By id.
    """

    __slots__ = ("_adjacent", "_hash", "entities", "relations")

    def __init__(
        self,
        entities: Map[str, Entity],
        relations: Map[str, Relation],
        adjacent: Map[str, Map[str, None]],
        set_hash: SetHash,
    ) -> None:
        self.entities = entities
        self.relations = relations
        self._adjacent = adjacent
        self._hash = set_hash

    @classmethod
    def empty(cls) -> GraphState:
        """Return the state without entities."""
        return cls(Map(), Map(), Map(), SetHash())

    @classmethod
    @collector_paused()
    def build(cls, items: Iterable[Item]) -> GraphState:
        """Return the state of these items, in any order.

        Raises
        ------
        IntegrityError
            When an item is given twice.
        """
        entities: dict[str, Entity] = {}
        relations: dict[str, Relation] = {}
        adjacent: dict[str, dict[str, None]] = {}
        elements: dict[str, Item] = {}
        for item in items:
            if (key := item.key) in elements:
                raise IntegrityError(f"{key}: it is given twice")
            elements[key] = item
            if isinstance(item, Entity):
                entities[item.id] = item
                continue
            relations[item.id] = item
            for end in (item.from_entity, item.to_entity):
                adjacent.setdefault(end, {})[item.id] = None
        return cls(
            Map(entities),
            Map(relations),
            Map({id: Map(linked) for id, linked in adjacent.items()}),
            SetHash().replace((), elements.items()),
        )

    @property
    def data_hash(self) -> str:
        """Hash of the content of all items (hex); times and revisions are not part of it."""
        return self._hash.hexdigest()

    def entity(self, id: str) -> Entity | None:
        """Return the entity, or None."""
        return self.entities.get(id)

    def relation(self, id: str) -> Relation | None:
        """Return the relation, or None."""
        return self.relations.get(id)

    def get(self, key: str) -> Item | None:
        """Return the item of a key (``"e:<id>"`` or ``"r:<id>"``), or None."""
        id = key[2:]
        return self.entity(id) if key.startswith("e:") else self.relation(id)

    def relations_of(self, entity_id: str) -> Iterator[Relation]:
        """Yield the relations that start or end at an entity, each once."""
        for relation_id in self._adjacent.get(entity_id, ()):
            yield self.relations[relation_id]

    def degree(self, entity_id: str) -> int:
        """Return the number of relations that start or end at an entity."""
        return len(self._adjacent.get(entity_id, ()))

    def induced(self, entity_ids: Iterable[str]) -> GraphState:
        """Return the state of these entities and every relation between them.

        Ids that are not here are passed over.
        """
        chosen = {id: entity for id in entity_ids if (entity := self.entity(id)) is not None}
        inner = {
            relation.id: relation
            for id in chosen
            for relation in self.relations_of(id)
            if relation.from_entity in chosen and relation.to_entity in chosen
        }
        return GraphState.build((*chosen.values(), *inner.values()))

    def items(self) -> Iterator[Item]:
        """Yield every entity, then every relation."""
        yield from self.entities.values()
        yield from self.relations.values()

    def __len__(self) -> int:
        return len(self.entities) + len(self.relations)

    def apply(self, changes: Iterable[ItemChange]) -> GraphState:
        """Return the state after these changes.

        Raises
        ------
        IntegrityError
            When a change does not start from this state: its ``old`` is not what is here.
        """
        entities, relations = self.entities.mutate(), self.relations.mutate()
        adjacent = self._adjacent.mutate()
        # Their contents are written when the hash is asked for.
        removed: list[tuple[str, Item]] = []
        added: list[tuple[str, Item]] = []
        for change in changes:
            key, old, new = change.key, change.old, change.new
            here: MapMutation[str, Any] = entities if key[0] == "e" else relations
            id = key[2:]
            if (found := here.get(id)) is not old:
                _check_old(change, found)
            if new is None:
                del here[id]
            else:
                here[id] = new
                added.append((key, new))
            if here is relations:
                _link(adjacent, change)
            if old is not None:
                removed.append((key, old))
        return self._turned(entities, relations, adjacent, removed, added)

    def with_items(self, items: Mapping[str, Item | None]) -> GraphState:
        """Return the state in which these keys hold these items, whatever they hold here.

        Parameters
        ----------
        items : mapping of str to Item or None
            By key; None removes what is there.
        """
        entities, relations = self.entities.mutate(), self.relations.mutate()
        adjacent = self._adjacent.mutate()
        removed: list[tuple[str, Item]] = []
        added: list[tuple[str, Item]] = []
        for key, new in items.items():
            here: MapMutation[str, Any] = entities if key[0] == "e" else relations
            id = key[2:]
            old = here.get(id)
            if old is new:
                continue
            if new is None:
                del here[id]
            else:
                here[id] = new
                added.append((key, new))
            if old is not None:
                removed.append((key, old))
            if here is relations:
                _link(adjacent, ItemChange.of(key, old, new))
        return self._turned(entities, relations, adjacent, removed, added)

    def _turned(
        self,
        entities: MapMutation[str, Entity],
        relations: MapMutation[str, Relation],
        adjacent: MapMutation[str, Map[str, None]],
        removed: list[tuple[str, Item]],
        added: list[tuple[str, Item]],
    ) -> GraphState:
        """Return the state of these maps, in which some items came and others went."""
        if not (removed or added):
            return self
        return GraphState(
            entities.finish(),
            relations.finish(),
            adjacent.finish(),
            self._hash.replace(removed, added),
        )

    def diff(self, other: GraphState, *, exact: bool = False) -> tuple[ItemChange, ...]:
        """Return the changes that lead from this state to another.

        Removed relations come before removed entities, so that each step is a valid graph.

        Parameters
        ----------
        other : GraphState
            Where to go.
        exact : bool
            Include items that differ in nothing but times or revision.
        """
        total = len(self) + len(other)
        inner = len(self.relations) + len(other.relations)
        with walk_part(0.0, inner / max(total, 1)):
            relations = list(_map_diff(self.relations, other.relations, exact))
        with walk_part(inner / max(total, 1), 1.0):
            entities = list(_map_diff(self.entities, other.entities, exact))
        gone = [c for c in relations if c.new is None]
        kept = [c for c in relations if c.new is not None]
        return (
            *gone,
            *(c for c in entities if c.new is None),
            *(c for c in entities if c.new is not None),
            *kept,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GraphState):
            return NotImplemented
        return self is other or (len(self) == len(other) and self.data_hash == other.data_hash)

    def __hash__(self) -> int:
        return hash(self.data_hash)

    def __repr__(self) -> str:
        return f"<GraphState {graph_size(len(self.entities), len(self.relations))}>"


def _check_old(change: ItemChange, found: Item | None) -> None:
    if not equal_items(found, change.old):
        raise IntegrityError(
            f"{change.key}: the change starts from {change.old!r}, the state holds {found!r}"
        )


def _link(adjacent: MapMutation[str, Map[str, None]], change: ItemChange) -> None:
    if keeps_ends(change.old, change.new):
        return
    for item, present in ((change.old, False), (change.new, True)):
        if not isinstance(item, Relation):
            continue
        for end in {item.from_entity, item.to_entity}:
            linked: Map[str, None] = adjacent.get(end, Map())
            linked = linked.set(item.id, None) if present else linked.delete(item.id)
            if linked:
                adjacent[end] = linked
            else:
                del adjacent[end]


def _map_diff(old: Map[str, _I], new: Map[str, _I], exact: bool) -> Iterator[ItemChange]:
    total = len(old) + len(new)
    for id, item in followed(old.items(), total):
        after = new.get(id)
        if after is None or (after is not item and not equal_items(item, after, exact=exact)):
            yield ItemChange(item.key, item, after)
    for id, item in followed(new.items(), total, before=len(old)):
        if id not in old:
            yield ItemChange(item.key, None, item)
