"""Entries of the log as they arrive, read as far as somebody asks."""

from __future__ import annotations

import struct
from operator import attrgetter

from msgspec import Struct

from nerv_lab.core.errors import ProtocolError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.spacetime.module.rows import event_from_row
from nerv_lab.inner_universe.spacetime.module.schema import TABLES, EventRow
from nerv_lab.inner_universe.spacetime.wire.messages import DatabaseUpdate, rows_of

__all__ = ["LogEntry", "by_seq", "entries_of"]

_ROW = TABLES["event_log"]
_seq_of = struct.Struct("<Q").unpack_from  # the first column

by_seq = attrgetter("seq")
"""Sort key of entries."""


class LogEntry(Struct, gc=False):  # holds no cycles, and there are many
    """One row of the log; its row and its event are made when they are first asked for.

    Most of what a client hears of is its own, and nobody reads it again.

    Attributes
    ----------
    seq : int
        Its place in the log.
    """

    seq: int
    _raw: bytes
    _row: EventRow | None = None
    _event: Event | None = None

    @classmethod
    def of(cls, raw: bytes) -> LogEntry:
        """Return the entry of an encoded row.

        Raises
        ------
        ProtocolError
            When the bytes are too few for a row.
        """
        if len(raw) < _ROW.least:
            raise ProtocolError(f"{len(raw)} bytes are no row of the log")
        return cls(_seq_of(raw)[0], raw)

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
    found = [LogEntry.of(row) for came, row in rows_of(update, "event_log") if came]
    if len(found) > 1:
        found.sort(key=by_seq)
    return found
