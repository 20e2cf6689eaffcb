"""Copies of whole store files: complete and checked, or not there at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from nerv_lab.core.errors import CorruptStoreError, StoreInUseError, StoreNotFoundError
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.progress import Meter
from nerv_lab.inner_universe.embedded.checking import check
from nerv_lab.inner_universe.embedded.connecting import check_kind, connect
from nerv_lab.inner_universe.embedded.journal import is_empty, read_records, spread
from nerv_lab.inner_universe.embedded.schema import SCHEMA_VERSION
from nerv_lab.inner_universe.keys.store_keys import Key
from nerv_lab.inner_universe.sqlite_faults import Faults

__all__ = [
    "checked",
    "copied",
    "opened",
    "replace_file",
    "take_alone",
    "whole_copy",
    "workplace",
]

BUSY_SECONDS: Final = 5.0
# An absolute path never looks like an address, and VACUUM INTO takes the key in one.
_FLAGS: Final = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
_PAGES_AT_ONCE: Final = 1_000
_SHOWN_PROBLEMS: Final = 3


@contextmanager
def opened(
    path: Path, key: Key | None, doing: str, *, to_write: bool = False
) -> Iterator[apsw.Connection]:
    """Give a connection to a store that is there; SQLite's errors come out as ours.

    Raises
    ------
    StoreNotFoundError
        There is none.
    ForeignStoreError, NewerSchemaError
        It is not one of ours, or of a nerv-lab that is too new to be read, or `to_write`.
    """
    if not path.exists():
        raise StoreNotFoundError(f"{doing}: there is no store {str(path)!r}; check the name")
    connection = connect(str(path.absolute()), BUSY_SECONDS, key, flags=_FLAGS)
    try:
        with Faults(str(path), doing):
            check_kind(connection, str(path), to_write=to_write)
            yield connection
    finally:
        with Faults(str(path), doing):  # what the log holds may be copied into the file only now
            connection.close(force=True)


def checked(connection: apsw.Connection, path: Path) -> None:
    """See that a store is sound.

    Raises
    ------
    CorruptStoreError
        It is not; the message says where.
    """
    if connection.pragma("user_version") == SCHEMA_VERSION:
        with _as_if_filled(connection):
            problems = [f"{p.where}: {p.what}" for p in check(connection)]
    else:  # one of another nerv-lab, whose tables are looked into once they are ours
        lines = connection.execute("PRAGMA integrity_check").fetchall()
        problems = [str(line) for (line,) in lines if line != "ok"]
    if problems:
        shown = "; ".join(problems[:_SHOWN_PROBLEMS])
        more = len(problems) - _SHOWN_PROBLEMS
        raise CorruptStoreError(
            f"{path} is damaged: {shown}" + (f"; and {more} more" if more > 0 else "")
        )


@contextmanager
def _as_if_filled(connection: apsw.Connection) -> Iterator[None]:
    """Show tables that hold everything, and leave the file as it is."""
    if is_empty(connection):
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        spread(connection, read_records(connection))
        yield
    finally:
        connection.execute("ROLLBACK")


def copied(source: apsw.Connection, target: Path, key: Key | None, meter: Meter) -> None:
    """Copy a store as it is at this moment, page by page, while others go on writing.

    Parameters
    ----------
    source : apsw.Connection
        The store.
    target : Path
        A file that is not there yet.
    key : Key or None
        That of the store, and so of the copy.
    meter : Meter
        Counts the pages.
    """
    connection = connect(str(target), BUSY_SECONDS, key)
    try:
        # One moment: what is written meanwhile is neither seen, nor makes it begin again.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        meter.expect(source.pragma("page_count"))
        done = 0
        with connection.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_PAGES_AT_ONCE)
                before, done = done, backup.page_count - backup.remaining
                meter.advance(done - before)
        # One file, with no log beside it.
        connection.pragma("journal_mode", "delete")
    finally:
        if source.in_transaction:
            source.execute("ROLLBACK")
        connection.close(force=True)


@contextmanager
def whole_copy(
    source: apsw.Connection,
    path: Path,
    target: Path,
    key: Key | None,
    meter: Meter,
) -> Iterator[apsw.Connection]:
    """Give a checked copy of a store; it gets its name when the block has ended well.

    Parameters
    ----------
    source, path : apsw.Connection and Path
        The store.
    target : Path
        The file to write.
    key, meter
        As for `copied`.

    Raises
    ------
    CorruptStoreError
        The store is damaged; nothing was written.
    """
    with workplace(target) as place:
        copied(source, place, key, meter)
        with opened(place, key, "backup") as copy:
            checked(copy, path)
            yield copy
        replace_file(place, target)


@contextmanager
def workplace(target: Path) -> Iterator[Path]:
    """Give a new file name beside a file, and leave nothing there."""
    place = target.with_name(f"{target.name}.{new_id()}.part")
    try:
        yield place
    finally:
        for name in _names(place):
            name.unlink(missing_ok=True)


def replace_file(place: Path, target: Path) -> None:
    """Move a file to its name, on the disk when the call returns."""
    _synchronise(place)
    place.replace(target)
    with contextlib.suppress(OSError):  # a folder cannot be opened everywhere
        _synchronise(target.parent)


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _names(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal"))


def take_alone(connection: apsw.Connection, path: Path) -> None:
    """Have a store to ourselves until the connection closes, its log folded into the file.

    Raises
    ------
    StoreInUseError
        Somebody has it open.
    """
    try:
        connection.set_busy_timeout(0)
        connection.pragma("locking_mode", "exclusive")
        connection.pragma("journal_mode", "delete")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")  # the lock stays
    except (apsw.BusyError, apsw.LockedError):
        raise StoreInUseError(
            f"somebody has {path} open; close it in every notebook and program, and try again"
        ) from None
