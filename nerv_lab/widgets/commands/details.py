"""What the inspector shows of one item: texts only, ready for a text sink."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from nerv_lab.core.errors import EntityNotFoundError
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import encode
from nerv_lab.core.values.encrypted import Encrypted

__all__ = ["details", "find", "seen"]

_MAX_LINE: Final = 60
_MAX_TEXT: Final = 4_000
_MAX_NEIGHBOURS: Final = 200
_MAX_PROPERTIES: Final = 500
_PLAIN_KINDS: Final = {"ReadOnlyDict": "dict", "ReadOnlyList": "list", "NoneType": "None"}


def find(state: GraphState, id: str) -> Item:
    """Return the entity or, failing that, the relation of this id.

    Raises
    ------
    EntityNotFoundError
        When there is neither.
    """
    item = state.entity(id) or state.relation(id)
    if item is None:
        raise EntityNotFoundError(id, "it may have been deleted, or belong to another version")
    return item


def _json(value: object) -> str:
    line = encode(value).decode()
    if len(line) <= _MAX_LINE:
        return line
    return orjson.dumps(orjson.loads(line), option=orjson.OPT_INDENT_2).decode()


def _text(value: object) -> str:
    if type(value) is Encrypted:
        text = repr(value)
    elif isinstance(value, str):
        text = value
    elif value is None or isinstance(value, (bool, int, float, dict, list)):
        text = _json(value)
    else:
        text = str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text)} characters)"


def _properties(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    shown = sorted(properties)[:_MAX_PROPERTIES]
    return [
        {"name": name, "kind": _kind(properties[name]), "text": _text(properties[name])}
        for name in shown
    ]


def _kind(value: object) -> str:
    name = type(value).__name__
    return _PLAIN_KINDS.get(name, name)


def _title(state: GraphState, id: str) -> str:
    entity = state.entity(id)
    return (entity.name if entity else None) or id


def _neighbour(state: GraphState, entity: Entity, relation: Relation) -> dict[str, Any]:
    outgoing = relation.from_entity == entity.id
    other = relation.to_entity if outgoing else relation.from_entity
    way = "both" if relation.bidirectional else "out" if outgoing else "in"
    other_entity = state.entity(other)
    return {
        "id": other,
        "title": _title(state, other),
        "type": other_entity.type if other_entity else "",
        "relation": relation.id,
        "relation_type": relation.type,
        "way": way,
    }


def _neighbours(state: GraphState, entity: Entity) -> list[dict[str, Any]]:
    rows = [_neighbour(state, entity, relation) for relation in state.relations_of(entity.id)]
    rows.sort(key=lambda row: (row["relation_type"], row["title"], row["relation"]))
    return rows[:_MAX_NEIGHBOURS]


def details(state: GraphState, id: str) -> dict[str, Any]:
    """Return what the inspector shows of an entity or relation.

    Raises
    ------
    EntityNotFoundError
        When the state holds no such item.
    """
    item = find(state, id)
    shown: dict[str, Any] = {
        "id": item.id,
        "type": item.type,
        "description": item.description or "",
        "tags": list(item.tags),
        "properties": _properties(item.properties),
        "properties_total": len(item.properties),
        "created": item.created_at,
        "updated": item.updated_at,
        "revision": item.revision,
    }
    if isinstance(item, Entity):
        return {
            **shown,
            "kind": "entity",
            "title": item.name or item.id,
            "name": item.name or "",
            "neighbours": _neighbours(state, item),
            "degree": state.degree(item.id),
        }
    return {
        **shown,
        "kind": "relation",
        "title": item.type,
        "strength": item.strength,
        "ends": [
            {"id": end, "title": _title(state, end)} for end in (item.from_entity, item.to_entity)
        ],
        "both": item.bidirectional,
    }


def seen(view: object, id: str) -> dict[str, Any]:
    """Return what a perspective shows of an item: rows of texts, or one text.

    Parameters
    ----------
    view : object
        What the perspective made of the whole state: by id, where it looks at each entity.
    id : str
        The item.
    """
    found = view.get(id) if isinstance(view, Mapping) else view
    if hasattr(found, "model_dump"):
        found = found.model_dump()
    if isinstance(found, Mapping):
        return {"rows": _properties({str(name): value for name, value in found.items()})}
    return {"text": "It does not look at this." if found is None else _text(found)}
