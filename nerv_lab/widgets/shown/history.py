"""What the timeline shows: rows of versions, events over time, and what is not yet committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from nerv_lab.core.errors import NervError
from nerv_lab.core.events import EventType
from nerv_lab.core.graph.diff import field_changes
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.names import naming
from nerv_lab.core.history.versions import Version, to_micros
from nerv_lab.lab.announcing import ConfirmedBatch
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.lab import Lab
from nerv_lab.lab.past.diff_views import describe
from nerv_lab.widgets.shown.board import Density
from nerv_lab.widgets.shown.columns import Table, packed

__all__ = [
    "Uncommitted",
    "count_past_events",
    "event_row",
    "version_columns",
    "version_row",
    "version_rows",
]

_COUNTED_ONE_BY_ONE: Final = 5_000
_OUR_TYPES: Final = frozenset(EventType)


def version_row(label: str, version: Version) -> dict[str, Any]:
    """Return a version as the browser takes it; ``time`` is microseconds since the epoch."""
    return {
        "id": version.id,
        "label": label,
        "parents": list(version.parents),
        "branch": version.branch,
        "description": version.description,
        "author": version.author or "",
        "time": to_micros(version.timestamp),
        "seq": version.event_seq,
    }


def version_rows(versions: Sequence[Version]) -> list[dict[str, Any]]:
    """Return all versions of a Lab, numbered as it numbers them, in one pass."""
    return [version_row(f"v{number}", v) for number, v in enumerate(versions, start=1)]


def version_columns(
    rows: Sequence[Mapping[str, Any]], first: int, number: Callable[[str], int]
) -> dict[str, Any]:
    """Return rows of versions as columns, from the one with number ``first`` on.

    Parameters
    ----------
    rows : sequence of mapping
        As `version_row` makes them, oldest first.
    first : int
        Number of the first of them, from 0.
    number : callable
        Gives the number of a version by its id; -1 where it is not among them.
    """
    parents = [[*map(number, row["parents"][:2]), -1, -1] for row in rows]
    branches, authors = Table(), Table()
    return {
        "first": first,
        "ids": [row["id"] for row in rows],
        "labels": [row["label"] for row in rows],
        "descriptions": [row["description"] for row in rows],
        "seq": packed((row["seq"] for row in rows), "<f8"),
        "time": packed((row["time"] for row in rows), "<f8"),
        "first_parent": packed((pair[0] for pair in parents), "<i4"),
        "second_parent": packed((pair[1] for pair in parents), "<i4"),
        "branch": packed((branches(row["branch"]) for row in rows), "<u4"),
        "branches": branches.values(),
        "author": packed((authors(row["author"]) for row in rows), "<u4"),
        "authors": authors.values(),
    }


def event_row(source: Lab, view: View) -> dict[str, Any]:
    """Return a position in the log as the browser takes it: like a version, but without an id."""
    return {
        "id": None,
        "label": view.label,
        "branch": source.branch_name,
        "description": _told(source, view),
        "time": to_micros(view.timestamp) if view.timestamp else 0,
        "seq": view.seq,
    }


def _told(source: Lab, view: View) -> str:
    """Say what the event at a position did."""
    if view.seq == 0:
        return "before the first event"
    event = source.events[view.seq - 1]
    if event.type not in CHANGE_EVENT_TYPES:
        return event.type.lower().replace("_", " ") if event.type in _OUR_TYPES else event.type
    change = ItemChange.from_data(event.data or {})
    fields = ", ".join(field.label for field in field_changes(change))
    title = describe(change.item, naming(view.state))
    elsewhere = "" if event.branch == source.branch_name else f", on {event.branch}"
    return f"{change.kind} {title}{f': {fields}' if fields else ''}{elsewhere}"


def count_past_events(density: Density, source: Lab, versions: Sequence[Version]) -> None:
    """Count the events of a store that was just opened.

    The newest are read and counted one by one; of the older ones, versions tell how many there
    were and between which times, so that a long log opens as fast as a short one.
    """
    recent = source.events.recent(_COUNTED_ONE_BY_ONE)
    first = (recent[-1].seq or 0) if recent else 0
    for event in recent:
        density.add(int(event.timestamp * 1_000_000))
    bounds = [(min(v.event_seq, first - 1), to_micros(v.timestamp)) for v in versions]
    if bounds:
        bounds.insert(0, (0, bounds[0][1]))
    for (after, start), (until, end) in pairwise(bounds):
        if until > after:
            density.spread(start, end, until - after)


def _content(item: Item | None) -> bytes | None:
    return None if item is None else item.content


class Uncommitted:
    """Counts the items that differ from the newest version.

    Parameters
    ----------
    source : Lab
        The Lab.
    """

    def __init__(self, source: Lab) -> None:
        self._source = source
        self._changes: dict[str, ItemChange] = {}
        self._ask()

    def __len__(self) -> int:
        return len(self._changes)

    def follow(self, batch: ConfirmedBatch) -> None:
        """Take up a confirmed batch."""
        moved = any(event.type == EventType.BRANCH_MOVED for event in batch.events)
        if batch.versions or moved or not batch.events:
            self._ask()
            return
        for change in batch.changes:
            first = self._changes.get(change.key, change)
            if _content(first.old) == _content(change.new):
                self._changes.pop(change.key, None)
            else:
                self._changes[change.key] = ItemChange(change.key, first.old, change.new)

    def _ask(self) -> None:
        try:
            if self._source.head is None:
                items = self._source.state.items()
                self._changes = {item.key: ItemChange.of(item.key, None, item) for item in items}
            else:
                self._changes = {change.key: change for change in self._source.diff()}
        except NervError:  # closed meanwhile, or a state that cannot be read: show no count
            self._changes = {}
