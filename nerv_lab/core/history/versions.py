"""Versions: committed states, chained by their digests."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.record_html import record_html
from nerv_lab.core.graph.record_svg import record_svg

__all__ = ["LTHASH", "SHA256_JSON", "Version", "from_micros", "to_micros", "version_digest"]

LTHASH = "lthash16"
SHA256_JSON = "sha256-json"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def to_micros(moment: dt.datetime) -> int:
    """Return an aware datetime as whole microseconds since the epoch, exactly."""
    if moment.tzinfo is None:
        raise ValidationError("timestamp", "needs a time zone, such as datetime.now(timezone.utc)")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> dt.datetime:
    """Return microseconds since the epoch as an aware UTC datetime, exactly."""
    return _EPOCH + dt.timedelta(microseconds=micros)


@dataclass(frozen=True, slots=True)
class Version:
    """A committed state.

    Attributes
    ----------
    id : str
        Made by the client; the correlation key on both sides.
    parents : tuple of str
        No parent for the first version, two for a merge.
    branch : str
        Where it was committed.
    event_seq : int
        The last event of the log that this state includes.
    timestamp : datetime
        When it was committed (UTC); order comes from the log, never from here.
    description : str
        Why, in the user's words.
    author : str or None
        Who.
    data_hash : str
        Hash of the state (hex).
    algorithm : str
        How ``data_hash`` was made: ``"lthash16"`` or ``"sha256-json"``.
    digest : str
        SHA-256 (hex) over all of the above and the delta.
    """

    id: str
    parents: tuple[str, ...]
    branch: str = DEFAULT_BRANCH
    event_seq: int = 0
    timestamp: dt.datetime = _EPOCH
    description: str = ""
    author: str | None = None
    data_hash: str = ""
    algorithm: str = LTHASH
    digest: str = ""

    @property
    def parent(self) -> str | None:
        """Id of the first parent."""
        return self.parents[0] if self.parents else None

    def record(self) -> dict[str, Any]:
        """Return all fields as a dict of values."""
        return {
            "version_id": self.id,
            "parents": list(self.parents),
            "branch": self.branch,
            "event_seq": self.event_seq,
            "timestamp": to_micros(self.timestamp),
            "description": self.description,
            "author": self.author,
            "data_hash": self.data_hash,
            "algorithm": self.algorithm,
            "digest": self.digest,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Version:
        """Rebuild a version from its record.

        Raises
        ------
        ValidationError
            When the record is not that of a version.
        """
        try:
            fields = {**record}
            return cls(
                id=fields.pop("version_id"),
                parents=tuple(fields.pop("parents")),
                timestamp=from_micros(fields.pop("timestamp")),
                **fields,
            )
        except (TypeError, KeyError, OverflowError) as error:
            raise ValidationError("record", f"not the record of a version: {error}") from None

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("id", self.id),
            ("description", self.description),
            ("author", self.author or ""),
            ("time", f"{self.timestamp:%Y-%m-%d %H:%M:%S} UTC"),
            ("branch", self.branch),
            ("parents", ", ".join(self.parents) or "none"),
            ("data hash", self.data_hash),
        ]

    def _repr_html_(self) -> str:
        return record_html(f"Version {self.description!r}", self._rows())

    def _repr_svg_(self) -> str:
        return record_svg(f"Version {self.description!r}", self._rows())

    def __repr__(self) -> str:
        return f"<Version {self.id} {self.description!r}>"


def version_digest(version: Version, delta: bytes) -> str:
    """Return the digest that ties a version's metadata to its delta (SHA-256, hex).

    Each part is preceded by its length, so that no two different versions give the same input.
    """
    global _latest
    known, known_parts, known_delta, digest = _latest
    if delta is known_delta and version is known:
        return digest
    parts = [
        version.id,
        str(len(version.parents)),
        *version.parents,
        version.branch,
        str(version.event_seq),
        str(to_micros(version.timestamp)),
        version.description,
        "none" if version.author is None else f"by:{version.author}",
        version.data_hash,
        version.algorithm,
    ]
    if delta is known_delta and parts == known_parts:
        return digest
    framed = [b"nerv/version/1"]
    for part in (*map(str.encode, parts), delta):
        framed += (len(part).to_bytes(8, "big"), part)
    digest = hashlib.sha256(b"".join(framed)).hexdigest()
    _latest = version, parts, delta, digest
    return digest


# Whoever writes a version makes its digest, and whoever stores it compares it.
_latest: tuple[Version | None, list[str], bytes, str] = None, [], b"", ""
