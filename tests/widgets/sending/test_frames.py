from __future__ import annotations

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.widgets.sending.frames import PROTOCOL, pack_frames


@given(st.dictionaries(st.text(max_size=5), st.binary(max_size=300)), st.integers(1, 97))
def test_chunks_put_together_give_the_payload(payload: dict[str, bytes], size: int) -> None:
    frames = [msgpack.unpackb(f) for f in pack_frames("s", "delta", 3, 4, payload, size)]
    assert [frame["chunk"] for frame in frames] == list(range(len(frames)))
    assert all(frame["of"] == len(frames) for frame in frames)
    assert all(len(frame["body"]) <= size for frame in frames)
    assert msgpack.unpackb(b"".join(frame["body"] for frame in frames)) == payload


def test_a_frame_names_its_stream_kind_base_and_number() -> None:
    (frame,) = pack_frames("view", "snapshot", 0, 9, {})
    head = {k: v for k, v in msgpack.unpackb(frame).items() if k != "body"}
    assert head == {
        "protocol": PROTOCOL, "stream": "view", "kind": "snapshot",
        "base": 0, "seq": 9, "chunk": 0, "of": 1,
    }  # fmt: skip
