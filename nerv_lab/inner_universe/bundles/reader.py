"""Reading a bundle, and believing nothing of it that was not checked."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar, cast
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from nerv_lab.core.errors import (
    BundleError,
    NervError,
    StoreFullError,
    StoreNotFoundError,
    ValidationError,
)
from nerv_lab.core.events import Event
from nerv_lab.core.history.versions import Version
from nerv_lab.core.limits import MAX_MANIFEST, MAX_RECORD
from nerv_lab.inner_universe.bundles.manifest import (
    DELTAS,
    EVENTS,
    MANIFEST,
    SECTIONS,
    TAGS,
    VERSIONS,
    Manifest,
)
from nerv_lab.inner_universe.bundles.writer import BundleReport
from nerv_lab.inner_universe.checking.verifying import RESERVED_TYPES, Replay, check_history
from nerv_lab.inner_universe.contract.ids import event_id
from nerv_lab.inner_universe.contract.progress import Meter
from nerv_lab.inner_universe.contract.records import StoredHistory
from nerv_lab.inner_universe.history_lines import (
    event_from_line,
    tag_from_line,
    version_from_line,
)

__all__ = ["Bundle"]

_T = TypeVar("_T")
_BLOCK = 1024 * 1024
_ENCRYPTED = 0x1
# Whatever zipfile raises at an archive that was not written by zipfile.
_UNREADABLE = (
    *(BadZipFile, zlib.error, EOFError, OSError, struct.error),
    *(NotImplementedError, RuntimeError, UnicodeDecodeError, OverflowError, ValueError),
)


class Bundle:
    """A bundle whose every hash, digest and state was computed again; to be closed.

    Memory is needed for the metadata of the versions and the working rows of the branches; the
    log is read a record at a time, and deltas wait in a temporary file.

    Parameters
    ----------
    path : str or path
        The file.
    meter : Meter, optional
        Counts the records, and the events once more, for whoever takes them in.

    Raises
    ------
    BundleError
        It is no bundle, or not as it was written; the message names the place.
    NewerBundleError
        A newer nerv-lab wrote it.
    StoreNotFoundError
        There is no such file.
    StoreFullError
        There is no room to unpack it.
    """

    def __init__(self, path: str | os.PathLike[str], *, meter: Meter | None = None) -> None:
        self.path = str(Path(path).expanduser())
        self._meter = meter or Meter()
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self._places: dict[str, tuple[int, int]] = {}
        try:
            with self._readable():
                self._archive = _opened(self.path)
            try:
                self._read()
            except BaseException:
                self._archive.close()
                raise
        except BaseException:
            self._spool.close()
            raise

    def _read(self) -> None:
        with self._readable():
            self.manifest = self._read_manifest()
            count = sum(section.records for section in self.manifest.sections.values())
            self._meter.expect(count + self.manifest.last_seq)
            self.versions: tuple[Version, ...] = tuple(self._lines(VERSIONS, version_from_line))
            self._spool_deltas()
            self.tags = dict(self._lines(TAGS, tag_from_line))
            self._replay = Replay(self.versions, self.delta)
            heads, tags = self.manifest.heads, self.tags
            for problem in check_history(self._replay, self._checked_events(), heads, tags):
                raise BundleError(f"{problem.where}: {problem.what}")
        if self._replay.seq != self.manifest.last_seq:
            raise self._broken(f"its log ends at {self._replay.seq}")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except BundleError as error:
            raise type(error)(f"{self.path} is refused: {error}") from error
        except StoreFullError:
            raise
        except FileNotFoundError as error:
            raise StoreNotFoundError(f"there is no bundle {self.path!r}") from error
        except NervError as error:
            raise self._broken(str(error)) from error
        except _UNREADABLE as error:
            raise self._broken(f"{type(error).__name__}: {error}") from error

    def _broken(self, what: str) -> BundleError:
        return BundleError(f"{self.path} is refused: it is no whole bundle ({what})")

    def _read_manifest(self) -> Manifest:
        with self._archive.open(MANIFEST) as stream:
            data = stream.read(MAX_MANIFEST + 1)
        if len(data) > MAX_MANIFEST:
            raise BundleError(f"its manifest takes more than {MAX_MANIFEST} bytes")
        manifest = Manifest.decoded(data)
        for name, section in manifest.sections.items():
            if self._archive.getinfo(name).file_size != section.size:
                raise BundleError(f"{name} is not as long as its manifest says")
        return manifest

    def _records(self, name: str, read: Callable[[IO[bytes], int], bytes]) -> Iterator[bytes]:
        """Yield the records of a section, and raise where they are not those of the manifest."""
        section = self.manifest.sections[name]
        digest, left, count = hashlib.sha256(), section.size, 0
        raw = cast("io.RawIOBase", self._archive.open(name))
        with io.BufferedReader(raw, _BLOCK) as buffered:
            while left:
                record = read(buffered, min(left, MAX_RECORD))
                digest.update(record)
                left -= len(record)
                count += 1
                yield record
                self._meter.advance()
            surplus = buffered.read(1)
        if surplus or count != section.records or digest.hexdigest() != section.sha256:
            raise BundleError(f"{name} is not what its manifest says")

    def _lines(self, name: str, parse: Callable[[bytes], _T]) -> Iterator[_T]:
        for number, text in enumerate(self._records(name, _read_line), start=1):
            try:
                parsed = parse(text[:-1])
            except ValidationError as error:
                raise BundleError(f"line {number} of {name}: {error}") from error
            yield parsed

    def _spool_deltas(self) -> None:
        if self.manifest.sections[DELTAS].records != len(self.versions):
            raise BundleError("there is not one delta for each version")
        self._check_room(self.manifest.sections[DELTAS].size)
        offset = 0
        for version, record in zip(self.versions, self._records(DELTAS, _read_frame), strict=True):
            self._spool.write(memoryview(record)[8:])
            self._places[version.id] = offset, len(record) - 8
            offset += len(record) - 8
        if len(self._places) != len(self.versions):
            raise BundleError("a version is there twice")

    def _check_room(self, needed: int) -> None:
        """Refuse what would fill the disk: what is put aside is as long as the manifest says."""
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if needed > free:
            place = f"{tempfile.gettempdir()} has {free}"
            raise StoreFullError(f"{self.path}: unpacking takes {needed} bytes, and {place}")

    def _checked_events(self) -> Iterator[Event]:
        batch, place = None, 0
        for event in self.events():
            place = place + 1 if event.batch_id == batch else 0
            batch = event.batch_id
            if event.type in RESERVED_TYPES and event.id != event_id(str(batch), place):
                raise BundleError(f"event {event.seq}: its id is not that of its batch")
            yield event

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events behind a position, from the file."""
        for event in self._lines(EVENTS, event_from_line):
            if (event.seq or 0) > after:
                yield event

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""
        offset, size = self._places[version_id]
        self._spool.seek(offset)
        return self._spool.read(size)

    def history(self, after: int = 0) -> StoredHistory:
        """Return what is behind a position of the log, for a store that holds the rest."""
        places = self._replay.places
        return StoredHistory(
            after,
            self.manifest.last_seq,
            lambda: self.events(after),
            tuple((places[v.id], v) for v in self.versions if places[v.id] > after),
            self.delta,
            self._replay.states,
            self._replay.heads,
            self.tags,
        )

    def report(self, new_events: int) -> BundleReport:
        """Return what it holds."""
        counts = (len(self.versions), len(self._replay.heads), len(self.tags))
        return BundleReport(self.path, self.manifest.last_seq, *counts, new_events)

    def close(self) -> None:
        """Close the file, and drop what was put aside."""
        self._archive.close()
        self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _opened(path: str) -> ZipFile:
    archive = ZipFile(path)
    try:
        names = [entry.filename for entry in archive.infolist()]
        if sorted(names) != sorted((*SECTIONS, MANIFEST)):
            raise BundleError("it does not hold what a bundle holds")
        if not all(map(_is_ours, archive.infolist())):
            raise BundleError("its entries are encrypted, or packed in another way")
    except BaseException:
        archive.close()
        raise
    return archive


def _is_ours(entry: ZipInfo) -> bool:
    return not entry.flag_bits & _ENCRYPTED and entry.compress_type == ZIP_DEFLATED


def _read_line(stream: IO[bytes], most: int) -> bytes:
    text = stream.readline(most)
    if not text.endswith(b"\n"):
        raise BundleError("a line is cut off, or too long")
    return text


def _read_frame(stream: IO[bytes], most: int) -> bytes:
    head = stream.read(8)
    size = int.from_bytes(head, "big")
    if len(head) < 8 or size > most - 8:
        raise BundleError("a delta is cut off, or too long")
    # What is declared is not what is there: memory is taken as it comes.
    body = stream.read(size)
    if len(body) < size:
        raise BundleError("a delta is cut off")
    return head + body
