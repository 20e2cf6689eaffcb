"""Encrypting a store file with another key, or for the first time, or no longer."""

from __future__ import annotations

from pathlib import Path

import apsw

from nerv_lab.core.errors import NERVPersistenceError
from nerv_lab.inner_universe.embedded.copying import (
    checked,
    opened,
    replace_file,
    take_alone,
    workplace,
)
from nerv_lab.inner_universe.keys.store_keys import Key

__all__ = ["rekey_file"]


def rekey_file(path: Path, key: Key | None, new_key: Key | None) -> None:
    """Write a store anew under another key, verify that, and put it in the place of the old one.

    Whatever ends the process meanwhile, the file is the old one or the new one.

    Parameters
    ----------
    path : Path
        The store file.
    key : Key or None
        What opens it; None where it is in plain text.
    new_key : Key or None
        What is to open it from now on; None leaves it in plain text.

    Raises
    ------
    StoreInUseError
        Somebody else has it open; nothing was changed.
    StoreKeyError
        The key does not open it; nothing was changed.
    """
    with opened(path, key, "rekey", to_write=True) as connection, workplace(path) as place:
        take_alone(connection, path)
        _write_anew(connection, path, place, new_key)
        with opened(place, new_key, "rekey") as copy:
            checked(copy, path)
        replace_file(place, path)


def _write_anew(connection: apsw.Connection, path: Path, place: Path, key: Key | None) -> None:
    connection.pragma("temp_store", "memory")
    parameter = "key=" if key is None else f"hexkey={key.reveal().hex()}"
    try:
        connection.execute("VACUUM INTO ?", (f"{place.absolute().as_uri()}?{parameter}",))
    except apsw.Error as error:
        # SQLite names the file it could not write, and with it the key.
        raise NERVPersistenceError(
            f"rekey on {path}: it could not be written anew ({type(error).__name__}); "
            f"nothing was changed, so see that the disk has room and the folder can be written"
        ) from None
