"""A merge on its way: what it does, what stands against it, and how that is resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from nerv_lab.core.changes import Change, restoring
from nerv_lab.core.errors import ConflictError, ValidationError
from nerv_lab.core.lineage import ancestors, merge_bases
from nerv_lab.core.merge import Conflict, Merge, Place, Resolution, Take, merge_states
from nerv_lab.core.merge_functions import MergeFunction
from nerv_lab.core.state import GraphState
from nerv_lab.core.temporal import TemporalStore
from nerv_lab.core.versions import Version
from nerv_lab.lab.results import Diff, html_table

__all__ = ["MergeResult"]


class MergeResult:
    """A merge of one version into another.

    Attributes
    ----------
    ours, theirs : Version
        The two sides.
    version : Version or None
        What the merge was committed as; None as long as it was not.
    """

    def __init__(
        self,
        history: TemporalStore,
        ours: Version,
        theirs: Version,
        name: str,
        finish: Callable[[MergeResult, str], Version],
        functions: Mapping[str, MergeFunction],
        resolutions: Mapping[Place, Resolution],
    ) -> None:
        self.ours = ours
        self.theirs = theirs
        self.version: Version | None = None
        self._history = history
        self._name = name
        self._finish = finish
        self._functions = functions
        self._resolutions = dict(resolutions)
        self._is_merged = theirs.id in ancestors(ours.id, self._parents)
        self._base = _base_state(history, ours.id, theirs.id)
        self._merge = self._work_out()

    def _parents(self, version_id: str) -> tuple[str, ...]:
        return self._history.get_version(version_id).parents

    def _work_out(self) -> Merge:
        order = [v.id for v in self._history.versions]
        later = order.index(self.theirs.id) > order.index(self.ours.id)
        return merge_states(
            self._base,
            self._history.state_at(self.ours.id),
            self._history.state_at(self.theirs.id),
            functions=self._functions,
            resolutions=self._resolutions,
            later="theirs" if later else "ours",
        )

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """What was changed on both sides and is not resolved yet."""
        return self._merge.conflicts

    @property
    def resolved(self) -> Mapping[Place, Resolution]:
        """What was resolved, and how."""
        return self._merge.resolved

    @property
    def changes(self) -> Diff:
        """What the merge does to our side."""
        return Diff(self._merge.changes, "ours", "merged")

    @property
    def requests(self) -> list[Change]:
        """The changes to ask the store for."""
        return restoring(self._merge.changes)

    def resolve(
        self, resolution: Resolution | Mapping[Place, Resolution], *conflicts: Conflict | Place
    ) -> Self:
        """Decide conflicts.

        Parameters
        ----------
        resolution : "ours", "theirs", "base", Take or mapping
            The side or the value to take; or a mapping from places to such.
        *conflicts : Conflict or place
            Which; all that are left, where none is given.

        Returns
        -------
        MergeResult
            This one.

        Raises
        ------
        ValidationError
            There is no such conflict, or the resolution does not fit it.
        """
        if self.version is not None:
            raise ValidationError("resolution", "the merge is committed already")
        if isinstance(resolution, Mapping):
            chosen = dict(resolution)
        else:
            places = [
                c.place if isinstance(c, Conflict) else c for c in conflicts or self.conflicts
            ]
            chosen = dict.fromkeys(places, resolution)
        known = {c.place for c in self.conflicts} | self.resolved.keys()
        for place in chosen:
            if place not in known:
                raise ValidationError("resolution", f"there is no conflict at {place!r}")
        before = self._resolutions
        self._resolutions = before | chosen
        try:
            self._merge = self._work_out()
        except BaseException:
            self._resolutions = before
            raise
        return self

    def commit(self, description: str | None = None) -> Version:
        """Make the merge a version with two parents.

        Raises
        ------
        ConflictError
            Conflicts are left, or our side has moved on.
        """
        if self.version is None:
            if self.conflicts:
                raise ConflictError(
                    f"{len(self.conflicts)} conflicts are left; decide them with .resolve(...)"
                )
            if self._is_merged:
                self.version = self.ours
            else:
                text = f"merge {self._name}" if description is None else description
                self.version = self._finish(self, text)
        return self.version

    def record(self, version: Version) -> dict[str, Any]:
        """Return how the conflicts were resolved, as the payload of an event."""
        return {
            "version_id": version.id,
            "resolutions": [
                {
                    "key": key,
                    "path": list(path),
                    **(
                        {"value": resolution.value}
                        if isinstance(resolution, Take)
                        else {"side": resolution}
                    ),
                }
                for (key, path), resolution in sorted(self.resolved.items())
            ],
        }

    @property
    def summary(self) -> str:
        """What the merge comes to, in one line."""
        changes = f"{len(self._merge.changes)} changes"
        if self.version is not None:
            return f"merged {self._name}: {changes}"
        if self.conflicts:
            return f"merging {self._name}: {changes}, {len(self.conflicts)} conflicts to resolve"
        return f"merging {self._name}: {changes}, no conflicts; .commit() makes it a version"

    def __repr__(self) -> str:
        return "\n".join((self.summary, *(f"! {conflict}" for conflict in self.conflicts)))

    def _repr_html_(self) -> str:
        rows = [
            (c.kind, ".".join((c.key, *c.path)), repr(c.base), repr(c.ours), repr(c.theirs))
            for c in self.conflicts
        ]
        return html_table(self.summary, ("conflict", "where", "base", "ours", "theirs"), rows)


def _base_state(history: TemporalStore, a: str, b: str) -> GraphState:
    """Return the state that two versions grew from.

    Where they have several nearest ancestors, those are merged first; what conflicts between
    them is taken from what they themselves grew from.
    """

    def parents(version_id: str) -> tuple[str, ...]:
        return history.get_version(version_id).parents

    bases = merge_bases(a, b, parents)
    if not bases:
        return GraphState.empty()
    first, *others = bases
    state: GraphState = history.state_at(first)
    for other in others:
        state = _settled(_base_state(history, first, other), state, history.state_at(other))
    return state


def _settled(base: GraphState, ours: GraphState, theirs: GraphState) -> GraphState:
    resolutions: dict[Place, Resolution] = {}
    while (merge := merge_states(base, ours, theirs, resolutions=resolutions)).conflicts:
        resolutions |= {conflict.place: "base" for conflict in merge.conflicts}
    return ours.apply(merge.changes)
