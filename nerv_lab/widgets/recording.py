"""A recording of a Lab: its graph now and in past versions, as data for a page without a kernel.

States are kept as steps back from the present, newest first, and items once however many versions
hold them, so that a long history costs what changed in it.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Item, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import LTHASH, Version
from nerv_lab.lab.lab import Lab
from nerv_lab.widgets.commands.details import details
from nerv_lab.widgets.shown.board import Density
from nerv_lab.widgets.shown.history import Uncommitted, count_past_events, version_rows
from nerv_lab.widgets.styling import Styler

__all__ = ["MAX_BYTES", "record"]

MAX_BYTES: Final = 20_000_000
_NOT_RECORDED: Final = frozenset({"neighbours", "degree", "ends"})


class _Items:
    """Numbers the contents of items, each once, and counts what they take."""

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.items: list[Item] = []
        self.bytes = 0
        self._numbers: dict[tuple[str, bytes, int], int] = {}

    def number(self, key: str, item: Item, state: GraphState) -> int:
        known = (key, item.content, item.revision)
        if known not in self._numbers:
            self._numbers[known] = len(self.rows)
            self.rows.append(orjson.dumps(_row(item, state)))
            self.items.append(item)
            self.bytes += len(self.rows[-1])
        return self._numbers[known]


def _row(item: Item, state: GraphState) -> dict[str, Any]:
    """Return an item as the inspector takes it, without what the state around it tells."""
    row = {k: v for k, v in details(state, item.id).items() if k not in _NOT_RECORDED}
    if isinstance(item, Relation):
        row |= {"from": item.from_entity, "to": item.to_entity}
    return row


def _step(newer: GraphState, older: GraphState, items: _Items) -> dict[str, Any]:
    """Return what leads from a state to an older one: items to set, keys that go."""
    changes = newer.diff(older)
    return {
        "set": [
            [change.key, items.number(change.key, change.new, older)]
            for change in changes
            if change.new is not None
        ],
        "gone": [change.key for change in changes if change.new is None],
    }


def _steps(
    lab: Lab, versions: list[Version], items: _Items, max_bytes: int
) -> list[tuple[Version, dict[str, Any]]]:
    """Return the steps back through the newest versions, as many as there is room for."""
    steps: list[tuple[Version, dict[str, Any]]] = []
    newer, spent = lab.state, 0
    for version in reversed(versions):
        older = lab.at(version).state
        rows = len(items.rows)
        step = _step(newer, older, items)
        spent += len(orjson.dumps(step))
        if items.bytes + spent > max_bytes:
            del items.rows[rows:], items.items[rows:]
            break
        steps.append((version, step))
        newer = older
    return steps


def record(
    lab: Lab, *, versions: int, max_bytes: int = MAX_BYTES, style: Any = None
) -> dict[str, Any]:
    """Return the present and the newest versions of a Lab, ready for JSON.

    Parameters
    ----------
    lab : Lab
        What to record.
    versions : int
        Most versions to keep, 0 or more; the newest of all branches.
    max_bytes : int
        Most bytes of items and steps; older versions that do not fit are left out.
    style : mapping, optional
        What looks mean; see `GraphView`.

    Returns
    -------
    dict
        ``items`` (rows by number), ``live`` (pairs of key and number), ``steps`` (back in time,
        newest version first), ``versions`` (rows, oldest first), ``density``, ``tags``,
        ``meta``, ``looks`` (as `Styler.recorded` returns them) and ``total``, the number of
        versions there are.

    Raises
    ------
    ValidationError
        The present alone takes more than ``max_bytes``, or the style makes no sense.
    """
    styler = Styler(style)
    styler.start(lab.state, lab.state)
    items = _Items()
    state = lab.state
    live = [
        [key, items.number(key, item, state)]
        for prefix, found in (("e", state.entities), ("r", state.relations))
        for key, item in ((f"{prefix}:{id}", item) for id, item in found.items())
    ]
    if items.bytes > max_bytes:
        raise ValidationError(
            "max_bytes", f"the graph alone takes {items.bytes:,} bytes, more than {max_bytes:,}"
        )
    known = list(lab.versions)
    rows = {row["id"]: row for row in version_rows(known)}
    shown = [version for version in known if version.algorithm == LTHASH]
    steps = _steps(lab, shown[-versions:] if versions else [], items, max_bytes)
    styler.learn(state, items.items)
    density = Density()
    count_past_events(density, lab, known)
    head = lab.head
    return {
        "items": [orjson.Fragment(row) for row in items.rows],
        "live": live,
        "steps": [step for _, step in steps],
        "versions": [rows[version.id] for version, _ in reversed(steps)],
        "tags": lab.tags,
        "looks": styler.recorded(state, items.items),
        "total": len(shown),
        "density": {"width": density.width, "whole": True, "counts": [*density.counts.items()]},
        "meta": {
            "seq": lab.seq,
            "branch": lab.branch_name,
            "head": head.id if head else None,
            "head_label": rows[head.id]["label"] if head and head.id in rows else "",
            "uncommitted": len(Uncommitted(lab)),
        },
    }
