"""Bringing the tables of an older nerv-lab to the present ones; the data stays."""

from __future__ import annotations

import apsw

from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.contract.progress import Meter
from nerv_lab.inner_universe.embedded.schema import READABLE_BY, SCHEMA_VERSION, UPGRADES

__all__ = ["oldest_reader", "record_readers", "steps_of", "upgrade"]


def steps_of(connection: apsw.Connection) -> tuple[str, ...]:
    """Return the names of the steps that a store still has to take, in order."""
    found = connection.pragma("user_version")
    return tuple(UPGRADES[version].name for version in range(found + 1, SCHEMA_VERSION + 1))


def upgrade(connection: apsw.Connection, meter: Meter | None = None) -> tuple[str, ...]:
    """Take the steps that are left, and return their names.

    Each is one transaction together with the record that it was taken. Where the process ends
    between two, the next to open the store goes on with the second.
    """
    taken, counted = [], meter or Meter()
    while (step := _next(connection)) is not None:
        taken.append(step)
        counted.advance()
    return tuple(taken)


def _next(connection: apsw.Connection) -> str | None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Looked at here: somebody else may have been quicker.
        version = connection.pragma("user_version") + 1
        if version > SCHEMA_VERSION:
            return None
        step = UPGRADES[version]
        for statement in step.statements:
            connection.execute(statement)
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", (version, now_us()))
        record_readers(connection, version)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
        return step.name
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def oldest_reader(version: int) -> int:
    """Return the oldest version of the tables whose nerv-lab reads a store of this one."""
    step = UPGRADES.get(version)
    return version if step is None or step.readable_by is None else step.readable_by


def record_readers(connection: apsw.Connection, version: int) -> None:
    """Note in a store of some version who may still read it."""
    oldest = str(oldest_reader(version))
    connection.execute("INSERT OR REPLACE INTO config VALUES (?, ?)", (READABLE_BY, oldest))
