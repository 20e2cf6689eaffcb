"""What the Lab answers with: differences, the log, histories, reports; each shows itself well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, overload

from nerv_lab.core.changes import ItemChange
from nerv_lab.core.diff import FieldChange, field_changes
from nerv_lab.core.model import Entity, Item
from nerv_lab.core.versions import Version
from nerv_lab.inner_universe.client import Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Diff", "History", "HistoryEntry", "LogEntry", "VerifyReport", "VersionLog"]

_SHOWN = 50
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_ORDER = {"removed": 0, "changed": 1, "added": 2}


def describe(item: Item, name_of: Callable[[str], str]) -> str:
    """Return what a person would call an item; `name_of` gives the name of an entity's id."""
    if isinstance(item, Entity):
        return f"{item.type} {item.name or item.id}"
    return f"{name_of(item.from_entity)} -{item.type}-> {name_of(item.to_entity)}"


def frame(rows: list[dict[str, Any]], columns: list[str], dtype: str | None = None) -> pd.DataFrame:
    """Return rows as a data frame with these columns, also where there are no rows."""
    import pandas as pd

    return pd.DataFrame(rows, columns=columns, dtype=dtype)


def html_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an HTML table whose texts are escaped."""
    head = "".join(f"<th>{escape(h)}</th>" for h in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


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

    def __repr__(self) -> str:
        lines = [self.summary]
        for change in self.changes[:_SHOWN]:
            lines.append(f"{_SIGNS[change.kind]} {describe(change.item, self._name_of)}")
            lines.extend(f"    {field}" for field in field_changes(change))
        if len(self) > _SHOWN:
            lines.append(f"… and {len(self) - _SHOWN} more; see .to_pandas()")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (_SIGNS[c.kind], describe(c.item, self._name_of), *_cells(field))
            for c in self.changes[:_SHOWN]
            for field in (field_changes(c) or (None,))
        ]
        more = f" (the first {_SHOWN} shown)" if len(self) > _SHOWN else ""
        return html_table(self.summary + more, ("", "item", "property", "old", "new"), rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each property that differs, or item that came or went.

        Returns
        -------
        pandas.DataFrame
            Columns ``kind``, ``item`` (``"entity"`` or ``"relation"``), ``id``, ``property``,
            ``old``, ``new``; the last three are None where a whole item came or went.
        """
        rows = [_row(c, field) for c in self.changes for field in field_changes(c) or (None,)]
        # As objects, None stays None and an integer an integer.
        return frame(rows, ["kind", "item", "id", "property", "old", "new"], "object")


def _row(change: ItemChange, field: FieldChange | None) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "item": "entity" if isinstance(change.item, Entity) else "relation",
        "id": change.item.id,
        "property": field.label if field else None,
        "old": field.old if field and field.kind != "added" else None,
        "new": field.new if field and field.kind != "removed" else None,
    }


def _cells(field: FieldChange | None) -> tuple[str, str, str]:
    if field is None:
        return "", "", ""
    old = "" if field.kind == "added" else repr(field.old)
    new = "" if field.kind == "removed" else repr(field.new)
    return field.label, old, new


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
    """

    label: str
    version: Version
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = f" ({', '.join(self.names)})" if self.names else ""
        return f"{self.label}{names}  {self.version.description}"


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
                e.version.description,
                e.version.author or "",
                _clock(e.version.timestamp),
                ", ".join(e.names),
            )
            for e in self._entries[:_SHOWN]
        ]
        return html_table(
            f"{len(self)} versions", ("", "description", "author", "time (UTC)", "names"), rows
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
    """

    seq: int
    timestamp: dt.datetime
    reason: str | None
    source: str | None
    actor: str | None
    change: ItemChange
    version: str | None

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """What changed inside the item."""
        return field_changes(self.change)

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        shown = "; ".join(str(f) for f in self.fields) or self.change.kind
        return f"{self.version or 'uncommitted'}: {shown}{reason}"


class History(tuple[HistoryEntry, ...]):
    """The changes of one item, oldest first."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "no changes"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found.

    Attributes
    ----------
    problems : tuple of Problem
        Empty when all is well.
    versions, events : int
        How many were checked.
    """

    problems: tuple[Problem, ...]
    versions: int
    events: int

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        if self.ok:
            return f"verified: {self.versions} versions and {self.events} events, all sound"
        found = "\n".join(f"  {p.where}: {p.what}" for p in self.problems)
        return f"{len(self.problems)} problem(s):\n{found}"
