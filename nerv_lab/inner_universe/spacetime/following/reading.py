"""Reading several tables as of one moment, while others go on writing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerv_lab.core.errors import HistoryPrunedError, StoreBusyError
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange
from nerv_lab.core.graph.model import Item, entity_key, relation_key
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import Branch, Snapshot
from nerv_lab.inner_universe.contract.retention import TOP_ROWS, with_marks
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.queries import PAGE, quoted
from nerv_lab.inner_universe.spacetime.module.rows import (
    entity_from_row,
    relation_from_row,
    retention_from_rows,
    row_key,
    version_from_row,
)
from nerv_lab.inner_universe.spacetime.module.schema import EntityRow, RelationRow, VersionRow

__all__ = [
    "Whole",
    "read_branches",
    "read_bridge",
    "read_delta",
    "read_deltas",
    "read_events",
    "read_item",
    "read_retention",
    "read_snapshot",
    "read_stored_events",
    "read_tags",
    "read_top",
    "read_versions",
    "read_whole",
]

_ATTEMPTS = 20
# So many questions are on their way at a time.
_ON_THE_WAY = 64


async def read_events(
    connection: Connection, after: int, limit: int | None, until: int | None
) -> list[Event]:
    """Return events with ``after < seq <= until``, ascending, at most `limit` of them."""
    after = max(after, 0)
    if limit is not None:
        until = after + limit if until is None else min(after + limit, until)
    if until is not None and until <= connection.tail.last:
        kept = connection.tail.read(after, until)
        if kept is not None:
            return list(kept)
    found: list[Event] = []
    while until is None or after < until:
        stop = after + PAGE if until is None else min(after + PAGE, until)
        page = await connection.page(after, stop)
        if after < connection.tail.last and not (page and page[0].seq == after + 1):
            first = (await read_floor(connection)) + 1
            raise HistoryPrunedError(f"event {after + 1}", f"the log begins with event {first} now")
        found += [entry.event for entry in page]
        if len(page) < stop - after:
            break
        after = stop
    return found


async def read_item(connection: Connection, key: str, branch: str) -> Item | None:
    """Return a working row, or None."""
    is_entity = key.startswith("e:")
    table = "entity" if is_entity else "relation"
    rows = await connection.select(table, f"key = {quoted(row_key(branch, key[2:]))}")
    if not rows:
        return None
    return entity_from_row(rows[0]) if is_entity else relation_from_row(rows[0])


async def read_versions(connection: Connection, where: str = "") -> list[Version]:
    """Return versions, in log order."""
    rows: list[VersionRow] = await connection.select("state_version", where)
    return [version_from_row(row) for row in sorted(rows, key=lambda row: row.seq)]


async def read_branches(connection: Connection) -> dict[str, Branch]:
    """Return every branch by name; the main one is always there."""
    moves, heads, state = await asyncio.gather(
        connection.select("event_log", f"event_type = {quoted(EventType.BRANCH_MOVED)}"),
        connection.select("branch"),
        connection.select("retention"),
    )
    moved = {row.branch: row.seq for row in sorted(moves)}
    found = {DEFAULT_BRANCH: None} | {row.name: row.version_id for row in sorted(heads)}
    branches = {name: Branch(name, head, moved.get(name, 0)) for name, head in found.items()}
    return with_marks(branches, retention_from_rows(state, (), {}).marks)


async def read_tags(connection: Connection) -> dict[str, str]:
    """Return the version id of each tag, by its name."""
    return {row.name: row.version_id for row in sorted(await connection.select("tag"))}


async def read_snapshot(connection: Connection, branch: str) -> Snapshot:
    """Return the working rows of a branch, its head and the log position, all of one moment.

    The tables are read one after the other; the events that came meanwhile say what the rows
    became.
    """
    of_branch = f"branch = {quoted(branch)}"
    for _ in range(_ATTEMPTS):
        before = await connection.refresh("snapshot")
        entities, relations, heads = await asyncio.gather(
            connection.select("entity", of_branch),
            connection.select("relation", of_branch),
            connection.select("branch", f"name = {quoted(branch)}"),
        )
        seq = await connection.refresh("snapshot")
        meanwhile = await read_events(connection, before, None, seq)
        if not any(e.type == EventType.BRANCH_MOVED and e.branch == branch for e in meanwhile):
            items = _items(entities, relations)
            head = heads[0].version_id if heads else None
            return _brought_to(seq, items, head, [e for e in meanwhile if e.branch == branch])
    raise StoreBusyError(
        f"snapshot: branch {branch!r} of {connection.address.uri} is moved all the time; try again"
    )


def _items(entities: Iterable[EntityRow], relations: Iterable[RelationRow]) -> dict[str, Item]:
    items: dict[str, Item] = {}
    for entity in sorted(entities, key=lambda row: row.key):
        items[entity_key(entity.entity_id)] = entity_from_row(entity)
    for relation in sorted(relations, key=lambda row: row.key):
        items[relation_key(relation.relation_id)] = relation_from_row(relation)
    return items


def _brought_to(
    seq: int, items: dict[str, Item], head: str | None, events: Iterable[Event]
) -> Snapshot:
    for event in events:
        if event.type in CHANGE_EVENT_TYPES:
            change = ItemChange.from_data(event.data or {})
            if change.new is None:
                items.pop(change.key, None)
            else:
                items[change.key] = change.new
        elif event.type == EventType.STATE_VERSION_COMMITTED:
            head = str((event.data or {})["version_id"])
    ordered = sorted(items.items(), key=lambda entry: entry[0])
    return Snapshot(seq, tuple(item for _, item in ordered), head)


async def read_floor(connection: Connection) -> int:
    """Return the position of the last event that was dropped from the log."""
    rows = await connection.select("retention")
    return max((row.floor for row in rows), default=0)


async def read_retention(connection: Connection) -> tuple[Retention, dict[str, str]]:
    """Return what was pruned, and the seal of each version of it.

    The rows are read one table after the other, again where others pruned meanwhile.
    """
    for _ in range(_ATTEMPTS):
        before = await connection.select("retention")
        pruned, bridges = await asyncio.gather(
            connection.select("pruned_version"), connection.select("version_bridge")
        )
        if await connection.select("retention") == before:
            bases = {row.version_id: row.base for row in bridges}
            seals = {row.version_id: row.seal for row in pruned}
            return retention_from_rows(before, pruned, bases), seals
    raise StoreBusyError(f"{connection.address.uri} is pruned all the time; try again")


async def read_bridge(connection: Connection, version_id: str) -> Bridge | None:
    """Return the bridge to a version, or None."""
    rows = await connection.select("version_bridge", f"version_id = {quoted(version_id)}")
    return Bridge(*rows[0]) if rows else None


async def read_top(connection: Connection) -> tuple[str | None, tuple[Item, ...]]:
    """Return the version that the main line begins with after pruning, and its items."""
    of_top = f"branch = {quoted(TOP_ROWS)}"
    for _ in range(_ATTEMPTS):
        before = await connection.select("retention")
        entities, relations = await asyncio.gather(
            connection.select("entity", of_top), connection.select("relation", of_top)
        )
        if await connection.select("retention") == before:
            top = before[0].top if before else None
            return top, tuple(_items(entities, relations).values())
    raise StoreBusyError(f"{connection.address.uri} is pruned all the time; try again")


@dataclass(frozen=True, slots=True)
class Whole:
    """All that a database holds but its deltas, as of one moment.

    `misplaced` names the rows that cannot be found by what they hold.
    """

    events: list[Event]
    versions: list[Version]
    rows: Mapping[str, list[Item]]
    heads: Mapping[str, str]
    tags: Mapping[str, str]
    retention: Retention
    seals: Mapping[str, str]
    misplaced: tuple[str, ...] = ()


async def read_whole(connection: Connection) -> Whole:
    """Return everything, read while nobody wrote.

    Raises
    ------
    StoreBusyError
        When there is no such moment.
    """
    events: list[Event] = []
    read = floor = 0
    for _ in range(_ATTEMPTS):
        seq = await connection.refresh("verify")
        retention, seals = await read_retention(connection)
        if retention.floor != floor:
            events, floor = [], retention.floor
            read = floor
        events += await read_stored_events(connection, read, seq)
        read = seq
        tags, versions, heads, entities, relations = await asyncio.gather(
            read_tags(connection),
            read_versions(connection),
            connection.select("branch"),
            connection.select("entity"),
            connection.select("relation"),
        )
        if await connection.refresh("verify") == seq:
            return Whole(
                events,
                versions,
                _by_branch(entities, relations),
                {row.name: row.version_id for row in heads if row.version_id is not None},
                tags,
                retention,
                seals,
                tuple(_misplaced(entities, relations)),
            )
    raise StoreBusyError(
        f"verify: {connection.address.uri} is written to all the time; try in a quiet moment"
    )


async def read_stored_events(connection: Connection, after: int, until: int) -> list[Event]:
    """Return a part of the log as the database has it, and not as it was received."""
    found: list[Event] = []
    while after < until:
        stop = min(after + PAGE, until)
        found += [entry.event for entry in await connection.page(after, stop)]
        after = stop
    return found


def _misplaced(entities: Iterable[EntityRow], relations: Iterable[RelationRow]) -> Iterator[str]:
    for entity in entities:
        if entity.key != row_key(entity.branch, entity.entity_id):
            yield f"{entity.branch} {entity_key(entity.entity_id)}"
    for relation in relations:
        ids = relation.relation_id, relation.from_entity, relation.to_entity
        keys = relation.key, relation.from_key, relation.to_key
        if keys != tuple(row_key(relation.branch, id) for id in ids):
            yield f"{relation.branch} {relation_key(relation.relation_id)}"


def _by_branch(entities: list[Any], relations: list[Any]) -> dict[str, list[Item]]:
    rows: dict[str, list[Item]] = {}
    for entity in entities:
        rows.setdefault(entity.branch, []).append(entity_from_row(entity))
    for relation in relations:
        rows.setdefault(relation.branch, []).append(relation_from_row(relation))
    return rows


async def read_delta(connection: Connection, version_id: str) -> bytes | None:
    """Return the delta of a version, or None."""
    rows = await connection.select("version_delta", f"version_id = {quoted(version_id)}")
    return bytes(rows[0].delta) if rows else None


async def read_deltas(connection: Connection, version_ids: Sequence[str]) -> dict[str, bytes]:
    """Return the deltas that there are of these versions, by their ids."""
    found: dict[str, bytes] = {}
    for first in range(0, len(version_ids), _ON_THE_WAY):
        asked = version_ids[first : first + _ON_THE_WAY]
        deltas = await asyncio.gather(*(read_delta(connection, id) for id in asked))
        found |= {id: delta for id, delta in zip(asked, deltas, strict=True) if delta is not None}
    return found
