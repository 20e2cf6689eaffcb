"""The least that a durable commit takes in Python: check, encode, hash, and append one record.

Run ``python benchmarks/commit_floor.py``. It is given the draws of `versioned_state.py` and does
what a commit of ours cannot do without, with nothing around it: no log, no branches, no events
handed to anybody. What a Lab takes beyond it is for those.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import apsw
import msgspec
from worker import timed
from workload import Commit, Sizes, draw

from nerv_lab.core.hashing import SetHash
from nerv_lab.core.model import Entity, EntityMetadata

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
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            floor = _Floor(Path(folder) / "floor.db", synchronous, work.entities())
            took = [timed(partial(floor.commit, commit)) for commit in work.commits]
        clock, cpu = median(t.wall for t in took), median(t.cpu for t in took)
        print(f"{synchronous:6} {clock:.3f} ms, of the processor {cpu:.3f} ms")


class _Floor:
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
        record = msgspec.msgpack.encode((self._hash.hexdigest(), "change", old, new))
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(
            "INSERT INTO record (data) VALUES (?)", (hashlib.sha256(record).digest() + record,)
        )
        self._database.execute("COMMIT")
        self._items.update(new)


def _content(id: str, properties: dict[str, Any]) -> bytes:
    return Entity(id, "thing", EntityMetadata(properties=properties)).content


if __name__ == "__main__":
    main()
