"""The history of a state: versions, what changed between them, and any of them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from typing import Any, TypeAlias

from uuid_utils import uuid7

from nerv_lab.core.audit import Finding, Leftovers, audit_versions
from nerv_lab.core.changes import UNSET, ItemChange, Unset, compact, decode_delta
from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.errors import (
    DuplicateIdError,
    HeadMovedError,
    HistoryPrunedError,
    UsageError,
    VersionNotFoundError,
)
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.line import VersionLine
from nerv_lab.core.pruning import prune_step
from nerv_lab.core.recent import Recent
from nerv_lab.core.resolutions import ResolvedConflict, delta_with, resolutions_of
from nerv_lab.core.retention import Pruning, RetentionPolicy, plan_pruning
from nerv_lab.core.state import GraphState
from nerv_lab.core.thinning import Bridge, Retention, seal
from nerv_lab.core.values import decode, encode, freeze, json_hash
from nerv_lab.core.versions import LTHASH, SHA256_JSON, Version, version_digest
from nerv_lab.core.walking import followed

__all__ = ["TemporalStore"]

State: TypeAlias = Any
Changes: TypeAlias = tuple[ItemChange, ...]
_AT_ONCE = 256
# A walk may fill this part of the memory for states, as one in so many.
_WALKS_AT_HAND = 4


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class TemporalStore(VersionLine):
    """Versions of a state, each with the changes that led to it.

    A state is a :class:`GraphState`, or plain JSON whose hash is the integration guide's
    ``sha256(json.dumps(state, sort_keys=True))``. Opening a version costs its distance to the
    nearest one that is still in memory.

    Parameters
    ----------
    load_delta : callable, optional
        Gives the delta of a version that was added without one.
    load_bridge : callable, optional
        Gives the bridge to a version whose parent was pruned.
    load_top : callable, optional
        Gives the state of the version that the main line begins with after pruning, by its id.
    recent : int
        How many states and deltas to keep in memory.
    clock : callable
        Gives the time of a commit, as an aware datetime.
    """

    def __init__(
        self,
        *,
        load_delta: Callable[[str], bytes] | None = None,
        load_bridge: Callable[[str], Bridge] | None = None,
        load_top: Callable[[str], GraphState] | None = None,
        recent: int = 4096,
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        super().__init__(recent)
        self._load_delta = load_delta
        self._load_bridge = load_bridge
        self._load_top = load_top
        # What stands in for what was pruned, where no store keeps it.
        self._bridges: dict[str, Bridge] = {}
        self._seals: dict[str, str] = {}
        self._top_state = GraphState.empty()
        self._clock = clock
        self._heads: dict[str, str] = {}
        self._resolutions: Recent[str, tuple[ResolvedConflict, ...]] = Recent(recent)

    @property
    def heads(self) -> dict[str, str]:
        """Id of the newest version of each branch."""
        return dict(self._heads)

    def head(self, branch: str = DEFAULT_BRANCH) -> Version | None:
        """Return the newest version of a branch, or None before the first commit."""
        id = self._heads.get(branch)
        return None if id is None else self._versions[id]

    def draft(
        self,
        state: State,
        description: str = "",
        *,
        changes: Iterable[ItemChange] | None = None,
        compacted: bool = False,
        author: str | None = None,
        branch: str = DEFAULT_BRANCH,
        event_seq: int = 0,
        version_id: str | None = None,
        head: Version | None | Unset = UNSET,
        merged: str | None = None,
        resolutions: Iterable[ResolvedConflict] = (),
    ) -> tuple[Version, bytes]:
        """Make a version of a state without adding it.

        Parameters
        ----------
        state : GraphState or JSON value
            What to commit.
        description, author : str
            Why, and who.
        changes : iterable of ItemChange, optional
            What led here from the head of the branch, where that is known; found by comparing
            the two states otherwise.
        compacted : bool
            The changes were put through `compact` already, and are exact.
        branch : str
            Where to commit.
        event_seq : int
            The last event of the log that the state includes.
        version_id : str, optional
            A new UUIDv7 unless given.
        head : Version or None, optional
            The parent; the head of the branch unless given.
        merged : str, optional
            Id of the version that was merged into the state: the second parent.
        resolutions : iterable of ResolvedConflict
            How the conflicts of the merge were decided.

        Returns
        -------
        version : Version
        delta : bytes
            To be stored with it.
        """
        if head is UNSET:
            head = self.head(branch)
        if isinstance(state, GraphState):
            if changes is None:
                before = self.state_at(head.id) if head else GraphState.empty()
                changes = before.diff(state, exact=True)
            delta = delta_with(changes if compacted else compact(changes, exact=True), resolutions)
            data_hash, algorithm = state.data_hash, LTHASH
        else:
            data_hash, algorithm = json_hash(state), SHA256_JSON
            delta = encode(freeze(state, "state"))
        version = Version(
            id=str(uuid7()) if version_id is None else version_id,
            parents=tuple(id for id in (head and head.id, merged) if id),
            branch=branch,
            event_seq=event_seq,
            timestamp=self._clock(),
            description=description
            if type(description) is str and description.isascii()
            else str(freeze(description, "description")),
            author=author,
            data_hash=data_hash,
            algorithm=algorithm,
        )
        object.__setattr__(version, "digest", version_digest(version, delta))
        return version, delta

    def add(
        self,
        version: Version,
        delta: bytes | None = None,
        state: State | None = None,
        *,
        confirmed: bool = False,
    ) -> None:
        """Add a version as the head of its branch.

        Parameters
        ----------
        version : Version
            With known parents.
        delta : bytes, optional
            Its delta, unless the store loads deltas.
        state : GraphState or JSON value, optional
            Its state, where it is at hand.
        confirmed : bool
            The log says that it was committed: one that is known already is no error, and the
            branch moves wherever it was.

        Raises
        ------
        DuplicateIdError
            The id is taken.
        HeadMovedError
            Its first parent is not the head of its branch.
        VersionNotFoundError
            A parent is unknown.
        """
        with self._lock:
            if version.id in self._versions:
                if confirmed:
                    self._heads[version.branch] = version.id
                    return
                raise DuplicateIdError("version", version.id)
            for parent in version.parents:
                self.get_version(parent)
            head = self._heads.get(version.branch, version.parent)
            if head != version.parent and not confirmed:
                raise HeadMovedError(version.branch, version.parent, head)
            self._enter(version)
            self._heads[version.branch] = version.id
            if delta is not None and self._load_delta is None:
                self._deltas[version.id] = delta
            if state is not None:
                self._states.put(version.id, state)

    def move(self, branch: str, version_id: str | None) -> None:
        """Let a branch be at another version, or forget the branch.

        Raises
        ------
        VersionNotFoundError
            The version is unknown.
        """
        with self._lock:
            if version_id is None:
                self._heads.pop(branch, None)
            else:
                self._heads[branch] = self.get_version(version_id).id

    def replace(
        self, versions: Iterable[Version], heads: Mapping[str, str | None], retention: Retention
    ) -> None:
        """Hold these versions from now on, whatever was held before; for another look at a store.

        Parameters
        ----------
        versions : iterable of Version
            In log order.
        heads : mapping of str to str or None
            Where each branch is.
        retention : Retention
            What was pruned.
        """
        with self._lock:
            before = dict(self._versions)
            self.clear()
            self._heads.clear()
            for version in versions:
                self._enter(version)
            for id, old in before.items():
                new = self._versions.get(id)
                if new is None or (new.data_hash, new.parents) != (old.data_hash, old.parents):
                    self.forget(id)
                    self._resolutions.pop(id)
            self._heads.update({name: id for name, id in heads.items() if id is not None})
            self.thin(retention)

    def remember(
        self, version_id: str, changes: Changes | None = None, state: State | None = None
    ) -> None:
        """Keep the changes or the state of a version at hand, so that they need not be read."""
        with self._lock:
            if changes is not None:
                self._changes.put(version_id, changes)
            if state is not None:
                self._states.put(version_id, state)

    def commit(self, state: State, description: str = "", **fields: Any) -> str:
        """Add a version of a state; see :meth:`draft` for the fields.

        Returns
        -------
        str
            Id of the version.
        """
        with self._lock:
            version, delta = self.draft(state, description, **fields)
            self.add(version, delta, state)
        return version.id

    def rollback(
        self, version_id: str, description: str | None = None, *, branch: str = DEFAULT_BRANCH
    ) -> str:
        """Commit the state of an earlier version again; nothing is deleted.

        Returns
        -------
        str
            Id of the new version.
        """
        target = self.get_version(version_id)
        text = f"rollback to {target.description or target.id}"
        return self.commit(
            self.state_at(version_id), text if description is None else description, branch=branch
        )

    def get_history(
        self, version_id: str | None = None, *, branch: str = DEFAULT_BRANCH
    ) -> list[Version]:
        """Return a version (the head of the branch by default) and its ancestors, oldest first."""
        start = self._heads.get(branch) if version_id is None else version_id
        if start is None:
            return []
        found: set[str] = set()
        waiting = [start]
        while waiting:
            id = waiting.pop()
            if id not in found:
                found.add(id)
                waiting.extend(self.get_version(id).parents)
        return [version for version in self.versions if version.id in found]

    def delta(self, version_id: str) -> bytes:
        """Return the stored delta of a version.

        Raises
        ------
        HistoryPrunedError
            It was pruned.
        """
        version = self._kept(version_id)
        if version.id in self._deltas:
            return self._deltas[version.id]
        if self._load_delta is None:
            raise VersionNotFoundError(version_id, "it was added without its delta")
        return self._load_delta(version.id)

    def changes(self, version_id: str) -> Changes:
        """Return what a version of a graph changed against its first parent."""
        known = self._changes.get(version_id)
        if known is None:
            known = decode_delta(self.delta(version_id))
            self.remember(version_id, known)
        return known

    def resolutions(self, version_id: str) -> tuple[ResolvedConflict, ...]:
        """Return how the conflicts were decided of which a version of a graph came out.

        Raises
        ------
        HistoryPrunedError
            It was pruned.
        """
        self._kept(version_id)
        known = self._resolutions.get(version_id)
        if known is None:
            known = resolutions_of(self.delta(version_id))
            self._resolutions.put(version_id, known)
        return known

    def state_at(self, version_id: str) -> State:
        """Return the state of a version.

        Raises
        ------
        HistoryPrunedError
            It was pruned.
        """
        version = self._kept(version_id)
        with self._lock:
            if (known := self._states.get(version_id)) is not None:
                return known
            if version.algorithm == SHA256_JSON:
                return decode(self.delta(version_id))
            return self._rebuild(version_id)

    @collector_paused()
    def _rebuild(self, version_id: str) -> GraphState:
        """Walk from the state in memory with the fewest changes between; keep some on the way."""
        next_to: dict[str | None, str | None] = {}
        waiting: list[tuple[int, str, str | None, str | None]] = [(0, "", version_id, None)]
        while True:
            if not waiting:
                raise HistoryPrunedError(f"what led to version {version_id!r}", "run verify")
            cost, _, at, towards = heappop(waiting)
            if at in next_to:
                continue
            next_to[at] = towards
            if at is None or at in self._states:
                break
            for neighbour in (self.above(at), *self._children.get(at, ())):
                far = cost + 1 + abs(self._seq(at) - self._seq(neighbour))
                heappush(waiting, (far, neighbour or "", neighbour, at))
        state = self._known(at, next_to[at])
        if at is None and next_to[at] == self._top:
            at = self._top
        way: list[tuple[str | None, str]] = []
        while at != version_id:
            towards = next_to[at]
            assert towards is not None
            way.append((at, towards))
            at = towards
        # A long walk keeps some of the states only, or it would push out those of other looks.
        stride = 1 + _WALKS_AT_HAND * len(way) // self._states.size
        steps = zip(reversed(range(len(way))), way, strict=True)
        for left, (start, end) in followed(steps, len(way)):
            state = state.apply(self._step(start, end))
            if left % stride == 0:
                self._states.put(end, state)
        return state

    def _known(self, at: str | None, towards: str | None) -> GraphState:
        """Return a state to start from: one in memory, that of the top, or the empty one."""
        if at is not None:
            known: GraphState = self._states[at]
            return known
        if towards is None or towards != self._top:
            return GraphState.empty()
        state = self._state_of_top(towards)
        self._states.put(towards, state)
        return state

    def _state_of_top(self, top: str) -> GraphState:
        return self._top_state if self._load_top is None else self._load_top(top)

    def _seq(self, version_id: str | None) -> int:
        """Return where a version is in the log, which tells how much lies between two of them."""
        return 0 if version_id is None else self._versions[version_id].event_seq

    def _step(self, start: str | None, end: str) -> Iterable[ItemChange]:
        if self.above(end) == start:
            return self.steps(end)
        assert start is not None
        return (change.inverse() for change in self.steps(start))

    def steps(self, version_id: str) -> Changes:
        """Return what leads to a version from the one above it."""
        own = self.changes(version_id)
        if version_id not in self._bases:
            return own
        known = self._steps.get(version_id)
        if known is None:
            known = compact((*self.bridge(version_id), *own), exact=True)
            self._steps.put(version_id, known)
        return known

    def bridge(self, version_id: str) -> Changes:
        """Return what leads from the version above to the one before, where that was pruned."""
        base = self._bases.get(version_id)
        if base is None:
            return ()
        bridge = self._bridge(version_id)
        if bridge.base != base:
            raise HistoryPrunedError(
                f"what led to version {version_id!r}", "others are pruning; refresh and try again"
            )
        return bridge.changes()

    def _bridge(self, version_id: str) -> Bridge:
        return (
            self._bridges[version_id]
            if self._load_bridge is None
            else self._load_bridge(version_id)
        )

    @collector_paused()
    def diff(self, a: str | None, b: str | None) -> Changes:
        """Return what leads from one version of a graph to another; None is the empty state.

        Only the changes on the path between the two are read.
        """
        up, down = self._lineage(a), self._lineage(b)
        while up and down and up[-1] == down[-1]:
            up.pop()
            down.pop()
        if self._top is not None and self._top in (*up[-1:], *down[-1:]):
            # One of them has nothing to do with the line that begins there.
            return self._state_or_empty(a).diff(self._state_or_empty(b))
        backwards = (c.inverse() for id in followed(up, len(up)) for c in reversed(self.steps(id)))
        forwards = (c for id in followed(down[::-1], len(down)) for c in self.steps(id))
        return compact((*backwards, *forwards))

    def _lineage(self, version_id: str | None) -> list[str]:
        """Return the version and those above it, newest first."""
        chain: list[str] = []
        while version_id is not None:
            chain.append(self._kept(version_id).id)
            version_id = self.above(version_id)
        return chain

    def _state_or_empty(self, version_id: str | None) -> GraphState:
        state: GraphState = self.state_at(version_id) if version_id else GraphState.empty()
        return state

    def item_history(
        self, key: str, *, branch: str = DEFAULT_BRANCH
    ) -> list[tuple[Version, ItemChange]]:
        """Return the versions that changed an item, oldest first, with what they did to it.

        Raises
        ------
        HistoryPrunedError
            Versions on the way were pruned, so that not all of it is known.
        """
        return [
            (version, change)
            for version in self.get_history(branch=branch)
            if version.algorithm == LTHASH
            for change in self.changes(version.id)
            if change.key == key
        ]

    def verify(self) -> list[Finding]:
        """Recompute every hash and digest; an empty list is a sound history."""
        leftovers = Leftovers(
            Retention(top=self._top, pruned=self.pruned, bridges=self._bases),
            # Those of a store are there.
            lambda id: self._seals.get(id) or seal(self._versions[id]),
            self._bridge,
            lambda: self._state_of_top(self._top or "").items(),
        )
        return list(audit_versions(self.versions, self.delta, leftovers))

    def plan(self, policy: RetentionPolicy, tags: Mapping[str, str] | None = None) -> Pruning:
        """Work out what a policy would keep.

        Parameters
        ----------
        policy : RetentionPolicy
            The rules.
        tags : mapping of str to str, optional
            Names of versions that are kept in any case, with the ids of the versions.
        """
        with self._lock:
            return plan_pruning(
                policy,
                [v for v in self._versions.values() if v.id not in self._pruned],
                self.above,
                heads=self._heads,
                tags=tags or {},
                parents_of=lambda id: self._versions[id].parents,
                top=self._top,
            )

    def retain(self, policy: RetentionPolicy, tags: Mapping[str, str] | None = None) -> Pruning:
        """Prune what a policy does not keep; see `plan`.

        What is kept stays as it was: state, hash, digest and changes. Of the others the fields
        stay, and asking for more raises `HistoryPrunedError`.

        Raises
        ------
        UsageError
            The deltas are not here, so that whoever keeps them has to prune them.
        """
        if self._load_delta is not None:
            raise UsageError("the deltas are in a store; prune there")
        with self._lock:
            pruning = self.plan(policy, tags)
            while step := prune_step(self, pruning, Retention(top=self._top), _AT_ONCE):
                if step.top != self._top or step.changes:
                    self._top_state = self._top_state.apply(step.changes)
                self._seals |= {id: seal(self._versions[id]) for id in step.versions}
                self._bridges |= {bridge.version_id: bridge for bridge in step.bridges}
                for id in (*step.versions, step.top):
                    self._bridges.pop(id or "", None)
                self.thin(step.thinned)
        return pruning
