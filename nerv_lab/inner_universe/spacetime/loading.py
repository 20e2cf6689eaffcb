"""Sending a history of another store to the server: in parts, which it takes in as a whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from nerv_lab.core.errors import NervError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.inner_universe.contract.client import StoredHistory
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.module.arguments import EntityState
from nerv_lab.inner_universe.spacetime.module.calls import item_state, sized
from nerv_lab.inner_universe.spacetime.module.history_arguments import (
    DISCARD_HISTORY,
    IMPORT_HISTORY,
    STAGE_HISTORY,
    BranchEntity,
    BranchRelation,
    DiscardHistory,
    HistoryPart,
    ImportHistory,
    Pointer,
    StageHistory,
    StoredVersion,
)
from nerv_lab.inner_universe.spacetime.module.rows import json_text, version_args
from nerv_lab.inner_universe.spacetime.module.schema import EventRow

__all__ = ["send_history"]

_PART_BYTES = 2 * 1024 * 1024
_ROW_BYTES = 256
"""What a row takes besides its texts, roughly."""


async def send_history(connection: Connection, history: StoredHistory) -> None:
    """Let the server take in a history, or none of it.

    Raises
    ------
    LogMovedError
        The log does not end where the history begins.
    """
    import_id = new_id()
    count = 0
    try:
        for part in _parts(history):
            args = STAGE_HISTORY.encode(StageHistory(import_id, count, part))
            await connection.call("stage_history", sized("history", args))
            count += 1
        call = ImportHistory(import_id, count, history.after, history.last)
        await connection.call("import_history", IMPORT_HISTORY.encode(call))
    except NervError:
        with contextlib.suppress(NervError):
            discard = DISCARD_HISTORY.encode(DiscardHistory(import_id))
            await connection.call("discard_history", discard)
        raise


def _parts(history: StoredHistory) -> Iterator[HistoryPart]:
    part, size = _empty(), 0
    for field, row, row_size in _rows(history):
        if size and size + row_size > _PART_BYTES:
            yield part
            part, size = _empty(), 0
        getattr(part, field).append(row)
        size += row_size + _ROW_BYTES
    yield part


def _empty() -> HistoryPart:
    return HistoryPart([], [], [], [], [], [])


def _rows(history: StoredHistory) -> Iterator[tuple[str, Any, int]]:
    """Yield each row, with the field of a part it goes into and about how long its texts are."""
    for event in history.read_events():
        row = _log_row(event)
        yield "events", row, len((row.data or "").encode())
    for seq, version in history.versions:
        delta = history.delta_of(version.id)
        yield "versions", StoredVersion(version_args(version), seq, delta), len(delta)
    for branch, state in history.rows.items():
        for item in state.items():
            field = "entities" if isinstance(item, Entity) else "relations"
            yield field, _branch_row(branch, item), len(item.content)
    for field, pointers in (("branches", history.heads), ("tags", history.tags)):
        for name, version_id in pointers.items():
            yield field, Pointer(name, version_id), 0


def _branch_row(branch: str, item: Item) -> BranchEntity | BranchRelation:
    state = item_state(item)
    if isinstance(state, EntityState):
        return BranchEntity(branch, state)
    return BranchRelation(branch, state)


def _log_row(event: Event) -> EventRow:
    return EventRow(
        event.seq or 0,
        event.id,
        event.origin_id or "",
        event.origin_seq or 0,
        event.type,
        event.source,
        round(event.timestamp * 1_000_000),
        None if event.data is None else json_text(event.data),
        event.actor or "",
        event.branch,
        event.batch_id or "",
    )
