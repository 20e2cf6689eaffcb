"""Frames: how a payload travels to the browser.

A payload is packed with MessagePack and cut into chunks; each chunk is one frame::

    {protocol, stream, kind: "snapshot"|"delta", base, seq, chunk, of, body}

``protocol`` grows whenever old front ends would misread what is sent; ``seq`` numbers the payloads
of one stream from 1; ``base`` is the payload a delta builds on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgpack

__all__ = ["CHUNK_BYTES", "PROTOCOL", "pack_frames"]

PROTOCOL: Final = 2
CHUNK_BYTES: Final = 2 * 1024 * 1024


def pack_frames(
    stream: str,
    kind: Literal["snapshot", "delta"],
    base: int,
    seq: int,
    payload: Mapping[str, Any],
    chunk_bytes: int = CHUNK_BYTES,
) -> list[bytes]:
    """Return the frames that carry a payload, in the order they must arrive.

    Parameters
    ----------
    stream : str
        The view they are for.
    kind : "snapshot" or "delta"
        Whether the payload stands alone or builds on ``base``.
    base, seq : int
        The payload before (0 for a snapshot) and the number of this one.
    payload : mapping
        What MessagePack can pack.
    chunk_bytes : int
        Most bytes of payload in one frame.
    """
    body: bytes = msgpack.packb(payload)
    pieces = [body[at : at + chunk_bytes] for at in range(0, len(body), chunk_bytes)]
    place = {"stream": stream, "kind": kind, "base": base, "seq": seq, "of": len(pieces)}
    head = {"protocol": PROTOCOL, **place}
    return [msgpack.packb({**head, "chunk": i, "body": piece}) for i, piece in enumerate(pieces)]
