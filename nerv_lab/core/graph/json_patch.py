"""States as JSON documents, and what leads from one to another as a JSON Patch (RFC 6902).

The document of a state is::

    {"entities": {ID: CONTENT, ...}, "relations": {ID: CONTENT, ...}}

CONTENT is what the state's hash covers of an item: its type, metadata and ends, but not its times
and revision. What JSON lacks is written as in `nerv_lab.core.values`, so a datetime is
``{"$nerv": "datetime", "value": ...}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import orjson

from nerv_lab.core.graph.diff import aligned, equal_values
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.state import GraphState

__all__ = ["Operation", "json_document", "json_patch"]

Operation: TypeAlias = dict[str, Any]
_ENTITIES, _RELATIONS = "entities", "relations"


def json_document(state: GraphState) -> dict[str, Any]:
    """Return a state as a JSON document; equal states have equal documents."""
    return {
        _ENTITIES: {id: _json(state.entities[id]) for id in sorted(state.entities)},
        _RELATIONS: {id: _json(state.relations[id]) for id in sorted(state.relations)},
    }


def json_patch(changes: Iterable[ItemChange]) -> list[Operation]:
    """Return the operations that lead from the document of one state to that of another.

    Parameters
    ----------
    changes : iterable of ItemChange
        What leads from the one state to the other, each item at most once.
    """
    return [operation for change in changes for operation in _of_item(change)]


def _json(item: Item) -> Any:
    return orjson.loads(item.content)


def _of_item(change: ItemChange) -> Iterator[Operation]:
    kind = _ENTITIES if isinstance(change.item, Entity) else _RELATIONS
    path = f"/{kind}/{_escaped(change.item.id)}"
    if change.new is None:
        yield {"op": "remove", "path": path}
    elif change.old is None:
        yield {"op": "add", "path": path, "value": _json(change.new)}
    else:
        yield from _of_value(_json(change.old), _json(change.new), path)


def _of_value(old: Any, new: Any, path: str) -> Iterator[Operation]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_dict(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_list(old, new, path)
    elif not equal_values(old, new):
        yield {"op": "replace", "path": path, "value": new}


def _of_dict(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Operation]:
    for name in sorted(old.keys() | new.keys()):
        inner = f"{path}/{_escaped(name)}"
        if name not in new:
            yield {"op": "remove", "path": inner}
        elif name not in old:
            yield {"op": "add", "path": inner, "value": new[name]}
        else:
            yield from _of_value(old[name], new[name], inner)


def _of_list(old: list[Any], new: list[Any], path: str) -> Iterator[Operation]:
    first, old_end, new_end = aligned(old, new)
    both = min(old_end, new_end)
    for index in range(first, both):
        yield from _of_value(old[index], new[index], f"{path}/{index}")
    # Backwards, so that the positions of those still to be removed hold.
    for index in range(old_end - 1, both - 1, -1):
        yield {"op": "remove", "path": f"{path}/{index}"}
    for index in range(both, new_end):
        yield {"op": "add", "path": f"{path}/{index}", "value": new[index]}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
