"""Finding when something went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from nerv_lab.core.errors import HistoryPrunedError, ValidationError
from nerv_lab.core.history.versions import Version
from nerv_lab.core.projector import StateProjector
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.asking.tables import frame
from nerv_lab.lab.past.travel import Travel

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Debugger"]

Look: TypeAlias = Callable[[View], Any]
_BEFORE = ("label", "description", "author", "timestamp")
_AFTER = ("changed", "error")


class Debugger:
    """Questions to a whole history."""

    _travel: Travel

    def bisect(
        self,
        holds: Callable[[View], object],
        *,
        first: Version | View | str | None = None,
        last: Version | View | str = "head",
    ) -> Version | None:
        """Return the first version at which something holds, by halving.

        Parameters
        ----------
        holds : callable
            Is given a read-only view. From the version at which it first holds on it must hold
            in all that follow, as a bug that came in does.
        first, last : Version, View or str, optional
            Where to look: from the beginning to the head by default, along first parents.

        Returns
        -------
        Version or None
            None where it does not hold at `last`. Opens O(log n) versions.

        Raises
        ------
        ValidationError
            `first` is not an ancestor of `last`.
        HistoryPrunedError
            Which version was the first cannot be told any more, since it may have been pruned.
        """
        whole = self._line(first, last)
        line = [version for version in whole if not self._travel.is_pruned(version)]
        if not line or not holds(self._travel.at(line[-1])):
            return None
        low, high = 0, len(line) - 1
        while low < high:
            middle = (low + high) // 2
            if holds(self._travel.at(line[middle])):
                high = middle
            else:
                low = middle + 1
        return self._first_of(line[high], whole)

    def _first_of(self, found: Version, whole: list[Version]) -> Version:
        place = whole.index(found)
        if place and self._travel.is_pruned(whole[place - 1]):
            raise HistoryPrunedError(
                f"what came before {self._travel.label(found)!r}",
                "it holds there, and may have held in one that is gone",
            )
        return found

    def trace(
        self,
        function: Look | StateProjector,
        *,
        first: Version | View | str | None = None,
        last: Version | View | str = "head",
    ) -> pd.DataFrame:
        """Compute something at every version, to see when it changed.

        Parameters
        ----------
        function : callable or StateProjector
            Is given a read-only view. What it raises is shown in the row of its version. Of a
            projector, each projection is given the graph state and has a column of its own.
        first, last : Version, View or str, optional
            Where to look: from the beginning to the head by default, along first parents.

        Returns
        -------
        pandas.DataFrame
            One row for each version, oldest first: ``label``, ``description``, ``author``,
            ``timestamp``, ``value`` (or the names of the projections), ``changed`` (a value
            differs from the row before) and ``error`` (None where there was none). A version
            that was pruned has no values, and an error that says so.

        Raises
        ------
        ValidationError
            `first` is not an ancestor of `last`, or a projection has the name of another column.
        """
        looks = _looks(function)
        rows: list[dict[str, Any]] = []
        before: dict[str, Any] | None = None
        for version in self._line(first, last):
            try:
                values, errors = _values(looks, self._travel.at(version))
            except HistoryPrunedError as error:
                values, errors = dict.fromkeys(looks), [f"HistoryPrunedError: {error}"]
                changed = False
            else:
                changed = before is not None and any(_differ(before[n], values[n]) for n in looks)
                before = values
            rows.append(
                {
                    "label": self._travel.label(version),
                    "description": version.description,
                    "author": version.author,
                    "timestamp": version.timestamp,
                    **values,
                    "changed": changed,
                    "error": "; ".join(errors) or None,
                }
            )
        return frame(rows, [*_BEFORE, *looks, *_AFTER], "object")

    def _line(
        self, first: Version | View | str | None, last: Version | View | str
    ) -> list[Version]:
        line = self._travel.line(self._travel.version(last))
        if first is None:
            return line
        start = self._travel.version(first)
        if start not in line:
            raise ValidationError("first", "is not an ancestor of last along first parents")
        return line[line.index(start) :]


def _looks(function: Look | StateProjector) -> dict[str, Look]:
    """Return what to compute, by column."""
    if not isinstance(function, StateProjector):
        return {"value": function}
    for name in function.projections:
        if name in (*_BEFORE, *_AFTER):
            raise ValidationError("function", f"rename projection {name!r}: it is another column")
    return {name: _of_state(function.projection(name)) for name in function.projections}


def _of_state(projection: Callable[[Any], Any]) -> Look:
    return lambda view: projection(view.state)


def _values(looks: Mapping[str, Look], view: View) -> tuple[dict[str, Any], list[str]]:
    """Return what was computed, None where it failed, and how it failed."""
    values: dict[str, Any] = dict.fromkeys(looks)
    errors: list[str] = []
    for name, look in looks.items():
        try:
            values[name] = look(view)
        except Exception as raised:  # noqa: BLE001 - shown to the user in its row
            where = "" if name == "value" else f"{name}: "
            errors.append(f"{where}{type(raised).__name__}: {raised}")
    return values, errors


def _differ(a: Any, b: Any) -> bool:
    same = a == b
    # A frame or an array compares element by element.
    return not (same if isinstance(same, bool) else bool(getattr(same, "all", lambda: same)()))
