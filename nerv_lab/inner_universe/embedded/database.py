"""The connections of one client to its file, and the locks that guard them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import apsw

from nerv_lab.core.errors import NewerSchemaError, StoreClosedError
from nerv_lab.inner_universe.embedded.connecting import MEMORY, connect, is_newer
from nerv_lab.inner_universe.embedded.opening import INCREMENTAL, prepare
from nerv_lab.inner_universe.embedded.rekeying import rekey_file
from nerv_lab.inner_universe.keys.store_keys import Key
from nerv_lab.inner_universe.sqlite_faults import Faults, error_for

__all__ = ["Database"]

_PAGES_AT_ONCE = 500
_WORTH_IT = 128


class _Writing:
    """A block that is one transaction."""

    __slots__ = ("_connection", "_database", "_doing")

    def __init__(self, database: Database, doing: str) -> None:
        self._database = database
        self._doing = doing

    def __enter__(self) -> apsw.Connection:
        database = self._database
        database.write_lock.acquire()
        try:
            self._connection = database.begin(self._doing)
        except BaseException as error:
            database.write_lock.release()
            if isinstance(error, apsw.Error):
                raise error_for(error, database.path, self._doing) from error
            raise
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with Faults(self._database.path, self._doing):
                self._end(error)
        finally:
            self._database.write_lock.release()

    def _end(self, error: BaseException | None) -> None:
        connection = self._connection
        try:
            if error is None:
                connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                with contextlib.suppress(apsw.Error):
                    connection.execute("ROLLBACK")
        if isinstance(error, apsw.Error):
            raise error


class Database:
    """One connection that writes and one that reads, so that a waiting writer stops no reader.

    A store in memory has a single connection, which does both.

    Parameters
    ----------
    path : str
        The file, or ``":memory:"``.
    busy_timeout : float
        Seconds to wait for another writer.
    synchronous : str
        ``"FULL"``, ``"EXTRA"`` or ``"NORMAL"``.
    key : Key, optional
        That of an encrypted file.
    """

    def __init__(
        self, path: str, *, busy_timeout: float, synchronous: str, key: Key | None = None
    ) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        self._synchronous = synchronous
        self._key = key
        self._write_lock = threading.RLock()
        self._read_lock = self._write_lock if path == MEMORY else threading.RLock()
        self._connect()
        self._closed = False

    def _connect(self) -> None:
        path, timeout = self.path, self._busy_timeout
        self._writer = connect(path, timeout, self._key)
        try:
            prepare(self._writer, path, self._synchronous, timeout, self._key)
            self._newer = is_newer(self._writer)
            self._reader = self._writer if path == MEMORY else connect(path, timeout, self._key)
        except BaseException:
            self._writer.close(force=True)
            raise

    def writing(self, doing: str) -> _Writing:
        """Hold the store's write lock; commit at the end, or undo everything on an error."""
        return _Writing(self, doing)

    def begin(self, doing: str) -> apsw.Connection:
        """Begin a write; the write lock is held by whoever calls."""
        connection = self._open(self._writer, doing)
        if (reason := self.read_only) is not None:
            raise NewerSchemaError(f"{doing} on {self.path}: {reason}; nothing was changed")
        connection.execute("BEGIN IMMEDIATE")
        return connection

    @contextmanager
    def rearranging(self, doing: str, seconds: float | None = None) -> Iterator[apsw.Connection]:
        """Write what the file says already in another way, so that the disk is not waited for.

        Parameters
        ----------
        doing : str
            What to call it in an error.
        seconds : float, optional
            How long to wait for another writer, where not as long as for any other write.
        """
        with self._write_lock, Faults(self.path, doing):
            connection = self._open(self._writer, doing)
            if self.path != MEMORY:
                connection.execute("PRAGMA synchronous = NORMAL")
            if seconds is not None:
                connection.set_busy_timeout(round(seconds * 1000))
            try:
                with self.writing(doing):
                    yield connection
            finally:
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
                connection.set_busy_timeout(round(self._busy_timeout * 1000))

    @contextmanager
    def reading(self, doing: str) -> Iterator[apsw.Connection]:
        """Hold the reading connection, for one statement."""
        with self._read_lock, Faults(self.path, doing):
            yield self._open(self._reader, doing)

    @contextmanager
    def one_moment(self, doing: str) -> Iterator[apsw.Connection]:
        """Hold the reading connection, for statements that are to see the same moment."""
        with self.reading(doing) as connection:
            if connection.in_transaction:  # a store in memory that is being written to
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with contextlib.suppress(apsw.Error):
                    connection.execute("ROLLBACK")

    def shrink(self, *, wait: bool) -> None:
        """Give free pages back to the disk: all of them, or as many as take no more than a moment.

        Who reads meanwhile is not disturbed; then the file shrinks the next time.
        """
        if self.path == MEMORY or self._newer:
            return
        with self._write_lock, Faults(self.path, "shrink"):
            connection = self._open(self._writer, "shrink")
            if connection.pragma("auto_vacuum") != INCREMENTAL:
                if not wait:
                    return
                connection.pragma("auto_vacuum", INCREMENTAL)
                connection.execute("VACUUM")
            if not wait and connection.pragma("freelist_count") < _WORTH_IT:
                return
            # Each page is a step of the statement.
            most = "" if wait else f"({_PAGES_AT_ONCE})"
            for _ in connection.execute(f"PRAGMA incremental_vacuum{most}"):
                pass
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            if wait:
                self._empty_log(connection)

    def _empty_log(self, connection: apsw.Connection) -> None:
        """Cut the write-ahead log too, unless somebody is reading it."""
        connection.set_busy_timeout(0)
        try:
            with contextlib.suppress(apsw.BusyError):
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            connection.set_busy_timeout(round(self._busy_timeout * 1000))

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None."""
        return "it is of a newer nerv-lab; upgrade nerv-lab to write it" if self._newer else None

    @property
    def is_writing(self) -> bool:
        """Whether a write is under way; the write lock is held by whoever asks."""
        return self._writer.in_transaction

    @property
    def write_lock(self) -> threading.RLock:
        """Guards what follows the writes."""
        return self._write_lock

    def _open(self, connection: apsw.Connection, doing: str) -> apsw.Connection:
        if self._closed:
            raise StoreClosedError(f"{doing} on {self.path}: the store was closed; connect again")
        return connection

    def rekey(self, key: Key | None) -> None:
        """Write the file anew under another key, while nobody reads or writes here."""
        with self._write_lock, self._read_lock, Faults(self.path, "rekey"):
            self._open(self._writer, "rekey")
            self._reader.close(force=True)
            self._writer.close(force=True)
            try:
                rekey_file(Path(self.path), self._key, key)
                self._key = key
            finally:
                self._connect()

    def close(self) -> None:
        """Close both connections; once is enough."""
        with self._write_lock, self._read_lock, Faults(self.path, "close"):
            self._closed = True
            self._reader.close(force=True)
            self._writer.close(force=True)
