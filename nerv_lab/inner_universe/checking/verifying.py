"""Checking a store against itself: the log, the working rows, the versions, the heads."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from nerv_lab.core.errors import NervError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ItemChange
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.audit import Leftovers, audit_versions
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.thinning import BranchMark, Retention
from nerv_lab.core.history.versions import LTHASH, Version
from nerv_lab.core.values import encode
from nerv_lab.inner_universe.contract.client import Problem
from nerv_lab.inner_universe.contract.ids import event_id
from nerv_lab.inner_universe.contract.log_events import change_of

__all__ = ["RESERVED_TYPES", "Replay", "check_history", "check_store"]

RESERVED_TYPES = CHANGE_EVENT_TYPES | {
    EventType.STATE_VERSION_COMMITTED,
    EventType.BRANCH_MOVED,
    EventType.HISTORY_PRUNED,
}
"""Types of the events that only the store itself writes."""


def check_store(
    events: Iterable[Event],
    versions: Sequence[Version],
    delta_of: Callable[[str], bytes],
    rows: Mapping[str, Iterable[Item]],
    heads: Mapping[str, str],
    tags: Mapping[str, str],
    leftovers: Leftovers | None = None,
) -> Iterator[Problem]:
    """Yield everything that does not agree.

    Rows, heads, versions and deltas are each said at least twice, so that damage to one of them
    shows. Tags, events of the user's own, and who wrote an event and why, are said only once: to
    check those, compare with another store.

    Parameters
    ----------
    events : iterable of Event
        The whole log, ascending.
    versions : sequence of Version
        In log order.
    delta_of : callable
        Gives the delta of a version id.
    rows : mapping of str to iterable of items
        Working rows of each branch that has any.
    heads, tags : mapping of str to str
        The version id each branch and tag is at.
    leftovers : Leftovers, optional
        What stands in for what was pruned.
    """
    replay = Replay(versions, delta_of, leftovers)
    yield from check_history(replay, events, heads, tags)
    if replay.is_whole:
        for branch in sorted(replay.states.keys() | rows.keys()):
            if branch in replay.unknown:
                yield Problem(branch, "no version or event that is kept says what its rows are")
                continue
            state = replay.states.get(branch, GraphState.empty())
            yield from _compare(branch, rows.get(branch, ()), state)


def check_history(
    replay: Replay, events: Iterable[Event], heads: Mapping[str, str], tags: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield everything that does not agree in a history without its working rows.

    Parameters
    ----------
    replay : Replay
        At its beginning; afterwards it holds the working rows that the log leads to.
    events, heads, tags
        As for `check_store`.
    """
    for finding in audit_versions(replay.versions, replay.delta_of, replay.leftovers):
        yield Problem(finding.where, finding.what)
    try:
        for event in events:
            yield from replay.follow(event)
    except NervError as error:
        yield Problem(f"event {replay.seq + 1}", f"cannot be read, nor what follows it: {error}")
    else:
        replay.is_whole = True
        yield from replay.unrecorded()
        for branch in sorted(replay.heads.keys() | heads.keys()):
            if heads.get(branch) != replay.heads.get(branch):
                yield Problem(f"branch {branch}", "its head is not where the log last put it")
    known = {version.id for version in replay.versions} - replay.retention.pruned
    for name, version_id in tags.items():
        if version_id not in known:
            yield Problem(f"tag {name}", f"names version {version_id}, which is not stored")


