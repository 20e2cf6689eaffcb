"""Items so plain that no rule of the graph has anything to say of them."""

from __future__ import annotations

from typing import Final

from nerv_lab.core.graph.metadata import EntityMetadata, RelationMetadata
from nerv_lab.core.limits import MAX_BYTES, MAX_NAME, MAX_PROPERTIES, MAX_TAGS

__all__ = ["is_plain"]

# A character takes six bytes at most when it is written, and a number no more than so many.
_CHARACTERS: Final = MAX_BYTES // 8
_OF_A_NUMBER: Final = 32
_NUMBERS: Final = frozenset({int, float, bool, type(None)})


def is_plain(metadata: EntityMetadata | RelationMetadata, *names: object) -> bool:
    """Return whether a new item is certain to keep within all limits.

    Most items hold a few short texts and numbers, which is seen in a fraction of the time that
    writing them takes. Of the others the rules have to be asked.

    Parameters
    ----------
    metadata : EntityMetadata or RelationMetadata
        What is known of it, already checked.
    *names : str
        Its id and type.
    """
    for name in names:
        if not (type(name) is str and name.isascii() and name.isprintable()):
            return False
        if not 0 < len(name) <= MAX_NAME:
            return False
    properties = metadata.properties
    if len(properties) > MAX_PROPERTIES or len(metadata.tags) > MAX_TAGS:
        return False
    size = len(metadata.description or "") + sum(map(len, metadata.tags))
    if type(metadata) is EntityMetadata:
        size += len(metadata.name or "")
    for name, value in properties.items():
        kind = type(value)
        if kind is str:
            size += len(name) + len(value)
        elif kind in _NUMBERS:
            size += len(name) + _OF_A_NUMBER
        else:
            return False
    return size < _CHARACTERS
