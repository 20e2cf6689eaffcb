"""Opening a store file, once it is known to be there, ours, whole and writable."""

from __future__ import annotations

import os
import time
from pathlib import Path

import apsw

from nerv_lab.core.errors import (
    CorruptStoreError,
    ForeignStoreError,
    NewerSchemaError,
    ReadOnlyStoreError,
    StoreNotFoundError,
    StoreUnreadableError,
)
from nerv_lab.inner_universe.embedded.faults import Faults
from nerv_lab.inner_universe.embedded.keys import Key, unlock
from nerv_lab.inner_universe.embedded.schema import (
    APPLICATION_ID,
    CREATE,
    READABLE_BY,
    SCHEMA_VERSION,
)
from nerv_lab.inner_universe.embedded.upgrading import record_readers, upgrade
from nerv_lab.inner_universe.ids import new_id
from nerv_lab.inner_universe.writing import now_us

__all__ = ["INCREMENTAL", "MEMORY", "check_kind", "connect", "is_newer", "prepare"]

MEMORY = ":memory:"
INCREMENTAL = 2
"""The value of ``auto_vacuum`` with which a file can shrink a little at a time."""
_RETRY_SECONDS = 0.005
_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
# 16 MB of log: pages written again and again meanwhile reach the file once.
_PAGES_BETWEEN_CHECKPOINTS = 4000
_EFFECTIVE = os.access in os.supports_effective_ids


def connect(
    path: str, busy_timeout: float, key: Key | None = None, *, flags: int = _FLAGS
) -> apsw.Connection:
    """Return a connection that waits for locks so many seconds, and that the key has opened.

    Raises
    ------
    NERVPersistenceError
        When the file cannot be opened; the kind of error says why.
    """
    if path != MEMORY:
        _check_access(Path(path))
    with Faults(path, "open"):
        connection = apsw.Connection(path, flags=flags)
        try:
            connection.set_busy_timeout(round(busy_timeout * 1000))
            if path != MEMORY:
                unlock(connection, path, key)
        except BaseException:
            connection.close(force=True)
            raise
        return connection


def _check_access(path: Path) -> None:
    """Look before SQLite does: it cannot tell a missing folder from a forbidden one.

    The file itself is not opened here, since closing it would give up the locks that another
    connection of this process holds.
    """
    folder = path.parent
    if not folder.is_dir():
        raise StoreNotFoundError(
            f"open {path}: the folder {folder} does not exist; create it, or check the path"
        )
    if not path.exists():
        if not _may(folder, os.W_OK | os.X_OK):
            raise ReadOnlyStoreError(
                f"open {path}: a new store cannot be created in the folder {folder}, which may "
                f"not be written; choose another folder or change its permissions"
            )
        return
    if not path.is_file():
        raise ForeignStoreError(f"open {path}: not a file; give the path of a store file")
    if not _may(path, os.R_OK):
        raise StoreUnreadableError(
            f"open {path}: the file may not be read; change its permissions or its owner"
        )
    for place in (path, folder):
        if not _may(place, os.W_OK):
            raise ReadOnlyStoreError(
                f"open {path}: {place} may not be written; change its permissions, or copy the "
                f"store to a folder of yours and open the copy"
            )


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=_EFFECTIVE)


def prepare(connection: apsw.Connection, path: str, synchronous: str, busy_timeout: float) -> None:
    """Check that the file is a store we can use, or make an empty file one.

    One of a newer nerv-lab that says that we read it is left as it is, and can be read alone.

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
            upgrade(connection)
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


def is_newer(connection: apsw.Connection) -> bool:
    """Return whether a store is one of a newer nerv-lab."""
    found: int = connection.pragma("user_version")
    return found > SCHEMA_VERSION


def _is_readable(connection: apsw.Connection) -> bool:
    """Return whether a store of a newer nerv-lab says that this one reads it."""
    try:
        text = connection.execute("SELECT value FROM config WHERE name = ?", (READABLE_BY,)).get
    except apsw.SQLError:
        return False
    return isinstance(text, str) and text.isdecimal() and int(text) <= SCHEMA_VERSION


def check_kind(connection: apsw.Connection, path: str, *, to_write: bool = False) -> None:
    """Refuse a file that is no store of ours, or one that we cannot read or are not to write.

    Parameters
    ----------
    connection : apsw.Connection
        To the file.
    path : str
        Its name, for the error.
    to_write : bool
        It is to be written, and not only read.

    Raises
    ------
    ForeignStoreError, CorruptStoreError
        It is none, or is damaged.
    NewerSchemaError
        It is one of a newer nerv-lab.
    """
    if connection.pragma("application_id") != APPLICATION_ID:
        raise ForeignStoreError(
            f"open {path}: a SQLite database of another program, not a nerv-lab store; "
            f"choose another file name"
        )
    found = connection.pragma("user_version")
    if found > SCHEMA_VERSION and (to_write or not _is_readable(connection)):
        raise NewerSchemaError(
            f"open {path}: written by a newer nerv-lab (schema {found}, this one knows "
            f"{SCHEMA_VERSION}); upgrade nerv-lab to {'write' if to_write else 'open'} it"
        )
    stored = connection.execute("SELECT max(version) FROM schema_version").get
    if stored != found:
        raise CorruptStoreError(
            f"open {path}: its header says schema {found}, its tables say {stored}; "
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
