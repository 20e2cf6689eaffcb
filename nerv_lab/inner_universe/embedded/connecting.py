"""Connections to store files, and whether a file is one of ours that we can use."""

from __future__ import annotations

import os
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
from nerv_lab.inner_universe.embedded.schema import APPLICATION_ID, READABLE_BY, SCHEMA_VERSION
from nerv_lab.inner_universe.keys.store_keys import Key, unlock
from nerv_lab.inner_universe.sqlite_faults import Faults

__all__ = ["MEMORY", "check_kind", "connect", "is_newer"]

MEMORY = ":memory:"
_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
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
