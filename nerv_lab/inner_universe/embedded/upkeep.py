"""Looking after a store file: backing it up, restoring it, and making it small."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nerv_lab.core.errors import (
    CorruptStoreError,
    ForeignStoreError,
    StoreKeyError,
    ValidationError,
)
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.progress import Progress, told
from nerv_lab.inner_universe.embedded.copying import (
    checked,
    copied,
    opened,
    replace_file,
    take_alone,
    whole_copy,
    workplace,
)
from nerv_lab.inner_universe.keys.store_keys import Key, KeySource

__all__ = ["Copied", "backup_store", "compact_store", "restore_store"]


@dataclass(frozen=True, slots=True)
class Copied:
    """What was done to a store file.

    Attributes
    ----------
    path : Path
        The file that was written.
    before, after : int
        Bytes of the file that was read, and of the one that was written.
    kept : Path or None
        Where what was at `path` before is now.
    """

    path: Path
    before: int
    after: int
    kept: Path | None = None


def backup_store(
    store: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    key: KeySource | None = None,
    overwrite: bool = False,
    progress: Progress = None,
) -> Copied:
    """Copy a store, as it is at one moment, while others may have it open and write.

    The copy is complete, verified and on the disk when its name appears. That of an encrypted
    store is encrypted with the same key.

    Parameters
    ----------
    store : str or path
        The store file.
    target : str or path
        The file to write.
    key : str, bytes or callable, optional
        The key of an encrypted store.
    overwrite : bool
        Replace a file that is there.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in pages.

    Raises
    ------
    ValidationError
        There is a file of this name.
    CorruptStoreError
        The store is damaged; nothing was written.
    NERVPersistenceError
        The store cannot be read, or the copy not be written.
    """
    source, path, secret = Path(store), Path(target), None if key is None else Key(key)
    if path.exists() and (not overwrite or path.samefile(source)):
        raise ValidationError("target", f"{str(path)!r} exists already; choose another name")
    with (
        told(progress) as meter,
        opened(source, secret, "backup") as connection,
        whole_copy(connection, source, path, secret, meter),
    ):
        pass
    return Copied(path, source.stat().st_size, path.stat().st_size)


def restore_store(
    backup: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    key: KeySource | None = None,
    force: bool = False,
    progress: Progress = None,
) -> Copied:
    """Make a store of a backup, which is verified first.

    Parameters
    ----------
    backup : str or path
        What `backup_store` wrote, or any copy of a store that nobody has open.
    target : str or path
        The store file to make.
    key : str, bytes or callable, optional
        The key of an encrypted backup.
    force : bool
        Do so where a file is there; it is kept under another name, which is returned.
    progress : bool or callable, optional
        As for `backup_store`.

    Raises
    ------
    ValidationError
        There is a file of this name.
    CorruptStoreError
        The backup is damaged; nothing was changed.
    StoreInUseError
        Somebody has the store that is there open; nothing was changed.
    """
    source, path, secret = Path(backup), Path(target), None if key is None else Key(key)
    if path.exists() and (not force or path.samefile(source)):
        raise ValidationError(
            "target", f"{str(path)!r} exists already; with --force it is kept aside"
        )
    with (
        told(progress) as meter,
        opened(source, secret, "restore") as connection,
        workplace(path) as place,
    ):
        checked(connection, source)
        copied(connection, place, secret, meter)
        kept = _set_aside(path, secret) if path.exists() else None
        replace_file(place, path)
    return Copied(path, source.stat().st_size, path.stat().st_size, kept)


def _set_aside(path: Path, key: Key | None) -> Path:
    try:
        with opened(path, key, "restore") as connection:
            take_alone(connection, path)
    except (CorruptStoreError, ForeignStoreError, StoreKeyError):
        pass  # it cannot be read, which is why it is being replaced
    kept = path.with_name(f"{path.name}.{new_id()}.old")
    # The log first: beside another file it would be taken for that one's.
    for end in ("-wal", "-shm", "-journal", ""):
        name = path.with_name(path.name + end)
        if name.exists():
            name.rename(kept.with_name(kept.name + end))
    return kept


def compact_store(store: str | os.PathLike[str], *, key: KeySource | None = None) -> Copied:
    """Write a store file anew without the space that is unused in it; others may have it open.

    Parameters
    ----------
    store : str or path
        The store file. As much space again has to be free on its disk meanwhile.
    key : str, bytes or callable, optional
        The key of an encrypted store.

    Raises
    ------
    StoreBusyError
        Somebody else is writing.
    StoreFullError
        There is not enough space; nothing was changed.
    """
    path, secret = Path(store), None if key is None else Key(key)
    with opened(path, secret, "compact", to_write=True) as connection:
        before = path.stat().st_size
        connection.pragma("temp_store", "memory")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return Copied(path, before, path.stat().st_size)
