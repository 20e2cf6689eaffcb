"""The end of the log, as the one who writes remembers it from one transaction to the next."""

from __future__ import annotations

from typing import Final

import apsw

from nerv_lab.inner_universe.embedded.journal import Behind, Transaction, read_records, spread
from nerv_lab.inner_universe.embedded.queries import (
    cursor_of,
    granted,
    head_of,
    is_known,
    last_seq,
)
from nerv_lab.inner_universe.embedded.row_cache import RowCache

__all__ = ["Tip"]

# Changes with every commit of another connection, and with none of our own.
_OTHERS: Final = "PRAGMA data_version"


class Tip:
    """What a writer need not ask the file for again while nobody else writes.

    Whoever calls holds the write lock, and has begun a transaction but for `wrote` and `forget`.

    Attributes
    ----------
    cache : RowCache
        Items at hand.
    last : int
        Position of the newest event.
    behind : Behind
        What is in the journal.
    size : int
        How many bytes its records take.
    granted : str or None
        The setting that says who may do what.
    """

    def __init__(self) -> None:
        self._seen: int | None = None
        self._emptied = False
        self._heads: dict[str, str | None] = {}
        self._cursors: dict[str, int] = {}
        self.granted: str | None = None
        self.cache = RowCache()
        self.last = 0
        self.size = 0
        self.behind = Behind()

    def find(self, connection: apsw.Connection) -> None:
        """Make sure of everything; the journal of somebody else is spread on the way."""
        seen: int = connection.execute(_OTHERS).get
        if seen == self._seen:
            return
        spread(connection, read_records(connection))
        self.forget()
        self._seen = seen
        self.last = last_seq(connection)
        self.cache.advance(self.last)
        self.granted = granted(connection)

    def forget(self) -> None:
        """Ask again the next time: something else was written, or it failed."""
        self.cache.replace(self.behind.items)
        self._seen = None
        self._emptied = False
        self._heads, self._cursors = {}, {}
        self.behind, self.size = Behind(), 0

    def head(self, connection: apsw.Connection, branch: str) -> str | None:
        """Return the version a branch is at, or None."""
        if branch not in self._heads:
            self._heads[branch] = head_of(connection, branch)
        return self._heads[branch]

    def cursor(self, connection: apsw.Connection, origin_id: str) -> int:
        """Return how many events a client has written."""
        if origin_id not in self._cursors:
            self._cursors[origin_id] = cursor_of(connection, origin_id)
        return self._cursors[origin_id]

    def knows(self, connection: apsw.Connection, version_id: str) -> bool:
        """Return whether there is a version, or an event, with the id of a new one."""
        return version_id in self.behind.versions or is_known(connection, version_id)

    def spread(self, connection: apsw.Connection) -> None:
        """Let the tables hold everything."""
        if self.behind.records and not self._emptied:
            spread(connection, self.behind.records)
            self._emptied = True

    def wrote(self, done: Transaction, size: int) -> None:
        """Take note of a record of so many bytes, once it is durable."""
        if self._emptied:
            self.cache.replace(self.behind.items)
            self.behind, self.size, self._emptied = Behind(), 0, False
        self.behind.add(done)
        self.size += size
        self.cache.skip(self.last, done.last)
        self.last = done.last
        self._cursors[done.origin.id] = done.events[-1].origin_seq or 0
        if done.version is not None:
            self._heads[done.branch] = done.version.id
