"""Commits and branches: how versions come into a history, and where each branch is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from uuid_utils import uuid7

from nerv_lab.core.errors import DuplicateIdError, HeadMovedError
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.changes import UNSET, Unset
from nerv_lab.core.graph.item_changes import ItemChange, compact
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.lineage import ancestors
from nerv_lab.core.history.resolutions import ResolvedConflict, delta_with
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.version_states import VersionStates
from nerv_lab.core.history.version_steps import State
from nerv_lab.core.history.versions import LTHASH, SHA256_JSON, Version, version_digest
from nerv_lab.core.values import encode, freeze, json_hash

__all__ = ["VersionHeads"]


class VersionHeads(VersionStates):
    """Versions that are committed on branches.

    Parameters
    ----------
    recent : int
        How many states and lists of changes to keep in memory.
    load_delta, load_deltas, load_bridge, load_top : callable, optional
        Give what a store keeps, by the id of a version.
    clock : callable
        Gives the time of a commit, as an aware datetime.
    """

    def __init__(
        self,
        recent: int,
        load_delta: Callable[[str], bytes] | None,
        load_deltas: Callable[[Sequence[str]], Mapping[str, bytes]] | None,
        load_bridge: Callable[[str], Bridge] | None,
        load_top: Callable[[str], GraphState] | None,
        clock: Callable[[], dt.datetime],
    ) -> None:
        super().__init__(recent, load_delta, load_deltas, load_bridge, load_top)
        self._clock = clock
        self._heads: dict[str, str] = {}

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
                if new is None or new.digest != old.digest:
                    self.forget(id)
                    self._resolutions.pop(id)
            self._heads.update({name: id for name, id in heads.items() if id is not None})
            self.thin(retention)

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
        found = ancestors(start, lambda id: self.get_version(id).parents)
        return [version for version in self.versions if version.id in found]
