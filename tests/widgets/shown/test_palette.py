"""Still pictures have the colours of the live ones."""

from __future__ import annotations

from nerv_lab.widgets.shown.palette import PALETTE, type_colours


def test_types_have_the_colours_that_the_browser_gives_them() -> None:
    assert type_colours(["person", "\U0001f600", "character"]) == {
        "person": "#6aa84f",
        "character": "#8e4ec6",
        "\U0001f600": "#e93d82",
    }  # also in js/test/palette.test.js


def test_types_have_different_colours_while_there_are_any() -> None:
    assert len(set(type_colours(f"type {i}" for i in range(10)).values())) == len(PALETTE)
    assert set(type_colours(f"type {i}" for i in range(30)).values()) == set(PALETTE)
