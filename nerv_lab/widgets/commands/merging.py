"""Merging from the browser: what it would do, conflict by conflict, and doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nerv_lab.core.errors import ConflictError, ValidationError
from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.names import naming
from nerv_lab.core.history.conflicts import Conflict, Place, Resolution, Take
from nerv_lab.lab.branches.merging import MergeResult
from nerv_lab.lab.past.diff_views import describe
from nerv_lab.widgets.commands.arguments import (
    Command,
    Commanded,
    Prepared,
    go_live,
    labelled_row,
    required_text,
)
from nerv_lab.widgets.shown.changes import change_counts, change_rows, short_literal
from nerv_lab.widgets.shown.literals import kind_of, read_literal, write_literal

__all__ = ["MERGE_COMMANDS"]

_SIDES: Final = ("ours", "theirs", "base")


def _place(row: Mapping[str, Any]) -> Place:
    key, path = row.get("key"), row.get("path")
    if not isinstance(key, str) or not isinstance(path, Sequence) or isinstance(path, str):
        raise ValidationError("resolutions", "each needs the key and the path of its conflict")
    return key, tuple(map(str, path))


def _resolutions(given: object) -> dict[Place, Resolution]:
    """Read what the browser sends: rows of ``{key, path, take}``, a typed value with kind, text."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ValidationError("resolutions", "must be a list")
    found: dict[Place, Resolution] = {}
    for row in given:
        if not isinstance(row, Mapping):
            raise ValidationError("resolutions", "each must say what to take")
        place, take = _place(row), row.get("take")
        if take in _SIDES:
            found[place] = take
        elif take == "value":
            where = ".".join((place[0], *place[1]))
            found[place] = Take(read_literal(row.get("kind"), row.get("text"), where))
        else:
            raise ValidationError("resolutions", f"{take!r} is none of {', '.join(_SIDES)}, value")
    return found


def _prepared(widget: Commanded, args: Mapping[str, Any]) -> MergeResult:
    source = required_text(args, "source", "choose the branch or version to merge")
    return widget.lab.preview(source, resolutions=_resolutions(args.get("resolutions") or []))


def _preview(widget: Commanded, args: Mapping[str, Any], result: MergeResult) -> dict[str, Any]:
    sides = result.sides
    assert sides.second is not None
    names = naming(sides.ours, sides.theirs, sides.base)
    return {
        "source": sides.name,
        "branch": widget.lab.branch_name,
        "ours": labelled_row(widget, sides.head),
        "theirs": labelled_row(widget, sides.second),
        "done": sides.is_done,
        "counts": change_counts(result.changes.changes),
        "changes": change_rows(result.changes.changes, names),
        "conflicts": [_conflict(conflict, result, names) for conflict in result.conflicts],
        "resolved": [[key, list(path)] for key, path in result.resolved],
    }


def _conflict(conflict: Conflict, result: MergeResult, names: Any) -> dict[str, Any]:
    sides = result.sides
    states = (sides.ours, sides.theirs, sides.base)
    item = next(found for state in states if (found := state.get(conflict.key)))
    return {
        "key": conflict.key,
        "path": list(conflict.path),
        "where": ".".join((conflict.key, *conflict.path)),
        "kind": conflict.kind,
        "title": describe(item, names),
        "field": ".".join(conflict.path) if conflict.kind == "value" else "",
        "sides": {side: _side(conflict, getattr(conflict, side), names) for side in _SIDES},
    }


def _side(conflict: Conflict, value: Any, names: Any) -> dict[str, Any]:
    """Return what taking a side means, in words; of a value also its literal, to start from."""
    if conflict.kind == "dangling":
        # The value is the missing end: what becomes of the relation depends on it.
        kept = f"bring back {describe(value, names)}" if value is not UNSET else ""
        return {"text": kept or "drop the relation", "absent": value is UNSET}
    if value is UNSET:
        return {"text": "deleted" if conflict.kind == "deleted" else "not set", "absent": True}
    if isinstance(value, (Entity, Relation)):
        return {"text": f"keep {describe(value, names)}", "absent": False}
    return {
        "text": short_literal(value),
        "kind": kind_of(value),
        "literal": write_literal(value),
        "absent": False,
    }


def _merge(widget: Commanded, args: Mapping[str, Any], result: MergeResult) -> dict[str, Any]:
    seen = (args.get("ours"), args.get("theirs"))
    sides = result.sides
    if seen != (sides.head.id, sides.second.id if sides.second else None):
        raise ConflictError("a branch has moved since this was worked out; look again, then merge")
    description = args.get("description")
    text = description.strip() if isinstance(description, str) else ""
    version = result.commit(text or None)
    go_live(widget)
    return labelled_row(widget, version)


MERGE_COMMANDS: Final[dict[str, Command]] = {
    "merge": Prepared(_prepared, _merge),
    "preview": Prepared(_prepared, _preview),
}
