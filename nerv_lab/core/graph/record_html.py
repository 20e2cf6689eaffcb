"""A record as an HTML table of two columns, its texts escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from nerv_lab.core.graph.html_table import html_cell, html_table_of
from nerv_lab.core.text import one_line

__all__ = ["record_html"]

_CHARACTERS = 200


def record_html(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return a table.

    Parameters
    ----------
    title : str
        Stands above it.
    rows : iterable of str and str
        Name and value; long ones are cut.
    """
    return html_table_of(
        one_line(title, _CHARACTERS),
        (
            f"<tr>{html_cell(escape(one_line(name, _CHARACTERS)), heading=True)}"
            f"{html_cell(escape(one_line(value, _CHARACTERS)))}</tr>"
            for name, value in rows
        ),
    )
