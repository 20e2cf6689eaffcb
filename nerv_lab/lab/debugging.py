"""Finding when something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.versions import Version
from nerv_lab.lab.tables import frame
from nerv_lab.lab.travel import Travel
from nerv_lab.lab.views import View

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Debugger"]


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
        """
        line = self._line(first, last)
        if not line or not holds(self._travel.at(line[-1])):
            return None
        low, high = 0, len(line) - 1
        while low < high:
            middle = (low + high) // 2
            if holds(self._travel.at(line[middle])):
                high = middle
            else:
                low = middle + 1
        return line[high]

    def trace(
        self,
        function: Callable[[View], Any],
        *,
        first: Version | View | str | None = None,
        last: Version | View | str = "head",
    ) -> pd.DataFrame:
        """Compute something at every version, to see when it changed.

        Parameters
        ----------
        function : callable
            Is given a read-only view. What it raises is shown in the row of its version.
        first, last : Version, View or str, optional
            Where to look: from the beginning to the head by default, along first parents.

        Returns
        -------
        pandas.DataFrame
            One row for each version, oldest first: ``label``, ``description``, ``author``,
            ``timestamp``, ``value``, ``changed`` (the value differs from the row before) and
            ``error`` (None where there was none).
        """
        rows: list[dict[str, Any]] = []
        for version in self._line(first, last):
            value, error = None, None
            try:
                value = function(self._travel.at(version))
            except Exception as raised:  # noqa: BLE001 - shown to the user in its row
                error = f"{type(raised).__name__}: {raised}"
            rows.append(
                {
                    "label": self._travel.label(version),
                    "description": version.description,
                    "author": version.author,
                    "timestamp": version.timestamp,
                    "value": value,
                    "changed": bool(rows) and _differ(rows[-1]["value"], value),
                    "error": error,
                }
            )
        columns = ["label", "description", "author", "timestamp", "value", "changed", "error"]
        return frame(rows, columns, "object")

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


def _differ(a: Any, b: Any) -> bool:
    same = a == b
    # A frame or an array compares element by element.
    return not (same if isinstance(same, bool) else bool(getattr(same, "all", lambda: same)()))
