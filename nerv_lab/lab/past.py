"""The past of a graph, as the Lab offers it."""

from __future__ import annotations

from nerv_lab.core.model import Item
from nerv_lab.core.versions import Version
from nerv_lab.lab.diffs import Diff
from nerv_lab.lab.results import History, VersionLog
from nerv_lab.lab.travel import Ref, Travel
from nerv_lab.lab.views import View

__all__ = ["TimeTraveller"]


class TimeTraveller:
    """The read API over a history."""

    _travel: Travel

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

    def diff(self, a: Ref | None = None, b: Ref | None = None) -> Diff:
        """Return what changed from `a` (the head by default) to `b` (the present by default)."""
        return self._travel.diff(a, b)

    def log(self) -> VersionLog:
        """Return the versions, newest first, with their labels and tags."""
        return self._travel.log()

    def history(self, item: Item | str) -> History:
        """Return every change of an entity or relation, oldest first, with reason and version."""
        return self._travel.history(item)
