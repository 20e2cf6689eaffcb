"""The past of a graph, as the Lab offers it."""

from __future__ import annotations

from collections.abc import Iterable

from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.resolutions import ResolvedConflict
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.progress import shown_when_slow
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.past.diffs import Diff
from nerv_lab.lab.past.histories import Blame, History
from nerv_lab.lab.past.provenance import Provenance
from nerv_lab.lab.past.results import VersionLog
from nerv_lab.lab.past.travel import Ref, Travel

__all__ = ["TimeTraveller"]


class TimeTraveller:
    """The read API over a history."""

    _travel: Travel
    _provenance: Provenance

    @property
    def versions(self) -> tuple[Version, ...]:
        """All versions, oldest first."""
        return self._travel.versions

    def version(self, ref: Version | View | str) -> Version:
        """Return the version of a reference: an id or its beginning, ``"v3"``, ``"head"``, a tag.

        Raises
        ------
        VersionNotFoundError
            No version, or more than one, answers to it.
        """
        return self._travel.version(ref)

    def version_label(self, version: Version) -> str:
        """Return what the log calls a version, such as ``"v3"``."""
        return self._travel.label(version)

    @shown_when_slow()
    def at(self, ref: Ref) -> View:
        """Look at the past, read-only.

        Parameters
        ----------
        ref : Version, View, str, int or datetime
            A version, its id, the beginning of its id, ``"v3"``, ``"head"`` or a tag; an aware
            datetime; or a position in the event log, where 0 is before the first event.

        Raises
        ------
        VersionNotFoundError, EventNotFoundError
            There is no such place.
        """
        return self._travel.at(ref)

    @property
    def first_seq(self) -> int:
        """First position of the log at which this branch can be looked at."""
        return self._travel.first_seq

    @shown_when_slow()
    def diff(self, a: Ref | None = None, b: Ref | None = None) -> Diff:
        """Return what changed from `a` (the head by default) to `b` (the present by default)."""
        return self._travel.diff(a, b)

    def log(self) -> VersionLog:
        """Return the versions, newest first, with their labels and tags."""
        return self._travel.log()

    def resolutions(self, ref: Version | View | str = "head") -> tuple[ResolvedConflict, ...]:
        """Return how the conflicts were decided of which a version came out.

        They are recorded in the version itself, under its digest; there are none unless it is a
        merge, a cherry-pick or a revert that met conflicts.

        Raises
        ------
        VersionNotFoundError
            No version, or more than one, answers to the reference.
        """
        return self._travel.resolutions(ref)

    def history(self, item: Item | str, *, property: str | Iterable[str] | None = None) -> History:
        """Return every change of an entity or relation, oldest first, with reason and version.

        Parameters
        ----------
        item : Entity, Relation or str
            The item or its id; it may have been deleted.
        property : str or sequence of str, optional
            Only what changed this property or anything inside it: ``"born"``,
            ``"address.city"``, a field such as ``"name"`` or ``"tags"``, or the names one by one,
            as in ``("properties", "name")`` or where one holds a dot.

        Raises
        ------
        EntityNotFoundError
            The log never saw an entity or relation with this id.
        """
        return self._provenance.history(item, property)

    def blame(self, item: Item | str, ref: Version | View | str | None = None) -> Blame:
        """Return who last set each property of an entity or relation, when and why.

        What a merge brought is put down to the version that made it on the other branch, and to
        the merge itself only where it gave a value that neither side had.

        Parameters
        ----------
        item : Entity, Relation or str
            The item or its id.
        ref : Version, View or str, optional
            Ask of this version; of the present by default, what is not committed included.

        Returns
        -------
        Blame
            An entry for each property, by its path such as ``"properties.born"``.

        Raises
        ------
        EntityNotFoundError
            There is no entity or relation with this id there.
        """
        return self._provenance.blame(item, ref)
