"""Moving a branch of a server's while others may write to the rows that it begins with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from nerv_lab.core.errors import HistoryPrunedError, LogMovedError
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.contract.rebasing import rebased
from nerv_lab.inner_universe.contract.records import BranchMove
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.reading import read_events, read_snapshot
from nerv_lab.inner_universe.spacetime.module.calls import move_args

__all__ = ["move_to"]

_ATTEMPTS = 20


async def move_to(
    connection: Connection, move: BranchMove, target: GraphState, origin_id: str, origin_seq: int
) -> Sequence[int]:
    """Move a branch to a state, and return the place of that in the log.

    Raises
    ------
    LogMovedError
        Others write to the rows that it begins with all the time.
    NervError
        The server refuses it.
    """
    move = await _read(connection, move, target)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            args = move_args(move, origin_id, origin_seq)
            return await connection.call("move_branch_as_read", args)
        except LogMovedError:
            if attempt == _ATTEMPTS:
                raise
            move = await _caught_up(connection, move) or await _read(connection, move, target)
    raise AssertionError


async def _read(connection: Connection, move: BranchMove, target: GraphState) -> BranchMove:
    """Return a move from the rows as they are."""
    rows = await read_snapshot(connection, move.rows_of)
    changes = GraphState.build(rows.items).diff(target, exact=True)
    return replace(move, changes=changes, read_at=rows.seq)


async def _caught_up(connection: Connection, move: BranchMove) -> BranchMove | None:
    """Take in what happened to the rows since they were read, where the log tells it."""
    changes: tuple[ItemChange, ...] | None = None
    last = await connection.refresh("move_branch")
    with suppress(HistoryPrunedError):
        events = await read_events(connection, move.read_at, None, last)
        changes = rebased(move.changes, events, move.rows_of)
    return None if changes is None else replace(move, changes=changes, read_at=last)
