"""The tables of a store file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = [
    "APPLICATION_ID",
    "CREATE",
    "READABLE_BY",
    "SCHEMA_VERSION",
    "UPGRADES",
    "Upgrade",
]

APPLICATION_ID: Final = 0x4E455256
"""Marks a SQLite file as ours ("NERV" in ASCII)."""

SCHEMA_VERSION: Final = 3

_BRIDGE = """
    CREATE TABLE bridge (
        version_id TEXT PRIMARY KEY,
        base TEXT NOT NULL,
        delta BLOB NOT NULL,
        digest TEXT NOT NULL
    ) STRICT
    """

_JOURNAL = """
    CREATE TABLE journal (
        seq INTEGER PRIMARY KEY,
        last INTEGER NOT NULL,
        record BLOB NOT NULL
    ) STRICT
    """

CREATE: Final = (
    """
    CREATE TABLE entity (
        branch TEXT NOT NULL,
        entity_id TEXT NOT NULL,
        entity_type TEXT NOT NULL,
        metadata TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        PRIMARY KEY (branch, entity_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE relation (
        branch TEXT NOT NULL,
        relation_id TEXT NOT NULL,
        from_entity TEXT NOT NULL,
        to_entity TEXT NOT NULL,
        relation_type TEXT NOT NULL,
        metadata TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        PRIMARY KEY (branch, relation_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX relation_from ON relation (branch, from_entity)",
    "CREATE INDEX relation_to ON relation (branch, to_entity)",
    """
    CREATE TABLE event_log (
        seq INTEGER PRIMARY KEY,
        event_id TEXT NOT NULL UNIQUE,
        origin_id TEXT NOT NULL,
        origin_seq INTEGER NOT NULL,
        event_type TEXT NOT NULL,
        source TEXT,
        timestamp INTEGER NOT NULL,
        data TEXT,
        actor TEXT,
        branch TEXT NOT NULL,
        batch_id TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE state_version (
        seq INTEGER PRIMARY KEY,
        version_id TEXT NOT NULL UNIQUE,
        parents TEXT NOT NULL,
        branch TEXT NOT NULL,
        event_seq INTEGER NOT NULL,
        timestamp INTEGER NOT NULL,
        description TEXT NOT NULL,
        author TEXT,
        data_hash TEXT NOT NULL,
        algorithm TEXT NOT NULL,
        digest TEXT NOT NULL,
        delta BLOB NOT NULL,
        seal TEXT
    ) STRICT
    """,
    _BRIDGE,
    _JOURNAL,
    "CREATE TABLE branch (name TEXT PRIMARY KEY, version TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE tag (name TEXT PRIMARY KEY, version TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """
    CREATE TABLE origin_cursor (
        origin_id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE permission (
        identity TEXT NOT NULL,
        action TEXT NOT NULL,
        item_type TEXT NOT NULL,
        PRIMARY KEY (identity, action, item_type)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE schema_version (
        version INTEGER PRIMARY KEY,
        applied_at INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE TABLE config (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
)
"""Statements that make an empty store. Times are microseconds since the epoch."""


class Upgrade(NamedTuple):
    """A step from one version of the tables to the next.

    Attributes
    ----------
    name : str
        What it is for.
    statements : tuple of str
        What it does.
    readable_by : int, optional
        The oldest version whose nerv-lab still reads all of what it leads to; by default only
        one that knows the step does.
    """

    name: str
    statements: tuple[str, ...]
    readable_by: int | None = None


UPGRADES: Final[Mapping[int, Upgrade]] = {
    2: Upgrade(
        "pruned versions keep their seal",
        ("ALTER TABLE state_version ADD COLUMN seal TEXT", _BRIDGE),
    ),
    3: Upgrade("the last commits are in a journal", (_JOURNAL,)),
}
"""What leads to each version of the tables from the one before."""

READABLE_BY: Final = "readable_by"
"""Name of the setting that says which nerv-lab may read a store that is newer than it."""
