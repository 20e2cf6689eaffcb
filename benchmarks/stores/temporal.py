# ruff: noqa: D102 - the methods are described once, at Store
"""A plain table of SQLite with the versions each row held in: no hashes, no branches."""

from __future__ import annotations

from pathlib import Path

import apsw
from workload import Commit, Workload, Write

from stores.base import to_json, values

__all__ = ["TemporalStore"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS version(number INTEGER PRIMARY KEY, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS item(
    kind TEXT NOT NULL, id TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
    source TEXT, target TEXT, type TEXT NOT NULL, properties TEXT NOT NULL,
    PRIMARY KEY (kind, id, since)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS item_since ON item(since);
CREATE INDEX IF NOT EXISTS item_until ON item(until) WHERE until IS NOT NULL;
"""
_CREATE = "INSERT INTO item VALUES (?, ?, ?, NULL, ?, ?, ?, ?)"
_UPDATE = """
INSERT INTO item
SELECT kind, id, ?, NULL, source, target, type, ? FROM item
WHERE kind = ? AND id = ? AND until IS NULL
"""
_END = "UPDATE item SET until = ? WHERE kind = ? AND id = ? AND until IS NULL AND since < ?"
_READ = """
SELECT properties FROM item
WHERE kind = 'entity' AND id IN ({marks}) AND since <= ? AND (until IS NULL OR until > ?)
"""
_DIFF = """
SELECT touched.kind, touched.id, old.properties, new.properties
FROM (
    SELECT kind, id FROM item WHERE since > ?1 AND since <= ?2
    UNION SELECT kind, id FROM item WHERE until > ?1 AND until <= ?2
) AS touched
LEFT JOIN item AS old ON old.kind = touched.kind AND old.id = touched.id
    AND old.since <= ?1 AND (old.until IS NULL OR old.until > ?1)
LEFT JOIN item AS new ON new.kind = touched.kind AND new.id = touched.id
    AND new.since <= ?2 AND (new.until IS NULL OR new.until > ?2)
WHERE old.id IS NOT NULL OR new.id IS NOT NULL
"""


class TemporalStore:
    """A row for each state of an item, with the versions it held in."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._db = apsw.Connection(str(path))
        self._db.execute("PRAGMA journal_mode=WAL").fetchall()
        self._db.execute(f"PRAGMA synchronous={synchronous}")
        self._db.execute(_SCHEMA).fetchall()
        self._next = self._db.execute("SELECT count(*) FROM version").fetchone()[0]

    def build(self, workload: Workload) -> None:
        with self._db:
            self._open_version("build")
            self._db.executemany(
                _CREATE,
                (
                    ("entity", id, 0, None, None, "thing", to_json(p))
                    for id, p in workload.entities()
                ),
            )
            self._db.executemany(
                _CREATE,
                (
                    ("relation", id, 0, source, target, "knows", to_json(p))
                    for id, source, target, p in workload.relations()
                ),
            )

    def commit(self, changes: Commit) -> None:
        with self._db:
            number = self._open_version("change")
            for write in changes:
                self._write(write, number)

    def _write(self, write: Write, number: int) -> None:
        key = write.kind, write.id
        if write.action == "create":
            ends = write.ends or (None, None)
            type = "thing" if write.ends is None else "knows"
            self._db.execute(_CREATE, (*key, number, *ends, type, to_json(write.properties)))
            return
        if write.action == "update":
            self._db.execute(_UPDATE, (number, to_json(write.properties), *key))
        self._db.execute(_END, (number, *key, number))

    def _open_version(self, description: str) -> int:
        number = self._next
        self._db.execute("INSERT INTO version VALUES (?, ?)", (number, description))
        self._next += 1
        return number

    def read(self, version: int, ids: list[str]) -> int:
        query = _READ.format(marks=",".join("?" * len(ids)))
        return values(self._db.execute(query, (*ids, version, version)).fetchall())

    def diff(self, first: int, second: int) -> int:
        return len(self._db.execute(_DIFF, (first, second)).fetchall())

    def close(self) -> None:
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._db.close()
