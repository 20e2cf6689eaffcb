"""One colour per type: in a still picture that of the live one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["PALETTE", "type_colours"]

PALETTE: Final = (
    "#5b7cfa", "#12a594", "#f59e0b", "#e5484d", "#8e4ec6",
    "#0091d4", "#6aa84f", "#e93d82", "#a18072", "#64748b",
)  # fmt: skip
_VIVID: Final = 8  # the others are for graphs of more types than that
_32_BITS: Final = 0xFFFFFFFF


def type_colours(types: Iterable[str]) -> dict[str, str]:
    """Return the colour of each type, by the rule of js/src/model/palette.js."""
    taken: dict[str, int] = {}
    for type in sorted(types, key=_units):
        first = _hash(type) % _VIVID
        order = (*((first + i) % _VIVID for i in range(_VIVID)), *range(_VIVID, len(PALETTE)))
        used = set(taken.values())
        taken[type] = next((slot for slot in order if slot not in used), first)
    return {type: PALETTE[slot] for type, slot in taken.items()}


def _units(text: str) -> list[int]:
    """Return a text as JavaScript has it."""
    coded = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(coded[i : i + 2]) for i in range(0, len(coded), 2)]


def _hash(text: str) -> int:
    """Return the number of js/src/common/random.js for a text."""
    h = 0x811C9DC5
    for unit in _units(text):
        h = (h ^ unit) * 0x01000193 & _32_BITS
    h = (h ^ h >> 16) * 0x85EBCA6B & _32_BITS
    h = (h ^ h >> 13) * 0xC2B2AE35 & _32_BITS
    return h ^ h >> 16
