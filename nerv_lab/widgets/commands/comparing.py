"""What differs between a version and what is shown, as the browser draws and lists it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.names import naming
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.commands.arguments import (
    Command,
    Commanded,
    labelled_row,
    required_seq,
    required_text,
)
from nerv_lab.widgets.shown.changes import change_counts, change_rows
from nerv_lab.widgets.styling import Styler

__all__ = ["COMPARE_COMMANDS"]

_MAX_DRAWN: Final = 5_000
_SUMMARY_ROWS: Final = 6


def _compare(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    seq = args.get("seq")
    asked = "choose the version to compare with"
    base = widget.lab.at(seq if type(seq) is int else required_text(args, "base", asked))
    state = widget.shown_state
    changes = base.state.diff(state)
    names = naming(state, base.state)
    return {
        "base": labelled_row(widget, base.version) if base.version else None,
        "counts": change_counts(changes),
        "changes": change_rows(changes, names),
        **_drawn(changes, base.state, widget.styler),
    }


def _drawn(changes: Sequence[ItemChange], base: GraphState, styler: Styler) -> dict[str, Any]:
    """Return the kind of change by id, and what is gone, for it to be drawn where it was."""
    drawn = changes[:_MAX_DRAWN]
    gone = [change.item for change in drawn if change.new is None]
    return {
        "kinds": {change.item.id: change.kind for change in drawn},
        "gone": {
            "nodes": [
                {"id": e.id, "name": e.name or "", "type": e.type, "look": styler.look(base, e)}
                for e in gone
                if isinstance(e, Entity)
            ],
            "edges": [
                {
                    "id": r.id,
                    "from": r.from_entity,
                    "to": r.to_entity,
                    "type": r.type,
                    "strength": r.strength,
                    "both": r.bidirectional,
                    "look": styler.look(base, r),
                }
                for r in gone
                if isinstance(r, Relation)
            ],
        },
    }


def _summary(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a version changed, against its first parent."""
    version = widget.lab.version(required_text(args, "version", "choose a version"))
    after = widget.lab.at(version).state
    parent = version.parents[0] if version.parents else None
    before = widget.lab.at(parent).state if parent else GraphState.empty()
    changes = before.diff(after)
    return {
        "counts": change_counts(changes),
        "changes": change_rows(changes[:_SUMMARY_ROWS], naming(after, before)),
    }


def _range(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    """Say what changed from one position in the log to another."""
    start, end = (required_seq(args, name) for name in ("from", "to"))
    changes = widget.lab.at(start).state.diff(widget.lab.at(end).state)
    return {"counts": change_counts(changes)}


COMPARE_COMMANDS: Final[dict[str, Command]] = {
    "compare": _compare,
    "range": _range,
    "summary": _summary,
}
