"""Recomputing a history, to see that every version still says what was committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nerv_lab.core.changes import decode_delta
from nerv_lab.core.errors import NervError
from nerv_lab.core.state import GraphState
from nerv_lab.core.values import decode, json_hash, thaw
from nerv_lab.core.versions import LTHASH, SHA256_JSON, Version, version_digest

__all__ = ["Finding", "audit_versions"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a history that is not as it was committed.

    Attributes
    ----------
    where : str
        What is affected, such as ``"version 0198…"``.
    what : str
        What is wrong with it.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def audit_versions(
    versions: Iterable[Version], delta_of: Callable[[str], bytes]
) -> Iterator[Finding]:
    """Recompute digests and state hashes, and yield what does not agree.

    Parameters
    ----------
    versions : iterable of Version
        Parents before children.
    delta_of : callable
        Gives the stored delta of a version id.
    """
    states: dict[str, GraphState] = {}
    waiting = list(versions)
    last_use = {v.parent: v.id for v in waiting if v.parent}
    for version in waiting:
        where = f"version {version.id}"
        try:
            delta = delta_of(version.id)
            yield from (Finding(where, what) for what in _metadata_flaws(version, delta))
            if version.algorithm == LTHASH:
                base = states.get(version.parent or "", GraphState.empty())
                states[version.id] = state = base.apply(decode_delta(delta))
                if state.data_hash != version.data_hash:
                    yield Finding(where, "the state rebuilt from its delta has another data_hash")
        except NervError as error:
            yield Finding(where, f"its delta cannot be read: {error}")
        if version.parent and last_use[version.parent] == version.id:
            states.pop(version.parent, None)


def _metadata_flaws(version: Version, delta: bytes) -> Iterator[str]:
    if version.digest != version_digest(version, delta):
        yield "its digest does not match its fields and delta"
    if version.algorithm == SHA256_JSON and delta and _json_hash_of(delta) != version.data_hash:
        yield "its stored state has another data_hash"
    elif version.algorithm not in (LTHASH, SHA256_JSON):
        yield f"unknown hash algorithm {version.algorithm!r}"


def _json_hash_of(delta: bytes) -> str:
    return json_hash(thaw(decode(delta)))
