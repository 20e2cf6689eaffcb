"""What the Lab answers with: the log and reports; each shows itself well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

from nerv_lab.core.history.resolutions import ResolvedConflict
from nerv_lab.core.history.versions import Version
from nerv_lab.core.text import counted
from nerv_lab.inner_universe.contract.client import Problem
from nerv_lab.lab.asking.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LogEntry", "VerifyReport", "VersionLog"]

_SHOWN = 50
_SIGNATURES = (
    "signatures show that whoever holds a trusted key vouched for these versions and what they "
    "came from; they do not show when, nor that what stands there is true, nor that nothing newer "
    "was cut off, unless you gave the last signed head that you kept elsewhere (known=…)"
)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One version in the log, with what the log calls it.

    Attributes
    ----------
    label : str
        Such as ``"v3"``.
    version : Version
    names : tuple of str
        ``"head"`` and tags that point here.
    read_resolutions : callable
        Gives `resolutions`, which are not read before somebody asks.
    pruned : bool
        Whether this entry is all that is left of it.
    """

    label: str
    version: Version
    names: tuple[str, ...] = ()
    read_resolutions: Callable[[], tuple[ResolvedConflict, ...]] = field(
        default=tuple, repr=False, compare=False
    )
    pruned: bool = False

    @property
    def resolutions(self) -> tuple[ResolvedConflict, ...]:
        """How the conflicts were decided of which it came out, if it is a merge."""
        return self.read_resolutions()

    @property
    def text(self) -> str:
        """The description, and how many conflicts were decided."""
        count = len(self.resolutions)
        if not count:
            return self.version.description
        return f"{self.version.description} [{count} conflict{'s'[: count > 1]} resolved]"

    def __str__(self) -> str:
        notes = (*self.names, "pruned") if self.pruned else self.names
        names = f" ({', '.join(notes)})" if notes else ""
        return f"{self.label}{names}  {self.text}"


class VersionLog(Sequence[LogEntry]):
    """The versions of a branch, newest first."""

    def __init__(self, entries: Sequence[LogEntry]) -> None:
        self._entries = tuple(entries)

    @overload
    def __getitem__(self, index: int) -> LogEntry: ...
    @overload
    def __getitem__(self, index: slice) -> VersionLog: ...
    def __getitem__(self, index: int | slice) -> LogEntry | VersionLog:
        if isinstance(index, slice):
            return VersionLog(self._entries[index])
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        if not self._entries:
            return "no versions yet; lab.commit('…') makes the first"
        lines = [str(entry) for entry in self._entries[:_SHOWN]]
        if len(self) > _SHOWN:
            lines.append(f"… and {len(self) - _SHOWN} earlier")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (
                e.label,
                e.text,
                e.version.author or "",
                _clock(e.version.timestamp),
                ", ".join(e.names),
            )
            for e in self._entries[:_SHOWN]
        ]
        return html_table(
            counted(len(self), "version"),
            ("", "description", "author", "time (UTC)", "names"),
            rows,
        )

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each version, newest first."""
        rows = [
            {
                "label": e.label,
                "id": e.version.id,
                "description": e.version.description,
                "author": e.version.author,
                "timestamp": e.version.timestamp,
                "event_seq": e.version.event_seq,
                "data_hash": e.version.data_hash,
            }
            for e in self._entries
        ]
        columns = ["label", "id", "description", "author", "timestamp", "event_seq", "data_hash"]
        return frame(rows, columns)


def _clock(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found.

    Attributes
    ----------
    problems : tuple of Problem
        Empty when all is well.
    versions, events : int
        How many were checked.
    trusted : int or None
        How many keys were trusted; None where signatures were not looked at.
    """

    problems: tuple[Problem, ...]
    versions: int
    events: int
    trusted: int | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        if self.ok:
            versions = counted(self.versions, "version")
            text = f"verified: {versions} and {counted(self.events, 'event')}, all sound"
        else:
            found = "\n".join(f"  {p.where}: {p.what}" for p in self.problems)
            text = f"{counted(len(self.problems), 'problem')}:\n{found}"
        return text if self.trusted is None else f"{text}\n{_SIGNATURES}"
