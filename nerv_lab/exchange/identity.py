"""Ids that follow from what an item is, so that a second import meets the first."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

from nerv_lab.core.limits import MAX_NAME

__all__ = ["RelationIds", "shortened"]


class RelationIds:
    """Gives each relation of a source an id that only depends on its type, its ends and its rank.

    The id reads ``type:source->target``, and ``type:source->target#2`` for the second relation of
    that type between the same entities. The signs that separate the parts are escaped inside
    them, so that two different relations never share an id.
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def next(self, type: str, source: str, target: str) -> str:
        """Return the id of the next relation of this type between these entities."""
        base = f"{_escaped(type, ':')}:{_escaped(source, '>')}->{_escaped(target, '#')}"
        self._seen[base] += 1
        rank = self._seen[base]
        return shortened(base if rank == 1 else f"{base}#{rank}")


def _escaped(text: str, sign: str) -> str:
    return text.replace("%", "%25").replace(sign, f"%{ord(sign):02X}")


def shortened(id: str) -> str:
    """Return the id of a relation, or a digest of it where it is longer than an id may be."""
    if len(id) <= MAX_NAME:
        return id
    return f"relation:{blake2b(id.encode(), digest_size=16).hexdigest()}"