class Replay:
    """The graph of each branch, rebuilt from the log.

    Parameters
    ----------
    versions : sequence of Version
        In log order.
    delta_of : callable
        Gives the delta of a version id.

    Attributes
    ----------
    seq : int
        The last event that was followed.
    states, heads : dict
        The rows and the newest version of each branch.
    places : dict of str to int
        Where in the log each version was committed.
    is_whole : bool
        Whether the log was followed to its end.
    """

    def __init__(
        self,
        versions: Sequence[Version],
        delta_of: Callable[[str], bytes],
        leftovers: Leftovers | None = None,
    ) -> None:
        self.versions = versions
        self.delta_of = delta_of
        self.leftovers = leftovers
        self.retention = Retention() if leftovers is None else leftovers.retention
        self.places: dict[str, int] = {}
        self.is_whole = False
        self.seq = self.retention.floor
        self.states: dict[str, GraphState] = {}
        self.unknown: dict[str, list[tuple[int, ItemChange]]] = {}
        self.heads: dict[str, str] = {}
        self._unrecorded = {v.id: v for v in versions}
        self._written: dict[str | None, int] = {}
        self._broken: set[str] = set()
        self._at: dict[tuple[str, int], list[Version]] = {}
        for version in versions:
            if version.algorithm == LTHASH:
                self._at.setdefault((version.branch, version.event_seq), []).append(version)
        self._by_id = {version.id: version for version in versions}
        for branch, mark in self.retention.marks.items():
            self._begin(branch, mark)

    def _begin(self, branch: str, mark: BranchMark) -> None:
        """Start from where a branch was at the floor of the log, where that is known."""
        if mark.head is not None:
            self.heads[branch] = mark.head
        head = self._by_id.get(mark.head or "")
        since = max(head.event_seq if head else 0, mark.moved_at)
        if mark.changed_at <= since and (head is None or self._is_kept(head)):
            if head is not None and head.algorithm == LTHASH:
                with contextlib.suppress(NervError):  # the audit says what is wrong with it
                    self.states[branch] = self._history.state_at(head.id)
        else:
            self.unknown[branch] = []

    def _is_kept(self, version: Version) -> bool:
        return version.id not in self.retention.pruned

    def follow(self, event: Event) -> Iterator[Problem]:
        """Go one event further, and yield what is wrong with it."""
        if event.seq != self.seq + 1:
            yield Problem(f"event {event.seq}", f"follows event {self.seq}: the log has a gap")
        self.seq = event.seq or 0
        before = (event.origin_seq or 0) - 1 if self.retention.floor else 0
        written = self._written[event.origin_id] = self._written.get(event.origin_id, before) + 1
        if event.origin_seq != written:
            yield Problem(f"event {event.seq}", f"is not number {written} of who wrote it")
        if event.type == EventType.STATE_VERSION_COMMITTED:
            yield from self._follow_commit(event)
        elif event.type == EventType.BRANCH_MOVED:
            yield from self._follow_move(event)
        else:
            yield from self._follow_change(event)
        for branch in self.states:
            for version in self._at.pop((branch, self.seq), ()):
                if branch not in self._broken:
                    yield from self._check_hash(version)

    def _follow_commit(self, event: Event) -> Iterator[Problem]:
        record = dict(event.data or {})
        self.heads[event.branch] = str(record.get("version_id"))
        version = self._unrecorded.pop(str(record.get("version_id")), None)
        self.places[str(record.get("version_id"))] = self.seq
        if version is None:
            missing = record.get("version_id")
            yield Problem(f"event {event.seq}", f"records version {missing}, which is not stored")
        elif encode(record) != encode(version.record()):
            yield Problem(f"version {version.id}", f"differs from its event {event.seq}")
        elif (event.id, event.source, event.branch) != (
            event_id(version.id, 0),
            version.author,
            version.branch,
        ):
            yield Problem(
                f"event {event.seq}",
                f"its id, source or branch is not that of version {version.id}",
            )
        elif event.branch in self.unknown:
            self._learn(version)

    def _learn(self, version: Version) -> None:
        """Go on from a version, where everything that happened on its branch since is known."""
        mark = self.retention.marks.get(version.branch, BranchMark())
        if self._is_kept(version) and mark.changed_at <= version.event_seq:
            changes = self.unknown.pop(version.branch)
            state: GraphState = self._history.state_at(version.id)
            self.states[version.branch] = state.apply(
                change for seq, change in changes if seq > version.event_seq
            )

    def _follow_move(self, event: Event) -> Iterator[Problem]:
        record = dict(event.data or {})
        target = record.get("new")
        if record != {"branch": event.branch, "old": self.heads.get(event.branch), "new": target}:
            yield Problem(f"event {event.seq}", "moves a branch from where it was not")
        self.unknown.pop(event.branch, None)
        if target is None:
            self.heads.pop(event.branch, None)
            self.states.pop(event.branch, None)
            return
        self.heads[event.branch] = str(target)
        self._broken.discard(event.branch)
        if target in self.retention.pruned:
            self.states.pop(event.branch, None)
            self.unknown[event.branch] = []
            return
        try:
            self.states[event.branch] = self._history.state_at(str(target))
        except NervError as error:
            self._broken.add(event.branch)
            yield Problem(f"event {event.seq}", f"moves a branch to what cannot be read: {error}")

    @cached_property
    def _history(self) -> TemporalStore:
        left = self.leftovers
        history = TemporalStore(
            load_delta=self.delta_of,
            load_bridge=None if left is None else left.bridge_of,
            load_top=None if left is None else lambda _: GraphState.build(left.top_items()),
        )
        for version in self.versions:
            history.add(version, confirmed=True)
        history.thin(self.retention)
        return history

    def _follow_change(self, event: Event) -> Iterator[Problem]:
        try:
            change = change_of(event)
            if change is not None:
                yield from _check_event(event, change)
                _ = change.item.content  # refuses what is too large
                if event.branch in self.unknown:
                    self.unknown[event.branch].append((self.seq, change))
                    return
                state = self.states.get(event.branch, GraphState.empty())
                self.states[event.branch] = state.apply([change])
        except NervError as error:
            self._broken.add(event.branch)
            yield Problem(f"event {event.seq}", f"does not follow from those before it: {error}")

    def _check_hash(self, version: Version) -> Iterator[Problem]:
        if self.states[version.branch].data_hash != version.data_hash:
            yield Problem(
                f"version {version.id}",
                f"its data_hash is not that of the log at event {version.event_seq}",
            )

    def unrecorded(self) -> Iterator[Problem]:
        """Yield the versions that the log did not tell of, though it should."""
        for version_id, version in self._unrecorded.items():
            if version.event_seq >= self.retention.floor:
                yield Problem(f"version {version_id}", "the log has no event for it")


def _check_event(event: Event, change: ItemChange) -> Iterator[Problem]:
    if event.type != change.event_type:
        yield Problem(f"event {event.seq}", f"is no {event.type}: it has {change.kind} an item")
    if change.new is not None and change.new.updated_at != round(event.timestamp * 1_000_000):
        yield Problem(f"event {event.seq}", "its time is not that of its change")


def _compare(branch: str, rows: Iterable[Item], state: GraphState) -> Iterator[Problem]:
    missing = {item.key: item for item in state.items()}
    try:
        for row in rows:
            expected = missing.pop(row.key, None)
            if expected is None:
                yield Problem(f"{branch} {row.key}", "is in the rows, but not in the log")
            elif row.fingerprint != expected.fingerprint:
                yield Problem(f"{branch} {row.key}", "its row is not what the log says")
    except NervError as error:
        yield Problem(branch, f"its rows cannot be read: {error}")
        return
    for key in missing:
        yield Problem(f"{branch} {key}", "is in the log, but not in the rows")
