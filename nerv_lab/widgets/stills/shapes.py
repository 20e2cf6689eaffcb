"""The shapes of nodes and the dashes of edges, in SVG."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["DASH_ARRAYS", "shape_svg"]

DASH_ARRAYS: Final = {"dashed": "6 4", "dotted": "1.5 3"}
_CORNERS: Final = {"square": (4, 45), "diamond": (4, 90), "triangle": (3, 90), "hexagon": (6, 0)}
# Corners reach further than a circle, so that all shapes cover about the same area.
_REACH: Final = {"square": 1.25, "diamond": 1.25, "triangle": 1.4, "hexagon": 1.1, "star": 1.4}


def shape_svg(shape: str, x: float, y: float, radius: float, colour: str) -> str:
    """Return a filled shape around a point; unknown ones are circles."""
    if shape != "star" and shape not in _CORNERS:
        return f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{colour}"/>'
    count, start = _CORNERS.get(shape, (10, 90))
    points = []
    for corner in range(count):
        reach = _REACH[shape] * radius * (0.45 if shape == "star" and corner % 2 else 1)
        angle = math.radians(start + 360 * corner / count)
        points.append(f"{x + reach * math.cos(angle):.1f},{y - reach * math.sin(angle):.1f}")
    return f'<polygon points="{" ".join(points)}" fill="{colour}"/>'
