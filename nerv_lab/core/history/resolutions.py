"""How conflicts were decided: kept in the delta of the version that came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.diff import Path, path_label
from nerv_lab.core.graph.item_changes import ItemChange, encode_delta
from nerv_lab.core.history.conflicts import Place, Resolution, Take
from nerv_lab.core.text import value_text
from nerv_lab.core.values import ReadOnlyList, decode, encode, freeze

__all__ = ["ResolvedConflict", "delta_with", "resolutions_of", "resolved_conflicts"]

_SHOWN_CHARACTERS = 120
_SIDES = ("base", "ours", "theirs")


@dataclass(frozen=True, slots=True)
class ResolvedConflict:
    """A conflict, and how it was decided.

    Attributes
    ----------
    key : str
        The item, as ``"e:<id>"`` or ``"r:<id>"``.
    path : tuple of str
        The field or property; empty where the item as a whole was in question.
    resolution : "ours", "theirs", "base" or Take
        The side or the value that was taken.
    """

    key: str
    path: Path
    resolution: Resolution

    def record(self) -> dict[str, Any]:
        """Return it as a dict of values."""
        taken = self.resolution
        how = {"value": taken.value} if isinstance(taken, Take) else {"side": taken}
        return {"key": self.key, "path": list(self.path), **how}

    @classmethod
    def from_record(cls, record: Any) -> ResolvedConflict:
        """Rebuild it from its record.

        Raises
        ------
        ValidationError
            When the record is not that of a resolution.
        """
        try:
            key, path = record["key"], tuple(record["path"])
            taken = Take(record["value"]) if "value" in record else record["side"]
        except (TypeError, LookupError) as error:
            raise ValidationError("resolution", f"not the record of one: {error}") from None
        texts = all(type(text) is str for text in (key, *path))
        if not texts or not (isinstance(taken, Take) or taken in _SIDES):
            raise ValidationError("resolution", f"not the record of one: {record!r}")
        return cls(key, path, taken)

    def __str__(self) -> str:
        where = ".".join((self.key, path_label(self.path))) if self.path else self.key
        if isinstance(self.resolution, Take):
            return f"{where}: {value_text(self.resolution.value, _SHOWN_CHARACTERS)}"
        return f"{where}: {self.resolution}"


def resolved_conflicts(resolved: Mapping[Place, Resolution]) -> tuple[ResolvedConflict, ...]:
    """Return what a merge used of its resolutions, in the order of their places."""
    return tuple(ResolvedConflict(*place, resolved[place]) for place in sorted(resolved))


def delta_with(changes: Iterable[ItemChange], resolutions: Iterable[ResolvedConflict]) -> bytes:
    """Return the canonical bytes of a delta that tells how conflicts were decided.

    Without resolutions it is the list of changes, and with them a dict of both.
    """
    delta = encode_delta(changes)
    if not resolutions:
        return delta
    records = ReadOnlyList(freeze(r.record(), "resolution") for r in resolutions)
    if not records:
        return delta
    return b'{"changes":%b,"resolutions":%b}' % (delta, encode(records))


def resolutions_of(delta: bytes) -> tuple[ResolvedConflict, ...]:
    """Return what a delta tells of how conflicts were decided.

    Raises
    ------
    ValidationError
        When the bytes are not a delta.
    """
    if not delta.startswith(b"{"):
        return ()
    decoded = decode(delta)
    records = decoded.get("resolutions") if isinstance(decoded, Mapping) else None
    if not isinstance(records, list):
        raise ValidationError("delta", "must hold a list of resolutions")
    return tuple(map(ResolvedConflict.from_record, records))
