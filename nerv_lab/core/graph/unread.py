"""Items as they lie in a delta, read no further than somebody asks.

Looking at the past puts thousands of items into a state, of which few are looked at. These know who
they are and when they changed; the rest of their record is read when it is asked for, and then they
are items like any other.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import orjson

from nerv_lab.core.errors import CorruptStoreError, ValidationError
from nerv_lab.core.graph.metadata import EntityMetadata, RelationMetadata
from nerv_lab.core.graph.model import Entity, Item, OpenEntity, OpenRelation, Relation
from nerv_lab.core.graph.stored_metadata import read_entity_metadata, read_relation_metadata

__all__ = ["unread_item"]


class _Head(msgspec.Struct, frozen=True, gc=False):
    """What is read of a record at once."""

    id: str
    type: str
    created_at: int
    updated_at: int
    revision: int
    from_entity: str | None = None
    to_entity: str | None = None


class _Body(msgspec.Struct, frozen=True, gc=False):
    """The metadata of a record, as they are written."""

    metadata: msgspec.Raw


class _Parts(msgspec.Struct, frozen=True, gc=False):
    """Those of a relation, one by one."""

    bidirectional: msgspec.Raw
    description: msgspec.Raw
    properties: msgspec.Raw
    strength: msgspec.Raw
    tags: msgspec.Raw


_head_of: Final = msgspec.json.Decoder(_Head).decode
_body_of: Final = msgspec.json.Decoder(_Body).decode
_parts_of: Final = msgspec.json.Decoder(_Parts).decode


def unread_item(record: bytes) -> Item:
    """Return the item of a record, of which the metadata are read when they are asked for.

    Parameters
    ----------
    record : bytes
        Canonical, as `nerv_lab.core.graph.canonical.record_json` wrote it: whoever calls has
        compared its digest.

    Raises
    ------
    ValidationError
        They are not the bytes of a record.
    """
    try:
        head = _head_of(record)
    except msgspec.MsgspecError as error:
        raise ValidationError("record", f"not the record of an item: {error}") from None
    if head.from_entity is None or head.to_entity is None:
        made: Any = OpenEntity()
        kind: type[Item] = _UnreadEntity
    else:
        made = OpenRelation()
        made.from_entity, made.to_entity = head.from_entity, head.to_entity
        kind = _UnreadRelation
    made.id, made.type, made.revision = head.id, head.type, head.revision
    made.created_at, made.updated_at = head.created_at, head.updated_at
    made._record_json = record
    made.__class__ = kind
    return made  # type: ignore[no-any-return]


def _read(item: Any) -> Any:
    """Read what was left, and return the metadata; the item is one like any other from then on."""
    kind, read = _KINDS[isinstance(item, Entity)]
    try:
        metadata = read(bytes(_body_of(item._record_json).metadata))
    except (ValidationError, msgspec.MsgspecError) as error:
        raise CorruptStoreError(
            f"the record of {item.key} is damaged: {error}; run verify to see how far it goes, "
            "and restore a backup"
        ) from error
    kind.__dict__["metadata"].__set__(item, metadata)
    object.__setattr__(item, "__class__", kind)
    return metadata


_KINDS: Final[Any] = ((Relation, read_relation_metadata), (Entity, read_entity_metadata))


class _Unread:
    """What compares or copies an item asks for all of it."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        _read(self)
        return self == other

    def __hash__(self) -> int:
        _read(self)
        return hash(self)

    def __reduce__(self) -> Any:
        _read(self)
        return self.__reduce_ex__(2)


class _UnreadEntity(_Unread, Entity):
    __slots__ = ()

    @property
    def metadata(self) -> EntityMetadata:  # type: ignore[override]
        """The metadata, which are read now."""
        found: EntityMetadata = _read(self)
        return found

    def _write_content(self) -> bytes:
        metadata = bytes(_body_of(self._record_json).metadata)
        content = b'%b,"type":%b}' % (metadata[:-1], orjson.dumps(self.type))
        object.__setattr__(self, "_content", content)
        return content


class _UnreadRelation(_Unread, Relation):
    __slots__ = ()

    @property
    def metadata(self) -> RelationMetadata:  # type: ignore[override]
        """The metadata, which are read now."""
        found: RelationMetadata = _read(self)
        return found

    def _write_content(self) -> bytes:
        part = _parts_of(_body_of(self._record_json).metadata)
        content = (
            b'{"bidirectional":%b,"description":%b,"from_entity":%b,"properties":%b,'
            b'"strength":%b,"tags":%b,"to_entity":%b,"type":%b}'
            % (
                part.bidirectional,
                part.description,
                orjson.dumps(self.from_entity),
                part.properties,
                part.strength,
                part.tags,
                orjson.dumps(self.to_entity),
                orjson.dumps(self.type),
            )
        )
        object.__setattr__(self, "_content", content)
        return content
