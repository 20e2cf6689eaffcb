"""The numbers of a client's connection, cache and outbox, which are asked for when read."""

from __future__ import annotations

from collections.abc import Callable

from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.metrics.meters import Meters

__all__ = ["ConnectionMeters"]


class ConnectionMeters:
    """Reads how a client stands, and counts how often its server came back.

    Parameters
    ----------
    client : InnerUniverseClient
        Whose connection it is.
    meters : Meters
        Where the numbers are read.
    """

    def __init__(self, client: InnerUniverseClient, meters: Meters) -> None:
        self._client = client
        self._reconnects = 0
        self._was_away = False
        self._forget: Callable[[], None] | None = None
        meters.ledger.queued = self._queued
        reading = meters.metrics.reading
        reading(
            "gauge",
            "connection.state",
            lambda: {(self._client.status.backend, self._client.status.state): 1.0},
            "1 for the state of this moment",
            unit="bool",
            labels=("backend", "state"),
        )
        reading(
            "counter",
            "connection.reconnects",
            lambda: {(): float(self._reconnects)},
            "times that the server came back",
            unit="reconnects",
        )
        reading(
            "counter",
            "cache.hits",
            lambda: {(): float(self._client.cache_use.hits)},
            "items that were at hand",
            unit="items",
        )
        reading(
            "counter",
            "cache.misses",
            lambda: {(): float(self._client.cache_use.misses)},
            "items that had to be asked for",
            unit="items",
        )

    def follow(self) -> None:
        """Count from now on, until `forget`."""
        if self._forget is None:
            self._forget = self._client.on_status(self._status_changed)

    def forget(self) -> None:
        """Count no more."""
        forget, self._forget = self._forget, None
        if forget is not None:
            forget()

    def _status_changed(self) -> None:
        state = self._client.status.state
        if state == "connected" and self._was_away:
            self._reconnects += 1
        self._was_away = state == "reconnecting"

    def _queued(self) -> tuple[int, int, int]:
        """Return how much of what was handed over is queued, and how much was set aside."""
        outbox = self._client.outbox
        if outbox is None:
            return 0, 0, 0
        counts = outbox.counts()
        return counts.pending, counts.rejected, counts.conflicted
