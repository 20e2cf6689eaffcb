"""Writing a history of another store into a file, as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw

from nerv_lab.core.errors import DuplicateIdError, LogMovedError
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.values import encode
from nerv_lab.inner_universe.contract.client import StoredHistory
from nerv_lab.inner_universe.embedded.queries import (
    add_version,
    find_event,
    find_version,
    last_seq,
    write_rows,
)
from nerv_lab.inner_universe.embedded.rows import EVENT_COLUMNS, event_row, pack

__all__ = ["load_history"]

_ADD_EVENT = f"INSERT INTO event_log ({EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COUNT_ORIGINS = """
    INSERT OR REPLACE INTO origin_cursor
    SELECT origin_id, max(origin_seq) FROM event_log GROUP BY origin_id
"""


def load_history(connection: apsw.Connection, history: StoredHistory) -> None:
    """Write a history behind the log, inside a transaction of the caller's.

    Raises
    ------
    LogMovedError
        The log does not end where the history begins.
    DuplicateIdError
        An id of it stands for something else.
    """
    last = last_seq(connection)
    if last != history.after:
        raise LogMovedError(history.after, last)
    connection.executemany(_ADD_EVENT, _event_rows(connection, history))
    for seq, version in history.versions:
        if find_version(connection, version.id) is not None:
            raise DuplicateIdError("version", version.id)
        add_version(connection, seq, version, pack(history.delta_of(version.id)))
    connection.execute(_COUNT_ORIGINS)
    for table in ("entity", "relation", "branch"):
        connection.execute(f"DELETE FROM {table}")
    for branch, state in history.rows.items():
        write_rows(connection, branch, [ItemChange(i.key, None, i) for i in state.items()])
    connection.executemany("INSERT INTO branch VALUES (?, ?)", history.heads.items())
    connection.executemany("INSERT OR REPLACE INTO tag VALUES (?, ?)", history.tags.items())


def _event_rows(connection: apsw.Connection, history: StoredHistory) -> Iterator[tuple[Any, ...]]:
    for event in history.read_events():
        if find_event(connection, event.id) is not None:
            raise DuplicateIdError("event", event.id)
        yield event_row(event, None if event.data is None else encode(event.data))
