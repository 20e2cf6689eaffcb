"""What leads from one version of a history to the next, read where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from nerv_lab.core.errors import HistoryPrunedError, VersionNotFoundError
from nerv_lab.core.graph.item_changes import ItemChange, compact
from nerv_lab.core.history.line import VersionLine
from nerv_lab.core.history.resolutions import ResolvedConflict, resolutions_of
from nerv_lab.core.history.thinning import Bridge
from nerv_lab.core.history.version_changes import VersionChanges
from nerv_lab.core.history.versions import Version
from nerv_lab.core.recent import Recent

__all__ = ["Changes", "State", "VersionSteps"]

_READ_AHEAD: Final = 256
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
    load_deltas : callable, optional
        Gives those of many versions at once, by their ids, and leaves out what it has not.
    """

    def __init__(
        self,
        recent: int,
        load_delta: Callable[[str], bytes] | None,
        load_deltas: Callable[[Sequence[str]], Mapping[str, bytes]] | None,
        load_bridge: Callable[[str], Bridge] | None,
    ) -> None:
        super().__init__(recent)
        self._load_delta = load_delta
        self._load_deltas = load_deltas
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
        return self._own_changes(version_id).all()

    def _own_changes(self, version_id: str) -> VersionChanges:
        known = self._changes.get(version_id)
        if known is None:
            version = self._kept(version_id)
            known = self._take_in(version, self.delta(version_id))
        return known

    def _take_in(self, version: Version, delta: bytes) -> VersionChanges:
        """Keep what a delta says at hand, as long as the version is there."""
        read = VersionChanges.of(version, delta)
        with self._lock:
            if self._is_here(version):
                self._changes.put(version.id, read)
        return read

    def _along(self, version_ids: Sequence[str]) -> Iterator[str]:
        """Yield ids of versions whose changes are asked for one after another, and read ahead."""
        for done, version_id in enumerate(version_ids):
            if done % _READ_AHEAD == 0:
                self._read_ahead(version_ids[done : done + _READ_AHEAD])
            yield version_id

    def _read_ahead(self, version_ids: Iterable[str]) -> None:
        """Take in the deltas of versions that are about to be asked for, in one go."""
        if self._load_deltas is None:
            return
        if missing := [id for id in version_ids if id not in self._changes]:
            for id, delta in self._load_deltas(missing).items():
                self._take_in(self._kept(id), delta)

    def _is_here(self, version: Version) -> bool:
        """Return whether a version is still the one that was read without the lock."""
        return self._versions.get(version.id) is version and version.id not in self._pruned

    def remember(
        self, version_id: str, changes: Changes | None = None, state: State | None = None
    ) -> None:
        """Keep the changes or the state of a version at hand, so that they need not be read."""
        with self._lock:
            if changes is not None:
                self._changes.put(version_id, VersionChanges(changes))
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
        return self._all_steps(version_id).all()

    def _all_steps(self, version_id: str) -> VersionChanges:
        own = self._own_changes(version_id)
        base = self._bases.get(version_id)
        if base is None:
            return own
        known = self._steps.get(version_id)
        if known is None:
            changes = compact((*self.bridge(version_id), *own.all()), exact=True)
            known = VersionChanges(changes)
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
