"""Stores as older nerv-labs have left them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import apsw


def back_to_first_tables(path: Path) -> None:
    """Give a store file the tables of the first version."""
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.execute("ALTER TABLE state_version DROP COLUMN seal")
        connection.execute("DROP TABLE journal")
        connection.execute("DROP TABLE bridge")
        connection.execute("DELETE FROM schema_version")
        connection.execute("INSERT INTO schema_version VALUES (1, 0)")
        connection.pragma("user_version", 1)
