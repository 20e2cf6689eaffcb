"""Changes of the graph, one by one, as the module's reducers take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, assert_never

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import (
    REMOVE,
    UNSET,
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
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata
from nerv_lab.inner_universe.spacetime.bsatn import Variant
from nerv_lab.inner_universe.spacetime.module.change_arguments import ChangeCall
from nerv_lab.inner_universe.spacetime.module.rows import entity_meta, json_text, relation_meta
from nerv_lab.inner_universe.spacetime.module.schema import Patch

__all__ = ["change_call"]


def change_call(change: Change) -> Variant:
    """Return a change as an argument.

    Raises
    ------
    ValidationError
        A part of it cannot be what it is to be.
    """
    match change:
        case CreateEntity():
            name = checked_name(change.type, "type")
            fields_ = (checked_name(change.id, "id"), name, entity_meta(change.metadata))
            return Variant(ChangeCall.CREATE_ENTITY, fields_)
        case UpdateEntity():
            return Variant(ChangeCall.UPDATE_ENTITY, _entity_update(change))
        case DeleteEntity():
            return Variant(ChangeCall.DELETE_ENTITY, (_id(change), bool(change.cascade)))
        case CreateRelation():
            return Variant(
                ChangeCall.CREATE_RELATION,
                (
                    checked_name(change.id, "id"),
                    checked_name(change.from_entity, "from_entity"),
                    checked_name(change.to_entity, "to_entity"),
                    checked_name(change.type, "type"),
                    relation_meta(change.metadata),
                ),
            )
        case UpdateRelation():
            return Variant(ChangeCall.UPDATE_RELATION, _relation_update(change))
        case DeleteRelation():
            return Variant(ChangeCall.DELETE_RELATION, (_id(change),))
        case RestoreEntity(entity=entity):
            meta = entity_meta(entity.metadata)
            kept = (entity.created_at, entity.revision)
            return Variant(ChangeCall.RESTORE_ENTITY, (entity.id, entity.type, meta, *kept))
        case RestoreRelation(relation=relation):
            ends = (relation.from_entity, relation.to_entity)
            known = relation_meta(relation.metadata)
            return Variant(
                ChangeCall.RESTORE_RELATION,
                (
                    relation.id,
                    *ends,
                    relation.type,
                    known,
                    relation.created_at,
                    relation.revision,
                ),
            )
        case _:
            assert_never(change)


def _id(change: UpdateEntity | UpdateRelation | DeleteEntity | DeleteRelation) -> str:
    # An id that could not exist is asked for all the same, so that it is not found.
    return str(change.id)


def _entity_update(change: UpdateEntity) -> tuple[Any, ...]:
    given = _given(change)
    known = EntityMetadata(
        **{name: given[name] for name in ("name", "description", "tags") if name in given},
        properties=_values(change.properties),
    )
    return (
        _id(change),
        _type(given),
        (known.name,) if "name" in given else None,
        (known.description,) if "description" in given else None,
        list(known.tags) if "tags" in given else None,
        _patches(change.properties, known.properties),
    )


def _relation_update(change: UpdateRelation) -> tuple[Any, ...]:
    given = _given(change)
    names = ("description", "strength", "bidirectional", "tags")
    known = RelationMetadata(
        **{name: given[name] for name in names if name in given},
        properties=_values(change.properties),
    )
    return (
        _id(change),
        _type(given),
        (known.description,) if "description" in given else None,
        known.strength if "strength" in given else None,
        known.bidirectional if "bidirectional" in given else None,
        list(known.tags) if "tags" in given else None,
        _patches(change.properties, known.properties),
    )


def _given(change: UpdateEntity | UpdateRelation) -> dict[str, Any]:
    values = ((field.name, getattr(change, field.name)) for field in fields(change))
    return {name: value for name, value in values if value is not UNSET}


def _type(given: Mapping[str, Any]) -> str | None:
    return checked_name(given["type"], "type") if "type" in given else None


def _values(patch: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(patch, Mapping):
        raise ValidationError("properties", f"must be a dict, not {type(patch).__name__}")
    return {name: value for name, value in patch.items() if value is not REMOVE}


def _patches(patch: Mapping[str, Any], values: Mapping[str, Any]) -> list[Patch]:
    removed = [Patch(name, None) for name, value in patch.items() if value is REMOVE]
    return [*removed, *(Patch(name, json_text(values[name])) for name in sorted(values))]
