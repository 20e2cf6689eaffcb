"""How much a graph takes: one set of numbers, the same for every store.

What is larger is refused before anything changes, with an error that names the field, what it has
and how much is allowed. What is recorded already is read whatever its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nerv_lab.core.errors import ValidationError

__all__ = [
    "LIMITS",
    "MAX_BUNDLE",
    "MAX_BYTES",
    "MAX_CHANGES",
    "MAX_DEPTH",
    "MAX_MANIFEST",
    "MAX_MESSAGE",
    "MAX_NAME",
    "MAX_PROPERTIES",
    "MAX_QUEUED",
    "MAX_RECORD",
    "MAX_SENT_CHANGES",
    "MAX_TAGS",
    "MAX_TEXT",
    "MAX_UNSENT",
    "MAX_UNSENT_BYTES",
    "TOO_DEEP",
    "Limit",
    "check_count",
    "check_text",
    "limits_table",
]

MAX_NAME: Final = 512
MAX_TEXT: Final = 65_536
MAX_DEPTH: Final = 32
MAX_BYTES: Final = 1_048_576
MAX_PROPERTIES: Final = 10_000
MAX_TAGS: Final = 1_000
MAX_CHANGES: Final = 1_000_000
MAX_SENT_CHANGES: Final = 100_000
MAX_QUEUED: Final = 64 * 1_048_576
MAX_UNSENT: Final = 100_000
MAX_UNSENT_BYTES: Final = 256 * 1_048_576
MAX_MESSAGE: Final = 32 * 1_048_576
MAX_MANIFEST: Final = 16 * 1_048_576
MAX_RECORD: Final = 1024 * 1_048_576
MAX_BUNDLE: Final = 64 * 1024 * 1_048_576

TOO_DEEP: Final = f"is nested too deep; at most {MAX_DEPTH} containers may nest"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, in words.

    Attributes
    ----------
    what : str
        What is limited.
    most : int
        How much is allowed.
    unit : str
        Of what.
    beyond : str
        What happens to more.
    """

    what: str
    most: int
    unit: str
    beyond: str


_REFUSED: Final = "refused: `ValidationError`"
_BUNDLE: Final = "refused: `BundleError`"
_OUTBOX: Final = "refused: `OutboxFullError`"
_EITHER: Final = "refused: `ValidationError`, `BundleError`"
_NAMES: Final = "id, type, tag, or name of a branch, tag, event type or author"
_NESTED: Final = "containers nested in a property, or in the data of an event"

LIMITS: Final[Sequence[Limit]] = (
    Limit(_NAMES, MAX_NAME, "characters", _REFUSED),
    Limit("reason, source, or description of a version", MAX_TEXT, "characters", _REFUSED),
    Limit(_NESTED, MAX_DEPTH, "levels", _REFUSED),
    Limit("properties of an item", MAX_PROPERTIES, "properties", _REFUSED),
    Limit("tags of an item", MAX_TAGS, "tags", _REFUSED),
    Limit("an item as a whole, or the data of an event, as JSON", MAX_BYTES, "bytes", _REFUSED),
    Limit("changes, or events, of one batch", MAX_CHANGES, "changes", _REFUSED),
    Limit("the same, on a server", MAX_SENT_CHANGES, "changes", _REFUSED),
    Limit("one request to a server", MAX_MESSAGE, "bytes", _REFUSED),
    Limit("events that wait to be written together", MAX_QUEUED, "bytes", "waits for room"),
    Limit("writes that wait in the outbox for a server", MAX_UNSENT, "writes", _OUTBOX),
    Limit("the same, all together", MAX_UNSENT_BYTES, "bytes", _OUTBOX),
    Limit("a bundle, unpacked", MAX_BUNDLE, "bytes", _BUNDLE),
    Limit(
        "the delta of a version, and one line or delta of a bundle", MAX_RECORD, "bytes", _EITHER
    ),
    Limit("the manifest of a bundle", MAX_MANIFEST, "bytes", _BUNDLE),
)
"""All of them, in the order of the documentation."""


def check_count(field: str, count: int, most: int, unit: str) -> None:
    """Refuse more of something than is allowed.

    Raises
    ------
    ValidationError
        It is more; the message says how many there are, and how many there may be.
    """
    if count > most:
        raise ValidationError(field, f"has {count} {unit}; at most {most} are allowed")


def check_text(field: str, text: str | None) -> None:
    """Refuse a text that is longer than a reason or a description may be.

    Raises
    ------
    ValidationError
        It is longer.
    """
    if text is not None and len(text) > MAX_TEXT:
        check_count(field, len(text), MAX_TEXT, "characters")


def limits_table() -> str:
    """Return the limits as a table in Markdown."""
    rows = [f"| {x.what} | {x.most:,} {x.unit} | {x.beyond} |" for x in LIMITS]
    return "\n".join(["| what | at most | more is |", "|---|---|---|", *rows]) + "\n"
