"""Migrating a store file on demand: a plan, a backup, and then the steps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nerv_lab.inner_universe.embedded.copying import Progress, checked, opened
from nerv_lab.inner_universe.embedded.keys import Key, KeySource
from nerv_lab.inner_universe.embedded.schema import SCHEMA_VERSION
from nerv_lab.inner_universe.embedded.upgrading import steps_of, upgrade
from nerv_lab.inner_universe.embedded.upkeep import backup_store
from nerv_lab.inner_universe.ids import new_id

__all__ = ["Migrated", "migrate_store"]


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
        The copy that was made before.
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
    progress: Progress | None = None,
) -> Migrated:
    """Bring the tables of a store of an older nerv-lab to the present ones.

    Opening a store does so too, without a backup. Here a verified one is made first, and the
    store is verified afterwards. A store that is up to date is left alone.

    Parameters
    ----------
    store : str or path
        The store file; others may have it open.
    key : str, bytes or callable, optional
        The key of an encrypted store.
    dry_run : bool
        Only say what would be done.
    progress : callable, optional
        Is told what is done, and how much of how much: pages of the backup, then steps.

    Raises
    ------
    CorruptStoreError
        The store is damaged; where that is found before, nothing was changed.
    NewerSchemaError
        It is of a newer nerv-lab; nothing was changed.
    """
    path, secret = Path(store), None if key is None else Key(key)
    with opened(path, secret, "migrate", to_write=True) as connection:
        found, steps = connection.pragma("user_version"), steps_of(connection)
        if dry_run or not steps:
            return Migrated(path, found, found, steps, None)
        backup = path.with_name(f"{path.name}.{new_id()}.schema-{found}")
        backup_store(path, backup, key=key, progress=progress)
        taken = upgrade(connection, progress)
        checked(connection, path)
    return Migrated(path, found, SCHEMA_VERSION, taken, backup)
