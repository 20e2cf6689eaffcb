"""The SQLite file of a journal: opened by one process alone, read and written as a whole."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from nerv_lab.core.errors import ForeignStoreError, StoreInUseError
from nerv_lab.inner_universe.sqlite_faults import Faults

__all__ = ["JournalFile"]

_APPLICATION_ID: Final = 0x4E4F5554
_FORMAT: Final = 1
_TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """
    CREATE TABLE write (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        branch TEXT NOT NULL,
        things INTEGER NOT NULL,
        state TEXT NOT NULL,
        written_at INTEGER NOT NULL,
        reached INTEGER NOT NULL,
        accepted_at INTEGER NOT NULL,
        error TEXT,
        title TEXT NOT NULL,
        body BLOB NOT NULL,
        delta BLOB NOT NULL
    ) STRICT
    """,
    "CREATE TABLE standing (behind INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    "CREATE TABLE fork (name TEXT PRIMARY KEY, branch TEXT NOT NULL) STRICT, WITHOUT ROWID",
)


class JournalFile:
    """A file of queued writes, held by one who has it open; SQLite's errors come as ours.

    When the process dies, the lock goes with it.

    Parameters
    ----------
    path : Path
        The file; it is made, for this user alone, where it does not exist.
    origin_id : str
        The client whose writes they are; that of a file that exists stays.

    Attributes
    ----------
    lock : RLock
        Held while the file is read or written.

    Raises
    ------
    StoreInUseError
        Somebody has it open.
    NERVPersistenceError
        The file cannot be used; the subclass and the message say why.
    """

    def __init__(self, path: Path, origin_id: str) -> None:
        self._path = path
        self.lock = threading.RLock()
        if not path.exists():
            # Made here, since SQLite would let others read it; its log gets the same rights.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with Faults(str(path), "open"):
            self._db = apsw.Connection(str(path))
            try:
                self._prepare(origin_id)
            except apsw.BusyError:
                self._db.close(force=True)
                raise StoreInUseError(f"open {path}: another Lab has this outbox open") from None
            except BaseException:
                self._db.close(force=True)
                raise

    def _prepare(self, origin_id: str) -> None:
        db = self._db
        db.pragma("locking_mode", "EXCLUSIVE")
        db.pragma("journal_mode", "wal")
        db.pragma("synchronous", "FULL")
        with self.writing("open"):
            if (
                not db.pragma("application_id")
                and not db.execute("SELECT count(*) FROM sqlite_schema").get
            ):
                db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {_FORMAT}")
                for statement in _TABLES:
                    db.execute(statement)
                self.put("origin_id", origin_id)
                self.put("cursor", "0")
            if (db.pragma("application_id"), db.pragma("user_version")) != (
                _APPLICATION_ID,
                _FORMAT,
            ):
                raise ForeignStoreError(f"open {self._path}: not an outbox of this nerv-lab")

    @contextmanager
    def writing(self, doing: str) -> Iterator[apsw.Connection]:
        """Do all of a block in one transaction, or nothing of it."""
        with self.lock, Faults(str(self._path), doing):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    with contextlib.suppress(apsw.Error):
                        self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self, doing: str = "read") -> Iterator[apsw.Connection]:
        """Read what a block reads, with nothing written in between."""
        with self.lock, Faults(str(self._path), doing):
            yield self._db

    def put(self, name: str, value: str) -> None:
        """Keep a value under a name, within a block that writes."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def get(self, name: str) -> str:
        """Return the value that is kept under a name."""
        with self.reading() as db:
            return str(db.execute("SELECT value FROM meta WHERE name = ?", (name,)).get)

    def close(self, *, remove: bool) -> None:
        """Close the file, and remove it where it is not needed any more."""
        with self.lock, Faults(str(self._path), "close"):
            self._db.close(force=True)
        if remove:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
