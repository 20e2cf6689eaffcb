"""Changing one field or property from the inspector, and how it came to be what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from nerv_lab.core.errors import ReadOnlyViewError, ValidationError
from nerv_lab.core.graph.changes import REMOVE
from nerv_lab.lab.past.histories import HistoryEntry
from nerv_lab.widgets.commands.arguments import Command, Commanded, required_text
from nerv_lab.widgets.commands.details import details, find
from nerv_lab.widgets.shown.changes import short_literal
from nerv_lab.widgets.shown.literals import kind_of, read_literal, write_literal

__all__ = ["EDIT_COMMANDS"]

_MAX_ENTRIES: Final = 30


def _tags(text: str) -> list[str]:
    return [tag for part in text.split(",") if (tag := part.strip())]


def _strength(text: str) -> float:
    strength: float = read_literal("float", text, "strength")
    return strength


# How the text of each field is read; of an empty name or description nothing is left.
_FIELDS: Final[dict[str, Callable[[str], Any]]] = {
    "name": lambda text: text or None,
    "description": lambda text: text or None,
    "type": str,
    "tags": _tags,
    "strength": _strength,
}


def _edit(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    if widget.version is not None or widget.position is not None:
        raise ReadOnlyViewError("the past is read-only; go back to now to change the graph")
    item = find(widget.lab.state, required_text(args, "id", "choose what to change"))
    if "field" in args:
        field, text = args["field"], args.get("text")
        if not isinstance(text, str) or field not in _FIELDS:
            raise ValidationError("field", f"must be a text for one of {', '.join(_FIELDS)}")
        changed: dict[str, Any] = {field: _FIELDS[field](text)}
    else:
        name = _property(args)
        removed = args.get("remove") is True
        value = REMOVE if removed else _read(args, name)
        changed = {"properties": {name: value}}
    widget.lab.update(item, **changed)
    return details(widget.lab.state, item.id)


def _property(args: Mapping[str, Any]) -> str:
    name = args.get("property")
    if not isinstance(name, str) or not name:
        raise ValidationError("property", "needs a name")
    return name


def _read(args: Mapping[str, Any], name: str) -> Any:
    return read_literal(args.get("kind"), args.get("text"), f"properties.{name}")


def _literal(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return a property as a whole, to be edited; the inspector shows long ones in part."""
    item = find(widget.shown_state, required_text(args, "id", "choose what to change"))
    name = _property(args)
    if name not in item.properties:
        raise ValidationError("property", f"{name!r} is not set")
    value = item.properties[name]
    return {"kind": kind_of(value), "literal": write_literal(value)}


def _history(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    id = required_text(args, "id", "choose an entity or a relation")
    path = ("properties", _property(args)) if "property" in args else None
    entries = widget.lab.history(id, property=path)
    return {
        "total": len(entries),
        "entries": [_entry(entry) for entry in reversed(entries[-_MAX_ENTRIES:])],
    }


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "time": int(entry.timestamp.timestamp() * 1_000_000),
        "where": entry.where,
        "who": entry.author or entry.source or "",
        "reason": entry.reason or "",
        "kind": entry.change.kind,
        "fields": [
            {
                "name": field.label,
                "old": short_literal(field.old),
                "new": short_literal(field.new),
                "kind": field.kind,
            }
            for field in entry.fields
        ],
    }


EDIT_COMMANDS: Final[dict[str, Command]] = {
    "edit": _edit,
    "history": _history,
    "literal": _literal,
}
