# ruff: noqa: D102 - the methods are described once, at Store
"""git by pygit2: a tree for each entity, with a file for it and one for each relation from it."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
import pygit2
from workload import Commit, Workload

__all__ = ["GitStore"]

_WHO = pygit2.Signature("bench", "bench@example.org", 0)
_ENTITY = "entity"
_REF = "refs/heads/main"
_BLOB, _TREE = pygit2.enums.FileMode.BLOB, pygit2.enums.FileMode.TREE
Files = dict[str, pygit2.Oid | None]


class GitStore:
    """The trees of entities lie in 256 trees by the hash of their id, which keeps commits small.

    The first items are not flushed one by one, which nobody would do who imports so many.
    """

    def __init__(self, path: Path, durability: str) -> None:
        self._path, self._flushed = path, durability == "FULL"
        found = path.exists()
        self._repo: Any = pygit2.Repository(str(path)) if found else _new(path)
        self._commits: list[pygit2.Oid] = []
        if found:
            walk = self._repo.walk(
                self._repo.references[_REF].target, pygit2.enums.SortMode.REVERSE
            )
            self._commits = [commit.id for commit in walk]

    def build(self, workload: Workload) -> None:
        pygit2.settings.enable_fsync_gitdir(False)
        entities: dict[str, Files] = defaultdict(dict)
        for id, properties in workload.entities():
            entities[id][_ENTITY] = self._blob(properties)
        for id, source, target, properties in workload.relations():
            entities[source][id] = self._blob({**properties, "target": target})
        self._commit(entities)
        pygit2.settings.enable_fsync_gitdir(self._flushed)

    def commit(self, changes: Commit) -> None:
        entities: dict[str, Files] = defaultdict(dict)
        for write in changes:
            place, name = (write.ends[0], write.id) if write.ends else (write.id, _ENTITY)
            content = (
                {**write.properties, "target": write.ends[1]} if write.ends else write.properties
            )
            entities[place][name] = None if write.action == "delete" else self._blob(content)
        self._commit(entities)

    def _blob(self, content: dict[str, Any]) -> pygit2.Oid:
        return self._repo.create_blob(orjson.dumps(content))

    def _commit(self, entities: dict[str, Files]) -> None:
        parents = self._commits[-1:]
        old = self._tree(parents[0]) if parents else None
        buckets: dict[str, Files] = defaultdict(dict)
        for id, files in entities.items():
            bucket = _bucket(id)
            known = _child(_child(old, bucket), id)
            buckets[bucket][id] = self._changed(known, files, _BLOB)
        new = {
            bucket: self._changed(_child(old, bucket), trees, _TREE)
            for bucket, trees in buckets.items()
        }
        root = self._changed(old, new, _TREE)
        self._commits.append(self._repo.create_commit(_REF, _WHO, _WHO, "", root, parents))

    def _changed(self, old: Any, entries: Files, mode: Any) -> pygit2.Oid | None:
        """Write a tree with other entries and return it, or None where nothing is left of it."""
        builder = self._repo.TreeBuilder(old) if old is not None else self._repo.TreeBuilder()
        for name, id in entries.items():
            if id is None:
                builder.remove(name)
            else:
                builder.insert(name, id, mode)
        return builder.write() if len(builder) else None

    def _tree(self, commit: pygit2.Oid) -> Any:
        return self._repo[commit].tree

    def read(self, version: int, ids: list[str]) -> int:
        tree = self._tree(self._commits[version])
        return sum(orjson.loads(tree[_bucket(id)][id][_ENTITY].data)["value"] for id in ids)

    def diff(self, first: int, second: int) -> int:
        old, new = self._tree(self._commits[first]), self._tree(self._commits[second])
        return sum(1 for delta in self._deltas(old.diff_to_tree(new)))

    def _deltas(self, diff: Any) -> Iterator[tuple[Any, Any]]:
        for delta in diff.deltas:
            ends = (delta.old_file, delta.new_file)
            yield tuple(
                orjson.loads(self._repo[end.id].data) if end.id in self._repo else None
                for end in ends
            )

    def close(self) -> None:
        self._repo.free()
        subprocess.run(["git", "-C", self._path, "gc", "--quiet", "--prune=now"], check=True)


def _new(path: Path) -> Any:
    return pygit2.init_repository(str(path), bare=True, initial_head="main")


def _bucket(id: str) -> str:
    return f"{crc32(id.encode()) % 256:02x}"


def _child(tree: Any, name: str) -> Any:
    return tree[name] if tree is not None and name in tree else None
