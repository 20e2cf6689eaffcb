"""What is painted on a page, as numbers."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.int16]
"""Height, width, and red, green and blue from 0 to 255; one pixel of a page is one of these."""

_DECODE = """async (encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let text = "";
    for (let i = 0; i < data.length; i += 32768) {
        text += String.fromCharCode(...data.subarray(i, i + 32768));
    }
    return { width: image.width, height: image.height, data: btoa(text) };
}"""


def picture_of(locator: Any) -> Picture:
    """Return what is seen of an element."""
    encoded = base64.b64encode(locator.screenshot(animations="disabled")).decode()
    read = locator.page.evaluate(_DECODE, encoded)
    flat = np.frombuffer(base64.b64decode(read["data"]), np.uint8).astype(np.int16)
    pixels: Picture = flat.reshape(read["height"], read["width"], 4)[:, :, :3]
    return pixels


def colour(text: str) -> tuple[int, int, int]:
    """Return the parts of "#rrggbb"."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def near(picture: Picture, x: float, y: float, wanted: tuple[int, int, int], by: int = 8) -> bool:
    """Return whether a pixel has a colour, but for a little."""
    return bool(np.abs(picture[round(y), round(x)] - np.array(wanted)).max() <= by)
