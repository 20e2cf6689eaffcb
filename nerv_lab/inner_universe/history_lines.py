"""Events, versions and tags as lines of JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES, ChangeData, ItemChange
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import ReadOnlyDict, ReadOnlyList, decode, encode

__all__ = [
    "event_from_line",
    "event_record",
    "line",
    "tag_from_line",
    "version_from_line",
    "version_record",
]

_EVENT_FIELDS = {
    "seq": int,
    "event_id": str,
    "event_type": str,
    "timestamp": int,
    "origin_id": str,
    "origin_seq": int,
    "branch": str,
    "batch_id": str,
}
_OPTIONAL_FIELDS = ("source", "actor")


def line(record: Mapping[str, Any]) -> bytes:
    """Return a record as a line."""
    return encode(ReadOnlyDict(record)) + b"\n"


def event_record(event: Event) -> dict[str, Any]:
    """Return an event as a record; its time is in microseconds since the epoch (UTC)."""
    return {
        "seq": event.seq,
        "event_id": event.id,
        "event_type": event.type,
        "source": event.source,
        "timestamp": round(event.timestamp * 1_000_000),
        "data": event.data,
        "origin_id": event.origin_id,
        "origin_seq": event.origin_seq,
        "actor": event.actor,
        "branch": event.branch,
        "batch_id": event.batch_id,
    }


def event_from_line(text: bytes) -> Event:
    """Return the event of a line.

    Raises
    ------
    ValidationError
        The line does not hold an event.
    """
    fields = _fields(text, {*_EVENT_FIELDS, *_OPTIONAL_FIELDS, "data"})
    for name, kind in _EVENT_FIELDS.items():
        if type(fields[name]) is not kind:
            raise ValidationError(name, f"must be of type {kind.__name__}")
    for name in ("event_id", "event_type", "origin_id", "branch", "batch_id"):
        checked_name(fields[name], name)
    for name in _OPTIONAL_FIELDS:
        if fields[name] is not None and type(fields[name]) is not str:
            raise ValidationError(name, "must be a text or null")
    data = fields["data"]
    if data is not None and not isinstance(data, ReadOnlyDict):
        raise ValidationError("data", "must be a dict or null")
    if fields["event_type"] in CHANGE_EVENT_TYPES:
        # Made once, for all who follow the log.
        data = ChangeData(data or {}, ItemChange.from_data(data or {}))
    return Event(
        fields["event_id"],
        fields["event_type"],
        data,
        fields["timestamp"] / 1_000_000,
        fields["source"],
        fields["seq"],
        fields["origin_id"],
        fields["origin_seq"],
        fields["actor"],
        fields["branch"],
        fields["batch_id"],
    )


def version_record(version: Version) -> dict[str, Any]:
    """Return a version as a record."""
    record = version.record()
    return record | {"parents": ReadOnlyList(record["parents"])}


def version_from_line(text: bytes) -> Version:
    """Return the version of a line.

    Raises
    ------
    ValidationError
        The line does not hold a version.
    """
    version = Version.from_record(_fields(text, Version("", ()).record()))
    checked_name(version.id, "version_id")
    checked_name(version.branch, "branch")
    return version


def tag_from_line(text: bytes) -> tuple[str, str]:
    """Return the name and the version id of the tag of a line.

    Raises
    ------
    ValidationError
        The line does not hold a tag.
    """
    fields = _fields(text, {"name", "version_id"})
    return checked_name(fields["name"], "tag"), checked_name(fields["version_id"], "version_id")


def _fields(text: bytes, names: Any) -> dict[str, Any]:
    fields = decode(text)
    if not isinstance(fields, ReadOnlyDict) or fields.keys() != set(names):
        raise ValidationError("record", f"must have the fields {', '.join(sorted(names))}")
    return dict(fields)
