"""A record as a small picture, for places that show neither HTML nor widgets, such as paper."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from nerv_lab.core.text import one_line

__all__ = ["record_svg"]

_LINE: Final = 20
_WIDTH: Final = 640
_NAMES: Final = 150
_CHARACTERS: Final = 70
_MOST: Final = 20
_COLOURS: Final = {"added": "#1f8a4c", "removed": "#c03538", "changed": "#9a6700"}


def record_svg(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """Return a picture of a title and lines of a name and a value.

    Parameters
    ----------
    title : str
        Stands above them.
    rows : sequence of str and str
        Name and value; long ones are cut, and of many the first are shown.
    """
    shown = [*rows[:_MOST]]
    if len(rows) > _MOST:
        shown.append(("", f"… and {len(rows) - _MOST} more"))
    height = _LINE * (len(shown) + 1) + 16
    lines = "".join(_line(name, value, 44 + _LINE * n) for n, (name, value) in enumerate(shown))
    caption = escape(one_line(title, _CHARACTERS))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img" font-family="system-ui, sans-serif" '
        f'font-size="12"><title>{caption}</title>'
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#fbfbfd" stroke="#e2e4ea"/>'
        f'<text x="14" y="22" font-weight="bold" fill="#2b303b">{caption}</text>{lines}</svg>'
    )


def _line(name: str, value: str, y: int) -> str:
    colour = _COLOURS.get(name, "#6b7280")
    return (
        f'<text x="14" y="{y}" fill="{colour}">{escape(one_line(name, 20))}</text>'
        f'<text x="{_NAMES}" y="{y}" fill="#2b303b">{escape(one_line(value, _CHARACTERS))}</text>'
    )
