"""Figures as a table of text."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["Rows", "table"]

Rows = dict[str, dict[str, float]]


def table(head: str, rows: Rows) -> str:
    """Return rows of figures under the columns of the first, with a heading for their names."""
    columns = list(next(iter(rows.values())))
    width = max(len(name) for name in (head, *rows))
    widths = [max(len(column), 9) for column in columns]
    lines = [
        _line(head.ljust(width), (f"{c:>{w}}" for c, w in zip(columns, widths, strict=True))),
        _line("-" * width, (f"{'-' * (w - 1)}:" for w in widths)),
    ]
    for name, row in rows.items():
        cells = (f"{_number(row[c]):>{w}}" for c, w in zip(columns, widths, strict=True))
        lines.append(_line(name.ljust(width), cells))
    return "\n".join(lines)


def _line(first: str, cells: Iterable[str]) -> str:
    return f"| {first} | {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Return three figures of a number, all that medians of so few rounds can tell."""
    if math.isnan(value):
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
