"""Working out what a batch will do, before the server does it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from nerv_lab.core.errors import StoreBusyError
from nerv_lab.core.graph.changes import (
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import Entity, Item, Relation, entity_key, relation_key
from nerv_lab.core.graph.rules import Reader
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.queries import quoted
from nerv_lab.inner_universe.spacetime.following.reading import read_item, read_snapshot
from nerv_lab.inner_universe.spacetime.module.rows import relation_from_row, row_key

__all__ = ["read_touched"]

_ATTEMPTS = 20
# From so many on, reading the whole branch costs less than asking for each.
_MANY = 200


async def read_touched(
    connection: Connection, changes: Sequence[Change], branch: str
) -> tuple[Reader, int]:
    """Return what the changes will find, and the position of the log it is as of.

    Raises
    ------
    StoreBusyError
        When the log moves all the time.
    """
    keys, doomed = _touched(changes)
    if len(keys) + 2 * len(doomed) > _MANY:
        snapshot = await read_snapshot(connection, branch)
        return GraphState.build(snapshot.items), snapshot.seq
    for _ in range(_ATTEMPTS):
        seq = await connection.refresh("apply_and_commit")
        if not keys:
            return GraphState.empty(), seq
        items = await asyncio.gather(*(read_item(connection, key, branch) for key in keys))
        relations = await asyncio.gather(*(_ends(connection, id, branch) for id in doomed))
        if await connection.refresh("apply_and_commit") == seq:
            return _Touched([*items, *(r for listed in relations for r in listed)]), seq
    raise StoreBusyError(
        f"{connection.address.uri} is written to all the time; try the commit again"
    )


class _Touched:
    """The items that a batch may see."""

    def __init__(self, items: Iterable[Item | None]) -> None:
        self._items = {item.key: item for item in items if item is not None}

    def entity(self, id: str) -> Entity | None:
        found = self._items.get(entity_key(id))
        return found if isinstance(found, Entity) else None

    def relation(self, id: str) -> Relation | None:
        found = self._items.get(relation_key(id))
        return found if isinstance(found, Relation) else None

    def relations_of(self, entity_id: str) -> list[Relation]:
        return sorted(
            (
                item
                for item in self._items.values()
                if isinstance(item, Relation) and entity_id in (item.from_entity, item.to_entity)
            ),
            key=lambda relation: relation.id,
        )


def _touched(changes: Sequence[Change]) -> tuple[list[str], list[str]]:
    """Return the keys of items that the changes look at, and the entities that they delete."""
    keys: dict[str, None] = {}
    doomed: dict[str, None] = {}
    for change in changes:
        match change:
            case DeleteEntity(id=id):
                keys[entity_key(id)] = doomed[id] = None
            case CreateEntity(id=id) | UpdateEntity(id=id) | RestoreEntity(entity=Entity(id=id)):
                keys[entity_key(id)] = None
            case UpdateRelation(id=id) | DeleteRelation(id=id):
                keys[relation_key(id)] = None
            case CreateRelation() as relation:
                keys |= _with_ends(relation)
            case RestoreRelation(relation=relation):
                keys |= _with_ends(relation)
    return list(keys), list(doomed)


def _with_ends(relation: CreateRelation | Relation) -> dict[str, None]:
    ends = (entity_key(relation.from_entity), entity_key(relation.to_entity))
    return dict.fromkeys((relation_key(relation.id), *ends))


async def _ends(connection: Connection, entity_id: str, branch: str) -> list[Relation]:
    key = quoted(row_key(branch, entity_id))
    found = await asyncio.gather(
        connection.select("relation", f"from_key = {key}"),
        connection.select("relation", f"to_key = {key}"),
    )
    return [relation_from_row(row) for rows in found for row in rows]
