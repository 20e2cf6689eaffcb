"""Between the rows of the server and the items, events and versions of the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from nerv_lab.core.errors import ProtocolError, ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ChangeData, ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.history.thinning import BranchMark, Retention
from nerv_lab.core.history.versions import Version, to_micros
from nerv_lab.core.values import decode, encode
from nerv_lab.inner_universe.spacetime.module.arguments import OwnEvent, VersionArgs
from nerv_lab.inner_universe.spacetime.module.schema import (
    SEPARATOR,
    EntityMeta,
    EntityRow,
    EventRow,
    Property,
    PrunedRow,
    RelationMeta,
    RelationRow,
    RetentionRow,
    VersionRow,
)

__all__ = [
    "entity_from_row",
    "entity_meta",
    "event_from_row",
    "json_text",
    "marks_text",
    "own_event",
    "relation_from_row",
    "relation_meta",
    "retention_from_rows",
    "row_key",
    "version_args",
    "version_from_row",
]

_T = TypeVar("_T")


def row_key(branch: str, id: str) -> str:
    """Return the key of an item's row."""
    return f"{branch}{SEPARATOR}{id}"


def json_text(value: Any) -> str:
    """Return the canonical JSON of a value."""
    return encode(value).decode()


def marks_text(marks: Mapping[str, BranchMark]) -> str:
    """Return where each branch was at the floor of the log, as JSON."""
    return json_text(Retention(marks=marks).record()["marks"])


def retention_from_rows(
    rows: Sequence[RetentionRow], pruned: Sequence[PrunedRow], bridges: Mapping[str, str]
) -> Retention:
    """Return what was pruned."""
    if not rows:
        return Retention()
    _, generation, floor, top, marks = rows[0]
    record = {"generation": generation, "floor": floor, "top": top, "marks": decode(marks)}
    return replace(
        Retention.from_record(record),
        pruned=frozenset(row.version_id for row in pruned),
        bridges=bridges,
    )


def _properties(properties: Mapping[str, Any]) -> list[Property]:
    return [Property(name, json_text(properties[name])) for name in sorted(properties)]


def entity_meta(metadata: EntityMetadata) -> EntityMeta:
    """Return the metadata of an entity as the module takes it."""
    return EntityMeta(
        metadata.name,
        metadata.description,
        list(metadata.tags),
        _properties(metadata.properties),
    )


def relation_meta(metadata: RelationMetadata) -> RelationMeta:
    """Return the metadata of a relation as the module takes it."""
    return RelationMeta(
        metadata.description,
        metadata.strength,
        metadata.bidirectional,
        list(metadata.tags),
        _properties(metadata.properties),
    )


def own_event(event: Event, payload: str | None) -> OwnEvent:
    """Return an event of the user's own as the module takes it, with its payload's JSON."""
    return OwnEvent(
        event.id,
        event.type,
        event.source,
        round(event.timestamp * 1_000_000),
        payload,
    )


def version_args(version: Version) -> VersionArgs:
    """Return a version as the module takes it."""
    return VersionArgs(
        version.id,
        list(version.parents),
        version.branch,
        version.event_seq,
        to_micros(version.timestamp),
        version.description,
        version.author,
        version.data_hash,
        version.algorithm,
        version.digest,
    )


def _valid(what: str, build: Callable[[], _T]) -> _T:
    try:
        return build()
    except (ValidationError, TypeError, OverflowError) as error:
        raise ProtocolError(f"the server's row of {what} makes no sense: {error}") from error


def entity_from_row(row: EntityRow) -> Entity:
    """Return the entity of a row.

    Raises
    ------
    ProtocolError
        When it does not hold an entity.
    """
    return _valid(f"entity {row.entity_id!r}", lambda: _entity(row))


def _entity(row: EntityRow) -> Entity:
    meta = row.metadata
    known = EntityMetadata(
        meta.name,
        meta.description,
        tuple(meta.tags),
        {p.name: decode(p.value) for p in meta.properties},
    )
    return Entity(
        row.entity_id, row.entity_type, known, row.created_at, row.updated_at, row.revision
    )


def relation_from_row(row: RelationRow) -> Relation:
    """Return the relation of a row.

    Raises
    ------
    ProtocolError
        When it does not hold a relation.
    """
    return _valid(f"relation {row.relation_id!r}", lambda: _relation(row))


def _relation(row: RelationRow) -> Relation:
    meta = row.metadata
    known = RelationMetadata(
        meta.description,
        meta.strength,
        meta.bidirectional,
        tuple(meta.tags),
        {p.name: decode(p.value) for p in meta.properties},
    )
    return Relation(
        row.relation_id,
        row.from_entity,
        row.to_entity,
        row.relation_type,
        known,
        row.created_at,
        row.updated_at,
        row.revision,
    )


def event_from_row(row: EventRow) -> Event:
    """Return the event of a row.

    Raises
    ------
    ProtocolError
        When its payload is no value.
    """
    payload = None if row.data is None else _valid(f"event {row.seq}", lambda: _payload(row))
    return Event(
        row.event_id,
        row.event_type,
        payload,
        row.timestamp / 1_000_000,
        row.source,
        row.seq,
        row.origin_id,
        row.origin_seq,
        row.actor or None,
        row.branch,
        row.batch_id,
    )


def _payload(row: EventRow) -> Mapping[str, Any]:
    payload = decode(cast("str", row.data))
    if not isinstance(payload, Mapping):
        raise ValidationError("data", f"must be a dict, not {type(payload).__name__}")
    if row.event_type in CHANGE_EVENT_TYPES:
        # Made once, for all who follow the log.
        return ChangeData(payload, ItemChange.from_data(payload))
    return payload


def version_from_row(row: VersionRow) -> Version:
    """Return the version of a row.

    Raises
    ------
    ProtocolError
        When it does not hold a version.
    """
    record = row._asdict()
    del record["seq"]
    return _valid(f"version {row.version_id!r}", lambda: Version.from_record(record))
