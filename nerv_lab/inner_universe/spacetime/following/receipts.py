"""Receipts of batches, from what their transactions wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nerv_lab.core.errors import DuplicateIdError, ProtocolError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.ids import batch_of
from nerv_lab.inner_universe.contract.log_events import change_of
from nerv_lab.inner_universe.contract.records import Receipt
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.queries import quoted
from nerv_lab.inner_universe.spacetime.module.schema import BatchRow

__all__ = ["receipt_from", "receipt_of"]

_APPLIED: Final = "applied"


async def receipt_of(connection: Connection, batch_id: str, places: Sequence[int]) -> Receipt:
    """Return the receipt of a batch whose transaction wrote the events at these places."""
    own = [event for event in await connection.written(places) if batch_of(event.id) == batch_id]
    if own:
        return receipt_from(batch_id, own)
    # It was known already, or changed nothing.
    found: list[BatchRow] = await connection.select("batch", f"batch_id = {quoted(batch_id)}")
    if not found:
        raise ProtocolError(f"{connection.address.uri} took a batch and left no receipt of it")
    batch = found[0]
    if batch.outcome != _APPLIED:
        raise DuplicateIdError("batch", batch_id)
    if batch.last_seq < batch.first_seq:
        return Receipt(batch_id, batch.first_seq, batch.last_seq, ())
    page = await connection.page(batch.first_seq - 1, batch.last_seq)
    return receipt_from(batch_id, [entry.event for entry in page])


def receipt_from(batch_id: str, events: Sequence[Event]) -> Receipt:
    """Return the receipt of a batch that is these events, of which there is at least one."""
    changes = tuple(change for event in events if (change := change_of(event)) is not None)
    return Receipt(batch_id, events[0].seq or 0, events[-1].seq or 0, changes)
