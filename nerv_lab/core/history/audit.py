"""Recomputing a history, to see that every version still says what was committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.item_changes import ItemChange, decode_delta
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.thinning import Bridge, Retention, seal
from nerv_lab.core.history.versions import LTHASH, SHA256_JSON, Version, version_digest
from nerv_lab.core.values import decode, json_hash, thaw

__all__ = ["Finding", "Leftovers", "audit_versions"]


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


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What stands in for the pruned versions of a history.

    Attributes
    ----------
    retention : Retention
        What was pruned.
    seal_of : callable
        Gives the seal of a pruned version.
    bridge_of : callable
        Gives the bridge to a version.
    top_items : callable
        Gives the items of the copy that the top stands on.
    """

    retention: Retention
    seal_of: Callable[[str], str]
    bridge_of: Callable[[str], Bridge]
    top_items: Callable[[], Iterable[Item]]


def audit_versions(
    versions: Iterable[Version],
    delta_of: Callable[[str], bytes],
    leftovers: Leftovers | None = None,
) -> Iterator[Finding]:
    """Recompute digests and state hashes, and yield what does not agree.

    Parameters
    ----------
    versions : iterable of Version
        Parents before children.
    delta_of : callable
        Gives the stored delta of a version id.
    leftovers : Leftovers, optional
        What stands in for versions that were pruned.
    """
    audit = _Audit(list(versions), delta_of, leftovers)
    for version in audit.versions:
        where = f"version {version.id}"
        try:
            yield from (Finding(where, what) for what in audit.flaws(version))
        except NervError as error:
            yield Finding(where, f"its delta cannot be read: {error}")
        audit.forget_before(version)


class _Audit:
    """Rebuilds every version from the one above it."""

    def __init__(
        self,
        versions: list[Version],
        delta_of: Callable[[str], bytes],
        leftovers: Leftovers | None,
    ) -> None:
        self.versions = versions
        self._delta_of = delta_of
        self._leftovers = leftovers
        self._retention = Retention() if leftovers is None else leftovers.retention
        self._states: dict[str, GraphState] = {}
        self._last_use = {self._above(v): v.id for v in versions}

    def _above(self, version: Version) -> str | None:
        return self._retention.bridges.get(version.id) or version.parent

    def forget_before(self, version: Version) -> None:
        above = self._above(version)
        if above is not None and self._last_use[above] == version.id:
            self._states.pop(above, None)

    def flaws(self, version: Version) -> Iterator[str]:
        if version.id in self._retention.pruned:
            assert self._leftovers is not None
            if self._leftovers.seal_of(version.id) != seal(version):
                yield "its seal does not match its fields"
            return
        delta = self._delta_of(version.id)
        yield from _metadata_flaws(version, delta)
        if version.algorithm != LTHASH:
            return
        changes = decode_delta(delta)
        if version.id == self._retention.top:
            state = self._top_state()
            if any(not _holds(state, change) for change in changes):
                yield "the copy that it stands on is not what its delta leads to"
        else:
            bridge = self._bridge(version)
            if bridge is not None and not bridge.sound:
                yield "the digest of its bridge does not match"
            above = self._states.get(self._above(version) or "", GraphState.empty())
            state = above.apply(() if bridge is None else bridge.changes()).apply(changes)
        self._states[version.id] = state
        if state.data_hash != version.data_hash:
            yield "the state rebuilt from its delta has another data_hash"

    def _top_state(self) -> GraphState:
        assert self._leftovers is not None
        return GraphState.build(self._leftovers.top_items())

    def _bridge(self, version: Version) -> Bridge | None:
        if version.id not in self._retention.bridges:
            return None
        assert self._leftovers is not None
        return self._leftovers.bridge_of(version.id)


def _holds(state: GraphState, change: ItemChange) -> bool:
    found = state.get(change.key)
    if found is None or change.new is None:
        return found is change.new
    return found.fingerprint == change.new.fingerprint


def _metadata_flaws(version: Version, delta: bytes) -> Iterator[str]:
    if version.digest != version_digest(version, delta):
        yield "its digest does not match its fields and delta"
    if version.algorithm == SHA256_JSON and delta and _json_hash_of(delta) != version.data_hash:
        yield "its stored state has another data_hash"
    elif version.algorithm not in (LTHASH, SHA256_JSON):
        yield f"unknown hash algorithm {version.algorithm!r}"


def _json_hash_of(delta: bytes) -> str:
    return json_hash(thaw(decode(delta)))
