"""Stores and modules of earlier revisions; see tests/fixtures/releases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import apsw

__all__ = ["RELEASES", "STORES", "content", "described", "fixture", "opened_as"]

RELEASES = Path(__file__).resolve().parents[1] / "fixtures" / "releases"
STORES = {int(path.stem.removeprefix("schema-")): path for path in RELEASES.glob("schema-*.nerv")}


def fixture(schema: int, folder: Path) -> Path:
    """Return a copy of the store of a version, in a folder."""
    return Path(shutil.copy(STORES[schema], folder / f"schema-{schema}.nerv"))


def described(schema: int) -> dict[str, Any]:
    """Return what the store of a version said of itself when it was written."""
    said: dict[str, Any] = json.loads(STORES[schema].with_suffix(".json").read_text())
    return said


def opened_as(lab: Any) -> dict[str, Any]:
    """Return what an open store says of itself now, in the same words."""
    versions = [
        {"id": v.id, "digest": v.digest, "data_hash": v.data_hash, "parents": list(v.parents)}
        for v in lab.versions
    ]
    return {
        "data_hash": lab.data_hash,
        "seq": lab.seq,
        "versions": versions,
        "tags": lab.tags,
        "branches": {name: v.id for name, v in lab.branches.items()},
    }


def content(path: Path) -> dict[str, Any]:
    """Return all that a store file holds, but when its steps were taken."""
    connection = apsw.Connection(str(path))
    try:
        tables = [
            str(name)
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
        ]
        held: dict[str, Any] = {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in tables
        }
        held["schema_version"] = [version for version, _ in held["schema_version"]]
        held["user_version"] = connection.pragma("user_version")
        return held
    finally:
        connection.close()
