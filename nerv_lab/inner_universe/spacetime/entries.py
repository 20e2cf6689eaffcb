"""Entries of the log as they arrive, read as far as somebody asks."""

from __future__ import annotations

from operator import attrgetter

from nerv_lab.core.errors import ProtocolError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.spacetime.bsatn import U64
from nerv_lab.inner_universe.spacetime.messages import DatabaseUpdate, rows_of
from nerv_lab.inner_universe.spacetime.rows import event_from_row
from nerv_lab.inner_universe.spacetime.schema import TABLES, EventRow

__all__ = ["LogEntry", "by_seq", "entries_of"]

_ROW = TABLES["event_log"]

by_seq = attrgetter("seq")
"""Sort key of entries."""


class LogEntry:
    """One row of the log; its row and its event are made when they are first asked for.

    Most of what a client hears of is its own, and nobody reads it again.

    Parameters
    ----------
    raw : bytes
        The encoded row.

    Attributes
    ----------
    seq : int
        Its place in the log.

    Raises
    ------
    ProtocolError
        When the bytes are too few for a row.
    """

    __slots__ = ("_event", "_raw", "_row", "seq")

    def __init__(self, raw: bytes) -> None:
        if len(raw) < _ROW.least:
            raise ProtocolError(f"{len(raw)} bytes are no row of the log")
        self.seq: int = U64.read(raw, 0)[0]
        self._raw = raw
        self._row: EventRow | None = None
        self._event: Event | None = None

    @property
    def row(self) -> EventRow:
        """The row.

        Raises
        ------
        ProtocolError
            When the bytes are not one.
        """
        row = self._row
        if row is None:
            row = self._row = _ROW.decode(self._raw)
        return row

    @property
    def event(self) -> Event:
        """The event, one for all who follow the log.

        Raises
        ------
        ProtocolError
            When the bytes are not a row, or its payload is no value.
        """
        event = self._event
        if event is None:
            event = self._event = event_from_row(self.row)
            self._row = None  # hardly anybody wants it after that
        return event


def entries_of(update: DatabaseUpdate) -> list[LogEntry]:
    """Return what came into the log, ascending.

    Raises
    ------
    ProtocolError
        When its rows cannot be told apart.
    """
    found = [LogEntry(row) for came, row in rows_of(update, "event_log") if came]
    if len(found) > 1:
        found.sort(key=by_seq)
    return found
