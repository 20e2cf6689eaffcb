"""The key of an encrypted store: kept out of sight, and asked for where it is not given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeAlias

import apsw

from nerv_lab.core.errors import (
    ForeignStoreError,
    KeyMissingError,
    NervError,
    NERVPersistenceError,
    NotEncryptedError,
    ValidationError,
    WrongKeyError,
)

__all__ = ["Key", "KeySource", "hide", "unlock"]

KeySource: TypeAlias = "str | bytes | Callable[[], str | bytes] | Key"
"""A passphrase, a key, or what gives one of them when a store is opened."""

_PLAIN: Final = b"SQLite format 3\0"
_PAGE: Final = 512
# Of 512 random bytes some 220 differ; texts and tables of numbers have far fewer.
_RANDOM_FROM: Final = 170


class Key:
    """A key that does not show itself: not in a repr, a log, an error or a pickle.

    Parameters
    ----------
    given : str, bytes, callable or Key
        A callable is asked each time the key is needed.

    Raises
    ------
    ValidationError
        It is neither, or empty.
    """

    __slots__ = ("_given",)

    def __init__(self, given: KeySource) -> None:
        if isinstance(given, Key):
            given = given._given
        self._given: str | bytes | Callable[[], str | bytes] = given
        if not callable(given):
            _checked(given)

    def reveal(self) -> bytes:
        """Return the key.

        Raises
        ------
        NERVPersistenceError
            Whoever is asked for it failed.
        """
        given = self._given
        if not callable(given):
            return _checked(given)
        try:
            found = given()
        except NervError:
            raise
        except Exception as error:  # noqa: BLE001 - it may be anything, and becomes ours
            # Its words, and its traceback, may hold what it worked with.
            raise NERVPersistenceError(
                f"the key could not be had: {type(error).__name__} was raised where it was asked"
            ) from None
        return _checked(found)

    def __repr__(self) -> str:
        return "<Key: hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled")


def hide(given: KeySource | None) -> Key | None:
    """Return a key that may be held in a variable: a traceback that shows it shows nothing."""
    return None if given is None else Key(given)


def _checked(key: Any) -> bytes:
    if not isinstance(key, (str, bytes)):
        kind = type(key).__name__
        raise ValidationError("key", f"must be a str, bytes or a callable, not {kind}")
    if not key:
        raise ValidationError("key", "must not be empty; leave it out for a store in plain text")
    return key.encode() if isinstance(key, str) else key


def unlock(connection: apsw.Connection, path: str, key: Key | None) -> None:
    """Give a new connection its key, and see that it opens the file.

    Raises
    ------
    WrongKeyError
        The file is encrypted with another key.
    KeyMissingError
        The file is encrypted, and no key was given.
    NotEncryptedError
        A key was given, and the file is in plain text.
    ForeignStoreError
        The file is neither.
    """
    if key is not None:
        connection.pragma("hexkey", key.reveal().hex())
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except apsw.NotADBError:
        raise _refusal(path, key is not None) from None


def _refusal(path: str, given: bool) -> NERVPersistenceError:
    beginning = _beginning(path)
    random = len(set(beginning)) >= _RANDOM_FROM
    if given and beginning.startswith(_PLAIN):
        return NotEncryptedError(
            f"open {path}: the store is not encrypted; open it without a key (and without "
            f"NERV_KEY), or encrypt it first with nerv-lab rekey"
        )
    if given and random:
        return WrongKeyError(
            f"open {path}: the key does not open the store; nothing was changed (if you are sure "
            f"of the key, the very beginning of the file is damaged: restore a backup)"
        )
    if random:
        return KeyMissingError(
            f"open {path}: the store is encrypted (or no nerv-lab store at all); give its key "
            f"with nerv_lab.open(path, key=...) or in the environment variable NERV_KEY"
        )
    return ForeignStoreError(
        f"open {path}: the file is not a nerv-lab store (or its very beginning is damaged); "
        f"choose another file name, or restore a backup"
    )


def _beginning(path: str) -> bytes:
    """Read the file through SQLite: closing it elsewhere would give up this process's locks."""
    flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0]
    file = apsw.VFSFile("", path, flags)
    try:
        return file.xRead(min(_PAGE, file.xFileSize()), 0)
    finally:
        file.xClose()
