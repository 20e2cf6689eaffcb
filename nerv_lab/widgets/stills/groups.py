"""Groups in a still picture: a disc for each, with its title above it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from nerv_lab.widgets.stills.labels import Box, text_width

__all__ = ["grouped_spots", "titles_svg"]

_STEP: Final = 20.0  # as in js/src/layout/layouts.js, so that places from there fit in
_GOLDEN_ANGLE: Final = math.pi * (3 - math.sqrt(5))
_MAX_TITLE: Final = 32
_TITLE_SIZE: Final = 13

Spot = tuple[float, float]


def grouped_spots(groups: Mapping[str, str], ids: Iterable[str]) -> dict[str, Spot]:
    """Return where nodes are: a disc for each group, the largest in the middle.

    Parameters
    ----------
    groups : mapping of str to str
        The title of the group of each node.
    ids : iterable of str
        The nodes, in the order from the middle of a disc to its rim.
    """
    members: dict[str, list[str]] = {}
    for id in ids:
        members.setdefault(groups[id], []).append(id)
    discs = sorted(members.items(), key=lambda disc: (-len(disc[1]), disc[0]))
    middles = _packed([_STEP * (0.9 + 0.75 * math.sqrt(len(nodes))) for _, nodes in discs])
    spots: dict[str, Spot] = {}
    for (_, nodes), (x, y) in zip(discs, middles, strict=True):
        for i, id in enumerate(nodes):
            far, angle = 0.62 * _STEP * math.sqrt(i), i * _GOLDEN_ANGLE
            spots[id] = (x + far * math.cos(angle), y + far * math.sin(angle))
    return spots


def _packed(sizes: Sequence[float]) -> list[Spot]:
    """Return the middles of discs on a spiral, none over another."""
    spots: list[Spot] = []
    angle = far = 0.0
    for size in sizes:
        spot = (0.0, 0.0)
        far = max(far - 2 * size, 0.0)
        while any(math.dist(spot, s) < size + sizes[i] for i, s in enumerate(spots)):
            angle += 0.35
            far += size * 0.04
            spot = (far * math.cos(angle), far * math.sin(angle))
        spots.append(spot)
    return spots


def titles_svg(
    groups: Mapping[str, str], counts: Mapping[str, int], spots: Mapping[str, Spot], width: float
) -> tuple[str, list[Box]]:
    """Return a title above each group that is drawn, and what they cover.

    Parameters
    ----------
    groups : mapping of str to str
        The title of the group of each node.
    counts : mapping of str to int
        How many there are in each group, also of those that are not drawn.
    spots : mapping of str to (float, float)
        Where nodes are drawn.
    width : float
        Of the picture, which no title leaves.
    """
    tops: dict[str, list[Spot]] = {}
    for id, spot in spots.items():
        tops.setdefault(groups[id], []).append(spot)
    drawn, boxes = [], []
    for group, inside in sorted(tops.items()):
        title = f"{group[:_MAX_TITLE]} ({counts[group]:,})"
        half = text_width(title, _TITLE_SIZE) / 2
        middle = (min(x for x, _ in inside) + max(x for x, _ in inside)) / 2
        x = min(max(middle, half + 6), width - half - 6)
        y = min(y for _, y in inside) - 18
        drawn.append(f'<text x="{x:.1f}" y="{y:.1f}">{escape(title)}</text>')
        boxes.append((x - half, y - _TITLE_SIZE, x + half, y + 4))
    return f'<g font-size="{_TITLE_SIZE}" font-weight="600">{"".join(drawn)}</g>', boxes
