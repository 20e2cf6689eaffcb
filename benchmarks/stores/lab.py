# ruff: noqa: D102 - the methods are described once, at Store
"""A Lab on an embedded store."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from workload import Commit, Workload, Write

import nerv_lab as nl
from nerv_lab.core.graph.changes import (
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata
from nerv_lab.inner_universe import InnerUniverseConfig

__all__ = ["LabStore"]

_AT_ONCE = 100_000
_PART = "part of the first items"


class LabStore:
    """A Lab on an embedded store, at either ``synchronous``."""

    def __init__(self, path: Path, synchronous: str) -> None:
        config = InnerUniverseConfig(uri=str(path), synchronous=synchronous)
        self._lab = nl.open(path, config=config)
        self._ids = [v.id for v in self._lab.versions if v.description != _PART]

    def build(self, workload: Workload) -> None:
        creations = _creations(workload)
        while part := list(islice(creations, _AT_ONCE)):
            self._lab.apply(part, commit=_PART)
        self._ids.append(self._lab.commit("build").id)

    def commit(self, changes: Commit) -> None:
        self._lab.apply([_change(write) for write in changes], commit="change")
        head = self._lab.head
        assert head is not None
        self._ids.append(head.id)

    def read(self, version: int, ids: list[str]) -> int:
        entities = self._lab.at(self._ids[version]).entities
        return sum(entities[id].properties["value"] for id in ids)

    def diff(self, first: int, second: int) -> int:
        return len(self._lab.diff(self._ids[first], self._ids[second]).changes)

    def close(self) -> None:
        self._lab.close()


def _creations(workload: Workload) -> Iterator[Change]:
    for id, properties in workload.entities():
        yield _change(Write("create", "entity", id, None, properties))
    for id, source, target, properties in workload.relations():
        yield _change(Write("create", "relation", id, (source, target), properties))


def _change(write: Write) -> Change:
    match write:
        case Write("create", "entity"):
            return CreateEntity(write.id, "thing", EntityMetadata(properties=write.properties))
        case Write("create", "relation", ends=(source, target)):
            metadata = RelationMetadata(properties=write.properties)
            return CreateRelation(write.id, source, target, "knows", metadata)
        case Write("update", "entity"):
            return UpdateEntity(write.id, properties=write.properties)
        case Write("update"):
            return UpdateRelation(write.id, properties=write.properties)
        case Write("delete", "entity"):
            return DeleteEntity(write.id)
    return DeleteRelation(write.id)
