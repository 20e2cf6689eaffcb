"""Who changed what, when and why: the history of one item, and who last set its properties."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from nerv_lab.core.errors import EntityNotFoundError, HistoryPrunedError, ValidationError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.change_events import ChangeEvent, change_in
from nerv_lab.core.graph.diff import Path, equal_values, value_at
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange
from nerv_lab.core.graph.model import Item, entity_key, relation_key
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.blame import Setting, blame_item, property_paths
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.event_log import EventLog
from nerv_lab.lab.past.histories import Blame, BlameEntry, History, HistoryEntry
from nerv_lab.lab.past.travel import Travel
from nerv_lab.lab.position import Position

__all__ = ["Provenance"]

_Change: TypeAlias = tuple[Event, ItemChange]
_FIELDS = frozenset(
    {
        *("type", "name", "description", "tags", "properties"),
        *("strength", "bidirectional", "from_entity", "to_entity"),
    }
)


class Provenance:
    """Questions to the log and the versions about one item.

    Parameters
    ----------
    history : TemporalStore
        The versions.
    follower : Follower
        The present.
    events : EventLog
        The log.
    travel : Travel
        Finds versions and names them.
    """

    def __init__(
        self, history: TemporalStore, follower: Follower, events: EventLog, travel: Travel
    ) -> None:
        self._history = history
        self._follower = follower
        self._events = events
        self._travel = travel

    # Every change

    def history(self, item: Item | str, property: str | Iterable[str] | None = None) -> History:
        """Return every change of an item, or of one property of it, oldest first.

        Raises
        ------
        EntityNotFoundError
            The log never saw an entity or relation with this id.
        HistoryPrunedError
            All its changes were pruned. Where some were, the history says so.
        """
        keys, path = _keys(item), () if property is None else _path(property)
        moves: dict[str, list[int]] = {}
        found: list[_Change] = []
        for event in self._events.kept():
            if event.type == EventType.BRANCH_MOVED:
                moves.setdefault(event.branch, []).append(event.seq or 0)
            elif event.type in CHANGE_EVENT_TYPES and _key(event) in keys:
                found.append((event, change_in(event)))
        floor = self._events.floor
        if not found:
            if floor and any(self._follower.state.get(key) for key in keys):
                raise HistoryPrunedError(f"every change of {_id(item)!r}", "lab.log() says more")
            gone = f"; events 1 to {floor} were pruned" if floor else ""
            raise EntityNotFoundError(_id(item), f"the log never saw it{gone}")
        entries = (self._entry(*pair, path, moves) for pair in found)
        return History((e for e in entries if not path or e.fields), floor)

    def _entry(
        self, event: Event, change: ItemChange, path: Path, moves: Mapping[str, list[int]]
    ) -> HistoryEntry:
        version = self._including(event, moves.get(event.branch, []))
        return HistoryEntry(
            event.seq or 0,
            _moment(event),
            (event.data or {}).get("reason"),
            event.source,
            event.actor,
            change,
            self._travel.label(version) if version else None,
            version.author if version else None,
            self._merged_from(version, change, path) if version else (),
            path,
        )

    def _including(self, event: Event, moves: list[int]) -> Version | None:
        """Return the first version that includes an event; none does where a move dropped it."""
        seq = event.seq or 0
        for version in self._travel.versions:
            if version.branch == event.branch and version.event_seq >= seq:
                dropped = bisect_right(moves, seq) < bisect_right(moves, version.event_seq)
                return None if dropped else version
        return None

    def _merged_from(self, version: Version, change: ItemChange, path: Path) -> tuple[str, ...]:
        """Return the labels of the versions from which a merge took a change; () if it did not."""
        if len(version.parents) < 2:
            return ()
        second = version.parents[1]
        if self._history.is_pruned(second):
            return (f"{self._travel.labels()[second]}?",)
        theirs = self._history.state_at(second).get(change.key)
        if change.new is None or theirs is None:
            removed = self._last_to_touch(change.key, second) if change.new is theirs else None
            return (self._travel.label(removed),) if removed else ()
        settings = blame_item(self._history, change.key, second)
        taken: set[str] = set()
        for changed in _changed_paths(change, path):
            if not equal_values(value_at(change.new, changed), value_at(theirs, changed)):
                return ()
            if changed in settings:
                taken.add(settings[changed].version.id)
        return tuple(self._travel.label(v) for v in self._travel.versions if v.id in taken)

    def _last_to_touch(self, key: str, version_id: str) -> Version | None:
        for version in reversed(self._history.get_history(version_id)):
            if any(change.key == key for change in self._history.changes(version.id)):
                return version
        return None

    # The last change

    def blame(self, item: Item | str, ref: Version | View | str | None = None) -> Blame:
        """Return who last set each property that an item has.

        Raises
        ------
        EntityNotFoundError
            There is no entity or relation with this id there.
        """
        position = self._follower.position()
        head = position.head if ref is None else self._travel.version(ref)
        committed = self._history.state_at(head.id) if head else GraphState.empty()
        state = position.state if ref is None else committed
        found = next((i for key in sorted(_keys(item)) if (i := state.get(key))), None)
        if found is None:
            raise EntityNotFoundError(_id(item), "lab.history tells of what was deleted")
        before = committed.get(found.key)
        paths = property_paths(found)
        settings = blame_item(self._history, found.key, head.id) if before and head else {}
        fresh = [p for p in paths if not equal_values(value_at(found, p), value_at(before, p))]
        entries = self._uncommitted(found, fresh, position)
        entries |= self._committed(found, {p: s for p, s in settings.items() if p not in fresh})
        return Blame(repr(found), [entries[path] for path in paths if path in entries])

    def _uncommitted(
        self, item: Item, paths: list[Path], position: Position
    ) -> dict[Path, BlameEntry]:
        if not paths:
            return {}
        first = position.waiting[0].seq - 1 if position.waiting else position.seq
        events = self._changes_of(item.key, position.branch, first, position.seq)
        return {
            path: _entry_of(path, value_at(item, path), *made)
            for path in paths
            if (made := _last_to_set(events, path, value_at(item, path)))
        }

    def _committed(self, item: Item, settings: Mapping[Path, Setting]) -> dict[Path, BlameEntry]:
        events: dict[str, list[_Change]] = {}
        entries: dict[Path, BlameEntry] = {}
        for path, setting in settings.items():
            version = setting.version
            if version.id not in events:
                events[version.id] = self._changes_in(version, item.key)
            value, label = value_at(item, path), self._travel.label(version)
            if made := _last_to_set(events[version.id], path, value):
                entries[path] = _entry_of(path, value, *made, label, version.author)
            else:
                known = (setting.old, label, version.author, version.timestamp)
                entries[path] = BlameEntry(path, value, *known)
        return entries

    def _changes_in(self, version: Version, key: str) -> list[_Change]:
        """Return what happened to an item between a version and its parent."""
        parent = self._history.get_version(version.parent) if version.parent else None
        after = parent.event_seq if parent else 0
        return self._changes_of(key, version.branch, after, version.event_seq)

    def _changes_of(self, key: str, branch: str, after: int, until: int) -> list[_Change]:
        return [
            (event, change_in(event))
            for event in self._events.between(after, until)
            if event.type in CHANGE_EVENT_TYPES and event.branch == branch and _key(event) == key
        ]


def _changed_paths(change: ItemChange, path: Path) -> Iterator[Path]:
    """Yield the paths, at or below one, at which the item after a change is not as before."""
    assert change.new is not None
    for known in property_paths(change.new):
        before = value_at(change.old, known)
        if known[: len(path)] == path and not equal_values(before, value_at(change.new, known)):
            yield known


def _last_to_set(events: Iterable[_Change], path: Path, value: Any) -> tuple[Event, Any] | None:
    """Return the last event that gave a property this value, and what it was before."""
    made = None
    for event, change in events:
        old = value_at(change.old, path)
        if equal_values(value_at(change.new, path), value) and not equal_values(old, value):
            made = event, old
    return made


def _entry_of(
    path: Path,
    value: Any,
    event: Event,
    old: Any,
    label: str | None = None,
    author: str | None = None,
) -> BlameEntry:
    reason = (event.data or {}).get("reason")
    who = (event.source, event.actor, event.seq)
    return BlameEntry(path, value, old, label, author, _moment(event), reason, *who)


def _key(event: Event) -> str:
    if type(event) is ChangeEvent:  # which would make its payload first
        return event.change.key
    data = event.data or {}
    record = data.get("new") or data.get("old") or {}
    return (relation_key if "from_entity" in record else entity_key)(record.get("id", ""))


def _keys(item: Item | str) -> set[str]:
    return {entity_key(item), relation_key(item)} if isinstance(item, str) else {item.key}


def _id(item: Item | str) -> str:
    return item if isinstance(item, str) else item.id


def _path(property: str | Iterable[str]) -> Path:
    """Return the path that a user names a property by; what is no field is a property."""
    names = tuple(property.split(".") if isinstance(property, str) else property)
    if not names or "" in names or not all(type(name) is str for name in names):
        raise ValidationError("property", f"must be a name or a path of names, not {property!r}")
    return names if names[0] in _FIELDS else ("properties", *names)


def _moment(event: Event) -> dt.datetime:
    return dt.datetime.fromtimestamp(event.timestamp, dt.UTC)
