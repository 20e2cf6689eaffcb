"""Colours are seen on both backgrounds, and by every kind of eye."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.styling.palettes import CATEGORIES, OTHER, RAMPS, contrast, ramp, tone

BACKGROUNDS = (("#ffffff", "#fafbfc"), ("#111111", "#14161b", "#1b1e25", "#212121"))
# How eyes without red, green or blue cones see linear RGB (Machado, Oliveira and Fernandes, 2009).
EYES = {
    "usual": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# From linear RGB to Oklab, in which distances are those that are seen.
TO_LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
APART = 0.09  # the eight of Okabe and Ito themselves are 0.076 apart


def seen(colour: str, eye: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    cones = np.array(TO_LMS) @ np.clip(np.array(EYES[eye]) @ linear, 0, 1)
    return np.array(TO_LAB) @ np.cbrt(cones)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_colour_stands_out_from_its_background(theme: int) -> None:
    tones = [OTHER, *(t for named in CATEGORIES.values() for t in named)]
    tones += [t for name in RAMPS for t in ramp(name)]
    for colours in tones:
        for background in BACKGROUNDS[theme]:
            assert contrast(colours[theme], background) >= 2.9, colours


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("palette", CATEGORIES)
def test_no_two_categories_look_alike_to_any_eye(palette: str, theme: int, eye: str) -> None:
    for one, other in combinations(CATEGORIES[palette], 2):
        apart = np.linalg.norm(seen(one[theme], eye) - seen(other[theme], eye))
        assert apart > APART, (one[theme], other[theme])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["viridis", "cividis", "blues"])
def test_a_ramp_grows_lighter_to_every_eye(name: str, theme: int, eye: str) -> None:
    lightness = [seen(colours[theme], eye)[0] for colours in ramp(name)]
    assert (np.diff(lightness) > -0.004).all()
    assert lightness[-1] - lightness[0] > 0.2


@pytest.mark.parametrize(
    ("given", "pair"),
    [
        ("#ABC", ("#aabbcc", "#aabbcc")),
        ("#0a0b0c", ("#0a0b0c", "#0a0b0c")),
        (("#000", "#fff"), ("#000000", "#ffffff")),
        ("green", ("#118a76", "#0a9f70")),
    ],
)
def test_a_colour_is_a_name_a_code_or_a_pair(given: object, pair: tuple[str, str]) -> None:
    assert tone(given, "color") == pair


@pytest.mark.parametrize("given", ["mauve", "#12", 3, None, ("#000",), ("#000", "red"), "url(x)"])
def test_what_is_no_colour_is_refused(given: object) -> None:
    with pytest.raises(ValidationError, match="is not a colour"):
        tone(given, "color")
