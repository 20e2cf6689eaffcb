"""What a merge could not decide, and ways to decide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.diff import Path
from nerv_lab.core.graph.record_html import record_html
from nerv_lab.core.graph.record_svg import record_svg
from nerv_lab.core.text import value_text

__all__ = ["Conflict", "Place", "Resolution", "Side", "Take"]

Side: TypeAlias = Literal["base", "ours", "theirs"]
Place: TypeAlias = tuple[str, Path]
"""The key of an item, and the path of a field or property in it."""


@dataclass(frozen=True, slots=True)
class Take:
    """Resolve a conflict with a value of your own.

    Attributes
    ----------
    value : object
        A value of the type table.
    """

    value: Any


Resolution: TypeAlias = Side | Take


@dataclass(frozen=True, slots=True, repr=False)
class Conflict:
    """Something both sides changed, each in its own way.

    Attributes
    ----------
    key : str
        The item, as ``"e:<id>"`` or ``"r:<id>"``.
    path : tuple of str
        The field or property; empty where the item as a whole is in question.
    kind : {"value", "deleted", "dangling"}
        Two values; deleted on one side and changed on the other; or a relation kept on one side
        whose end was deleted on the other.
    base, ours, theirs : object
        The value, or the item, of each; ``UNSET`` where it was not there. Of a dangling relation,
        ``ours`` and ``theirs`` are its missing end.
    """

    key: str
    path: Path
    kind: Literal["value", "deleted", "dangling"]
    base: Any
    ours: Any
    theirs: Any

    @property
    def place(self) -> Place:
        """What the conflict is about, to be resolved under."""
        return self.key, self.path

    def __str__(self) -> str:
        where = ".".join((self.key, *self.path))
        if self.kind == "value":
            return f"{where}: ours {self.ours!r}, theirs {self.theirs!r}, before {self.base!r}"
        side = "ours" if self.ours is UNSET else "theirs"
        if self.kind == "deleted":
            return f"{where}: deleted in {side}, changed in the other"
        return f"{where}: {side} deleted its end {(self.path or ('',))[-1]!r}"

    def __repr__(self) -> str:
        return f"<Conflict {self}>"

    def _rows(self) -> list[tuple[str, str]]:
        sides = (("before", self.base), ("ours", self.ours), ("theirs", self.theirs))
        return [(name, "not there" if v is UNSET else value_text(v)) for name, v in sides]

    def _repr_html_(self) -> str:
        return record_html(f"Conflict {self}", self._rows())

    def _repr_svg_(self) -> str:
        return record_svg(f"Conflict {self}", self._rows())
