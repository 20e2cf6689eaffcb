"""What passed between a client and a server, readable again."""

from __future__ import annotations

from collections.abc import Iterable

_END_OF_HEAD = b"\r\n\r\n"


def readable(kept: Iterable[tuple[bytes | bytearray, bytes | bytearray]]) -> bytes:
    """Return everything that was said, with the masks of WebSocket frames taken off.

    Parameters
    ----------
    kept : iterable of (bytes, bytes)
        Of each connection what the client and what the server said.
    """
    said = []
    for asked, answered in kept:
        said += [bytes(asked), bytes(answered)]
        head, _, frames = bytes(asked).partition(_END_OF_HEAD)
        if b"upgrade: websocket" in head.lower():
            said.append(_unmasked(frames))
    return b"\n".join(said)


def _unmasked(stream: bytes) -> bytes:
    out, at = bytearray(), 0
    while at + 2 <= len(stream):
        size, at = stream[at + 1] & 0x7F, at + 2
        wide = {126: 2, 127: 8}.get(size, 0)
        if wide:
            size, at = int.from_bytes(stream[at : at + wide], "big"), at + wide
        mask, at = stream[at : at + 4], at + 4
        part = stream[at : at + size]
        repeated = (mask * (len(part) // 4 + 1))[: len(part)]
        out += (int.from_bytes(part, "big") ^ int.from_bytes(repeated, "big")).to_bytes(
            len(part), "big"
        )
        at += size
    return bytes(out)
