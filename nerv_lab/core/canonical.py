"""Items as canonical bytes, put together from what is at hand instead of encoded anew."""

from __future__ import annotations

import orjson

from nerv_lab.core.model import Entity, Item, Relation

__all__ = ["metadata_json", "record_json"]


def metadata_json(item: Item) -> bytes:
    """Return the canonical bytes of an item's metadata.

    They are cut out of its canonical content, which is at hand when an item is written: the
    content has the same fields in the same order, and the item's own fields at known places.
    """
    content = item.content
    tail = len(orjson.dumps(item.type)) + len(b',"type":}')
    if isinstance(item, Entity):
        return content[:-tail] + b"}"
    tail += len(orjson.dumps(item.to_entity)) + len(b',"to_entity":')
    head = len(b'{"bidirectional":,"description":') + (4 if item.bidirectional else 5)
    head += len(orjson.dumps(item.description))
    rest = head + len(b',"from_entity":') + len(orjson.dumps(item.from_entity))
    return content[:head] + content[rest:-tail] + b"}"


def record_json(item: Item) -> bytes:
    """Return the canonical bytes of an item's record.

    An item is written when it is made and again when it is replaced, so it keeps them.
    """
    try:
        return item._record_json
    except AttributeError:
        written = _record_json(item)
    object.__setattr__(item, "_record_json", written)
    return written


def _record_json(item: Item) -> bytes:
    ends: tuple[bytes, bytes]
    if isinstance(item, Relation):
        ends = (
            b'"from_entity":' + orjson.dumps(item.from_entity) + b",",
            b'"to_entity":' + orjson.dumps(item.to_entity) + b",",
        )
    else:
        ends = b"", b""
    return (
        b'{"created_at":%d,%b"id":%b,"metadata":%b,"revision":%d,%b"type":%b,"updated_at":%d}'
        % (
            item.created_at,
            ends[0],
            orjson.dumps(item.id),
            metadata_json(item),
            item.revision,
            ends[1],
            orjson.dumps(item.type),
            item.updated_at,
        )
    )
