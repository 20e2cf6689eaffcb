"""The states of a history: any of them again, and what lies between two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import islice

from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.errors import HistoryPrunedError, NervError
from nerv_lab.core.graph.item_changes import compact
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.thinning import Bridge
from nerv_lab.core.history.version_steps import Changes, State, VersionSteps
from nerv_lab.core.history.versions import SHA256_JSON
from nerv_lab.core.values import decode
from nerv_lab.core.walking import followed

__all__ = ["VersionStates"]

# A walk keeps this part of the states that there is room for, as one in so many: enough that the
# next look is near one of them, and few enough that those of other looks stay.
_WALKS_AT_HAND = 32


class VersionStates(VersionSteps):
    """Versions with their states, each rebuilt from the nearest one that is in memory.

    Parameters
    ----------
    recent : int
        How many states and lists of changes to keep in memory.
    load_delta, load_bridge : callable, optional
        Give what a store keeps, by the id of a version.
    load_deltas : callable, optional
        Gives those of many versions at once, by their ids, and leaves out what it has not.
    load_top : callable, optional
        Gives the state of the version that the main line begins with after pruning, by its id.
    """

    def __init__(
        self,
        recent: int,
        load_delta: Callable[[str], bytes] | None,
        load_deltas: Callable[[Sequence[str]], Mapping[str, bytes]] | None,
        load_bridge: Callable[[str], Bridge] | None,
        load_top: Callable[[str], GraphState] | None,
    ) -> None:
        super().__init__(recent, load_delta, load_deltas, load_bridge)
        self._load_top = load_top
        self._top_state = GraphState.empty()

    def state_at(self, version_id: str) -> State:
        """Return the state of a version; commits need not wait for a walk to it.

        Raises
        ------
        HistoryPrunedError
            It was pruned.
        """
        version = self._kept(version_id)
        if (known := self._states.get(version_id)) is not None:
            return known
        if version.algorithm == SHA256_JSON:
            return decode(self.delta(version_id))
        return self._rebuild(version_id)

    @collector_paused()
    def _rebuild(self, version_id: str) -> GraphState:
        """Walk to a version, by another way where versions on it were pruned meanwhile."""
        while True:
            with self._lock:
                shape = self._shape
            try:
                return self._walk(self._kept(version_id).id, shape)
            except (LookupError, NervError):
                if shape == self._shape:
                    raise

    def _walk(self, version_id: str, shape: int) -> GraphState:
        """Walk from the state in memory with the fewest changes between; keep some on the way."""
        at, state, next_to = self._nearest(version_id)
        if at is None and (towards := next_to[at]) is not None and towards == self._top:
            at, state = towards, self._state_of_top(towards)
            self._keep(at, state, shape)
        way: list[tuple[str | None, str]] = []
        while at != version_id:
            towards = next_to[at]
            assert towards is not None
            way.append((at, towards))
            at = towards
        stride = -(-len(way) // max(1, self._states.size // _WALKS_AT_HAND))
        # Where items are on the way to the next state that is kept; most are changed repeatedly.
        moved: dict[str, Item | None] = {}
        steps = zip(way, self._along([self._read_by(step) for step in way]), strict=True)
        for done, ((_, end), read) in followed(enumerate(steps), len(way), every=1):
            moved.update(self._all_steps(read).leads_to(back=read != end))
            if (len(way) - 1 - done) % stride == 0:
                state = state.with_items(moved)
                moved = {}
                self._keep(end, state, shape)
        return state

    def _nearest(
        self, version_id: str
    ) -> tuple[str | None, GraphState, dict[str | None, str | None]]:
        """Return where to start, the state there, and what follows each version from there on."""
        next_to: dict[str | None, str | None] = {}
        waiting: list[tuple[int, str, str | None, str | None]] = [(0, "", version_id, None)]
        while waiting:
            cost, _, at, towards = heappop(waiting)
            if at in next_to:
                continue
            next_to[at] = towards
            if at is None:
                return at, GraphState.empty(), next_to
            if (known := self._states.get(at)) is not None:
                return at, known, next_to
            for neighbour in (self.above(at), *self._children.get(at, ())):
                far = cost + 1 + abs(self._seq(at) - self._seq(neighbour))
                heappush(waiting, (far, neighbour or "", neighbour, at))
        raise HistoryPrunedError(f"what led to version {version_id!r}", "run verify")

    def _keep(self, version_id: str, state: GraphState, shape: int) -> None:
        """Keep a state of a walk at hand, unless what it walked over is gone."""
        with self._lock:
            if self._shape != shape:
                raise HistoryPrunedError(f"what led to version {version_id!r}", "try again")
            self._states.put(version_id, state)

    def _state_of_top(self, top: str) -> GraphState:
        return self._top_state if self._load_top is None else self._load_top(top)

    def _seq(self, version_id: str | None) -> int:
        """Return where a version is in the log, which tells how much lies between two of them."""
        return 0 if version_id is None else self._versions[version_id].event_seq

    def _read_by(self, step: tuple[str | None, str]) -> str:
        """Return the version whose changes lead over a step, be it down from it or up to it."""
        start, end = step
        return end if start is None or self.above(end) == start else start

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
        way = followed(self._along((*up, *reversed(down))), len(up) + len(down), every=1)
        backwards = [c.inverse() for id in islice(way, len(up)) for c in reversed(self.steps(id))]
        forwards = (c for id in way for c in self.steps(id))
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
