"""Finding a place in the history, and what lies between two of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from nerv_lab.core.errors import (
    EventNotFoundError,
    HistoryPrunedError,
    ValidationError,
    VersionNotFoundError,
)
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.item_changes import compact
from nerv_lab.core.graph.names import naming
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.resolutions import ResolvedConflict
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import LTHASH, Version
from nerv_lab.core.text import counted
from nerv_lab.core.values.encrypted import Reveal
from nerv_lab.core.walking import followed, walk_part
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.diffs import Diff
from nerv_lab.lab.past.event_log import EventLog
from nerv_lab.lab.past.results import LogEntry, VersionLog
from nerv_lab.lab.position import Position, changes_of

__all__ = ["Ref", "Travel", "is_reserved_name"]

Ref: TypeAlias = Version | View | str | int | dt.datetime
_ORDINAL = re.compile(r"v([1-9]\d*)")
_RELATIVE = re.compile(r"(.+)~(\d*)")
_DATE = re.compile(r"\d{4}-\d\d")
_MIN_PREFIX = 4
_WORKING = "working state"


def is_reserved_name(name: str) -> bool:
    """Return whether a name already means a version, so that it cannot be a tag."""
    return name == "head" or _ORDINAL.fullmatch(name) is not None


class Travel:
    """The history of a graph, from any place on the present branch to any other.

    Parameters
    ----------
    history : TemporalStore
        The versions.
    follower : Follower
        The present.
    events : EventLog
        Every position between the versions.
    tags : callable
        Gives the version id of each tag.
    present : callable
        Gives the working state, inside a transaction as the transaction has made it.
    """

    def __init__(
        self,
        history: TemporalStore,
        follower: Follower,
        events: EventLog,
        tags: Callable[[], dict[str, str]],
        present: Callable[[], GraphState],
        reveal: Reveal | None = None,
    ) -> None:
        self._present = present
        self._reveal = reveal
        self._history = history
        self._follower = follower
        self._events = events
        self._tags = tags

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions of graphs, in the order they were committed."""
        return tuple(v for v in self._history.versions if v.algorithm == LTHASH)

    def label(self, version: Version) -> str:
        """Return what the log calls a version, such as ``"v3"``."""
        return f"v{self._history.number(version.id)}"

    def labels(self) -> dict[str, str]:
        """Return what the log calls each version, by id, in log order; its id where that is all."""
        labels = {version.id: version.id for version in self._history.versions}
        return labels | {v.id: f"v{number}" for number, v in enumerate(self.versions, start=1)}

    def is_pruned(self, version: Version) -> bool:
        """Return whether only the fields of a version are left."""
        return self._history.is_pruned(version.id)

    def kept(self, ref: Version | View | str) -> Version:
        """Return the version that a reference stands for, of which more than the fields are left.

        Raises
        ------
        VersionNotFoundError
            Nothing, or more than one version, answers to it.
        HistoryPrunedError
            It was pruned.
        """
        version = self.version(ref)
        if self._history.is_pruned(version.id):
            labels = self.labels()
            raise HistoryPrunedError(f"version {labels[version.id]!r}", self._nearest(version.id))
        return version

    def _nearest(self, version_id: str) -> str:
        """Return a hint at the versions that are kept next to one that is not."""
        labels = self.labels()
        order = list(labels)
        at = order.index(version_id)
        before = next((id for id in reversed(order[:at]) if not self._history.is_pruned(id)), None)
        after = next((id for id in order[at:] if not self._history.is_pruned(id)), None)
        near = [labels[id] for id in (before, after) if id is not None]
        return f"the nearest that are kept: {' and '.join(near)}"

    def version(self, ref: Version | View | str) -> Version:
        """Return the version that a reference stands for.

        Raises
        ------
        VersionNotFoundError
            Nothing, or more than one version, answers to it.
        """
        if isinstance(ref, Version):
            return self._history.get_version(ref.id)
        if isinstance(ref, View):
            if ref.version is None:
                raise VersionNotFoundError(ref.label, "this view lies between two versions")
            return self._history.get_version(ref.version.id)
        if not isinstance(ref, str):
            raise ValidationError("version", f"must be a version or its name, not {ref!r}")
        if steps := _RELATIVE.fullmatch(ref):
            return self._before(self._named(steps[1]), int(steps[2] or 1), ref)
        return self._named(ref)

    def _before(self, version: Version, steps: int, asked: str) -> Version:
        """Return the first parent of the first parent, so many steps back."""
        for step in range(steps):
            if version.parent is None:
                raise VersionNotFoundError(
                    asked, f"it has only {counted(step, 'version')} before it"
                )
            version = self._history.get_version(version.parent)
        return version

    def _named(self, name: str) -> Version:
        if name == "head":
            head = self._history.head(self._follower.branch)
            if head is None:
                raise VersionNotFoundError(name, "nothing was committed yet")
            return head
        if name in self._history:
            return self._history.get_version(name)
        if name in (tags := self._tags()):
            return self._history.get_version(tags[name])
        if name in (heads := self._history.heads):
            return self._history.get_version(heads[name])
        versions = self.versions
        if ordinal := _ORDINAL.fullmatch(name):
            number = int(ordinal[1])
            if number <= len(versions):
                return versions[number - 1]
        matches = [v for v in versions if v.id.startswith(name)] if len(name) >= _MIN_PREFIX else []
        if len(matches) == 1:
            return matches[0]
        raise VersionNotFoundError(name, self._hint(name, len(matches), tags))

    def _hint(self, name: str, matches: int, tags: dict[str, str]) -> str:
        if matches:
            return f"{matches} version ids begin so; give more of it"
        count = len(self.versions)
        known = ["nothing was committed yet" if not count else f"there are v1 to v{count}"]
        if len(heads := self._history.heads) > 1:
            known.append(f"the branches are {', '.join(sorted(heads))}")
        if tags:
            known.append(f"the tags are {', '.join(sorted(tags))}")
        if _DATE.match(name):
            known.append("a moment is a datetime with its time zone, not a string")
        return "; ".join(known)

    def at(self, ref: Ref) -> View:
        """Return a read-only view of the state that a reference stands for."""
        if isinstance(ref, View):
            return ref
        if isinstance(ref, dt.datetime):
            return self._at_moment(ref)
        if isinstance(ref, int):
            return self._at_seq(ref, f"event {ref}")
        version = self.kept(ref)
        return View(
            self._history.state_at(version.id),
            label=self.label(version) if version.algorithm == LTHASH else version.id,
            seq=version.event_seq,
            version=version,
            timestamp=version.timestamp,
            reveal=self._reveal,
        )

    @property
    def first_seq(self) -> int:
        """First position at which the present branch can be looked at: 0, or where it was put."""
        return self._follower.position().moved_at

    def _at_seq(self, seq: int, label: str) -> View:
        position = self._follower.position()
        if not 0 <= seq <= position.seq:
            raise EventNotFoundError(
                str(seq), f"the log holds events 1 to {position.seq}; 0 is before all"
            )
        if seq < position.moved_at:
            raise EventNotFoundError(
                str(seq),
                f"branch {position.branch!r} was put where it is by event {position.moved_at}; "
                "ask for a later event, or for a version",
            )
        base = self._base(position, lambda v: v.event_seq <= seq)
        self._check_kept(position, base, seq, label)
        after = max(base.event_seq if base else 0, position.moved_at)
        with walk_part(0.0, 0.5):
            state = self._history.state_at(base.id) if base else GraphState.empty()
        with walk_part(0.5, 1.0):
            events = list(followed(self._events.between(after, seq), seq - after))
        changes = changes_of(events, position.branch)
        if base and not changes:
            timestamp: dt.datetime | None = base.timestamp
        else:
            timestamp = _moment(events[-1].timestamp) if events else None
        return View(
            state.apply(changes),
            label=label,
            seq=seq,
            version=None if changes else base,
            timestamp=timestamp,
            reveal=self._reveal,
        )

    def _at_moment(self, moment: dt.datetime) -> View:
        if moment.tzinfo is None:
            raise ValidationError(
                "datetime", "needs a time zone, such as datetime.now(timezone.utc)"
            )
        position = self._follower.position()
        base = self._base(position, lambda v: v.timestamp <= moment)
        label = moment.isoformat(sep=" ", timespec="seconds")
        # Whether the state of the base still held then is only known from the log.
        self._check_kept(position, base, self._follower.seq, label)
        seq = max(base.event_seq if base else 0, position.moved_at)
        for event in self._events.between(seq, position.seq):
            if _moment(event.timestamp) > moment:
                break
            seq = event.seq or seq
        return self._at_seq(seq, label)

    def _check_kept(self, position: Position, base: Version | None, seq: int, label: str) -> None:
        """Refuse a place that cannot be worked out from a version that is kept and the log."""
        after = max(base.event_seq if base else 0, position.moved_at)
        if base is not None and self._history.is_pruned(base.id):
            raise HistoryPrunedError(label, self._nearest(base.id))
        if after < min(seq, self._follower.floor):
            near = base or self._history.versions[0]
            raise HistoryPrunedError(label, self._nearest(near.id))

    def _base(self, position: Position, holds: Callable[[Version], bool]) -> Version | None:
        """Return the version from which the log leads on: the last that fits, on this branch.

        A branch that was moved begins with the version it was moved to, whatever its age.
        """
        line = self.line(position.head)
        for version in reversed(line):
            if version.event_seq < position.moved_at:
                return version
            if version.branch == position.branch and holds(version):
                return version
        return None

    def line(self, head: Version | None) -> list[Version]:
        """Return a version and its first parents, oldest first."""
        line: list[Version] = []
        while head is not None:
            line.append(head)
            head = self._history.get_version(head.parent) if head.parent else None
        return line[::-1]

    def diff(self, a: Ref | None, b: Ref | None) -> Diff:
        """Return what leads from one place to another.

        Parameters
        ----------
        a : reference, optional
            The head by default, or the empty state before the first commit.
        b : reference, optional
            The working state by default.
        """
        position = self._follower.position()
        present = View(self._present(), label=_WORKING, seq=position.seq)
        if a is None and position.head is None:
            start = View(GraphState.empty(), label="empty", seq=0)
        else:
            start = self.at("head" if a is None else a)
        end = present if b is None else self.at(b)
        if end is present and start.version and present.state is position.state:
            head = position.head.id if position.head else None
            path = (*self._history.diff(start.version.id, head), *position.pending)
            changes = compact(path)
        elif start.version and end.version:
            changes = self._history.diff(start.version.id, end.version.id)
        else:
            changes = start.state.diff(end.state)
        return Diff(changes, start.label, end.label, naming(end.state, start.state))

    def log(self) -> VersionLog:
        """Return the head and its ancestors, newest first, with the names that point at them."""
        names: dict[str, list[str]] = {}
        head = self._history.head(self._follower.branch)
        if head:
            names[head.id] = ["head"]
        for branch, id in sorted(self._history.heads.items()):
            if branch not in (DEFAULT_BRANCH, self._follower.branch):
                names.setdefault(id, []).append(branch)
        for tag, id in sorted(self._tags().items()):
            names.setdefault(id, []).append(tag)
        ancestors = {v.id for v in self._history.get_history(head.id)} if head else set()
        entries = [
            LogEntry(
                f"v{number}",
                version,
                tuple(names.get(version.id, ())),
                partial(self._merge_of, version),
                self._history.is_pruned(version.id),
            )
            for number, version in enumerate(self.versions, start=1)
            if version.id in ancestors
        ]
        return VersionLog(entries[::-1])

    def _merge_of(self, version: Version) -> tuple[ResolvedConflict, ...]:
        if len(version.parents) < 2 or self._history.is_pruned(version.id):
            return ()
        return self._history.resolutions(version.id)

    def resolutions(self, ref: Version | View | str) -> tuple[ResolvedConflict, ...]:
        """Return how the conflicts were decided of which a version came out."""
        version = self.kept(ref)
        return self._history.resolutions(version.id) if version.algorithm == LTHASH else ()


def _moment(timestamp: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC)
