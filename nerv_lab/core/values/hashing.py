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
from typing import Protocol, TypeAlias

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

__all__ = ["SetHash"]

LANES = 1024
_BYTES = 2 * LANES
_ELEMENT = b"nerv/item/1"
_LENGTHS = tuple(_ELEMENT + n.to_bytes(8, "big") for n in range(256))
_SET = b"nerv/state/1"
# So many are expanded before they are added up: half a megabyte, which stays near the processor.
_AT_ONCE = 256
# A hash that nobody asks for must not keep every element it was ever told of,
_FOLD_AFTER = 256
# but who only reads a large graph that was just opened must not pay for hashing it either.
_LARGE = 4096
_folding = threading.Lock()
Lanes: TypeAlias = NDArray[np.uint16]


class Holder(Protocol):
    """Something that knows its content, and may work it out when it is asked for."""

    @property
    def content(self) -> bytes:
        """What is hashed."""


Element: TypeAlias = tuple[str, bytes | Holder]


def _sum(elements: Iterable[Element]) -> Lanes:
    total = np.zeros(LANES, dtype=np.uint16)
    waiting = iter(elements)
    while some := [*islice(waiting, _AT_ONCE)]:
        total += np.add.reduce(_lanes_of(some), 0, np.uint16)
    return total


def _lanes_of(elements: Iterable[Element]) -> Lanes:
    expanded = b"".join([_expand(key, content) for key, content in elements])
    return np.frombuffer(expanded, dtype="<u2").reshape(-1, LANES)


def _expand(key: str, held: bytes | Holder) -> bytes:
    name, content = key.encode(), held if isinstance(held, bytes) else held.content
    size = len(name)
    head = _LENGTHS[size] if size < 256 else _ELEMENT + size.to_bytes(8, "big")
    digest: bytes = blake3(head + name + content).digest(_BYTES)
    return digest


class SetHash:
    """Hash of a set of (key, content) elements; immutable, computed when asked for.

    The sum of lanes is that of the set, or where there is a base, what the set has over its base;
    None stands for elements that were not added up yet.
    """

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
            with _folding:
                new._fold()
        return new

    def _fold(self) -> None:
        """Add up the elements of all links down to a sum, or to a large set right above one."""
        chain: list[SetHash] = []
        node = self
        while node._lanes is None and not node._is_large_start():
            chain.append(node)
            assert node._base is not None
            node = node._base
        base, lanes = node._base, node._lanes
        if lanes is None:
            base, lanes = node, np.zeros(LANES, dtype=np.uint16)
        # Each link keeps its sum, since more than one state may have been made from it.
        for link in reversed(chain):
            lanes = link._onto(lanes)
            link._settle(lanes, base)

    def _is_large_start(self) -> bool:
        base = self._base
        if base is None or base._lanes is None or base._base is not None:
            return False
        return len(self._removed) + len(self._added) > _LARGE

    def _onto(self, lanes: Lanes) -> Lanes:
        removed, added = self._removed, self._added
        if removed and added and len(removed) + len(added) <= _AT_ONCE:
            rows, middle = _lanes_of((*removed, *added)), len(removed)
            less: Lanes = np.add.reduce(rows[:middle], 0, np.uint16)
            more: Lanes = np.add.reduce(rows[middle:], 0, np.uint16)
            return lanes - less + more
        if self._removed:
            lanes = lanes - _sum(self._removed)
        if self._added:
            lanes = lanes + _sum(self._added)
        return lanes

    def _settle(self, lanes: Lanes, base: SetHash | None) -> None:
        # In this order: whoever looks without the lock trusts the lanes once there is no base.
        self._lanes = lanes
        self._base = base
        self._removed, self._added, self._depth = (), (), 0

    def _total(self) -> Lanes:
        """Return the sum of the set; it has no base from now on."""
        if self._lanes is None and not self._is_large_start():
            self._fold()
        base = self._base
        if base is None:
            assert self._lanes is not None
            return self._lanes
        below = base._total()
        total = self._onto(below) if self._lanes is None else below + self._lanes
        self._settle(total, None)
        return total

    def hexdigest(self) -> str:
        """Return the hash of the set (SHA-256 of the sum of lanes, 64 hex digits)."""
        # The base is looked at first, for it is what is set last.
        lanes = self._lanes if self._base is None else None
        if lanes is None:
            with _folding:
                lanes = self._total()
        return hashlib.sha256(_SET + lanes.astype("<u2", copy=False).tobytes()).hexdigest()
