# ruff: noqa: D102 - the methods are described once, at Store
"""The stores that are compared, each behind the same five methods.

A store answers a checkout with the sum of the values it read, and a difference with the number of
items that differ, so that the run can tell whether all of them did the same work.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Protocol

import apsw
import orjson
from workload import Workload

import nerv_lab as nl
from nerv_lab.core.changes import (
    Change,
    CreateEntity,
    CreateRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.model import EntityMetadata, RelationMetadata
from nerv_lab.inner_universe import InnerUniverseConfig

Commit = list[tuple[str, str, dict[str, Any]]]


class Store(Protocol):
    """A store with versions, numbered from 0."""

    def build(self, workload: Workload) -> None:
        """Write the first items as version 0."""

    def commit(self, changes: Commit) -> None:
        """Write changes as the next version, durably as far as the store was asked to."""

    def read(self, version: int, ids: list[str]) -> int:
        """Open a version and return the sum of the values of some entities in it."""

    def diff(self, first: int, second: int) -> int:
        """Return how many items differ between two versions, having read them all."""

    def close(self) -> None:
        """Close the store, leaving its file as small as closing makes it."""


class LabStore:
    """A Lab on an embedded store."""

    def __init__(self, path: Path, synchronous: str) -> None:
        config = InnerUniverseConfig(uri=str(path), synchronous=synchronous)
        self._lab = nl.open(path, config=config)
        self._ids = [version.id for version in self._lab.versions]

    def build(self, workload: Workload) -> None:
        changes: list[Change] = [
            CreateEntity(id, "thing", EntityMetadata(properties=properties))
            for id, properties in workload.entities
        ]
        changes += [
            CreateRelation(id, source, target, "knows", RelationMetadata(properties=properties))
            for id, source, target, properties in workload.relations
        ]
        self._lab.apply(changes)
        self._ids.append(self._lab.commit("build").id)

    def commit(self, changes: Commit) -> None:
        self._lab.apply(
            [
                UpdateEntity(id, properties=properties)
                if kind == "entity"
                else UpdateRelation(id, properties=properties)
                for kind, id, properties in changes
            ],
            commit="change",
        )
        self._ids.append(self._lab.version("head").id)

    def read(self, version: int, ids: list[str]) -> int:
        entities = self._lab.at(self._ids[version]).entities
        return sum(entities[id].properties["value"] for id in ids)

    def diff(self, first: int, second: int) -> int:
        return len(self._lab.diff(self._ids[first], self._ids[second]).changes)

    def close(self) -> None:
        self._lab.close()


_TABLES = """
CREATE TABLE entity(
    id TEXT PRIMARY KEY, type TEXT NOT NULL, properties TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE relation(
    id TEXT PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, type TEXT NOT NULL,
    properties TEXT NOT NULL
) WITHOUT ROWID;
"""


class DoltliteStore:
    """doltlite, durable at each commit; ``import doltlite`` has to come before ``sqlite3``."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(f"PRAGMA synchronous={synchronous}")
        log = "SELECT commit_hash FROM dolt_log WHERE message IN ('build', 'change')"
        self._hashes = [row[0] for row in self._db.execute(log)][::-1]

    def build(self, workload: Workload) -> None:
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO entity VALUES (?, 'thing', ?)",
            [(id, _json(properties)) for id, properties in workload.entities],
        )
        self._db.executemany(
            "INSERT INTO relation VALUES (?, ?, ?, 'knows', ?)",
            [(*row, _json(properties)) for *row, properties in workload.relations],
        )
        self._commit("build")

    def commit(self, changes: Commit) -> None:
        self._db.execute("BEGIN")
        for kind, id, properties in changes:
            self._db.execute(
                f"UPDATE {kind} SET properties = ? WHERE id = ?", (_json(properties), id)
            )
        self._commit("change")

    def _commit(self, message: str) -> None:
        # Committing inside the transaction ends it too, with one flush where two calls take two.
        found = self._db.execute("SELECT dolt_commit('-A', '-m', ?)", (message,)).fetchone()
        self._hashes.append(found[0])

    def read(self, version: int, ids: list[str]) -> int:
        marks = ",".join("?" * len(ids))
        query = f"SELECT properties FROM dolt_at_entity(?) WHERE id IN ({marks})"
        return _sum(self._db.execute(query, (self._hashes[version], *ids)).fetchall())

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
    """doltlite, looking at the past by pointing a branch at it, which writes to the store."""

    def read(self, version: int, ids: list[str]) -> int:
        self._db.execute("SELECT dolt_branch('-f', 'past', ?)", (self._hashes[version],)).fetchall()
        self._db.execute("SELECT dolt_checkout('past')").fetchall()
        marks = ",".join("?" * len(ids))
        query = f"SELECT properties FROM entity WHERE id IN ({marks})"
        found = _sum(self._db.execute(query, ids).fetchall())
        self._db.execute("SELECT dolt_checkout('main')").fetchall()
        return found


