"""Looking at a store file from the outside: its size, its disk, and the space unused in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import apsw

from nerv_lab.inner_universe.contract.records import Finding
from nerv_lab.inner_universe.embedded.connecting import MEMORY

__all__ = ["examine", "size_text"]

_UNUSED_SHARE: Final = 0.25
_UNUSED_BYTES: Final = 1_000_000
_LOG_BYTES: Final = 256_000_000
_SPARE_BYTES: Final = 100_000_000


def examine(
    connection: apsw.Connection, path: str, *, encrypted: bool, read_only: str | None = None
) -> list[Finding]:
    """Return what there is to say of a store file.

    Parameters
    ----------
    connection : apsw.Connection
        An open connection to it.
    path : str
        Where it is.
    encrypted : bool
        Whether it is opened with a key.
    read_only : str, optional
        Why nothing can be written.
    """
    engine = Finding("engine", "ok", f"SQLite {apsw.sqlite_lib_version()}")
    if path == MEMORY:
        return [engine, Finding("file", "warning", "in memory: it is gone when it is closed")]
    secrecy = Finding("encryption", "ok", "encrypted" if encrypted else "in plain text")
    schema = _schema(connection, read_only)
    return [engine, schema, secrecy, _file(connection, path), _log(path), _disk(path)]


def _schema(connection: apsw.Connection, read_only: str | None) -> Finding:
    found = connection.pragma("user_version")
    if read_only is not None:
        return Finding("schema", "warning", f"version {found}, read-only: {read_only}")
    return Finding("schema", "ok", f"version {found}")


def size_text(size: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def _file(connection: apsw.Connection, path: str) -> Finding:
    page = connection.pragma("page_size")
    size, unused = (
        connection.pragma("page_count") * page,
        connection.pragma("freelist_count") * page,
    )
    if unused > max(size * _UNUSED_SHARE, _UNUSED_BYTES):
        advice = f"{size_text(unused)} of them unused; nerv-lab compact {path} gives them back"
        return Finding("file", "warning", f"{size_text(size)}, {advice}")
    return Finding("file", "ok", size_text(size))


def _log(path: str) -> Finding:
    log = Path(f"{path}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > _LOG_BYTES:
        detail = "is long; somebody has been reading for a long time and keeps it from being folded"
        return Finding("write-ahead log", "warning", f"{size_text(size)} {detail}")
    return Finding("write-ahead log", "ok", size_text(size))


def _disk(path: str) -> Finding:
    free = shutil.disk_usage(Path(path).resolve().parent).free
    needed = max(_SPARE_BYTES, Path(path).stat().st_size)
    if free < needed:
        return Finding("disk", "warning", f"only {size_text(free)} are free; make room")
    return Finding("disk", "ok", f"{size_text(free)} free")
