"""The versions of a history and which leads to which, also where some were pruned."""

from __future__ import annotations

import threading
from typing import Any

from nerv_lab.core.errors import HistoryPrunedError, VersionNotFoundError
from nerv_lab.core.history.thinning import Retention
from nerv_lab.core.history.version_changes import VersionChanges
from nerv_lab.core.history.versions import LTHASH, Version
from nerv_lab.core.recent import Recent

__all__ = ["VersionLine"]


class VersionLine:
    """Versions by id, each behind the nearest that is kept among its first parents.

    Parameters
    ----------
    recent : int
        How many states and lists of changes to keep in memory.
    """

    def __init__(self, recent: int) -> None:
        self._lock = threading.RLock()
        # Grows with whatever may lead a walk astray that was begun before.
        self._shape = 0
        self._versions: dict[str, Version] = {}
        self._numbers: dict[str, int] = {}
        self._children: dict[str | None, list[str]] = {None: []}
        self._pruned: set[str] = set()
        self._bases: dict[str, str] = {}
        self._top: str | None = None
        self._deltas: dict[str, bytes] = {}
        self._states: Recent[str, Any] = Recent(recent)
        self._changes: Recent[str, VersionChanges] = Recent(recent)
        self._steps: Recent[str, VersionChanges] = Recent(recent)

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version, in the order they were added."""
        return tuple(self._versions.values())

    def __contains__(self, version_id: object) -> bool:
        return version_id in self._versions

    def __len__(self) -> int:
        return len(self._versions)

    def get_version(self, version_id: str) -> Version:
        """Return a version.

        Raises
        ------
        VersionNotFoundError
            The id is unknown.
        """
        try:
            return self._versions[version_id]
        except KeyError:
            raise VersionNotFoundError(version_id, "see the log for those that exist") from None

    def number(self, version_id: str) -> int:
        """Return the place of a version among those of graphs, in the order they came, from 1.

        Raises
        ------
        VersionNotFoundError
            The id is unknown, or not that of a version of a graph.
        """
        try:
            return self._numbers[version_id]
        except KeyError:
            raise VersionNotFoundError(version_id, "no version of a graph has this id") from None

    def _enter(self, version: Version) -> None:
        """Put a new version at the end, behind its first parent."""
        self._versions[version.id] = version
        self._children.setdefault(version.parent, []).append(version.id)
        if version.algorithm == LTHASH:
            self._numbers[version.id] = len(self._numbers) + 1

    def clear(self) -> None:
        """Hold no versions; what is known of their states and changes stays at hand."""
        self._shape += 1
        self._versions.clear()
        self._numbers.clear()
        self._children = {None: []}
        self._pruned.clear()
        self._bases.clear()
        self._top = None

    def forget(self, version_id: str) -> None:
        """Keep nothing at hand of a version."""
        self._deltas.pop(version_id, None)
        self._changes.pop(version_id)
        self._states.pop(version_id)
        self._steps.pop(version_id)

    @property
    def pruned(self) -> frozenset[str]:
        """Ids of the versions of which only the fields are left."""
        return frozenset(self._pruned)

    @property
    def retention(self) -> Retention:
        """What was pruned of the versions."""
        with self._lock:
            return Retention(
                top=self._top, pruned=frozenset(self._pruned), bridges=dict(self._bases)
            )

    @property
    def top(self) -> str | None:
        """The version that the main line begins with; None where nothing before it was pruned."""
        return self._top

    def is_pruned(self, version_id: str) -> bool:
        """Return whether only the fields of a version are left."""
        return version_id in self._pruned

    def thin(self, retention: Retention) -> None:
        """Let go of what was pruned; the versions that are kept are then rebuilt without it.

        Parameters
        ----------
        retention : Retention
            Its versions may all have been pruned before; its bridges are added to those known.
        """
        with self._lock:
            self._shape += 1
            for id, base in retention.bridges.items():
                self._place(id, base)
            if retention.top is not None and retention.top != self._top:
                self._place(retention.top, None)
                self._top = retention.top
            for id in retention.pruned - self._pruned:
                self._place(id, None)
                self._children.pop(id, None)
                self._deltas.pop(id, None)
                self._changes.pop(id)
                self._states.pop(id)
            self._pruned |= retention.pruned

    def _place(self, version_id: str, base: str | None) -> None:
        """Put a version behind another one, or behind nothing."""
        if version_id not in self._versions:
            return
        siblings = self._children.get(self.above(version_id), [])
        if version_id in siblings:
            siblings.remove(version_id)
        self._bases.pop(version_id, None)
        self._steps.pop(version_id)
        if base is not None:
            self._bases[version_id] = base
            self._children.setdefault(base, []).append(version_id)

    def above(self, version_id: str) -> str | None:
        """Return the nearest version that is kept among the first parents, or None."""
        if version_id == self._top:
            return None
        return self._bases.get(version_id) or self._versions[version_id].parent

    def below(self, version_id: str) -> tuple[str, ...]:
        """Return the versions whose nearest kept first parent this is."""
        return tuple(self._children.get(version_id, ()))

    def _kept(self, version_id: str) -> Version:
        version = self.get_version(version_id)
        if version_id in self._pruned:
            raise HistoryPrunedError(f"version {version_id!r}", "the log says which are kept")
        return version
