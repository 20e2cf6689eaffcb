"""A difference as lines of text, with or without colour, and as an HTML table.

What happened is told by a mark and by colour, never by colour alone. The colours are tints over
whatever lies beneath, so that they read on a light and on a dark page.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from html import escape

from nerv_lab.core.graph.diff import FieldChange, field_changes
from nerv_lab.core.graph.html_table import html_cell, html_table_of
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.record_svg import record_svg
from nerv_lab.core.text import counted, one_line, value_text

__all__ = ["as_html", "as_lines", "as_svg", "describe", "is_colour_terminal"]

_SHOWN_ITEMS = 50
_SHOWN_FIELDS = 20
_SHOWN_CHARACTERS = 120
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_HTML_SIGNS = {"added": "+", "removed": "\N{MINUS SIGN}", "changed": "~"}
_ANSI = {"added": "\x1b[32m", "removed": "\x1b[31m", "changed": "\x1b[33m"}
_ANSI_END = "\x1b[0m"
_TINTS = {"added": "46, 160, 67", "removed": "218, 54, 51", "changed": "187, 128, 9"}
NameOf = Callable[[str], str]


def describe(item: Item, name_of: NameOf) -> str:
    """Return what a person would call an item; `name_of` gives the name of an entity's id."""
    if isinstance(item, Entity):
        text = f"{item.type} {item.name or item.id}"
    else:
        text = f"{name_of(item.from_entity)} -{item.type}-> {name_of(item.to_entity)}"
    return one_line(text, _SHOWN_CHARACTERS)


def is_colour_terminal() -> bool:
    """Return whether IPython runs in a terminal whose user has not refused colours."""
    from IPython.core.getipython import get_ipython
    from IPython.terminal.interactiveshell import TerminalInteractiveShell

    return (
        isinstance(get_ipython(), TerminalInteractiveShell)
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
    )


def as_lines(
    changes: Sequence[ItemChange], name_of: NameOf, *, colour: bool = False
) -> Iterator[str]:
    """Yield a line for each item, and below it one for each property that differs."""
    for change in changes[:_SHOWN_ITEMS]:
        text = f"{_SIGNS[change.kind]} {describe(change.item, name_of)}"
        yield _coloured(text, change.kind, colour)
        fields = field_changes(change)
        for field in fields[:_SHOWN_FIELDS]:
            yield "    " + _coloured(str(field), field.kind, colour)
        if more := _more(fields):
            yield f"    {more}"
    if len(changes) > _SHOWN_ITEMS:
        yield f"… and {len(changes) - _SHOWN_ITEMS} more; see .to_pandas()"


def _coloured(text: str, kind: str, colour: bool) -> str:
    return f"{_ANSI[kind]}{text}{_ANSI_END}" if colour else text


def _more(fields: Sequence[FieldChange]) -> str:
    hidden = len(fields) - _SHOWN_FIELDS
    return f"… and {counted(hidden, 'more property', 'more properties')}" if hidden > 0 else ""


def as_html(caption: str, changes: Sequence[ItemChange], name_of: NameOf) -> str:
    """Return a table with a row for each item, and below it one for each property that differs."""
    more = f" (the first {_SHOWN_ITEMS} shown)" if len(changes) > _SHOWN_ITEMS else ""
    rows = (row for c in changes[:_SHOWN_ITEMS] for row in _item_rows(c, name_of))
    return html_table_of(caption + more, rows, ("change", "item", "old", "new"))


def as_svg(caption: str, changes: Sequence[ItemChange], name_of: NameOf) -> str:
    """Return a picture with a line for each item, and below it one for each property."""
    rows: list[tuple[str, str]] = []
    for change in changes[:_SHOWN_ITEMS]:
        rows.append((change.kind, describe(change.item, name_of)))
        rows += [("", str(field)) for field in field_changes(change)[:_SHOWN_FIELDS]]
    return record_svg(caption, rows)


def _item_rows(change: ItemChange, name_of: NameOf) -> Iterator[str]:
    yield _row(change.kind, f"<strong>{escape(describe(change.item, name_of))}</strong>")
    fields = field_changes(change)
    for field in fields[:_SHOWN_FIELDS]:
        old = "" if field.kind == "added" else value_text(field.old, _SHOWN_CHARACTERS)
        new = "" if field.kind == "removed" else value_text(field.new, _SHOWN_CHARACTERS)
        yield _row(field.kind, escape(field.label), old, new)
    if more := _more(fields):
        yield f'<tr><td></td><td colspan="3">{escape(more)}</td></tr>'


def _row(kind: str, what: str, old: str = "", new: str = "") -> str:
    style = f"background-color: rgba({_TINTS[kind]}, 0.18)"
    return (
        f'<tr style="{style}">{html_cell(f"{_HTML_SIGNS[kind]} {kind}")}{html_cell(what)}'
        f"{html_cell(escape(old))}{html_cell(escape(new))}</tr>"
    )
