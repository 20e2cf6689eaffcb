"""What differs between two states: as objects, text, HTML, a data frame and a JSON Patch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, overload

from nerv_lab.core.graph.diff import FieldChange, field_changes
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.json_patch import Operation, json_patch
from nerv_lab.core.graph.model import Entity
from nerv_lab.lab.asking.tables import frame
from nerv_lab.lab.past.diff_views import as_html, as_lines, as_svg, is_colour_terminal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Diff"]

_ORDER = {"removed": 0, "changed": 1, "added": 2}
_COLUMNS = ["kind", "item", "id", "property", "change", "old", "new"]


class _Printer(Protocol):
    def text(self, obj: str) -> None: ...


class Diff(Sequence[ItemChange]):
    """What changed between two states.

    Parameters
    ----------
    changes : sequence of ItemChange
        One for each item that differs.
    before, after : str
        What the two states are called.
    name_of : callable
        Gives what to call the entity of an id.
    """

    def __init__(
        self,
        changes: Sequence[ItemChange],
        before: str,
        after: str,
        name_of: Callable[[str], str] = str,
    ) -> None:
        self._name_of = name_of
        self.changes = tuple(sorted(changes, key=lambda c: (_ORDER[c.kind], c.key)))
        self.before = before
        self.after = after

    @property
    def added(self) -> tuple[ItemChange, ...]:
        """Items that are only in the later state."""
        return tuple(c for c in self.changes if c.kind == "added")

    @property
    def removed(self) -> tuple[ItemChange, ...]:
        """Items that are only in the earlier state."""
        return tuple(c for c in self.changes if c.kind == "removed")

    @property
    def changed(self) -> tuple[ItemChange, ...]:
        """Items that are in both and differ."""
        return tuple(c for c in self.changes if c.kind == "changed")

    @property
    def fields(self) -> tuple[tuple[ItemChange, FieldChange], ...]:
        """Every property that differs inside an item that is in both, with its path."""
        return tuple((c, field) for c in self.changes for field in field_changes(c))

    @overload
    def __getitem__(self, index: int) -> ItemChange: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ItemChange, ...]: ...
    def __getitem__(self, index: int | slice) -> ItemChange | tuple[ItemChange, ...]:
        return self.changes[index]

    def __len__(self) -> int:
        return len(self.changes)

    @property
    def summary(self) -> str:
        """The counts in one line."""
        return (
            f"{self.before} -> {self.after}: {len(self.added)} added, "
            f"{len(self.changed)} changed, {len(self.removed)} removed"
        )

    def to_text(self, *, colour: bool = False) -> str:
        """Return the difference as text, cut where it is long.

        Parameters
        ----------
        colour : bool
            Colour the lines for a terminal (ANSI).
        """
        return "\n".join((self.summary, *as_lines(self.changes, self._name_of, colour=colour)))

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:
        printer.text(self.to_text(colour=is_colour_terminal()))

    def _repr_html_(self) -> str:
        return as_html(self.summary, self.changes, self._name_of)

    def _repr_svg_(self) -> str:
        return as_svg(self.summary, self.changes, self._name_of)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each property that differs, or item that came or went.

        Returns
        -------
        pandas.DataFrame
            ``kind`` (what happened to the item), ``item`` (``"entity"`` or ``"relation"``),
            ``id``, ``property`` (its path), ``change`` (what happened to the property), ``old``
            and ``new``; the last four are None where a whole item came or went.
        """
        # As objects, None stays None and an integer an integer.
        return frame([row for c in self.changes for row in _rows(c)], _COLUMNS, "object")

    def to_json_patch(self) -> list[Operation]:
        """Return the difference as a JSON Patch (RFC 6902).

        Returns
        -------
        list of dict
            Applied to the ``to_json_document()`` of the earlier state it gives that of the later
            one.
        """
        return json_patch(self.changes)


def _rows(change: ItemChange) -> Iterator[dict[str, Any]]:
    row = {
        "kind": change.kind,
        "item": "entity" if isinstance(change.item, Entity) else "relation",
        "id": change.item.id,
    }
    fields = field_changes(change)
    if not fields:
        yield row | dict.fromkeys(("property", "change", "old", "new"))
    for field in fields:
        yield row | {
            "property": field.label,
            "change": field.kind,
            "old": None if field.kind == "added" else field.old,
            "new": None if field.kind == "removed" else field.new,
        }
