"""Envelopes of encrypted values, made up."""

from __future__ import annotations

import base64

from hypothesis import strategies as st

from nerv_lab.core.values.encrypted import Encrypted


def _envelope(algorithm: str, key: int, sealed: bytes) -> Encrypted:
    return Encrypted(f"{algorithm}:{key:016x}:{base64.b64encode(sealed).decode()}")


envelopes = st.builds(
    _envelope,
    st.from_regex(r"[A-Z0-9]{1,16}", fullmatch=True).filter(str.isascii),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=28, max_size=40),
)
