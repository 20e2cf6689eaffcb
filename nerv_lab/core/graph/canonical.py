"""Items as canonical bytes, put together from what is at hand instead of encoded anew."""

from __future__ import annotations

import orjson

from nerv_lab.core.graph.model import Entity, Item

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
    kind = orjson.dumps(item.type)
    if isinstance(item, Entity):
        metadata = item.content[: -len(kind) - len(b',"type":}')]
        return (
            b'{"created_at":%d,"id":%b,"metadata":%b},"revision":%d,"type":%b,"updated_at":%d}'
            % (
                item.created_at,
                orjson.dumps(item.id),
                metadata,
                item.revision,
                kind,
                item.updated_at,
            )
        )
    return (
        b'{"created_at":%d,"from_entity":%b,"id":%b,"metadata":%b,"revision":%d,'
        b'"to_entity":%b,"type":%b,"updated_at":%d}'
        % (
            item.created_at,
            orjson.dumps(item.from_entity),
            orjson.dumps(item.id),
            metadata_json(item),
            item.revision,
            orjson.dumps(item.to_entity),
            kind,
            item.updated_at,
        )
    )
