"""How a Lab is: what was examined and found, to be read, shown or acted upon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nerv_lab.inner_universe.contract.client import Finding
from nerv_lab.inner_universe.metrics import Balance
from nerv_lab.lab.asking.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HealthReport"]

_MARKS: Final = {"ok": "✓", "warning": "!", "problem": "✗"}
_WORDS: Final = {"ok": "healthy", "warning": "healthy, with warnings", "problem": "not healthy"}


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What an examination of a Lab and its store found.

    Attributes
    ----------
    uri : str
        Where the graph is kept.
    findings : tuple of Finding
        One for each thing that was examined.
    balance : Balance
        What became of everything that this Lab has handed over to be written.
    """

    uri: str
    findings: tuple[Finding, ...]
    balance: Balance

    @property
    def level(self) -> str:
        """The gravest of the findings: ``"ok"``, ``"warning"`` or ``"problem"``."""
        return max((f.level for f in self.findings), key=[*_MARKS].index, default="ok")

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; warnings are no harm yet."""
        return self.level != "problem"

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        width = max((len(f.name) for f in self.findings), default=0)
        lines = [f"{_MARKS[f.level]} {f.name:{width}}  {f.detail}" for f in self.findings]
        return "\n".join([f"{self.uri}: {_WORDS[self.level]}", *lines])

    def _repr_html_(self) -> str:
        rows = [(_MARKS[f.level], f.name, f.detail) for f in self.findings]
        caption = f"{self.uri}: {_WORDS[self.level]}"
        return html_table(caption, ("", "examined", "found"), rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each finding."""
        rows = [{"name": f.name, "level": f.level, "detail": f.detail} for f in self.findings]
        return frame(rows, ["name", "level", "detail"])
