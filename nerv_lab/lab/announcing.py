"""Telling the bus and the watchers what was confirmed: once, in order, with no lock held."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass

from nerv_lab.core.bus import EventBus
from nerv_lab.core.events import Event
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.watchers import Watchers

__all__ = ["Announcer", "ConfirmedBatch"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConfirmedBatch:
    """Confirmed events, in log order, and what they made of the graph.

    Attributes
    ----------
    events : tuple of Event
        All of them, users' own events included.
    changes : tuple of ItemChange
        What they did to the graph, in order.
    versions : tuple of Version
        Those that were committed.
    state : GraphState
        The graph after the batch.
    seq : int
        Position of the last event in the log.
    """

    events: tuple[Event, ...]
    changes: tuple[ItemChange, ...]
    versions: tuple[Version, ...]
    state: GraphState
    seq: int


class Announcer:
    """Tells of confirmed batches, whichever thread comes to it.

    Parameters
    ----------
    bus : EventBus
        Receives every event of theirs once.

    Attributes
    ----------
    watchers : Watchers
        Are called with each batch, after the bus.
    """

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._untold: deque[ConfirmedBatch] = deque()
        # Never waited for: who finds it taken leaves the batch to whoever holds it.
        self._telling = threading.Lock()
        self.watchers: Watchers[[ConfirmedBatch]] = Watchers()

    @property
    def untold(self) -> int:
        """How many batches wait to be told."""
        return len(self._untold)

    def add(self, batch: ConfirmedBatch) -> None:
        """Put a batch behind those that wait to be told."""
        self._untold.append(batch)

    def tell(self) -> None:
        """Hand what was received to the bus and the watchers; no lock may be held."""
        while self._untold and self._telling.acquire(blocking=False):
            try:
                while self._untold:
                    self._tell(self._untold.popleft())
            finally:
                self._telling.release()

    def _tell(self, batch: ConfirmedBatch) -> None:
        self._bus.publish_events(batch.events)
        for handler in self.watchers:
            try:
                handler(batch)
            except Exception:
                logger.exception("watcher %r failed on the batch up to %d", handler, batch.seq)
