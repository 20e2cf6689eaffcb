"""Differences as the browser takes them: counts, and rows of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.diff import field_changes
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity
from nerv_lab.lab.past.diff_views import describe
from nerv_lab.widgets.shown.literals import write_literal

__all__ = ["change_counts", "change_rows", "short_literal"]

MAX_ROWS: Final = 200
_MAX_TEXT: Final = 200


def short_literal(value: object) -> str:
    """Return the text of a value, cut where it is long; nothing where there is no value."""
    if value is UNSET:
        return ""
    text = '""' if value == "" else "None" if value is None else write_literal(value)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def change_counts(changes: Sequence[ItemChange]) -> dict[str, int]:
    """Return how many items were added, changed and removed."""
    kinds = [change.kind for change in changes]
    return {kind: kinds.count(kind) for kind in ("added", "changed", "removed")}


def change_rows(changes: Sequence[ItemChange], name_of: Any) -> list[dict[str, Any]]:
    """Return the first changes, each with what differs inside it.

    Parameters
    ----------
    changes : sequence of ItemChange
        In the order they are to be shown.
    name_of : callable
        Gives what to call the entity of an id.
    """
    return [
        {
            "id": change.item.id,
            "kind": change.kind,
            "item": "entity" if isinstance(change.item, Entity) else "relation",
            "title": describe(change.item, name_of),
            "fields": [
                {
                    "name": field.label,
                    "old": short_literal(field.old),
                    "new": short_literal(field.new),
                    "kind": field.kind,
                }
                for field in field_changes(change)
            ],
        }
        for change in changes[:MAX_ROWS]
    ]
