"""Tables in HTML, aligned as text is read; who gives cells escapes them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["html_cell", "html_table_of"]

_ROOM = "padding: 0.5em"  # as in Jupyter; other pages leave cells no room
_LEFT = "text-align: left"


def html_cell(content: str, *, heading: bool = False, left: bool = True) -> str:
    """Return a cell of escaped content; numbers stand better to the right."""
    name = "th" if heading else "td"
    style = f"{_LEFT}; {_ROOM}" if left else _ROOM
    return f'<{name} style="{style}">{content}</{name}>'


def html_table_of(caption: str, rows: Iterable[str], header: Iterable[str] = ()) -> str:
    """Return a table.

    Parameters
    ----------
    caption : str
        Stands above it, on one line.
    rows : iterable of str
        Finished rows, ``<tr>`` and all.
    header : iterable of str
        Names of the columns, where they have names.
    """
    head = "".join(
        f'<th scope="col" style="{_LEFT}; {_ROOM}">{escape(name)}</th>' for name in header
    )
    return (
        f'<table><caption style="{_LEFT}; white-space: nowrap">{escape(caption)}</caption>'
        + (f"<thead><tr>{head}</tr></thead>" if head else "")
        + f"<tbody>{''.join(rows)}</tbody></table>"
    )
