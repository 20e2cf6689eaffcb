"""The file of a store as one client holds it: looking, writing, and keeping the tables full."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import apsw

from nerv_lab.core.errors import NERVPersistenceError, StoreBusyError
from nerv_lab.inner_universe.contract.client import CacheUse
from nerv_lab.inner_universe.embedded.database import Database
from nerv_lab.inner_universe.embedded.journal import Behind, is_empty, read_records
from nerv_lab.inner_universe.embedded.queries import last_seq
from nerv_lab.inner_universe.embedded.tip import Tip
from nerv_lab.inner_universe.keys.store_keys import Key

__all__ = ["StoreFile"]

logger = logging.getLogger(__name__)
# So many seconds a reader waits for a writer before it does without.
_MOMENT: Final = 0.05
_ATTEMPTS: Final = 100


class StoreFile:
    """One client's hold on a store file; safe to use from any thread.

    Parameters
    ----------
    database : Database
        Its open connections.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tip = Tip()

    @property
    def cache_use(self) -> CacheUse:
        """How often an item that a write asked for was at hand."""
        return self._tip.cache.use

    @property
    def read_only(self) -> str | None:
        """Why nothing can be written, or None."""
        return self._database.read_only

    def reading(self, doing: str) -> AbstractContextManager[apsw.Connection]:
        """Hold the connection that reads, for one look at the file."""
        return self._database.reading(doing)

    @contextmanager
    def _writing(self, doing: str) -> Iterator[apsw.Connection]:
        """Write to tables that hold everything."""
        with self._database.write_lock:
            try:
                with self._database.writing(doing) as connection:
                    self._tip.find(connection)
                    self._tip.spread(connection)
                    yield connection
            finally:
                self._tip.forget()

    @contextmanager
    def _logging(self, doing: str) -> Iterator[tuple[apsw.Connection, int]]:
        """Write to the log, from the position given on, and to anything but the rows."""
        with self._database.write_lock:
            with self._writing(doing) as connection:
                last = last_seq(connection)
                yield connection, last
                now = last_seq(connection)
            self._tip.cache.skip(last, now)

    @contextmanager
    def _looking(self, doing: str) -> Iterator[tuple[apsw.Connection, Behind]]:
        """Read, at one moment, what the tables hold and what they do not hold yet.

        Reading does not wait for a writer; where nobody writes, the tables are filled first.
        """
        with self._database.one_moment(doing) as connection:
            if is_empty(connection):
                yield connection, Behind()
                return
        self._fill_soon()
        with self._database.one_moment(doing) as connection:
            yield connection, Behind.of(read_records(connection))

    @contextmanager
    def _filled(self, doing: str) -> Iterator[apsw.Connection]:
        """Read, at one moment, tables that hold everything, having waited for other writers."""
        for _ in range(_ATTEMPTS):
            with self._database.one_moment(doing) as connection:
                if is_empty(connection):
                    yield connection
                    return
            self._fill()
        raise StoreBusyError(f"{doing} on {self._database.path}: others never cease to write")

    def _fill_soon(self) -> None:
        """Let the tables hold everything, if that can be done at once."""
        if self._database.write_lock.acquire(timeout=_MOMENT):
            try:
                if not self._database.is_writing:
                    self._fill(_MOMENT)
            except NERVPersistenceError as error:
                logger.debug("the journal stays as it is: %s", error)
            finally:
                self._database.write_lock.release()

    def _fill(self, seconds: float | None = None) -> None:
        """Let the tables hold everything, having waited so long for another writer."""
        with self._database.write_lock:
            try:
                with self._database.rearranging("fill", seconds) as connection:
                    self._tip.find(connection)
                    self._tip.spread(connection)
            finally:
                self._tip.forget()

    def release(self, *, wait: bool) -> None:
        """Let the file shrink."""
        self._database.shrink(wait=wait)

    def rekey(self, key: Key | None) -> None:
        """Write the file anew under another key."""
        self._database.rekey(key)

    def close(self) -> None:
        """Fill the tables where nobody else is writing, and close the connections."""
        self._fill_soon()
        self._database.close()
