"""Bringing other branches and versions into the present one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

from nerv_lab.core.errors import VersionNotFoundError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Place, Resolution
from nerv_lab.core.history.merge_functions import MergeFunction
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.core.walking import walk_part
from nerv_lab.inner_universe.contract.client import InnerUniverseClient, Receipt
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.progress import shown_when_slow
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.branches.merging import MergeResult, Sides, merging, picking
from nerv_lab.lab.changes.committing import Joined, check_committed
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.travel import Travel

__all__ = ["Merger"]

_T = TypeVar("_T")
# The part of the work after which the states to be merged are there.
_SIDES_FOUND: Final = 0.6


class Merger:
    """Merges, cherry-picks and reverts."""

    _client: InnerUniverseClient
    _history: TemporalStore
    _follower: Follower
    _travel: Travel
    _author: str | None

    @abstractmethod
    def _write(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def _outside_transaction(self, doing: str) -> None: ...

    @abstractmethod
    def _commit(
        self,
        description: str,
        author: str | None,
        changes: Sequence[Change] | Callable[[GraphState], Sequence[Change]] = (),
        *,
        reason: str | None = None,
        merge: Joined | None = None,
        fitting: bool = True,
    ) -> tuple[Receipt, Version]: ...

    @shown_when_slow()
    def preview(
        self,
        source: Version | View | str,
        *,
        functions: Mapping[str, MergeFunction] | None = None,
        resolutions: Mapping[Place, Resolution] | None = None,
    ) -> MergeResult:
        """Work out what merging would do, without doing it; see `merge`."""
        head = self._clean_head("merge")
        theirs = self._travel.kept(source)
        name = source if isinstance(source, str) else self._travel.label(theirs)
        with walk_part(0.0, _SIDES_FOUND):
            sides = merging(self._history, head, theirs, name, functions or {})
        return self._worked_out(sides, functions or {}, resolutions or {})

    def _worked_out(
        self,
        sides: Sides,
        functions: Mapping[str, MergeFunction],
        resolutions: Mapping[Place, Resolution],
    ) -> MergeResult:
        with walk_part(_SIDES_FOUND, 1.0):
            return MergeResult(sides, self._finish, functions, resolutions)

    def _clean_head(self, doing: str) -> Version:
        self._outside_transaction(doing)
        position = self._follower.position()
        if position.head is None:
            raise VersionNotFoundError("head", f"commit before you {doing}")
        check_committed(position, doing)
        return position.head

    @shown_when_slow()
    def merge(
        self,
        source: Version | View | str,
        *,
        functions: Mapping[str, MergeFunction] | None = None,
        resolutions: Mapping[Place, Resolution] | None = None,
        description: str | None = None,
    ) -> MergeResult:
        """Bring another branch or version into the present one, property by property.

        Parameters
        ----------
        source : str, Version or View
            The branch or version to merge.
        functions : mapping of str to callable, optional
            Merge functions by field, such as ``{"properties.visits": counter}``; see
            `nerv_lab.core.history.merge_functions`.
        resolutions : mapping, optional
            How to resolve conflicts, by `Conflict.place`.
        description : str, optional
            ``"merge …"`` by default.

        Returns
        -------
        MergeResult
            Committed, unless there are conflicts: then resolve them and call its ``commit``.

        Raises
        ------
        ConflictError
            There are changes that are not committed.
        """
        result = self.preview(source, functions=functions, resolutions=resolutions)
        return result if result.conflicts else _committed(result, description)

    @shown_when_slow()
    def cherry_pick(
        self, ref: Version | View | str, *, description: str | None = None
    ) -> MergeResult:
        """Do again, here, what one version changed, wherever it was committed.

        Returns
        -------
        MergeResult
            Committed, unless there are conflicts, as with `merge`.
        """
        return self._pick(ref, description, revert=False)

    @shown_when_slow()
    def revert(self, ref: Version | View | str, *, description: str | None = None) -> MergeResult:
        """Undo what one version changed, and leave alone what came after it.

        Returns
        -------
        MergeResult
            Committed, unless there are conflicts, as with `merge`.
        """
        return self._pick(ref, description, revert=True)

    def _pick(
        self, ref: Version | View | str, description: str | None, *, revert: bool
    ) -> MergeResult:
        head = self._clean_head("revert" if revert else "cherry-pick")
        picked = self._travel.kept(ref)
        with walk_part(0.0, _SIDES_FOUND):
            sides = picking(self._history, head, picked, self._travel.label(picked), revert=revert)
        result = self._worked_out(sides, {}, {})
        return result if result.conflicts else _committed(result, description)

    def _finish(self, result: MergeResult, description: str) -> Version:
        doing = result.sides.doing
        self._clean_head(doing)
        _, version = self._commit(
            description,
            self._author,
            result.requests,
            reason=description,
            merge=Joined(result.sides.head, result.sides.second, result.resolutions, doing),
        )
        if result.resolved:
            event = Event(new_id(), "MERGE_RESOLVED", result.record(version), source=self._author)
            self._write(self._client.publish([event]))
        return version


def _committed(result: MergeResult, description: str | None) -> MergeResult:
    result.commit(description)
    return result
