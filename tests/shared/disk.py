"""A disk between SQLite and the files: it writes down what is done to them, and fails on demand.

While a `Disk` is in use, every store that is opened uses it. What it wrote down says what a power
cut at any moment may leave: what was synchronised, and any part of what was not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import apsw

__all__ = ["SECTOR", "Disk", "Failure", "Step", "after_kill", "after_power_cut", "disk"]

SECTOR = 512

Kind = Literal["write", "truncate", "sync", "delete", "acknowledged"]
Failure = Literal["EIO", "ENOSPC", "short write"]

_CODES = {
    "write": apsw.SQLITE_IOERR_WRITE,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "read": apsw.SQLITE_IOERR_READ,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a file, or a word of the test (`name` is then what it said)."""

    kind: Kind
    name: str
    offset: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Disk:
    """What was done, and what is to fail.

    Attributes
    ----------
    steps : list of Step
        Everything that was done to the files, in order.
    failure : Failure or None
        How the call with number `fail_at` fails, counted from when `arm` was called.
    failed : tuple of str, or None
        What was asked that failed (read, write, truncate, sync), and of which file.
    """

    steps: list[Step] = field(default_factory=list)
    failure: Failure | None = None
    fail_at: int = 0
    calls: int = 0
    failed: tuple[str, str] | None = None

    def acknowledge(self, name: str) -> None:
        """Note that the store said at this moment that something is written."""
        self.steps.append(Step("acknowledged", name))

    def arm(self, failure: Failure, fail_at: int) -> None:
        """Let one call fail, counted from now."""
        self.failure, self.fail_at, self.calls, self.failed = failure, fail_at, 0, None

    def disarm(self) -> None:
        """Let no call fail from now on."""
        self.failure = None

    def due(self, kind: str, name: str) -> bool:
        """Count a call, and return whether it is the one to fail."""
        applies = kind == "write" or self.failure == "EIO"
        if self.failure is None or name.endswith("-shm") or not applies:
            return False
        self.calls += 1
        if self.calls == self.fail_at:
            self.failed = kind, name
        return self.calls == self.fail_at


class _File(apsw.VFSFile):
    def __init__(self, watched: Disk, base: str, name: Any, flags: list[int]) -> None:
        super().__init__(base, name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else ""
        self._disk = watched

    def _fail(self, kind: str) -> None:
        if self._disk.due(kind, self._name):
            raise apsw.exception_for(_CODES[kind])

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's name
        self._fail("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        data = bytes(data)
        if self._disk.due("write", self._name):
            if self._disk.failure == "short write":
                super().xWrite(data[: len(data) // 2], offset)
            eio = self._disk.failure == "EIO"
            raise apsw.exception_for(_CODES["write"] if eio else apsw.SQLITE_FULL)
        super().xWrite(data, offset)
        self._disk.steps.append(Step("write", self._name, offset, data))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._fail("truncate")
        super().xTruncate(size)
        self._disk.steps.append(Step("truncate", self._name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._fail("sync")
        super().xSync(flags)
        self._disk.steps.append(Step("sync", self._name))


class _Vfs(apsw.VFS):
    def __init__(self, watched: Disk) -> None:
        self._base = apsw.vfs_names()[0]  # the default until now
        super().__init__("watched", self._base, makedefault=True)
        self._disk = watched

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802
        return _File(self._disk, self._base, name, flags)

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        super().xDelete(name, sync_folder)
        self._disk.steps.append(Step("delete", Path(name).name))


@contextmanager
def disk() -> Iterator[Disk]:
    """Let every store that is opened meanwhile use a disk that is watched."""
    watched = Disk()
    vfs = _Vfs(watched)
    try:
        yield watched
    finally:
        vfs.unregister()


def after_power_cut(
    before: dict[str, bytes], steps: list[Step], chance: random.Random
) -> dict[str, bytes]:
    """Return what the files may hold when the power fails right after the last of some steps.

    What was done to a file before its last synchronisation is there. Of what was done since, each
    write is there, or is not, or some of its sectors are; a file is as long as the last that is.

    Parameters
    ----------
    before : dict of str to bytes
        The files as they were before the first step.
    steps : list of Step
        What was done.
    chance : random.Random
        Decides what of the rest is there.
    """
    files = {name: bytearray(data) for name, data in before.items()}
    synced = {step.name: at for at, step in enumerate(steps) if step.kind in ("sync", "delete")}
    for at, step in enumerate(steps):
        if step.kind == "delete":
            files.pop(step.name, None)
        elif at < synced.get(step.name, -1):
            _do(files, step)
        elif step.kind in ("write", "truncate"):
            for part in _what_remains(step, chance):
                _do(files, part)
    return {name: bytes(data) for name, data in files.items()}


def after_kill(before: dict[str, bytes], steps: list[Step]) -> dict[str, bytes]:
    """Return what the files hold when the process ends right after the last of some steps."""
    files = {name: bytearray(data) for name, data in before.items()}
    for step in steps:
        if step.kind == "delete":
            files.pop(step.name, None)
        else:
            _do(files, step)
    return {name: bytes(data) for name, data in files.items()}


def _what_remains(step: Step, chance: random.Random) -> list[Step]:
    match chance.choice(["all", "nothing", "some"]):
        case "all":
            return [step]
        case "some" if step.kind == "write":
            sectors = range(0, len(step.data), SECTOR)
            return [
                Step("write", step.name, step.offset + start, step.data[start : start + SECTOR])
                for start in sectors
                if chance.random() < 0.5
            ]
        case _:
            return []


def _do(files: dict[str, bytearray], step: Step) -> None:
    if step.kind not in ("write", "truncate"):
        return
    content = files.setdefault(step.name, bytearray())
    if step.kind == "truncate":
        del content[step.offset :]
        return
    content.extend(bytes(max(0, step.offset - len(content))))
    content[step.offset : step.offset + len(step.data)] = step.data
