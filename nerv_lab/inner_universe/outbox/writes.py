"""A queued write, and how the journal writes it down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, TypeAlias

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.changes import (
    REMOVE,
    UNSET,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import (
    Entity,
    EntityMetadata,
    Item,
    RelationMetadata,
    item_from_record,
)
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.core.values import ReadOnlyDict, ReadOnlyList, decode, encode, freeze
from nerv_lab.inner_universe.contract.records import BranchMove

__all__ = [
    "QueuedWrite",
    "TagMove",
    "WriteKind",
    "decode_write",
    "encode_write",
    "renamed",
    "settled",
    "touched",
]

WriteKind: TypeAlias = Literal["apply", "publish", "version", "move", "tag"]

_UPDATES = {"update_entity": UpdateEntity, "update_relation": UpdateRelation}


@dataclass(frozen=True, slots=True)
class TagMove:
    """A tag that is made or moved.

    Attributes
    ----------
    name : str
    to : str
        The version that it is to stand for.
    expected : str or None
        The one that it stood for when this was asked; None where there was no such tag.
    """

    name: str
    to: str
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class QueuedWrite:
    """Something to be written, with ids that stay the same however often it is sent.

    Attributes
    ----------
    id : str
        That of the batch, of the version where there is no batch, or of the move.
    kind : {"apply", "publish", "version", "move", "tag"}
        Changes of the graph, also with the version they lead to; events of the user's own; a
        version alone; a branch that is made, moved or deleted; a tag.
    branch : str
        Where it belongs.
    changes, reason, source
        Of a batch.
    events : tuple of Event
        Of the user's own.
    version, delta : Version and bytes
        What is committed, where something is. The delta of a move is what it did here.
    move : BranchMove or None
        Its changes are worked out anew when it is sent.
    tag : TagMove or None
    befores : mapping of str to item or None, optional
        What the items that it touches were before; None where it was never worked out here.
    count : int
        How many events it is expected to be.
    added : bool
        Whether it was added here, so that others fit; nobody asked for it.
    """

    id: str
    kind: WriteKind
    branch: str = DEFAULT_BRANCH
    changes: tuple[Change, ...] = ()
    reason: str | None = None
    source: str | None = None
    events: tuple[Event, ...] = ()
    version: Version | None = None
    delta: bytes = b""
    move: BranchMove | None = None
    tag: TagMove | None = None
    befores: Mapping[str, Item | None] | None = None
    count: int = 0
    added: bool = False

    @property
    def things(self) -> int:
        """How many changes, events, versions and moves that somebody asked for it is."""
        if self.added:
            return 0
        alone = (self.version is not None) + (self.move is not None)
        return len(self.changes) + len(self.events) + alone

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        if self.version is not None:
            return f"version {self.version.description!r}"
        if self.move is not None:
            gone = "delete " if self.move.to is None else ""
            return f"{gone}branch {self.move.name!r}"
        if self.tag is not None:
            return f"tag {self.tag.name!r}"
        if self.events:
            more = f" and {len(self.events) - 1} more" if len(self.events) > 1 else ""
            return f"{self.events[0].type}{more}"
        words = ", ".join(_title(change) for change in self.changes[:3])
        return words + (f" and {len(self.changes) - 3} more" if len(self.changes) > 3 else "")


def _title(change: Change) -> str:
    verb = "".join(f" {c.lower()}" if c.isupper() else c for c in type(change).__name__).strip()
    return f"{verb} {_id_of(change)!r}"


def _id_of(change: Change) -> str:
    match change:
        case RestoreEntity(entity):
            return entity.id
        case RestoreRelation(relation):
            return relation.id
        case _:
            return str(change.id)


def encode_write(write: QueuedWrite) -> bytes:
    """Return a write as canonical bytes, all but its delta.

    Raises
    ------
    ValidationError
        A value of it lies outside the type table.
    """
    befores = write.befores
    record = ReadOnlyDict(
        id=write.id,
        kind=write.kind,
        branch=write.branch,
        changes=ReadOnlyList(_change_record(change) for change in write.changes),
        reason=write.reason,
        source=write.source,
        events=ReadOnlyList(_event_record(event) for event in write.events),
        version=None if write.version is None else freeze(write.version.record(), "version"),
        move=None if write.move is None else _move_record(write.move),
        tag=None if write.tag is None else ReadOnlyDict(asdict(write.tag)),
        befores=None
        if befores is None
        else ReadOnlyDict((key, item and item.record()) for key, item in befores.items()),
        count=write.count,
        added=write.added,
    )
    return encode(record)


def decode_write(data: bytes, delta: bytes) -> QueuedWrite:
    """Return the write of such bytes.

    Raises
    ------
    ValidationError
        They are not those of a write.
    """
    try:
        record = {**decode(data)}
        version, move, befores = (record.pop(name) for name in ("version", "move", "befores"))
        tag = record.pop("tag", None)
        return QueuedWrite(
            changes=tuple(_change_from(r) for r in record.pop("changes")),
            events=tuple(_event_from(r) for r in record.pop("events")),
            version=None if version is None else Version.from_record(version),
            delta=delta,
            move=None if move is None else BranchMove(**move),
            tag=None if tag is None else TagMove(**tag),
            befores=None
            if befores is None
            else {k: None if r is None else item_from_record(r) for k, r in befores.items()},
            **record,
        )
    except (TypeError, KeyError, LookupError) as error:
        raise ValidationError("write", f"not that of an outbox: {error}") from None


def _change_record(change: Change) -> ReadOnlyDict:
    match change:
        case CreateEntity():
            return _record("create_entity", change, metadata=change.metadata.as_dict())
        case CreateRelation():
            return _record("create_relation", change, metadata=change.metadata.as_dict())
        case UpdateEntity():
            return _update_record("update_entity", change)
        case UpdateRelation():
            return _update_record("update_relation", change)
        case DeleteEntity() | DeleteRelation():
            kind = "entity" if isinstance(change, DeleteEntity) else "relation"
            return _record(f"delete_{kind}", change)
        case RestoreEntity(entity):
            return ReadOnlyDict(do="restore_entity", item=entity.record())
        case RestoreRelation(relation):
            return ReadOnlyDict(do="restore_relation", item=relation.record())


def _record(do: str, change: Any, **others: Any) -> ReadOnlyDict:
    own = {f.name: getattr(change, f.name) for f in fields(change) if f.name not in others}
    return ReadOnlyDict(do=do, **own, **others)


def _update_record(do: str, change: UpdateEntity | UpdateRelation) -> ReadOnlyDict:
    given = {f.name: getattr(change, f.name) for f in fields(change) if f.name != "properties"}
    given = {name: value for name, value in given.items() if value is not UNSET}
    if "tags" in given:
        given["tags"] = list(given["tags"])
    set_ = {name: value for name, value in change.properties.items() if value is not REMOVE}
    removed = [name for name, value in change.properties.items() if value is REMOVE]
    return ReadOnlyDict(
        do=do,
        given=freeze(given, "change"),
        properties=freeze(set_, "properties"),
        removed=freeze(removed, "properties"),
    )


def _change_from(record: Mapping[str, Any]) -> Change:
    known = {**record}
    do = known.pop("do")
    if do in _UPDATES:
        if "tags" in known["given"]:
            known["given"] = {**known["given"], "tags": tuple(known["given"]["tags"])}
        properties = {**known["properties"], **dict.fromkeys(known["removed"], REMOVE)}
        return _UPDATES[do](**known["given"], properties=properties)  # type: ignore[no-any-return]
    match do:
        case "create_entity":
            return CreateEntity(**known | {"metadata": EntityMetadata(**known["metadata"])})
        case "create_relation":
            return CreateRelation(**known | {"metadata": RelationMetadata(**known["metadata"])})
        case "delete_entity":
            return DeleteEntity(**known)
        case "delete_relation":
            return DeleteRelation(**known)
        case "restore_entity" | "restore_relation":
            item = item_from_record(known["item"])
            return RestoreEntity(item) if isinstance(item, Entity) else RestoreRelation(item)
    raise ValidationError("write", f"there is no change {do!r}")


def _event_record(event: Event) -> ReadOnlyDict:
    return ReadOnlyDict(
        id=event.id,
        type=event.type,
        data=event.data,
        timestamp=event.timestamp,
        source=event.source,
        branch=event.branch,
    )


def _event_from(record: Mapping[str, Any]) -> Event:
    return Event(**record)


def _move_record(move: BranchMove) -> ReadOnlyDict:
    return ReadOnlyDict(
        id=move.id, name=move.name, expected=move.expected, to=move.to, rows_of=move.rows_of
    )


def settled(change: Change) -> Change:
    """Return a change that can be looked at more than once; its tags may be an iterator."""
    if isinstance(change, (UpdateEntity, UpdateRelation)):
        tags = change.tags
        if tags is not UNSET and isinstance(tags, Iterator):
            return replace(change, tags=tuple(tags))
    return change


def renamed(write: QueuedWrite, old: str, new: str) -> QueuedWrite:
    """Return a write with a branch under another name, wherever it names it."""
    version, move = write.version, write.move
    if version is not None and version.branch == old:
        version = replace(version, branch=new)
        version = replace(version, digest=version_digest(version, write.delta))
    if move is not None:
        rows_of = new if move.rows_of == old else move.rows_of
        move = replace(move, name=new if move.name == old else move.name, rows_of=rows_of)
    return replace(
        write,
        branch=new if write.branch == old else write.branch,
        events=tuple(_event_on(e, new) if e.branch == old else e for e in write.events),
        version=version,
        move=move,
    )


def _event_on(event: Event, branch: str) -> Event:
    return Event(event.id, event.type, event.data, event.timestamp, event.source, branch=branch)


def touched(changes: tuple[ItemChange, ...]) -> dict[str, Item | None]:
    """Return what the items that changes touch were before them."""
    befores: dict[str, Item | None] = {}
    for change in changes:
        befores.setdefault(change.key, change.old)
    return befores
