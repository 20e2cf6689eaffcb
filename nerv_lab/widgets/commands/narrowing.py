"""Commands that choose what of the graph is shown, and where nodes are held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.commands.arguments import Command, Commanded, required_text
from nerv_lab.widgets.styling.fields import is_number

__all__ = ["NARROW_COMMANDS"]

_MAX_FACETS: Final = 40


def _graph(widget: Commanded) -> Any:
    if not hasattr(widget, "show_all"):
        raise ValidationError("name", "this view shows no graph")
    return widget


def _counts(view: Any) -> dict[str, int]:
    return {"shown": len(view.scene.entities), "total": len(view.shown_state.entities)}


def _filter(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    view, query = _graph(widget), args.get("query")
    if not isinstance(query, str):
        raise ValidationError("query", "must be text; empty shows everything")
    view.filter = query
    return _counts(view)


def _expand(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    view = _graph(widget)
    before = set(view.scene.entities)
    view.expand(required_text(args, "id", "choose an entity or a type"))
    return {**_counts(view), "added": sorted(set(view.scene.entities) - before)}


def _collapse(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    view = _graph(widget)
    view.collapse(*([required_text(args, "type", "choose a type")] if "type" in args else []))
    return _counts(view)


def _uncollapse(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    view = _graph(widget)
    view.collapsed = ()
    return _counts(view)


def _show_all(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    view = _graph(widget)
    view.show_all()
    return _counts(view)


def _facets(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    """Say what there is to filter by, and how much of each."""
    view = _graph(widget)
    state = view.shown_state
    types, tags, properties = Counter[str](), Counter[str](), Counter[str]()
    numeric: set[str] = set()
    degree = 0
    for entity in state.entities.values():
        types[entity.type] += 1
        tags.update(entity.tags)
        degree = max(degree, state.degree(entity.id))
        for name, value in entity.properties.items():
            properties[name] += 1
            if is_number(value):
                numeric.add(name)
    return {
        "types": _ordered(types),
        "tags": _ordered(tags),
        "properties": [[*pair, pair[0] in numeric] for pair in _ordered(properties)],
        "degree": degree,
        "total": len(state.entities),
    }


def _ordered(counts: Counter[str]) -> list[list[Any]]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [list(pair) for pair in ordered[:_MAX_FACETS]]


def _pin(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    view = _graph(widget)
    ids, places = args.get("ids"), args.get("places")
    if not isinstance(ids, list) or not isinstance(places, list) or len(ids) != len(places):
        raise ValidationError("ids", "must be a list, with a place for each")
    view.positions = dict(zip(ids, places, strict=True))
    return {"pinned": len(view.pinned)}


def _unpin(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    view = _graph(widget)
    gone = {args["id"]} if "id" in args else set(view.pinned)
    view.pinned = [id for id in view.pinned if id not in gone]
    return {"pinned": len(view.pinned)}


NARROW_COMMANDS: Final[dict[str, Command]] = {
    "collapse": _collapse,
    "expand": _expand,
    "facets": _facets,
    "filter": _filter,
    "pin": _pin,
    "show_all": _show_all,
    "uncollapse": _uncollapse,
    "unpin": _unpin,
}
