"""What a bundle says it holds, and the bounds of what is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from nerv_lab.core.errors import BundleError, NewerBundleError, ValidationError
from nerv_lab.core.limits import MAX_BUNDLE
from nerv_lab.core.values import decode, encode, freeze

__all__ = [
    "DELTAS",
    "EVENTS",
    "MANIFEST",
    "SECTIONS",
    "TAGS",
    "VERSIONS",
    "Manifest",
    "Section",
]

EVENTS: Final = "events.jsonl"
VERSIONS: Final = "versions.jsonl"
DELTAS: Final = "deltas.bin"
TAGS: Final = "tags.jsonl"
MANIFEST: Final = "manifest.json"
SECTIONS: Final = (EVENTS, VERSIONS, DELTAS, TAGS)

_FORMAT = "nerv-lab bundle"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Section:
    """What one entry of the archive holds.

    Attributes
    ----------
    records, size : int
        How many records, and how many bytes they take.
    sha256 : str
        Of those bytes (hex).
    """

    records: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says it holds.

    Attributes
    ----------
    last_seq : int
        Position of the last event.
    heads : mapping of str to str
        The version each branch is at.
    sections : mapping of str to Section
        By the name of the entry.
    """

    last_seq: int
    heads: Mapping[str, str]
    sections: Mapping[str, Section]

    def encoded(self) -> bytes:
        """Return the bytes of the entry."""
        sections = {name: asdict(section) for name, section in self.sections.items()}
        fields = {"last_seq": self.last_seq, "heads": dict(self.heads), "sections": sections}
        return encode(freeze({"format": _FORMAT, "version": _VERSION, **fields}))

    @classmethod
    def decoded(cls, data: bytes) -> Manifest:
        """Return the manifest of an entry.

        Raises
        ------
        NewerBundleError
            A newer nerv-lab wrote it.
        BundleError
            It is none.
        """
        try:
            fields = dict(decode(data))
            if fields.pop("format") != _FORMAT:
                raise BundleError("its manifest is that of something else")
            _check_version(fields.pop("version"))
            sections = {name: Section(**known) for name, known in fields.pop("sections").items()}
            manifest = cls(**fields, sections=sections)
        except (ValidationError, TypeError, ValueError, LookupError, AttributeError) as error:
            if isinstance(error, BundleError):
                raise
            raise BundleError(f"its manifest makes no sense: {error}") from None
        _check_types(manifest)
        return manifest


def _check_version(version: Any) -> None:
    if type(version) is not int or version < 1:
        raise BundleError(f"its manifest has the version {version!r}")
    if version > _VERSION:
        raise NewerBundleError(
            f"it has version {version} of the format, and this nerv-lab reads up to {_VERSION}; "
            "update nerv-lab"
        )


def _check_types(manifest: Manifest) -> None:
    sections = manifest.sections
    counts = [manifest.last_seq, *(n for s in sections.values() for n in (s.records, s.size))]
    if any(type(count) is not int or count < 0 for count in counts):
        raise BundleError("its manifest counts with what is no number")
    if not isinstance(manifest.heads, Mapping):
        raise BundleError("its manifest has no heads")
    names = [*manifest.heads.items(), *((s.sha256,) for s in sections.values())]
    if not all(type(text) is str for texts in names for text in texts):
        raise BundleError("its manifest has a hash or an id that is no text")
    if tuple(sorted(sections)) != tuple(sorted(SECTIONS)):
        raise BundleError(f"its manifest tells of {', '.join(sections) or 'nothing'}")
    total = sum(section.size for section in sections.values())
    if total > MAX_BUNDLE:
        raise BundleError(f"it would take {total} bytes; at most {MAX_BUNDLE} are read")
