"""Writing a history into a bundle."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from nerv_lab.core.errors import NERVPersistenceError, ValidationError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.history.versions import Version
from nerv_lab.core.limits import MAX_RECORD
from nerv_lab.core.text import counted
from nerv_lab.inner_universe.bundles.manifest import (
    DELTAS,
    EVENTS,
    MANIFEST,
    TAGS,
    VERSIONS,
    Manifest,
    Section,
)
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.progress import Meter, Progress, told
from nerv_lab.inner_universe.history_lines import event_record, line, version_record

__all__ = ["BundleReport", "HistorySource", "write_bundle"]

_PAGE = 2_000


class HistorySource(Protocol):
    """Where a history is read from; answers as a client of the Inner Universe."""

    def last_seq(self) -> int:
        """Return the position of the newest event."""

    def events(self, after: int, limit: int, until: int) -> list[Event]:
        """Return a part of the log."""

    def versions(self) -> list[Version]:
        """Return all versions, in log order."""

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""

    def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was written, or taken in.

    Attributes
    ----------
    path : str
        The bundle.
    events, versions, branches, tags : int
        How many it holds.
    new_events : int
        How many of the events were new to the store that took them in; 0 for an export.
    """

    path: str
    events: int
    versions: int
    branches: int
    tags: int
    new_events: int = 0

    def record(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return asdict(self)

    def __repr__(self) -> str:
        return (
            f"{self.path}: {counted(self.events, 'event')}, {counted(self.versions, 'version')}, "
            f"{counted(self.branches, 'branch', 'branches')}, {counted(self.tags, 'tag')}"
        )


def write_bundle(
    path: str | os.PathLike[str],
    source: HistorySource,
    *,
    overwrite: bool = False,
    progress: Progress = None,
) -> BundleReport:
    """Write the history of a store, as it is at this moment, into one file.

    Others may go on writing to the store. The file is there when it is whole, or not at all.

    Parameters
    ----------
    path : str or path
        The file.
    source : HistorySource
        The store.
    overwrite : bool
        Replace a file that is there.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in records.

    Raises
    ------
    ValidationError
        There is such a file already.
    NERVPersistenceError
        The file cannot be written.
    """
    target = Path(path).expanduser()
    if target.exists() and not overwrite:
        raise ValidationError("path", f"{str(target)!r} exists already; pass overwrite=True")
    beside = target.with_name(f".{target.name}.{new_id()}")
    try:
        with told(progress) as meter:
            with beside.open("xb") as file:
                with ZipFile(file, "w", ZIP_DEFLATED) as archive:
                    report = _Writer(archive, source, meter).write(str(target))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(target)
    except OSError as error:
        if isinstance(error, NERVPersistenceError):
            raise
        raise NERVPersistenceError(f"{str(target)!r} cannot be written: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()
    return report


class _Writer:
    """Writes the entries of one archive."""

    def __init__(self, archive: ZipFile, source: HistorySource, meter: Meter) -> None:
        self._archive = archive
        self._source = source
        self._meter = meter
        self._sections: dict[str, Section] = {}
        self._heads: dict[str, str] = {}
        self._committed: set[str] = set()

    def write(self, path: str) -> BundleReport:
        # The log only grows: what is behind this position is another history.
        last, versions, tags = self._source.last_seq(), self._source.versions(), self._source.tags()
        self._meter.expect(last + 2 * len(versions) + len(tags))
        self._write(EVENTS, self._event_lines(last))
        versions = [v for v in versions if v.id in self._committed]
        tags = {name: id for name, id in tags.items() if id in self._committed}
        self._write(VERSIONS, (line(version_record(v)) for v in versions))
        self._write(DELTAS, (_framed(self._source.delta(v.id)) for v in versions))
        self._write(TAGS, (line({"name": n, "version_id": tags[n]}) for n in sorted(tags)))
        manifest = Manifest(last, self._heads, self._sections)
        self._archive.writestr(_entry(MANIFEST), manifest.encoded())
        return BundleReport(path, last, len(versions), len(self._heads), len(tags))

    def _write(self, name: str, records: Iterable[bytes]) -> None:
        digest, size, count = hashlib.sha256(), 0, 0
        with self._archive.open(_entry(name), "w", force_zip64=True) as out:
            for record in records:
                if len(record) > MAX_RECORD:
                    raise ValidationError(name, f"a record takes more than {MAX_RECORD} bytes")
                out.write(record)
                digest.update(record)
                size += len(record)
                count += 1
                self._meter.advance()
        self._sections[name] = Section(count, size, digest.hexdigest())

    def _event_lines(self, last: int) -> Iterator[bytes]:
        after = 0
        while after < last and (page := self._source.events(after, _PAGE, last)):
            for event in page:
                self._follow(event)
                yield line(event_record(event))
            after += len(page)

    def _follow(self, event: Event) -> None:
        data = event.data or {}
        if event.type == EventType.STATE_VERSION_COMMITTED:
            self._heads[event.branch] = str(data["version_id"])
            self._committed.add(str(data["version_id"]))
        elif event.type == EventType.BRANCH_MOVED:
            if data["new"] is None:
                self._heads.pop(event.branch, None)
            else:
                self._heads[event.branch] = str(data["new"])


def _framed(delta: bytes) -> bytes:
    return len(delta).to_bytes(8, "big") + delta


def _entry(name: str) -> ZipInfo:
    # With one time for all, the same history gives the same bytes.
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
