"""Names in a still picture: none over a node or another one, and the more important first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

__all__ = ["LANDMARKS", "Box", "Labels", "text_width"]

LANDMARKS: Final = 14  # the largest nodes, whose names are important

# The rule is that of js/src/painting/labels.js, so that a still names what the live picture does.
_GAP: Final = 4.0
_COVERED: Final = 0.8  # of the radius of a node: a square as large as its disc
_LETTER: Final = 0.58  # of the size of a font, about
_WIDE: Final = ("W", "F")

Box = tuple[float, float, float, float]  # left, top, right, bottom


def text_width(text: str, size: float) -> float:
    """Return about how wide a line of text is."""
    return size * sum(1.0 if unicodedata.east_asian_width(c) in _WIDE else _LETTER for c in text)


@dataclass
class Labels:
    """What of a picture is taken.

    Attributes
    ----------
    area : tuple of float
        Left, top, right and bottom of where names may be.
    """

    area: Box
    _taken: list[Box] = field(default_factory=list)
    _avoided: list[Box] = field(default_factory=list)

    def keep_off(self, boxes: Iterable[Box]) -> None:
        """Let no name lie over these."""
        self._taken.extend(boxes)

    def keep_off_nodes(self, nodes: Iterable[tuple[float, float, float]]) -> None:
        """Let no name lie over these nodes, the largest first: x, y and radius.

        Over the smaller ones an important name may lie, where there is no other place for it.
        """
        for number, (x, y, radius) in enumerate(nodes):
            half = _COVERED * radius
            boxes = self._taken if number < LANDMARKS else self._avoided
            boxes.append((x - half, y - half, x + half, y + half))

    def beside(
        self, x: float, y: float, radius: float, text: str, size: float, *, important: bool = False
    ) -> tuple[float, float, str] | None:
        """Place a name beside its node, where there is room.

        Returns
        -------
        tuple of (float, float, str), or None
            Where its line begins, is centred or ends, as the last says; None where there is none.
        """
        width, high, away = text_width(text, size), 0.6 * size, radius + _GAP
        centred = max(self.area[0], min(x - width / 2, self.area[2] - width))
        options = (
            (x + away, y, "start"),
            (x - away - width, y, "end"),
            (centred, y + away + high, "middle"),
            (centred, y - away - high, "middle"),
        )
        for avoided in (self._avoided, *(((),) if important else ())):
            for left, middle, anchor in options:
                if self._takes((left, middle - high, left + width, middle + high), avoided):
                    share = {"start": 0, "middle": 0.5, "end": 1}[anchor]
                    at = left + share * width
                    return round(at, 1), round(middle + 0.36 * size, 1), anchor
        return None

    def at(self, x: float, y: float, text: str, size: float) -> bool:
        """Place a text around a point, where there is room; return whether there is."""
        width, high = text_width(text, size), 0.6 * size
        return self._takes((x - width / 2, y - high, x + width / 2, y + high), self._avoided)

    def _takes(self, box: Box, avoided: Sequence[Box]) -> bool:
        left, top, right, low = box
        area = self.area
        if left < area[0] or top < area[1] or right > area[2] or low > area[3]:
            return False
        for x1, y1, x2, y2 in (*self._taken, *avoided):
            if left < x2 and right > x1 and top < y2 and low > y1:
                return False
        self._taken.append(box)
        return True
