"""Colours in pairs, one for a light and one for a dark background, for every kind of eye.

Each is at least three times as bright or dark as either background that JupyterLab paints. The
categories have the hues of Okabe and Ito, moved as little as that needs, and stay apart in the
three kinds of colour blindness; the ramps rise evenly in lightness.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from nerv_lab.core.errors import ValidationError

__all__ = ["CATEGORIES", "NAMED", "OTHER", "RAMPS", "STEPS", "Tone", "contrast", "ramp", "tone"]

Tone: TypeAlias = tuple[str, str]
"""A colour on a light and on a dark background, both ``"#rrggbb"``."""

NAMED: Final[Mapping[str, Tone]] = {
    "blue": ("#225a98", "#416cb0"),
    "orange": ("#b1900c", "#f09a0d"),
    "green": ("#118a76", "#0a9f70"),
    "pink": ("#de5ab4", "#c07dbc"),
    "sky": ("#0f99ea", "#62c0fb"),
    "vermillion": ("#784309", "#d86103"),
    "yellow": ("#797300", "#ebe83c"),
    "ink": ("#000000", "#b3b3b3"),
}
CATEGORIES: Final[Mapping[str, tuple[Tone, ...]]] = {
    "okabe-ito": tuple(NAMED.values()),
    # Four that are furthest from each other, for few categories that must be told at a glance.
    "calm": tuple(NAMED[name] for name in ("blue", "orange", "sky", "ink")),
}
OTHER: Final[Tone] = ("#8a8f99", "#7d828c")
"""What has no category of its own, or no value."""

BACKGROUNDS: Final[Tone] = ("#ffffff", "#212121")
STEPS: Final = 64
_LEAST_CONTRAST: Final = 3.0
_HEX: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_ANCHORS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    name: (colours, colours)
    for name, colours in {
        "viridis": (
            "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c",
            "#28ae80", "#5ec962", "#addc30", "#fde725",
        ),
        "cividis": (
            "#00224e", "#123570", "#3b496c", "#575d6d", "#707173",
            "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838",
        ),
        "blues": ("#08306b", "#08519c", "#2171b5", "#4292c6", "#6baed6", "#9ecae1", "#deebf7"),
    }.items()
}  # fmt: skip
_DIVERGING: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "blue-orange": (
        ("#0b4f94", "#3f6f9f", "#7b8087", "#9a6a34", "#9c4a00"),
        ("#5cb0ff", "#86a8c8", "#8f949c", "#cfa277", "#ff9d3c"),
    )
}
RAMPS: Final = (*_ANCHORS, *_DIVERGING)


def _channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (``"#rrggbb"``) as WCAG 2 defines it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _between(colours: Sequence[str], share: float) -> str:
    at = share * (len(colours) - 1)
    first = min(int(at), len(colours) - 2)
    rest = at - first
    pair = zip(_channels(colours[first]), _channels(colours[first + 1]), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * rest)):02x}" for a, b in pair)


def _visible(colours: Sequence[str], background: str) -> list[str]:
    """Return the steps of a ramp, of its part that stands out from a background."""
    fine = [_between(colours, i / 255) for i in range(256)]
    kept = [c for c in fine if contrast(c, background) >= _LEAST_CONTRAST]
    return [kept[round(i * (len(kept) - 1) / (STEPS - 1))] for i in range(STEPS)]


@lru_cache(maxsize=32)
def ramp(name: str) -> tuple[Tone, ...]:
    """Return the `STEPS` colours of a ramp, from low to high."""
    pair = _ANCHORS.get(name) or _DIVERGING[name]
    light, dark = (_visible(c, b) for c, b in zip(pair, BACKGROUNDS, strict=True))
    return tuple(zip(light, dark, strict=True))


def tone(value: Any, field: str) -> Tone:
    """Return a colour as a pair: a name of ours, ``"#rrggbb"``, or two of them.

    Raises
    ------
    ValidationError
        It is none of these; the error names ``field``.
    """
    if isinstance(value, str) and value in NAMED:
        return NAMED[value]
    if isinstance(value, str) and _HEX.fullmatch(value):
        digits = value[1:].lower()
        whole = "#" + (digits if len(digits) == 6 else "".join(2 * d for d in digits))
        return whole, whole
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(_is_hex(v) for v in value):
        light, dark = (tone(v, field)[0] for v in value)
        return light, dark
    names = ", ".join(NAMED)
    raise ValidationError(
        field, f"{value!r} is not a colour: give '#rrggbb', a pair for light and dark, or {names}"
    )


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None
