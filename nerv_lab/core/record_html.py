"""A record as an HTML table of two columns, its texts escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

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
    body = "".join(
        f'<tr><th style="text-align: left">{escape(one_line(name, _CHARACTERS))}</th>'
        f'<td style="text-align: left">{escape(one_line(value, _CHARACTERS))}</td></tr>'
        for name, value in rows
    )
    caption = escape(one_line(title, _CHARACTERS))
    return f"<table><caption>{caption}</caption><tbody>{body}</tbody></table>"
