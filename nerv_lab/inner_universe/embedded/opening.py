"""Opening a store file, once it is known to be there, ours, whole and writable."""

from __future__ import annotations

import time
from pathlib import Path

import apsw

from nerv_lab.core.errors import CorruptStoreError, ForeignStoreError
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.embedded.connecting import MEMORY, check_kind, is_newer
from nerv_lab.inner_universe.embedded.migrating import bring_up_to_date
from nerv_lab.inner_universe.embedded.schema import APPLICATION_ID, CREATE, SCHEMA_VERSION
from nerv_lab.inner_universe.embedded.upgrading import record_readers
from nerv_lab.inner_universe.keys.store_keys import Key
from nerv_lab.inner_universe.sqlite_faults import Faults

__all__ = ["INCREMENTAL", "prepare"]

INCREMENTAL = 2
"""The value of ``auto_vacuum`` with which a file can shrink a little at a time."""
_RETRY_SECONDS = 0.005
# 16 MB of log: pages written again and again meanwhile reach the file once.
_PAGES_BETWEEN_CHECKPOINTS = 4000


def prepare(
    connection: apsw.Connection,
    path: str,
    synchronous: str,
    busy_timeout: float,
    key: Key | None = None,
) -> None:
    """Check that the file is a store we can use, or make an empty file one.

    One of an older nerv-lab is brought up to date, after a backup. One of a newer nerv-lab that
    says that we read it is left as it is, and can be read alone.

    Raises
    ------
    NERVPersistenceError
        When it is not; the file was not changed.
    """
    with Faults(path, "open"):
        if _is_blank(connection):
            _create(connection, path)
        check_kind(connection, path)
        if is_newer(connection):
            _check_length(connection, path)
            connection.execute("PRAGMA query_only = ON")
            return
        if connection.pragma("user_version") < SCHEMA_VERSION:
            bring_up_to_date(connection, Path(path), key)
        if path != MEMORY:
            _check_length(connection, path)
            _use_wal(connection, busy_timeout)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BETWEEN_CHECKPOINTS}")


def _is_blank(connection: apsw.Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    return not tables and not connection.pragma("application_id")


def _create(connection: apsw.Connection, path: str) -> None:
    _check_empty(connection, path)
    # Lets the file shrink when history is pruned; can only be chosen before there are tables.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Somebody else may have been quicker.
        if _is_blank(connection):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            for statement in CREATE:
                connection.execute(statement)
            connection.execute(
                "INSERT INTO schema_version VALUES (?, ?)", (SCHEMA_VERSION, now_us())
            )
            record_readers(connection, SCHEMA_VERSION)
            connection.execute("INSERT INTO config VALUES ('store_id', ?)", (new_id(),))
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _check_empty(connection: apsw.Connection, path: str) -> None:
    """Refuse a file too short for SQLite to see that it is not empty.

    One that is about to become a store, in another process maybe, has a header already.
    """
    begun = connection.pragma("auto_vacuum") == INCREMENTAL
    if path != MEMORY and not begun and Path(path).stat().st_size:
        raise ForeignStoreError(
            f"open {path}: the file is not a nerv-lab store; choose another file name"
        )


def _check_length(connection: apsw.Connection, path: str) -> None:
    """Refuse a file whose last page is cut; SQLite would read the rest of it as zeros."""
    expected = connection.pragma("page_count") * connection.pragma("page_size")
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size:
        return  # the missing pages may be there
    if Path(path).stat().st_size < expected:
        raise CorruptStoreError(
            f"open {path}: the file is truncated or damaged: {expected} bytes were written; "
            f"keep a copy of it and restore a backup"
        )


def _use_wal(connection: apsw.Connection, busy_timeout: float) -> None:
    """Switch to write-ahead logging; SQLite does not wait by itself for the lock this takes."""
    deadline = time.monotonic() + busy_timeout
    while connection.pragma("journal_mode") != "wal":
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_SECONDS)
