"""Queries of the server's tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nerv_lab.inner_universe.spacetime.following.entries import LogEntry, by_seq
from nerv_lab.inner_universe.spacetime.module.schema import TABLES
from nerv_lab.inner_universe.spacetime.wire.session import Session

__all__ = ["PAGE", "quoted", "select", "select_between", "select_entries"]

PAGE = 2_000
"""How many events are asked for at once."""


def quoted(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


async def select(session: Session, table: str, where: str = "") -> list[Any]:
    """Return rows of a table, in no order.

    Parameters
    ----------
    session : Session
        Whom to ask.
    table : str
        One of `schema.TABLES`.
    where : str
        The condition, in SQL.
    """
    codec = TABLES[table]
    return [codec.decode(row) for row in await _found(session, table, where)]


async def select_entries(session: Session, where: str) -> list[LogEntry]:
    """Return entries of the log, ascending."""
    entries = [LogEntry.of(row) for row in await _found(session, "event_log", where)]
    return sorted(entries, key=by_seq)


async def select_between(session: Session, after: int, until: int) -> list[LogEntry]:
    """Return the entries of the log with ``after < seq <= until``, ascending."""
    return await select_entries(session, f"seq > {after} AND seq <= {until}")


async def _found(session: Session, table: str, where: str) -> Iterable[bytes]:
    answer = await session.query(f"SELECT * FROM {table}" + (f" WHERE {where}" if where else ""))
    return (row for found in answer.tables for row in found.rows.rows())
