"""A hash of a set that is updated in the time of the change, not of the set.

LtHash (Bellare and Micciancio 1997; Lewi et al., "Securing Update Propagation with Homomorphic
Hashing", 2019): each element is expanded by a XOF to 1,024 lanes of 16 bits, and the lanes of all
elements are added. Adding and subtracting commute, so that the same set has the same hash whatever
the path to it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from itertools import islice
from typing import TypeAlias

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

__all__ = ["SetHash"]

LANES = 1024
_BYTES = 2 * LANES
_ELEMENT = b"nerv/item/1"
_SET = b"nerv/state/1"
# So many are expanded before they are added up: half a megabyte, which stays near the processor.
_AT_ONCE = 256
# A hash that nobody asks for must not keep every element it was ever told of.
_FOLD_AFTER = 256
_folding = threading.Lock()
Lanes: TypeAlias = NDArray[np.uint16]
Element: TypeAlias = tuple[str, bytes]


def _sum(elements: Iterable[Element]) -> Lanes:
    total = np.zeros(LANES, dtype=np.uint16)
    waiting = iter(elements)
    while expanded := b"".join(_expand(*element) for element in islice(waiting, _AT_ONCE)):
        total += np.frombuffer(expanded, dtype="<u2").reshape(-1, LANES).sum(0, dtype=np.uint16)
    return total


def _expand(key: str, content: bytes) -> bytes:
    name = key.encode()
    return blake3(b"".join((_ELEMENT, len(name).to_bytes(8, "big"), name, content))).digest(_BYTES)


class SetHash:
    """Hash of a set of (key, content) elements; immutable, computed when asked for."""

    __slots__ = ("_added", "_base", "_depth", "_lanes", "_removed")

    def __init__(self) -> None:
        self._lanes: Lanes | None = np.zeros(LANES, dtype=np.uint16)
        self._base: SetHash | None = None
        self._removed: tuple[Element, ...] = ()
        self._added: tuple[Element, ...] = ()
        self._depth = 0

    def replace(self, removed: Iterable[Element], added: Iterable[Element]) -> SetHash:
        """Return the hash of the set without the removed elements and with the added ones."""
        new = SetHash()
        new._lanes, new._base = None, self
        new._removed, new._added = tuple(removed), tuple(added)
        new._depth = self._depth + 1
        if new._depth >= _FOLD_AFTER:
            new._fold()
        return new

    def _fold(self) -> Lanes:
        with _folding:
            return self._lanes if self._lanes is not None else self._folded()

    def _folded(self) -> Lanes:
        chain: list[SetHash] = []
        node = self
        while node._lanes is None:
            chain.append(node)
            assert node._base is not None
            node = node._base
        lanes = node._lanes
        # Each link keeps its sum, since more than one state may have been made from it.
        for link in reversed(chain):
            if link._removed:
                lanes = lanes - _sum(link._removed)
            if link._added:
                lanes = lanes + _sum(link._added)
            link._lanes = lanes
            link._base, link._removed, link._added, link._depth = None, (), (), 0
        return lanes

    def hexdigest(self) -> str:
        """Return the hash of the set (SHA-256 of the sum of lanes, 64 hex digits)."""
        lanes = self._lanes
        if lanes is None:
            lanes = self._fold()
        return hashlib.sha256(_SET + lanes.astype("<u2").tobytes()).hexdigest()