class TemporalStore:
    """A plain table of SQLite with the versions each row held in: no hashes, no branches."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._db = apsw.Connection(str(path))
        self._db.execute("PRAGMA journal_mode=WAL").fetchall()
        self._db.execute(f"PRAGMA synchronous={synchronous}")
        self._db.execute(
            """
            CREATE TABLE IF NOT EXISTS version(
                number INTEGER PRIMARY KEY, description TEXT NOT NULL
            );
            CREATE TABLE IF NOT EXISTS item(
                kind TEXT NOT NULL, id TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
                source TEXT, target TEXT, type TEXT NOT NULL, properties TEXT NOT NULL,
                PRIMARY KEY (kind, id, since)
            ) WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS item_since ON item(since);
            """
        ).fetchall()
        self._next = self._db.execute("SELECT count(*) FROM version").fetchone()[0]

    def build(self, workload: Workload) -> None:
        with self._db:
            self._open_version("build")
            self._db.executemany(
                "INSERT INTO item VALUES ('entity', ?, 0, NULL, NULL, NULL, 'thing', ?)",
                [(id, _json(properties)) for id, properties in workload.entities],
            )
            self._db.executemany(
                "INSERT INTO item VALUES ('relation', ?, 0, NULL, ?, ?, 'knows', ?)",
                [(*row, _json(properties)) for *row, properties in workload.relations],
            )

    def commit(self, changes: Commit) -> None:
        with self._db:
            number = self._open_version("change")
            for kind, id, properties in changes:
                self._db.execute(
                    """
                    INSERT INTO item
                    SELECT kind, id, ?, NULL, source, target, type, ? FROM item
                    WHERE kind = ? AND id = ? AND until IS NULL
                    """,
                    (number, _json(properties), kind, id),
                )
                self._db.execute(
                    """
                    UPDATE item SET until = ?
                    WHERE kind = ? AND id = ? AND until IS NULL AND since < ?
                    """,
                    (number, kind, id, number),
                )

    def _open_version(self, description: str) -> int:
        number = self._next
        self._db.execute("INSERT INTO version VALUES (?, ?)", (number, description))
        self._next += 1
        return number

    def read(self, version: int, ids: list[str]) -> int:
        marks = ",".join("?" * len(ids))
        query = f"""
            SELECT properties FROM item
            WHERE kind = 'entity' AND id IN ({marks})
            AND since <= ? AND (until IS NULL OR until > ?)
        """
        return _sum(self._db.execute(query, (*ids, version, version)).fetchall())

    def diff(self, first: int, second: int) -> int:
        query = """
            SELECT new.kind, new.id, old.properties, new.properties
            FROM (SELECT DISTINCT kind, id FROM item WHERE since > ?1 AND since <= ?2) AS touched
            JOIN item AS old ON old.kind = touched.kind AND old.id = touched.id
                AND old.since <= ?1 AND (old.until IS NULL OR old.until > ?1)
            JOIN item AS new ON new.kind = touched.kind AND new.id = touched.id
                AND new.since <= ?2 AND (new.until IS NULL OR new.until > ?2)
        """
        return len(self._db.execute(query, (first, second)).fetchall())

    def close(self) -> None:
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._db.close()


def _json(properties: dict[str, Any]) -> str:
    return orjson.dumps(properties).decode()


def _sum(rows: list[Any]) -> int:
    return sum(orjson.loads(row[0])["value"] for row in rows)
