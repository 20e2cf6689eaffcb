"""The history of a state: versions, what changed between them, and any of them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from nerv_lab.core.errors import UsageError
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.audit import Finding, Leftovers, audit_versions
from nerv_lab.core.history.pruning import prune_step
from nerv_lab.core.history.retention import Pruning, RetentionPolicy, plan_pruning
from nerv_lab.core.history.thinning import Bridge, Retention, seal
from nerv_lab.core.history.version_heads import VersionHeads
from nerv_lab.core.history.versions import LTHASH, Version

__all__ = ["TemporalStore"]

_AT_ONCE = 256


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class TemporalStore(VersionHeads):
    """Versions of a state, each with the changes that led to it.

    A state is a :class:`GraphState`, or plain JSON whose hash is the integration guide's
    ``sha256(json.dumps(state, sort_keys=True))``. Opening a version costs its distance to the
    nearest one that is still in memory.

    Parameters
    ----------
    load_delta : callable, optional
        Gives the delta of a version that was added without one.
    load_deltas : callable, optional
        Gives those of many versions at once, by their ids, where that takes less than one by one;
        it may leave some out.
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
        load_deltas: Callable[[Sequence[str]], Mapping[str, bytes]] | None = None,
        load_bridge: Callable[[str], Bridge] | None = None,
        load_top: Callable[[str], GraphState] | None = None,
        recent: int = 4096,
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        super().__init__(recent, load_delta, load_deltas, load_bridge, load_top, clock)
        self._seals: dict[str, str] = {}

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
