"""Where a Lab stood when the server went away: what it goes on from without one."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nerv_lab.core.errors import CorruptStoreError, ValidationError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import item_from_record
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.thinning import Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import ReadOnlyDict, ReadOnlyList, decode, encode, freeze
from nerv_lab.inner_universe.contract.log_events import change_of
from nerv_lab.inner_universe.history_lines import event_from_line, event_record, line

__all__ = ["Standing", "advanced", "decode_standing", "encode_standing"]

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a graph at one position of its log.

    Attributes
    ----------
    seq : int
        The last event that is included.
    rows : mapping of str to GraphState
        The working rows of the branches that are at hand.
    heads : mapping of str to str
        The newest version of each branch.
    moves : mapping of str to int
        Position of the event that last moved each branch.
    versions : tuple of Version
        All of them, in log order.
    tags : mapping of str to str
    retention : Retention
        What was pruned.
    since : int
        From where on the log is needed to know what no version includes yet.
    recent : tuple of Event or None
        The log from there on; None where it was not at hand.
    """

    seq: int = 0
    rows: Mapping[str, GraphState] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)
    moves: Mapping[str, int] = field(default_factory=dict)
    versions: tuple[Version, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)
    since: int = 0
    recent: tuple[Event, ...] | None = None


def advanced(standing: Standing, events: Sequence[Event]) -> Standing | None:
    """Return where one stands after more events of the same log.

    None where that cannot be said without the store: rows were moved, or history was pruned.
    """
    rows, heads, moves = dict(standing.rows), dict(standing.heads), dict(standing.moves)
    versions = {version.id: version for version in standing.versions}
    changes: dict[str, list[ItemChange]] = {}
    for event in events:
        if event.type == EventType.HISTORY_PRUNED:
            return None
        if event.type == EventType.STATE_VERSION_COMMITTED:
            version = Version.from_record(event.data or {})
            versions[version.id] = version
            heads[version.branch] = version.id
        elif event.type == EventType.BRANCH_MOVED:
            if event.branch in rows:
                return None
            target = (event.data or {}).get("new")
            moves[event.branch] = event.seq or 0
            heads = {n: id for n, id in heads.items() if n != event.branch}
            heads |= {} if target is None else {event.branch: str(target)}
        elif event.branch in rows and (change := change_of(event)) is not None:
            changes.setdefault(event.branch, []).append(change)
    for branch, made in changes.items():
        rows[branch] = rows[branch].apply(made)
    recent = None if standing.recent is None else (*standing.recent, *events)
    return replace(
        standing,
        seq=(events[-1].seq or standing.seq) if events else standing.seq,
        rows=rows,
        heads=heads,
        moves=moves,
        versions=tuple(versions.values()),
        recent=recent,
    )


def encode_standing(standing: Standing) -> bytes:
    """Return a standing as bytes, compressed."""
    retention = standing.retention
    record = ReadOnlyDict(
        format=_FORMAT,
        seq=standing.seq,
        rows=ReadOnlyDict(
            (name, ReadOnlyList(item.record() for item in state.items()))
            for name, state in standing.rows.items()
        ),
        heads=ReadOnlyDict(standing.heads),
        moves=ReadOnlyDict(standing.moves),
        versions=ReadOnlyList(freeze(v.record(), "version") for v in standing.versions),
        tags=ReadOnlyDict(standing.tags),
        retention=freeze(retention.record(), "retention"),
        pruned=ReadOnlyList(sorted(retention.pruned)),
        bridges=ReadOnlyDict(retention.bridges),
        since=standing.since,
        recent=None
        if standing.recent is None
        else ReadOnlyList(line(event_record(event)).decode() for event in standing.recent),
    )
    return zlib.compress(encode(record), 1)


def decode_standing(data: bytes) -> Standing:
    """Return the standing of such bytes.

    Raises
    ------
    CorruptStoreError
        They are damaged, or of a newer nerv-lab.
    """
    try:
        record: Any = decode(zlib.decompress(data))
        if record["format"] != _FORMAT:
            raise ValidationError("format", f"{record['format']} is not known")
        kept = Retention.from_record(record["retention"])
        return Standing(
            seq=record["seq"],
            rows={
                name: GraphState.build(item_from_record(r) for r in items)
                for name, items in record["rows"].items()
            },
            heads=dict(record["heads"]),
            moves=dict(record["moves"]),
            versions=tuple(Version.from_record(r) for r in record["versions"]),
            tags=dict(record["tags"]),
            retention=Retention(
                kept.generation,
                kept.floor,
                kept.top,
                kept.marks,
                frozenset(record["pruned"]),
                dict(record["bridges"]),
            ),
            since=record["since"],
            recent=None
            if record["recent"] is None
            else tuple(event_from_line(text.encode()) for text in record["recent"]),
        )
    except (zlib.error, ValueError, TypeError, LookupError) as error:
        raise CorruptStoreError(
            f"what was kept of the graph is unreadable ({error}); open it while its server is there"
        ) from None
