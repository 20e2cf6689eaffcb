"""Migrating a store file: a plan, a backup, and then the steps."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass
from glob import escape
from itertools import zip_longest
from pathlib import Path

import apsw

from nerv_lab.core.errors import NERVPersistenceError, StoreFullError
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.progress import Meter, Progress, told
from nerv_lab.inner_universe.embedded.copying import checked, opened, whole_copy
from nerv_lab.inner_universe.embedded.schema import SCHEMA_VERSION
from nerv_lab.inner_universe.embedded.upgrading import steps_of, upgrade
from nerv_lab.inner_universe.keys.store_keys import Key, KeySource

__all__ = ["Migrated", "bring_up_to_date", "migrate_store"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did, or would do.

    Attributes
    ----------
    path : Path
        The store.
    found, now : int
        The version of its tables before and after.
    steps : tuple of str
        Names of the steps that were taken or, in a dry run, would be.
    backup : Path or None
        The copy that was made before, now or in an attempt that was cut off.
    """

    path: Path
    found: int
    now: int
    steps: tuple[str, ...]
    backup: Path | None


def migrate_store(
    store: str | os.PathLike[str],
    *,
    key: KeySource | None = None,
    dry_run: bool = False,
    progress: Progress = None,
) -> Migrated:
    """Bring the tables of a store of an older nerv-lab to the present ones.

    Opening a store does so too. A verified backup is made first; here the store is verified
    afterwards, too. A store that is up to date is left alone.

    Parameters
    ----------
    store : str or path
        The store file; others may have it open.
    key : str, bytes or callable, optional
        The key of an encrypted store.
    dry_run : bool
        Only say what would be done.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in pages of the
        backup and steps.

    Raises
    ------
    CorruptStoreError
        The store is damaged; where that is found before, nothing was changed.
    NewerSchemaError
        It is of a newer nerv-lab; nothing was changed.
    StoreFullError
        There is no room for the backup; nothing was changed.
    """
    path, secret = Path(store), None if key is None else Key(key)
    with opened(path, secret, "migrate", to_write=True) as connection:
        found, steps = connection.pragma("user_version"), steps_of(connection)
        if dry_run or not steps:
            return Migrated(path, found, found, steps, None)
        with told(progress) as meter:
            meter.expect(len(steps))
            backup = _kept(connection, path, secret, meter)
            taken = upgrade(connection, meter)
            checked(connection, path)
    return Migrated(path, found, SCHEMA_VERSION, taken, backup)


def bring_up_to_date(connection: apsw.Connection, path: Path, key: Key | None) -> None:
    """Do the same with a store that is being opened, and say so in the log.

    Parameters
    ----------
    connection, path : apsw.Connection and Path
        The store, of an older nerv-lab.
    key : Key or None
        That of an encrypted store.

    Raises
    ------
    CorruptStoreError, StoreFullError
        No backup can be made; nothing was changed.
    """
    found = connection.pragma("user_version")
    backup = _kept(connection, path, key, Meter())
    if backup is not None:
        logger.warning(
            "%s is of an older nerv-lab (schema %d) and is brought to schema %d; "
            "as it was, it is kept in %s",
            path,
            found,
            SCHEMA_VERSION,
            backup,
        )
    upgrade(connection)


class _OvertakenError(Exception):
    """Somebody else migrates the store, and has made the backup."""


def _kept(connection: apsw.Connection, path: Path, key: Key | None, meter: Meter) -> Path | None:
    """Return a copy of a store as it is: a new one, or that of an attempt that was cut off."""
    found = connection.pragma("user_version")
    for made in sorted(path.parent.glob(f"{escape(path.name)}.*.schema-{found}")):
        if _holds_the_same(made, key, connection):
            return made
    _check_room(connection, path)
    backup = path.with_name(f"{path.name}.{new_id()}.schema-{found}")
    try:
        with whole_copy(connection, path, backup, key, meter) as copy:
            if copy.pragma("user_version") != found:
                raise _OvertakenError
    except _OvertakenError:
        return None
    return backup


def _holds_the_same(made: Path, key: Key | None, connection: apsw.Connection) -> bool:
    try:
        with opened(made, key, "look at") as copy:
            return _tables(copy) == _tables(connection) and all(
                _rows_agree(copy, connection, name) for name, _ in _tables(copy)
            )
    except NERVPersistenceError:
        return False  # no copy of this store, whatever it is


def _tables(connection: apsw.Connection) -> list[tuple[str, str]]:
    tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    return [(str(name), str(sql)) for name, sql in connection.execute(tables).fetchall()]


def _rows_agree(one: apsw.Connection, other: apsw.Connection, name: str) -> bool:
    rows = f'SELECT * FROM "{name}"'
    return all(a == b for a, b in zip_longest(one.execute(rows), other.execute(rows)))


def _check_room(connection: apsw.Connection, path: Path) -> None:
    needed = connection.pragma("page_count") * connection.pragma("page_size")
    free = shutil.disk_usage(path.absolute().parent).free
    if free < needed:
        raise StoreFullError(
            f"open {path}: it is of an older nerv-lab and is brought up to date after a backup, "
            f"which takes {needed} bytes, and the disk has {free}; nothing was changed, so free "
            f"some space and try again"
        )
