"""The least that a durable commit takes in Python.

Run ``python benchmarks/commit_floor.py``. It is given the draws of `versioned_state.py` and does,
with no call more than it takes, what a commit of ours cannot do without. The first floor checks,
encodes and hashes ten items and appends one record. The second makes a commit of it that a Lab
could travel by: each item with its time and revision before and after, an immutable next state, a
version with its parent and digest, the delta, a compare-and-set of the head, and one call of
whoever follows. It has no rules for what may be changed, no second process, no branches, no
permissions, no schemas, no events as objects and no locks: what a Lab takes beyond it is for those.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import apsw
import msgspec
import orjson
from blake3 import blake3
from immutables import Map
from uuid_utils import uuid7
from worker import timed
from workload import Commit, Sizes, draw

from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.values.hashing import SetHash

_RECORDS = 5_000


def main() -> None:
    """Commit the draws at either ``synchronous`` and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--commits", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    work = draw(1, Sizes(given.items, given.commits, 1))
    for synchronous in ("FULL", "NORMAL"):
        for kind in (_Record, _Version):
            with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                floor = kind(Path(folder) / "floor.db", synchronous, work.entities())
                took = [timed(partial(floor.commit, commit)) for commit in work.commits]
            clock, cpu = median(t.wall for t in took), median(t.cpu for t in took)
            name = f"{synchronous}, {kind.label}"
            print(f"{name:20} {clock:.3f} ms, of the processor {cpu:.3f} ms")


class _Record:
    """Checked, encoded and hashed items in one record."""

    label = "record"

    def __init__(
        self, path: Path, synchronous: str, entities: Iterator[tuple[str, dict[str, Any]]]
    ) -> None:
        self._items = {id: _content(id, properties) for id, properties in entities}
        self._hash = SetHash().replace((), self._items.items())
        self._hash.hexdigest()
        self._database = apsw.Connection(str(path))
        self._database.pragma("journal_mode", "wal")
        self._database.execute(f"PRAGMA synchronous = {synchronous}")
        self._database.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, data BLOB)")
        rows = ((os.urandom(4_000),) for _ in range(_RECORDS))
        with self._database:  # so that the log is as long as that of a store in use
            self._database.executemany("INSERT INTO record (data) VALUES (?)", rows)

    def commit(self, changes: Commit) -> None:
        old = [(write.id, self._items[write.id]) for write in changes]
        new = [(write.id, _content(write.id, write.properties)) for write in changes]
        self._hash = self._hash.replace(old, new)
        self._append(msgspec.msgpack.encode((self._hash.hexdigest(), "change", old, new)))
        self._items.update(new)

    def _append(self, record: bytes) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(
            "INSERT INTO record (data) VALUES (?)", (blake3(record).digest() + record,)
        )
        self._database.execute("COMMIT")


class _Version(_Record):
    """The same as a version of an immutable state, with its delta."""

    label = "version"

    def __init__(
        self, path: Path, synchronous: str, entities: Iterator[tuple[str, dict[str, Any]]]
    ) -> None:
        super().__init__(path, synchronous, entities)
        now = time.time_ns() // 1000
        self._state = Map({id: (content, now, now, 1) for id, content in self._items.items()})
        self._head: tuple[str, str] | None = None
        self._followers = [lambda state, changes, version: None]

    def commit(self, changes: Commit) -> None:
        now = time.time_ns() // 1000
        state, head = self._state, self._head
        done = []
        for write in changes:
            old = state[write.id]
            content = _content(write.id, write.properties)
            if content != old[0]:
                done.append((write.id, old, (content, old[1], now, old[3] + 1)))
        after = state.mutate()
        for id, _, new in done:
            after[id] = new
        hashed = self._hash.replace(
            [(id, old[0]) for id, old, _ in done], [(id, new[0]) for id, _, new in done]
        )
        delta = b",".join(
            sorted(b'{"new":%b,"old":%b}' % (_row(id, new), _row(id, old)) for id, old, new in done)
        )
        version = orjson.dumps(
            (str(uuid7()), head and head[0], "main", now, "change", hashed.hexdigest())
        )
        digest = hashlib.sha256(version + delta).hexdigest()
        if self._head is not head:
            raise RuntimeError("somebody else has committed")
        self._append(msgspec.msgpack.encode((version, digest, delta)))
        self._state, self._hash, self._head = after.finish(), hashed, (digest, digest)
        for follower in self._followers:
            follower(self._state, done, self._head)


def _row(id: str, item: tuple[bytes, int, int, int]) -> bytes:
    content, created, updated, revision = item
    return b'{"created_at":%d,"id":%b,"item":%b,"revision":%d,"updated_at":%d}' % (
        created,
        orjson.dumps(id),
        content,
        revision,
        updated,
    )


def _content(id: str, properties: dict[str, Any]) -> bytes:
    return Entity(id, "thing", EntityMetadata(properties=properties)).content


if __name__ == "__main__":
    main()
