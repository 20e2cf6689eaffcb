"""What SQLite reports, said in our own errors."""

from __future__ import annotations

from types import TracebackType

import apsw

from nerv_lab.core.errors import (
    CorruptStoreError,
    ForeignStoreError,
    NERVPersistenceError,
    ReadOnlyStoreError,
    StoreBusyError,
    StoreClosedError,
    StoreFullError,
    StoreUnreadableError,
)

__all__ = ["Faults", "error_for"]

_KNOWN: tuple[tuple[type[apsw.Error] | tuple[type[apsw.Error], ...], type, str], ...] = (
    (
        (apsw.BusyError, apsw.LockedError),
        StoreBusyError,
        (
            "another writer held the store for longer than the busy timeout; nothing was changed, "
            "so try again, or open the store with a longer busy timeout"
        ),
    ),
    (
        apsw.FullError,
        StoreFullError,
        "the disk is full; nothing was changed, so free some space and try again",
    ),
    (
        apsw.ReadOnlyError,
        ReadOnlyStoreError,
        "the store or its folder may not be written; change its permissions, or open a copy",
    ),
    (
        apsw.CorruptError,
        CorruptStoreError,
        "the file is truncated or damaged; keep a copy of it and restore a backup",
    ),
    (
        apsw.NotADBError,
        ForeignStoreError,
        (
            "the file is not a nerv-lab store (or its very beginning is damaged); "
            "choose another file name, or restore a backup"
        ),
    ),
    (
        apsw.PermissionsError,
        StoreUnreadableError,
        "the file may not be read; change its permissions",
    ),
    (
        apsw.CantOpenError,
        ReadOnlyStoreError,
        "the file cannot be opened for writing; see that you may write it and its folder",
    ),
    (
        apsw.ConnectionClosedError,
        StoreClosedError,
        "the store was closed; connect again",
    ),
)


def error_for(error: apsw.Error, path: str, doing: str) -> NERVPersistenceError:
    """Return our error for one of SQLite's.

    Parameters
    ----------
    error : apsw.Error
        What SQLite reported.
    path : str
        The file.
    doing : str
        What was asked.
    """
    for kinds, ours, advice in _KNOWN:
        if isinstance(error, kinds):
            made = ours(f"{doing} on {path}: {advice} (SQLite: {error})")
            assert isinstance(made, NERVPersistenceError)
            return made
    return NERVPersistenceError(
        f"{doing} on {path}: SQLite reported {type(error).__name__}: {error}; nothing was changed"
    )


class Faults:
    """A ``with`` block out of which SQLite's errors come as ours."""

    __slots__ = ("_doing", "_path")

    def __init__(self, path: str, doing: str) -> None:
        self._path = path
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, apsw.Error):
            raise error_for(error, self._path, self._doing) from error
