# ruff: noqa: D102 - the methods are described once, at Store
"""Every version a deep copy of the one before, in memory; on disk once, by pickle."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

from workload import Commit, Workload

__all__ = ["DeepcopyStore"]

State = dict[tuple[str, str], dict[str, Any]]


class DeepcopyStore:
    """A list of states, each of them whole."""

    def __init__(self, path: Path, durability: str) -> None:
        self._path = path
        self._versions: list[State] = pickle.loads(path.read_bytes()) if path.exists() else []

    def build(self, workload: Workload) -> None:
        state: State = {("entity", id): properties for id, properties in workload.entities()}
        for id, source, target, properties in workload.relations():
            state["relation", id] = {**properties, "source": source, "target": target}
        self._versions.append(state)

    def commit(self, changes: Commit) -> None:
        state = copy.deepcopy(self._versions[-1])
        for write in changes:
            if write.action == "delete":
                del state[write.kind, write.id]
            else:
                ends = dict(zip(("source", "target"), write.ends or (), strict=False))
                state[write.kind, write.id] = {**write.properties, **ends}
        self._versions.append(state)

    def read(self, version: int, ids: list[str]) -> int:
        state = self._versions[version]
        return sum(state["entity", id]["value"] for id in ids)

    def diff(self, first: int, second: int) -> int:
        old, new = self._versions[first], self._versions[second]
        changed = sum(new.get(key) != properties for key, properties in old.items())
        return changed + len(new.keys() - old.keys())

    def close(self) -> None:
        if not self._path.exists():
            self._path.write_bytes(pickle.dumps(self._versions))
