"""Items, events and versions as rows, and back."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import CorruptStoreError, ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.canonical import metadata_json
from nerv_lab.core.graph.change_events import ChangeEvent
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange
from nerv_lab.core.graph.model import Entity, OpenEntity, OpenRelation, Relation
from nerv_lab.core.graph.stored_changes import read_change
from nerv_lab.core.graph.stored_metadata import read_entity_metadata, read_relation_metadata
from nerv_lab.core.history.versions import Version
from nerv_lab.core.limits import MAX_RECORD
from nerv_lab.core.values import decode, encode

__all__ = [
    "ENTITY_COLUMNS",
    "EVENT_COLUMNS",
    "RELATION_COLUMNS",
    "VERSION_COLUMNS",
    "ItemRows",
    "Row",
    "change_json",
    "entity_from_row",
    "entity_row",
    "event_from_row",
    "event_row",
    "pack",
    "relation_from_row",
    "relation_row",
    "unpack",
    "version_from_row",
    "version_row",
]

Row = tuple[Any, ...]

ENTITY_COLUMNS = "entity_id, entity_type, metadata, created_at, updated_at, revision"
RELATION_COLUMNS = (
    "relation_id, from_entity, to_entity, relation_type, metadata, created_at, updated_at, revision"
)
EVENT_COLUMNS = (
    "seq, event_id, event_type, data, timestamp, source, "
    "origin_id, origin_seq, actor, branch, batch_id"
)
VERSION_COLUMNS = (
    "version_id, parents, branch, event_seq, timestamp, description, "
    "author, data_hash, algorithm, digest"
)


def change_json(change: ItemChange, reason: str | None) -> bytes:
    """Return the canonical bytes of the payload of a change's event."""
    encoded = change.encoded()
    return encoded if reason is None else b'%b,"reason":%b}' % (encoded[:-1], encode(reason))


def entity_row(branch: str, entity: Entity) -> Row:
    """Return an entity as a row: its branch, then `ENTITY_COLUMNS`."""
    return (
        branch,
        entity.id,
        entity.type,
        metadata_json(entity).decode(),
        entity.created_at,
        entity.updated_at,
        entity.revision,
    )


def relation_row(branch: str, relation: Relation) -> Row:
    """Return a relation as a row: its branch, then `RELATION_COLUMNS`."""
    return (
        branch,
        relation.id,
        relation.from_entity,
        relation.to_entity,
        relation.type,
        metadata_json(relation).decode(),
        relation.created_at,
        relation.updated_at,
        relation.revision,
    )


def entity_from_row(row: Row) -> Entity:
    """Return the entity of a row of `ENTITY_COLUMNS`.

    Raises
    ------
    CorruptStoreError
        When the row does not hold an entity.
    """
    return ItemRows().entity(row)


def relation_from_row(row: Row) -> Relation:
    """Return the relation of a row of `RELATION_COLUMNS`.

    Raises
    ------
    CorruptStoreError
        When the row does not hold a relation.
    """
    return ItemRows().relation(row)


class ItemRows:
    """Reads rows; names that many of them share are checked once, and are one object."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def entity(self, row: Row) -> Entity:
        """Return the entity of a row, as `entity_from_row` does."""
        made: Any = OpenEntity()
        made.id, made.type, metadata, made.created_at, made.updated_at, made.revision = row
        names = self._names
        try:
            names[made.id] = checked_name(made.id, "id")
            made.type = names.get(made.type) or self._name(made.type, "type")
            made.metadata = read_entity_metadata(metadata.encode())
        except ValidationError as error:
            raise _damaged(f"the row of entity {made.id!r}", error) from error
        made.__class__ = Entity
        return made  # type: ignore[no-any-return]

    def relation(self, row: Row) -> Relation:
        """Return the relation of a row, as `relation_from_row` does."""
        made: Any = OpenRelation()
        made.id, start, end, kind, metadata, made.created_at, made.updated_at, made.revision = row
        names = self._names
        try:
            checked_name(made.id, "id")
            made.from_entity = names.get(start) or self._name(start, "from_entity")
            made.to_entity = names.get(end) or self._name(end, "to_entity")
            made.type = names.get(kind) or self._name(kind, "type")
            made.metadata = read_relation_metadata(metadata.encode())
        except ValidationError as error:
            raise _damaged(f"the row of relation {made.id!r}", error) from error
        made.__class__ = Relation
        return made  # type: ignore[no-any-return]

    def _name(self, name: str, field: str) -> str:
        checked = self._names[name] = checked_name(name, field)
        return checked


def event_row(event: Event, data: bytes | None) -> Row:
    """Return an event as a row of `EVENT_COLUMNS`."""
    return (
        event.seq,
        event.id,
        event.type,
        None if data is None else data.decode(),
        round(event.timestamp * 1_000_000),
        event.source,
        event.origin_id,
        event.origin_seq,
        event.actor,
        event.branch,
        event.batch_id,
    )


def event_from_row(row: Row) -> Event:
    """Return the event of a row of `EVENT_COLUMNS`.

    Raises
    ------
    CorruptStoreError
        When the row does not hold an event.
    """
    seq, id, kind, data, timestamp, source, origin_id, origin_seq, actor, branch, batch_id = row
    made: type[Event] = Event
    payload: Any = None
    if data is not None and kind in CHANGE_EVENT_TYPES:
        payload = read_change(data.encode(), of_entity=kind.startswith("ENTITY"))
    if payload is not None:
        made = ChangeEvent
    elif data is not None:
        try:
            payload = decode(data)
        except ValidationError as error:
            raise _damaged(f"event {seq}", error) from error
    return made(
        id,
        kind,
        payload,
        timestamp / 1_000_000,
        source,
        seq,
        origin_id,
        origin_seq,
        actor,
        branch,
        batch_id,
    )


def version_row(seq: int, version: Version, packed: bytes) -> Row:
    """Return a version as a row: its place in the log, `VERSION_COLUMNS`, its packed delta."""
    record = version.record()
    parents = encode(record.pop("parents")).decode()
    version_id = record.pop("version_id")
    return (seq, version_id, parents, *record.values(), packed)


def version_from_row(row: Row) -> Version:
    """Return the version of a row of `VERSION_COLUMNS`.

    Raises
    ------
    CorruptStoreError
        When the row does not hold a version.
    """
    names: Sequence[str] = VERSION_COLUMNS.split(", ")
    record = dict(zip(names, row, strict=True))
    try:
        record["parents"] = decode(record["parents"])
        return Version.from_record(record)
    except (ValidationError, TypeError, OverflowError) as error:
        raise _damaged(f"the row of version {row[0]!r}", error) from error


def pack(delta: bytes) -> bytes:
    """Return a delta as it is stored."""
    return zlib.compress(delta, 1)


def unpack(packed: bytes, version_id: str) -> bytes:
    """Return a delta as it was given.

    Raises
    ------
    CorruptStoreError
        When it was damaged.
    """
    unpacking = zlib.decompressobj()
    try:
        delta = unpacking.decompress(packed, MAX_RECORD)
        if unpacking.unconsumed_tail:
            raise zlib.error(f"it takes more than {MAX_RECORD} bytes")
        if unpacking.unused_data or not unpacking.eof:
            raise zlib.error("it does not end where it should")
    except zlib.error as error:
        raise _damaged(f"the delta of version {version_id!r}", error) from error
    return delta


def _damaged(what: str, error: Exception) -> CorruptStoreError:
    return CorruptStoreError(
        f"{what} is damaged: {error}; run verify to see how far it goes, and restore a backup"
    )
