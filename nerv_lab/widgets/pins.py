"""Pins: nodes that are held in their place, which no layout moves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nerv_lab.core.errors import ValidationError

__all__ = ["Pins", "checked_places"]

Place = tuple[float, float]


class Pins:
    """Where nodes are held, by id.

    Attributes
    ----------
    places : dict of str to (float, float) or None
        Coordinates of the graph; None where a node is held wherever it is.
    revision : int
        Grows with every change.
    """

    def __init__(self) -> None:
        self.places: dict[str, Place | None] = {}
        self.revision = 0

    def hold(self, places: Mapping[str, Place | None]) -> None:
        """Hold nodes; those that were held elsewhere move."""
        self.places.update(places)
        self.revision += 1

    def release(self, ids: Iterable[str] | None = None) -> None:
        """Let nodes go, or all of them for None; they stay until a layout moves them."""
        for id in list(self.places) if ids is None else ids:
            self.places.pop(id, None)
        self.revision += 1

    def keep(self, ids: Iterable[str]) -> None:
        """Hold these nodes and no other, each where it is or where it was held."""
        self.places = {id: self.places.get(id) for id in ids}
        self.revision += 1

    def columns(self) -> dict[str, Any]:
        """Return ids, and x and y one after the other; NaN where a node is held as it is."""
        spots = [p or (math.nan, math.nan) for p in self.places.values()]
        return {"ids": list(self.places), "xy": np.array(spots, dtype="<f4").tobytes()}


def checked_places(positions: object) -> dict[str, Place]:
    """Return positions as pairs of floats by id.

    Parameters
    ----------
    positions : mapping or DataFrame
        From id to ``(x, y)``, such as a layout of networkx; or a frame by id with the columns
        ``x`` and ``y``.

    Raises
    ------
    ValidationError
        They are something else, or not finite.
    """
    if hasattr(positions, "columns") and hasattr(positions, "index"):
        missing = {"x", "y"} - set(positions.columns)
        if missing:
            raise ValidationError("positions", f"the frame has no column {sorted(missing)[0]!r}")
        pairs = zip(positions["x"], positions["y"], strict=True)  # type: ignore[index]
        positions = dict(zip(positions.index, pairs, strict=True))
    if not isinstance(positions, Mapping):
        raise ValidationError("positions", "must be a dict from id to (x, y), or a frame by id")
    return {_id(item): _place(item, spot) for item, spot in positions.items()}


def _id(item: Any) -> str:
    return item if isinstance(item, str) else str(item.id)


def _place(item: object, spot: Any) -> Place:
    try:
        x, y = (float(v) for v in spot)
    except (TypeError, ValueError):
        raise ValidationError(f"positions[{item!r}]", f"must be (x, y), not {spot!r}") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValidationError(f"positions[{item!r}]", "must be finite")
    return x, y
