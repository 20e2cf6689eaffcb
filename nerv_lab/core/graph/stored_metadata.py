"""Metadata as they were written, read back.

Most are flat: texts, numbers and truth values. Those are read by a decoder that knows what they
look like, and are what they should be when they are written again as they were read; all others
take the general way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec

from nerv_lab.core.checks import checked_tags
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.metadata import (
    EntityMetadata,
    OpenEntityMetadata,
    OpenRelationMetadata,
    RelationMetadata,
)
from nerv_lab.core.values import decode
from nerv_lab.core.values.encoding import TAG
from nerv_lab.core.values.read_only import ReadOnlyDict

__all__ = [
    "FlatEntityMetadata",
    "FlatRelationMetadata",
    "Integer",
    "read_entity_metadata",
    "read_relation_metadata",
]

_M = TypeVar("_M", EntityMetadata, RelationMetadata)
Integer: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer of the type table."""
_Flat: TypeAlias = dict[str, str | Integer | float | bool | None]


# The fields are in the order in which they are written, that of their names.
class FlatEntityMetadata(msgspec.Struct, gc=False):
    """Metadata of an entity whose properties are texts, numbers and truth values."""

    description: str | None
    name: str | None
    properties: _Flat
    tags: list[str]

    def frozen(self) -> EntityMetadata:
        """Return the metadata, or refuse the tags."""
        made: Any = OpenEntityMetadata()
        made.name, made.description = self.name, self.description
        made.tags = checked_tags(self.tags) if self.tags else ()
        made.properties = ReadOnlyDict(self.properties)
        made.__class__ = EntityMetadata
        return made  # type: ignore[no-any-return]


class FlatRelationMetadata(msgspec.Struct, gc=False):
    """Metadata of a relation whose properties are texts, numbers and truth values."""

    bidirectional: bool
    description: str | None
    properties: _Flat
    strength: float
    tags: list[str]

    def frozen(self) -> RelationMetadata:
        """Return the metadata, or refuse the tags."""
        made: Any = OpenRelationMetadata()
        made.description, made.strength = self.description, self.strength
        made.bidirectional = self.bidirectional
        made.tags = checked_tags(self.tags) if self.tags else ()
        made.properties = ReadOnlyDict(self.properties)
        made.__class__ = RelationMetadata
        return made  # type: ignore[no-any-return]


_F = TypeVar("_F", FlatEntityMetadata, FlatRelationMetadata)
_entity: Final = msgspec.json.Decoder(FlatEntityMetadata).decode
_relation: Final = msgspec.json.Decoder(FlatRelationMetadata).decode
_encode: Final = msgspec.json.Encoder().encode


def read_entity_metadata(data: bytes) -> EntityMetadata:
    """Return the metadata of an entity.

    Raises
    ------
    ValidationError
        The bytes are not those of such metadata.
    """
    flat = _read_flat(_entity, data)
    return _general(EntityMetadata, data) if flat is None else flat.frozen()


def read_relation_metadata(data: bytes) -> RelationMetadata:
    """Return the metadata of a relation.

    Raises
    ------
    ValidationError
        The bytes are not those of such metadata.
    """
    flat = _read_flat(_relation, data)
    return _general(RelationMetadata, data) if flat is None else flat.frozen()


def _read_flat(decode_flat: Callable[[bytes], _F], data: bytes) -> _F | None:
    """Return flat metadata; None where they are not, or would not be written as they are."""
    try:
        read = decode_flat(data)
        return read if _encode(read) == data and TAG not in read.properties else None
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _general(kind: type[_M], data: bytes) -> _M:
    try:
        return kind(**decode(data))
    except TypeError as error:
        raise ValidationError("metadata", f"not what is known of an item: {error}") from None
