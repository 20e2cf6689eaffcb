"""The legend of a still picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from nerv_lab.widgets.stills.shapes import DASH_ARRAYS, shape_svg

__all__ = ["legend_svg", "with_types"]

_COLUMN: Final = 170
_ROW: Final = 17
_MAX_TEXT: Final = 20
_MAX_COUNTED: Final = 17  # letters beside a count
_MAX_TYPES: Final = 12
_PLAIN: Final = "#64748b"


def with_types(
    legend: Sequence[Mapping[str, Any]], colours: Mapping[str, str], counts: Mapping[str, int]
) -> list[Mapping[str, Any]]:
    """Return a legend that says which colour is which type, where colours mean just that.

    Parameters
    ----------
    legend : sequence
        As `Styler.legend` gives it.
    colours : mapping of str to str
        By type; those that are drawn.
    counts : mapping of str to int
        How many there are of each.
    """
    nodes = [section for section in legend if section["of"] == "node"]
    rows = [row for section in nodes for row in section.get("rows", ())]
    if (
        len(colours) < 2
        or any(s["kind"] == "ramp" for s in nodes)
        or any("color" in r for r in rows)
    ):
        return list(legend)
    shaped = [s for s in nodes if s["kind"] == "category" and s["title"] == "type"]
    looks = {row["text"]: row for section in shaped for row in section["rows"]}
    ordered = sorted(colours, key=lambda type: (-counts[type], type))
    types = [
        {**looks.get(type, {}), "text": type, "color": (colours[type],) * 2, "count": counts[type]}
        for type in ordered[:_MAX_TYPES]
    ]
    section = {"of": "node", "kind": "category", "title": "type", "rows": types}
    return [*(s for s in legend if s not in shaped), section]


def legend_svg(legend: Sequence[Mapping[str, Any]], width: int, height: int) -> tuple[str, int]:
    """Return a legend at the right of a picture, and the pixels it takes; what fits of it."""
    if not legend:
        return "", 0
    x, y = width - _COLUMN, 26
    parts = []
    for section in legend:
        rows = section.get("rows", ())
        if y + _ROW * (1 + len(rows)) > height - 24:
            break
        title = _short(section["title"], _MAX_TEXT)
        parts.append(f'<text x="{x}" y="{y}" font-weight="600">{title}</text>')
        y += _ROW
        if section["kind"] == "ramp":
            parts.append(_ramp(section, x, y))
            y += 2 * _ROW
        for row in rows:
            parts.append(_row(row, section["of"], x, y))
            y += _ROW
        y += 6
    return f'<g font-size="11" fill="#2b303b">{"".join(parts)}</g>', _COLUMN


def _row(row: Mapping[str, Any], of: str, x: int, y: int) -> str:
    colour = row["color"][0] if "color" in row else _PLAIN
    name = _short(row["text"], _MAX_COUNTED if "count" in row else _MAX_TEXT)
    text = f'<text x="{x + 24}" y="{y}">{name}</text>'
    if "count" in row:
        at = f'x="{x + _COLUMN - 14}" y="{y}" text-anchor="end" fill="#6b7280"'
        text += f"<text {at}>{row['count']:,}</text>"
    if of == "edge":
        dash = DASH_ARRAYS.get(row.get("dash", ""))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        wide = min(row.get("width", 1.5), 8)
        ends = f'x1="{x}" y1="{y - 4}" x2="{x + 18}" y2="{y - 4}"'
        return f'<line {ends} stroke="{colour}" stroke-width="{wide:.1f}"{dashed}/>{text}'
    icon = row.get("icon", "")
    mark = shape_svg(row.get("shape", "circle"), x + 8, y - 4, min(row.get("size", 5.5), 8), colour)
    sign = f'<text x="{x + 8}" y="{y}" text-anchor="middle">{escape(icon)}</text>' if icon else ""
    return mark + sign + text


def _short(text: str, most: int) -> str:
    return escape(text if len(text) <= most else f"{text[: most - 1]}…")


def _ramp(section: Mapping[str, Any], x: int, y: int) -> str:
    stops = section["colors"]
    wide = (_COLUMN - 30) / len(stops)
    boxes = "".join(
        f'<rect x="{x + i * wide:.1f}" y="{y - 9}" width="{wide + 0.5:.1f}" height="9" '
        f'fill="{light}"/>'
        for i, (light, _) in enumerate(stops)
    )
    low, high = (escape(end) for end in section["ends"])
    return (
        f'{boxes}<text x="{x}" y="{y + 13}">{low}</text>'
        f'<text x="{x + _COLUMN - 30}" y="{y + 13}" text-anchor="end">{high}</text>'
    )
