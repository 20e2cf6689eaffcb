# ruff: noqa: D102 - the methods are described once, at Store
"""doltlite: SQLite with the versions of its tables, durable at each commit."""

from __future__ import annotations

import doltlite  # noqa: F401  # isort: skip - becomes the engine of sqlite3, so it comes first
import sqlite3
from pathlib import Path

from workload import Commit, Workload, Write

from stores.base import to_json, values

__all__ = ["DoltliteBranchStore", "DoltliteStore"]

_TABLES = """
CREATE TABLE entity(
    id TEXT PRIMARY KEY, type TEXT NOT NULL, properties TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE relation(
    id TEXT PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, type TEXT NOT NULL,
    properties TEXT NOT NULL
) WITHOUT ROWID;
"""
_CREATE_ENTITY = "INSERT INTO entity VALUES (?, 'thing', ?)"
_CREATE_RELATION = "INSERT INTO relation VALUES (?, ?, ?, 'knows', ?)"


class DoltliteStore:
    """Looks at the past by ``dolt_at_…``."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(f"PRAGMA synchronous={synchronous}")
        log = "SELECT commit_hash FROM dolt_log WHERE message IN ('build', 'change')"
        self._hashes = [row[0] for row in self._db.execute(log)][::-1]

    def build(self, workload: Workload) -> None:
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._db.executemany(_CREATE_ENTITY, ((id, to_json(p)) for id, p in workload.entities()))
        rows = ((*row, to_json(p)) for *row, p in workload.relations())
        self._db.executemany(_CREATE_RELATION, rows)
        self._commit("build")

    def commit(self, changes: Commit) -> None:
        self._db.execute("BEGIN")
        for write in changes:
            self._write(write)
        self._commit("change")

    def _write(self, write: Write) -> None:
        properties = to_json(write.properties)
        match write.action, write.ends:
            case "create", None:
                self._db.execute(_CREATE_ENTITY, (write.id, properties))
            case "create", (source, target):
                self._db.execute(_CREATE_RELATION, (write.id, source, target, properties))
            case "update", _:
                query = f"UPDATE {write.kind} SET properties = ? WHERE id = ?"
                self._db.execute(query, (properties, write.id))
            case _:
                self._db.execute(f"DELETE FROM {write.kind} WHERE id = ?", (write.id,))

    def _commit(self, message: str) -> None:
        # Committing inside the transaction ends it too, with one flush where two calls take two.
        found = self._db.execute("SELECT dolt_commit('-A', '-m', ?)", (message,)).fetchone()
        self._hashes.append(found[0])

    def read(self, version: int, ids: list[str]) -> int:
        marks = ",".join("?" * len(ids))
        query = f"SELECT properties FROM dolt_at_entity(?) WHERE id IN ({marks})"
        return values(self._db.execute(query, (self._hashes[version], *ids)).fetchall())

    def diff(self, first: int, second: int) -> int:
        ends = self._hashes[first], self._hashes[second]
        return sum(
            len(self._db.execute(f"SELECT * FROM dolt_diff_{table}(?, ?)", ends).fetchall())
            for table in ("entity", "relation")
        )

    def close(self) -> None:
        if self._db.in_transaction:  # dolt_commit opens the next one
            self._db.execute("COMMIT")
        self._db.execute("SELECT dolt_gc()").fetchall()
        self._db.close()


class DoltliteBranchStore(DoltliteStore):
    """Looks at the past by pointing a branch at it, which writes to the store."""

    def read(self, version: int, ids: list[str]) -> int:
        self._db.execute("SELECT dolt_branch('-f', 'past', ?)", (self._hashes[version],)).fetchall()
        self._db.execute("SELECT dolt_checkout('past')").fetchall()
        marks = ",".join("?" * len(ids))
        query = f"SELECT properties FROM entity WHERE id IN ({marks})"
        found = values(self._db.execute(query, ids).fetchall())
        self._db.execute("SELECT dolt_checkout('main')").fetchall()
        return found
