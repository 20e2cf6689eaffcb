"""What leads from one version of a history to the next, read where it is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from nerv_lab.core.errors import HistoryPrunedError, VersionNotFoundError
from nerv_lab.core.item_changes import ItemChange, compact, decode_delta
from nerv_lab.core.line import VersionLine
from nerv_lab.core.recent import Recent
from nerv_lab.core.resolutions import ResolvedConflict, resolutions_of
from nerv_lab.core.thinning import Bridge
from nerv_lab.core.versions import Version

__all__ = ["Changes", "State", "VersionSteps"]

State: TypeAlias = Any
Changes: TypeAlias = tuple[ItemChange, ...]


class VersionSteps(VersionLine):
    """Versions with their deltas, and with what stands in for those that were pruned.

    Parameters
    ----------
    recent : int
        How many states and lists of changes to keep in memory.
    load_delta, load_bridge : callable, optional
        Give what a store keeps, by the id of a version.
    """

    def __init__(
        self,
        recent: int,
        load_delta: Callable[[str], bytes] | None,
        load_bridge: Callable[[str], Bridge] | None,
    ) -> None:
        super().__init__(recent)
        self._load_delta = load_delta
        self._load_bridge = load_bridge
        # What stands in for what was pruned, where no store keeps it.
        self._bridges: dict[str, Bridge] = {}
        self._resolutions: Recent[str, tuple[ResolvedConflict, ...]] = Recent(recent)

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
            version = self._kept(version_id)
            known = decode_delta(self.delta(version_id))
            with self._lock:
                if self._is_here(version):
                    self._changes.put(version_id, known)
        return known

    def _is_here(self, version: Version) -> bool:
        """Return whether a version is still the one that was read without the lock."""
        return self._versions.get(version.id) is version and version.id not in self._pruned

    def remember(
        self, version_id: str, changes: Changes | None = None, state: State | None = None
    ) -> None:
        """Keep the changes or the state of a version at hand, so that they need not be read."""
        with self._lock:
            if changes is not None:
                self._changes.put(version_id, changes)
            if state is not None:
                self._states.put(version_id, state)

    def resolutions(self, version_id: str) -> tuple[ResolvedConflict, ...]:
        """Return how the conflicts were decided of which a version of a graph came out.

        Raises
        ------
        HistoryPrunedError
            It was pruned.
        """
        version = self._kept(version_id)
        known = self._resolutions.get(version_id)
        if known is None:
            known = resolutions_of(self.delta(version_id))
            with self._lock:
                if self._is_here(version):
                    self._resolutions.put(version_id, known)
        return known

    def steps(self, version_id: str) -> Changes:
        """Return what leads to a version from the one above it."""
        own = self.changes(version_id)
        base = self._bases.get(version_id)
        if base is None:
            return own
        known = self._steps.get(version_id)
        if known is None:
            known = compact((*self.bridge(version_id), *own), exact=True)
            with self._lock:
                if self._bases.get(version_id) == base:
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
