"""The payloads of changes as they were written, read back where their items are flat.

A log is read for what few of its events say: where an item changed, who wrote what. Decoding every
payload into dicts, and making items of some of them, takes five times as long as making the items.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, OpenEntity, OpenRelation, Relation
from nerv_lab.core.graph.stored_metadata import FlatEntityMetadata, FlatRelationMetadata, Integer
from nerv_lab.core.values.encoding import TAG

__all__ = ["read_change"]


# The fields are in the order in which they are written, that of their names.
class _EntityRecord(msgspec.Struct, gc=False):
    created_at: Integer
    id: str
    metadata: FlatEntityMetadata
    revision: Integer
    type: str
    updated_at: Integer

    def item(self) -> Entity:
        made: Any = OpenEntity()
        made.id, made.type = checked_name(self.id, "id"), checked_name(self.type, "type")
        made.metadata = self.metadata.frozen()
        made.created_at, made.updated_at = self.created_at, self.updated_at
        made.revision = self.revision
        made.__class__ = Entity
        return made  # type: ignore[no-any-return]


class _RelationRecord(msgspec.Struct, gc=False):
    created_at: Integer
    from_entity: str
    id: str
    metadata: FlatRelationMetadata
    revision: Integer
    to_entity: str
    type: str
    updated_at: Integer

    def item(self) -> Relation:
        made: Any = OpenRelation()
        made.id, made.type = checked_name(self.id, "id"), checked_name(self.type, "type")
        made.from_entity = checked_name(self.from_entity, "from_entity")
        made.to_entity = checked_name(self.to_entity, "to_entity")
        made.metadata = self.metadata.frozen()
        made.created_at, made.updated_at = self.created_at, self.updated_at
        made.revision = self.revision
        made.__class__ = Relation
        return made  # type: ignore[no-any-return]


class _EntityChange(msgspec.Struct, gc=False):
    new: _EntityRecord | None
    old: _EntityRecord | None
    reason: str | msgspec.UnsetType = msgspec.UNSET


class _RelationChange(msgspec.Struct, gc=False):
    new: _RelationRecord | None
    old: _RelationRecord | None
    reason: str | msgspec.UnsetType = msgspec.UNSET


_decoders: Final[Any] = (
    msgspec.json.Decoder(_RelationChange).decode,
    msgspec.json.Decoder(_EntityChange).decode,
)
_encode: Final = msgspec.json.Encoder().encode


def read_change(data: bytes, *, of_entity: bool) -> tuple[ItemChange, str | None] | None:
    """Return the change in the payload of an event, and its reason.

    Parameters
    ----------
    data : bytes
        The payload.
    of_entity : bool
        Whether it is a change of an entity, else of a relation.

    Returns
    -------
    tuple or None
        None where the payload has to be decoded in the general way: not all in it is flat, or it
        is not what would be written of what was read.
    """
    try:
        read = _decoders[of_entity](data)
        if _encode(read) != data:
            return None
        new, old = read.new, read.old
        for side in (new, old):
            if side is not None and TAG in side.metadata.properties:
                return None
        one = old if new is None else new
        if one is None or (old is not None and old.id != one.id):
            return None
        key = f"{'e' if of_entity else 'r'}:{one.id}"
        change = ItemChange.of(key, old and old.item(), new and new.item())
    except (msgspec.MsgspecError, UnicodeError, ValidationError):
        return None
    return change, None if read.reason is msgspec.UNSET else read.reason
