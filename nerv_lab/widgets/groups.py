"""Groups: one entity in the place of all of a type, and one relation in that of many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from nerv_lab.core.model import Entity, EntityMetadata, Item, Relation, RelationMetadata

__all__ = ["collapsed_items", "group_id", "group_size"]

_PREFIX: Final = "nerv:group:"
_LONG: Final = 400


def group_id(type: str) -> str:
    """Return the id of the entity that stands for a type."""
    return _id(type)


def _id(text: str) -> str:
    return f"{_PREFIX}{text if len(text) <= _LONG else hashlib.sha256(text.encode()).hexdigest()}"


def group_size(item: Item) -> int:
    """Return how many items this one stands for; 0 where it stands for itself."""
    count = item.properties.get("count", 0) if item.id.startswith(_PREFIX) else 0
    return count if isinstance(count, int) else 0


def collapsed_items(
    entities: Iterable[Entity], relations: Iterable[Relation], types: frozenset[str]
) -> tuple[dict[str, Entity], dict[str, Relation]]:
    """Return the items with one for each of the types, and one for relations that fall together.

    Relations inside a group are left out, as its entities are.
    """
    kept: dict[str, Entity] = {}
    stands: dict[str, str] = {}
    counts: dict[str, int] = {}
    for entity in entities:
        if entity.type in types:
            stands[entity.id] = group_id(entity.type)
            counts[entity.type] = counts.get(entity.type, 0) + 1
        else:
            kept[entity.id] = entity
    for type, count in sorted(counts.items()):
        kept[group_id(type)] = _group(type, count)
    links: dict[str, Relation] = {}
    bundles: dict[tuple[str, str, str, bool], list[Relation]] = {}
    for relation in relations:
        ends = [stands.get(end, end) for end in (relation.from_entity, relation.to_entity)]
        if relation.from_entity not in stands and relation.to_entity not in stands:
            links[relation.id] = relation
        elif ends[0] != ends[1]:
            key = (ends[0], relation.type, ends[1], relation.bidirectional)
            bundles.setdefault(key, []).append(relation)
    for key in sorted(bundles):
        bundle = _bundle(key, bundles[key])
        links[bundle.id] = bundle
    return kept, links


def _group(type: str, count: int) -> Entity:
    metadata = EntityMetadata(name=f"{type} ({count})", properties={"count": count})
    return Entity(id=group_id(type), type=type, metadata=metadata)


def _bundle(key: tuple[str, str, str, bool], relations: list[Relation]) -> Relation:
    start, type, end, both = key
    metadata = RelationMetadata(
        strength=sum(r.strength for r in relations),
        bidirectional=both,
        properties={"count": len(relations)},
    )
    id = _id(f"{start}|{type}|{end}|{both}")
    return Relation(id=id, from_entity=start, to_entity=end, type=type, metadata=metadata)
