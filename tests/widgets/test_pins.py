from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nerv_lab.core.errors import EntityNotFoundError, ValidationError
from nerv_lab.widgets.pins import checked_places


@pytest.mark.parametrize(
    "positions",
    [
        {"a": (1, 2)},
        {"a": np.array([1, 2])},
        pd.DataFrame({"x": [1], "y": [2]}, index=["a"]),
    ],
)
def test_positions_are_pairs_arrays_or_a_frame(positions: Any) -> None:
    assert checked_places(positions) == {"a": (1.0, 2.0)}


@pytest.mark.parametrize(
    ("positions", "field"),
    [
        ([1, 2], "positions"),
        ({"a": 3}, "positions['a']"),
        ({"a": (1, math.nan)}, "positions['a']"),
        (pd.DataFrame({"x": [1]}), "positions"),
    ],
)
def test_what_is_no_position_is_refused(positions: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        checked_places(positions)
    assert caught.value.field == field


def test_positions_reach_every_view_and_hold_their_nodes(
    lab: Any, wire: Any, monkeypatch: Any
) -> None:
    a, b = lab.add_entity("x", id="a"), lab.add_entity("x", id="b")
    view = lab.view(positions={a: (3, -4)})
    wire.feed = view._feed
    monkeypatch.setattr(view._feed.viewers, "send", wire.send)
    front_end = wire.join()
    assert pins(front_end) == {"a": (3.0, -4.0)}
    view.pinned = [b]
    assert view.pinned == ("b",)
    assert list(pins(front_end)) == ["b"]
    view.positions = {"b": (1, 1)}
    assert pins(front_end) == {"b": (1.0, 1.0)}


def pins(front_end: Any) -> dict[str, tuple[float, float]]:
    sent = next(p["pins"] for p in reversed(front_end.payloads) if "pins" in p)
    spots = np.frombuffer(sent["xy"], "<f4").reshape(-1, 2).tolist()
    return {id: tuple(spot) for id, spot in zip(sent["ids"], spots, strict=True)}


@pytest.mark.parametrize("name", ["positions", "pinned"])
def test_only_what_is_there_is_held(lab: Any, name: str) -> None:
    view = lab.view()
    with pytest.raises(EntityNotFoundError):
        setattr(view, name, {"nobody": (0, 0)})
    assert view.pinned == ()
