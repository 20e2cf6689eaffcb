"""A merge on its way: what it does, what stands against it, and how that is resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from nerv_lab.core.errors import ConflictError, ValidationError
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import restoring
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Conflict, Place, Resolution
from nerv_lab.core.history.lineage import ancestors
from nerv_lab.core.history.merge import Merge, merge_states
from nerv_lab.core.history.merge_functions import MergeFunction
from nerv_lab.core.history.resolutions import ResolvedConflict, resolved_conflicts
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.core.text import counted
from nerv_lab.core.walking import walk_part
from nerv_lab.inner_universe.contract.progress import shown_when_slow
from nerv_lab.lab.asking.tables import html_table
from nerv_lab.lab.branches.merge_base import base_of
from nerv_lab.lab.past.diffs import Diff

__all__ = ["MergeResult", "Sides", "merging", "picking"]


@dataclass(frozen=True, slots=True)
class Sides:
    """What is brought together, and how.

    Attributes
    ----------
    verb, name : str
        What is done, and what is brought in, as ``"merge"`` and ``"what-if"``.
    head : Version
        The version it is brought into.
    second : Version or None
        The second parent of what comes out.
    base, ours, theirs : GraphState
        The three states.
    is_done : bool
        Nothing is left to do, since ours has it already.
    theirs_later : bool
        Their side comes later in the log.
    disputed : frozenset of place
        Where nothing is known of the base.
    """

    verb: str
    name: str
    head: Version
    second: Version | None
    base: GraphState
    ours: GraphState
    theirs: GraphState
    is_done: bool = False
    theirs_later: bool = True
    disputed: frozenset[Place] = frozenset()

    @property
    def doing(self) -> str:
        """What is done, as its method is called."""
        return "cherry-pick" if self.verb == "pick" else self.verb

    @property
    def title(self) -> str:
        """What is done, in two words."""
        return f"{self.verb} {self.name}"


class MergeResult:
    """Something that is brought into the present branch, and what stands against it.

    Attributes
    ----------
    sides : Sides
        What is brought together.
    version : Version or None
        What came out; None as long as it is not committed.
    """

    def __init__(
        self,
        sides: Sides,
        finish: Callable[[MergeResult, str], Version],
        functions: Mapping[str, MergeFunction],
        resolutions: Mapping[Place, Resolution],
    ) -> None:
        self.sides = sides
        self.version: Version | None = None
        self._finish = finish
        self._functions = functions
        self._resolutions = dict(resolutions)
        self._merge = self._work_out()

    def _work_out(self) -> Merge:
        return merge_states(
            self.sides.base,
            self.sides.ours,
            self.sides.theirs,
            functions=self._functions,
            resolutions=self._resolutions,
            later="theirs" if self.sides.theirs_later else "ours",
            disputed=self.sides.disputed,
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
    def resolutions(self) -> tuple[ResolvedConflict, ...]:
        """What was resolved, and how, as the version records it."""
        return resolved_conflicts(self.resolved)

    @property
    def changes(self) -> Diff:
        """What the merge does to our side."""
        return Diff(self._merge.changes, "ours", "merged")

    @property
    def requests(self) -> list[Change]:
        """The changes to ask the store for."""
        return restoring(self._merge.changes)

    @shown_when_slow()
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
        """Make what comes out a version; that of a merge has two parents.

        Raises
        ------
        ConflictError
            Conflicts are left, or our side has moved on.
        """
        if self.version is None:
            if self.conflicts:
                raise ConflictError(
                    f"{counted(len(self.conflicts), 'conflict')} left; decide with .resolve(...)"
                )
            if self.sides.is_done:
                self.version = self.sides.head
            else:
                text = self.sides.title if description is None else description
                self.version = self._finish(self, text)
        return self.version

    def record(self, version: Version) -> dict[str, Any]:
        """Return how the conflicts were resolved, as the payload of an event."""
        records = [resolution.record() for resolution in self.resolutions]
        return {"version_id": version.id, "resolutions": records}

    @property
    def summary(self) -> str:
        """What the merge comes to, in one line."""
        changes = counted(len(self._merge.changes), "change")
        title = self.sides.title
        if self.version is not None:
            return f"{title}: {changes}, committed"
        if self.conflicts:
            conflicts = counted(len(self.conflicts), "conflict")
            return f"{title}: {changes}, {conflicts} to resolve"
        return f"{title}: {changes}, no conflicts; .commit() makes it a version"

    def __repr__(self) -> str:
        return "\n".join((self.summary, *(f"! {conflict}" for conflict in self.conflicts)))

    def _repr_html_(self) -> str:
        rows = [
            (c.kind, ".".join((c.key, *c.path)), repr(c.base), repr(c.ours), repr(c.theirs))
            for c in self.conflicts
        ]
        return html_table(self.summary, ("conflict", "where", "base", "ours", "theirs"), rows)


def merging(
    history: TemporalStore,
    head: Version,
    theirs: Version,
    name: str,
    functions: Mapping[str, MergeFunction],
) -> Sides:
    """Return the sides of the merge of a version into another."""

    def parents(version_id: str) -> tuple[str, ...]:
        return history.get_version(version_id).parents

    order = [version.id for version in history.versions]
    with walk_part(0.0, 0.5):
        base = base_of(history, head.id, theirs.id, functions)
    with walk_part(0.5, 0.75):
        ours = history.state_at(head.id)
    with walk_part(0.75, 1.0):
        other = history.state_at(theirs.id)
    return Sides(
        "merge",
        name,
        head,
        theirs,
        base.state,
        ours,
        other,
        is_done=theirs.id in ancestors(head.id, parents),
        theirs_later=order.index(theirs.id) > order.index(head.id),
        disputed=base.disputed,
    )


def picking(
    history: TemporalStore, head: Version, picked: Version, name: str, *, revert: bool
) -> Sides:
    """Return the sides of doing again, or undoing, what one version changed."""
    with walk_part(0.0, 0.5):
        after: GraphState = history.state_at(picked.id)
    # Its parent may have been pruned.
    before = after.apply(change.inverse() for change in history.changes(picked.id))
    base, theirs = (after, before) if revert else (before, after)
    with walk_part(0.5, 1.0):
        ours = history.state_at(head.id)
    return Sides("revert" if revert else "pick", name, head, None, base, ours, theirs)
