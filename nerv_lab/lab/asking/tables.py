"""Rows as data frames and HTML tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from nerv_lab.core.graph.html_table import html_cell, html_table_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame", "html_table"]


def frame(rows: list[dict[str, Any]], columns: list[str], dtype: str | None = None) -> pd.DataFrame:
    """Return rows as a data frame with these columns, also where there are no rows."""
    import pandas as pd

    return pd.DataFrame(rows, columns=columns, dtype=dtype)


def html_table(caption: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an HTML table whose texts are escaped."""
    lines = (f"<tr>{''.join(html_cell(escape(str(cell))) for cell in row)}</tr>" for row in rows)
    return html_table_of(caption, lines, header)
