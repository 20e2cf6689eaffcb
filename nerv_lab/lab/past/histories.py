"""What is known of the past of one item: every change of it, and who last set what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.diff import FieldChange, Path, changes_at, field_changes, path_label
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.text import counted, one_line, value_text
from nerv_lab.lab.asking.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Blame", "BlameEntry", "History", "HistoryEntry"]

_SHOWN_CHARACTERS = 120
_UNCOMMITTED = "uncommitted"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of an item.

    Attributes
    ----------
    seq : int
        Position in the log.
    timestamp : datetime
        When (UTC).
    reason, source, actor : str or None
        Why, and who.
    change : ItemChange
        The item before and after.
    version : str or None
        Label of the first version that includes it; None while it is not committed.
    author : str or None
        Who committed that version.
    merged_from : tuple of str
        Labels of the versions that really made the change, where a merge brought it here; with
        a question mark where they were pruned, so that it cannot be told.
    asked : tuple of str
        The path that was asked for; empty for the whole item.
    """

    seq: int
    timestamp: dt.datetime
    reason: str | None
    source: str | None
    actor: str | None
    change: ItemChange
    version: str | None
    author: str | None = None
    merged_from: tuple[str, ...] = ()
    asked: Path = ()

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """What changed inside the item, or at the property that was asked for."""
        if self.asked:
            return changes_at(self.change, self.asked)
        return field_changes(self.change)

    @property
    def where(self) -> str:
        """The version, and where a merge took the change from."""
        version = self.version or _UNCOMMITTED
        return f"{version} from {', '.join(self.merged_from)}" if self.merged_from else version

    def __str__(self) -> str:
        reason = f" ({one_line(self.reason)})" if self.reason else ""
        shown = "; ".join(str(f) for f in self.fields) or self.change.kind
        return f"{self.where}: {shown}{reason}"


class History(tuple[HistoryEntry, ...]):  # noqa: SLOT001 - tuples cannot have fields in slots
    """The changes of one item, oldest first.

    Attributes
    ----------
    pruned_until : int
        Position of the last event that retention dropped: changes up to there are not told of.
    """

    pruned_until: int

    def __new__(cls, entries: Iterable[HistoryEntry] = (), pruned_until: int = 0) -> Self:
        """Return a history of these changes."""
        made = super().__new__(cls, entries)
        made.pruned_until = pruned_until
        return made

    def __repr__(self) -> str:
        lines = [str(entry) for entry in self] or ["no changes"]
        if self.pruned_until:
            lines.insert(0, f"what happened up to event {self.pruned_until} was pruned")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (
                e.where,
                "; ".join(str(f) for f in e.fields) or e.change.kind,
                e.reason or "",
                e.author or e.source or "",
                _clock(e.timestamp),
            )
            for e in self
        ]
        header = ("version", "change", "reason", "author", "time (UTC)")
        gone = f", those up to event {self.pruned_until} pruned" if self.pruned_until else ""
        return html_table(f"{counted(len(self), 'change')}{gone}", header, rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each property that changed, or coming or going of the item.

        Returns
        -------
        pandas.DataFrame
            ``seq``, ``timestamp``, ``version``, ``merged_from``, ``kind`` (what happened to the
            item), ``property``, ``old``, ``new``, ``reason``, ``author``, ``source``, ``actor``.
        """
        columns = ["seq", "timestamp", "version", "merged_from", "kind", "property", "old", "new"]
        rows = [row for entry in self for row in _rows(entry)]
        return frame(rows, [*columns, "reason", "author", "source", "actor"], "object")


def _rows(entry: HistoryEntry) -> Iterator[dict[str, Any]]:
    known = {name: getattr(entry, name) for name in ("seq", "timestamp", "version", "reason")}
    known |= {name: getattr(entry, name) for name in ("author", "source", "actor", "merged_from")}
    known["kind"] = entry.change.kind
    if not entry.fields:
        yield known | dict.fromkeys(("property", "old", "new"))
    for field in entry.fields:
        values = {"old": _or_none(field.old), "new": _or_none(field.new)}
        yield known | {"property": field.label, **values}


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


@dataclass(frozen=True, slots=True)
class BlameEntry:
    """Where one property got the value it has.

    Attributes
    ----------
    path : tuple of str
        The property.
    value, old : object
        What it is, and what it was before; ``UNSET`` where it was not there.
    version : str or None
        Label of the version that set it; None while it is not committed.
    author : str or None
        Who committed that version.
    timestamp : datetime
        When it was set (UTC).
    reason, source, actor : str or None
        Why, and who, as the event says.
    seq : int or None
        Position of the event in the log; None where the log no longer tells.
    """

    path: Path
    value: Any
    old: Any
    version: str | None
    author: str | None
    timestamp: dt.datetime
    reason: str | None = None
    source: str | None = None
    actor: str | None = None
    seq: int | None = None

    @property
    def label(self) -> str:
        """The path as text, such as ``"properties.born"``."""
        return path_label(self.path)

    @property
    def who(self) -> str:
        """Whoever is known to have set it; empty where nobody is."""
        return one_line(self.author or self.source or self.actor or "")

    @property
    def change(self) -> str:
        """What it was and what it is, in one line."""
        new = value_text(self.value, _SHOWN_CHARACTERS)
        if self.old is UNSET:
            return new
        return f"{value_text(self.old, _SHOWN_CHARACTERS)} -> {new}"

    def __str__(self) -> str:
        known = (self.who, f"{_clock(self.timestamp)} UTC", one_line(self.reason or ""))
        where = ", ".join(text for text in known if text)
        return f"{self.version or _UNCOMMITTED}  {self.label}: {self.change}  ({where})"


class Blame(Mapping[str, BlameEntry]):
    """Who last set each property of an item, by the path of the property as text.

    Parameters
    ----------
    name : str
        What to call the item.
    entries : sequence of BlameEntry
        In the order of their paths.
    """

    def __init__(self, name: str, entries: Sequence[BlameEntry]) -> None:
        self.name = name
        self._entries = {entry.label: entry for entry in entries}

    def __getitem__(self, label: str) -> BlameEntry:
        return self._entries[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return "\n".join((self.name, *(f"  {entry}" for entry in self.values())))

    def _repr_html_(self) -> str:
        rows = [
            (
                e.version or _UNCOMMITTED,
                e.label,
                e.change,
                e.who,
                _clock(e.timestamp),
                e.reason or "",
            )
            for e in self.values()
        ]
        header = ("version", "property", "value", "author", "time (UTC)", "reason")
        return html_table(self.name, header, rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each property.

        Returns
        -------
        pandas.DataFrame
            ``property``, ``value``, ``old`` (None where it was not there), ``version``,
            ``author``, ``timestamp``, ``reason``, ``source``, ``actor``, ``seq``.
        """
        names = ["version", "author", "timestamp", "reason", "source", "actor", "seq"]
        rows = [
            {"property": e.label, "value": e.value, "old": _or_none(e.old)}
            | {name: getattr(e, name) for name in names}
            for e in self.values()
        ]
        return frame(rows, ["property", "value", "old", *names], "object")


def _clock(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
