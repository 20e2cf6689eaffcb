"""What an import did, and what it could not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from html import escape

from nerv_lab.core.graph.html_table import html_cell, html_table_of
from nerv_lab.core.text import counted, one_line

__all__ = ["Counts", "GitReport", "ImportProblem", "ImportReport"]

_SHOWN_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of items, by what happened to them.

    Attributes
    ----------
    added, changed, removed, unchanged : int
        Items of one kind.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, f.name)} {f.name}" for f in fields(self))


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """Something an import left out, and why.

    Attributes
    ----------
    where : str
        The part of the source, such as a distribution.
    what : str
        What is wrong with it.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes
    ----------
    source : str
        Where the data came from, for people to read.
    entities, relations : Counts
        What happened to each kind of item.
    problems : tuple of ImportProblem
        What was left out.
    """

    source: str
    entities: Counts = Counts()
    relations: Counts = Counts()
    problems: tuple[ImportProblem, ...] = ()

    @property
    def total(self) -> Counts:
        """Entities and relations together."""
        return self.entities + self.relations

    @property
    def added(self) -> int:
        """Number of items that are new."""
        return self.total.added

    @property
    def changed(self) -> int:
        """Number of items that were there and are different now."""
        return self.total.changed

    @property
    def removed(self) -> int:
        """Number of items that are gone."""
        return self.total.removed

    @property
    def unchanged(self) -> int:
        """Number of items that were there and are as the source has them."""
        return self.total.unchanged

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        yield f"Import from {self.source}"
        yield f"  entities   {self.entities}"
        yield f"  relations  {self.relations}"
        if self.problems:
            yield f"  {self._problem_title()}"
        for problem in self.problems[:_SHOWN_PROBLEMS]:
            yield f"    {problem}"
        if self._hidden_problems:
            yield f"    and {self._hidden_problems} more in .problems"

    def _problem_title(self) -> str:
        return counted(len(self.problems), "problem")

    @property
    def _hidden_problems(self) -> int:
        return max(0, len(self.problems) - _SHOWN_PROBLEMS)

    def _repr_html_(self) -> str:
        names = [f.name for f in fields(Counts)]
        rows = (
            f"<tr>{html_cell(kind, heading=True)}"
            + "".join(html_cell(str(getattr(counts, name)), left=False) for name in names)
            + "</tr>"
            for kind, counts in (("entities", self.entities), ("relations", self.relations))
        )
        table = html_table_of(f"Import from {self.source}", rows, ("", *names))
        return f"{table}{self._problems_html()}"

    def _problems_html(self) -> str:
        if not self.problems:
            return ""
        shown = "".join(
            f"<li><b>{escape(p.where)}</b>: {escape(p.what)}</li>"
            for p in self.problems[:_SHOWN_PROBLEMS]
        )
        if self._hidden_problems:
            shown += f"<li>and {self._hidden_problems} more</li>"
        return f"<details><summary>{self._problem_title()}</summary><ul>{shown}</ul></details>"


@dataclass(frozen=True, slots=True)
class GitReport:
    """What an import from git brought.

    Attributes
    ----------
    source : str
        The repository.
    versions, events, branches, tags : int
        How many there are now.
    problems : tuple of ImportProblem
        What was left out, or is called otherwise.
    """

    source: str
    versions: int
    events: int
    branches: int
    tags: int
    problems: tuple[ImportProblem, ...] = ()

    def __repr__(self) -> str:
        counts = (
            counted(self.versions, "version"),
            counted(self.events, "event"),
            counted(self.branches, "branch", "branches"),
            counted(self.tags, "tag"),
        )
        lines = [
            f"Import from git {one_line(self.source)}",
            f"  {', '.join(counts)}",
        ]
        lines += [f"  {one_line(str(problem))}" for problem in self.problems[:_SHOWN_PROBLEMS]]
        if len(self.problems) > _SHOWN_PROBLEMS:
            lines.append(f"  and {len(self.problems) - _SHOWN_PROBLEMS} more in .problems")
        return "\n".join(lines)
