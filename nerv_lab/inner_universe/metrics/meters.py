"""The instruments of one client: what is measured where NERV and the Inner Universe meet."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final

from nerv_lab.core.errors import ConflictError, NervError, ServerGoneError, ServerTimeoutError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.metrics.instruments import Metrics
from nerv_lab.inner_universe.metrics.ledger import Ledger, Outcome

__all__ = ["Call", "Meters", "Write"]

logger = logging.getLogger("nerv_lab.operations")

_NO_SOURCE: Final = "unknown"


class Call:
    """A ``with`` block around one call of the client: how long it took, and whether it failed."""

    __slots__ = ("_meters", "_operation", "_started")

    def __init__(self, meters: Meters, operation: str) -> None:
        self._meters = meters
        self._operation = operation

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        took = (time.perf_counter() - self._started) * 1000
        self._meters.called(self._operation, took, error)


class Write:
    """A ``with`` block around one call that writes: what was handed over, and what became of it."""

    __slots__ = ("_meters", "_operation", "_started", "_types")

    def __init__(
        self, meters: Meters, operation: str, types: Mapping[str, int], source: str
    ) -> None:
        self._meters = meters
        self._operation = operation
        self._types = types
        meters.handed_over(types, source)

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        took = (time.perf_counter() - self._started) * 1000
        if error is None:
            self._meters.accepted(self._types, took)
        else:
            self._meters.failed(self._types, error)
        self._meters.called(self._operation, took, error)


class Meters:
    """Measures one client.

    Parameters
    ----------
    origin_id : str
        Names the client in the events it writes.
    metrics : Metrics, optional
        Where the instruments are added; by default a set of their own.

    Attributes
    ----------
    metrics : Metrics
    ledger : Ledger
    """

    def __init__(self, origin_id: str, metrics: Metrics | None = None) -> None:
        self.metrics = Metrics() if metrics is None else metrics
        self.ledger = Ledger()
        self._origin_id = origin_id
        self._delivered: int | None = None
        counter, gauge = self.metrics.counter, self.metrics.gauge
        of_type = ("event_type",)
        self._published = counter(
            "events.published", "handed over to be written", labels=("event_type", "source")
        )
        self._outcomes = {
            "accepted": counter("events.accepted", "made durable", labels=of_type),
            "rejected": counter(
                "events.rejected", "refused, or not taken by the store", labels=of_type
            ),
            "conflicted": counter(
                "events.conflicted", "too late: somebody else had written", labels=of_type
            ),
        }
        self._failures = counter(
            "events.publication_failures",
            "not written, by the error that said why",
            labels=("event_type", "error"),
        )
        self._latency = self.metrics.histogram(
            "events.publication_latency_ms", "from handing over to durable", labels=of_type
        )
        self.metrics.reading(
            "gauge",
            "events.pending",
            lambda: {("in_flight",): self.ledger.in_flight, ("unknown",): self.ledger.unknown},
            "handed over, with an outcome that is still open",
            labels=("state",),
        )
        self.metrics.reading(
            "gauge",
            "balance.holds",
            lambda: {(): float(self.ledger.balance().holds)},
            "1 while published = accepted + pending + rejected + conflicted",
            unit="bool",
        )
        self._consumed = counter(
            "events.consumed", "confirmed and delivered", labels=("event_type", "origin")
        )
        self._gaps = counter("events.gaps", "missing in what was delivered")
        self._lag = gauge(
            "sync.lag_ms", "from the writing of the newest event to its delivery here", unit="ms"
        )
        self._calls = self.metrics.histogram(
            "operations.latency_ms", "calls of the client", labels=("operation",)
        )
        self._failed_calls = counter(
            "operations.failures",
            "calls of the client that raised",
            unit="calls",
            labels=("operation", "error"),
        )

    @property
    def gaps(self) -> int:
        """How many events are missing in what was delivered."""
        return int(self._gaps.total)

    def call(self, operation: str) -> Call:
        """Return a block that measures a call."""
        return Call(self, operation)

    def write(self, operation: str, types: Mapping[str, int], source: str | None) -> Write:
        """Return a block that measures a call which hands over so many things of each type."""
        return Write(self, operation, types, _NO_SOURCE if source is None else source)

    def called(self, operation: str, milliseconds: float, error: BaseException | None) -> None:
        """Take note of a call that is over."""
        self._calls.observe(milliseconds, operation)
        if error is not None:
            self._failed_calls.add(1, operation, type(error).__name__)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "%s %s",
                operation,
                "done" if error is None else f"failed: {type(error).__name__}",
                extra={
                    "operation": operation,
                    "duration_ms": round(milliseconds, 3),
                    "error": None if error is None else type(error).__name__,
                    "origin": self._origin_id,
                },
            )

    def handed_over(self, types: Mapping[str, int], source: str) -> None:
        """Take note of what is handed over now: how many of each type."""
        with self.metrics.lock:
            for name, count in types.items():
                self._published.add_locked(count, (name, source))
        self.ledger.publish(sum(types.values()))

    def accepted(self, types: Mapping[str, int], milliseconds: float) -> None:
        """Take note that what was handed over is durable, after so long."""
        self.ledger.settle(sum(types.values()), "accepted")
        counter, latency = self._outcomes["accepted"], self._latency
        with self.metrics.lock:
            for name, count in types.items():
                labels = (name,)
                counter.add_locked(count, labels)
                latency.observe_locked(milliseconds, labels)
        if latency.listened_to:
            for name in types:
                latency.tell(milliseconds, (name,))

    def failed(self, types: Mapping[str, int], error: BaseException) -> None:
        """Take note that what was handed over came to nothing, or that nobody knows."""
        outcome = _outcome(error)
        self.ledger.settle(sum(types.values()), outcome)
        for name, count in types.items():
            if outcome != "unknown":
                self._outcomes[outcome].add(count, name)
            self._failures.add(count, name, type(error).__name__)

    def go_to(self, position: int) -> None:
        """Take note that delivery goes on behind a position, whatever came before."""
        with self.metrics.lock:
            if self._delivered is not None:
                self._delivered = position

    def delivered(self, events: tuple[Event, ...]) -> None:
        """Take note of confirmed events; a subscriber more that is given the same counts nothing.

        Called in log order, with whole transactions.
        """
        last = events[-1].seq or 0
        with self.metrics.lock:
            before = self._delivered
            if before is not None and (events[0].seq or 0) <= before:
                events = tuple(e for e in events if (e.seq or 0) > before)
                if not events:
                    return
            if before is not None and (missing := last - before - len(events)):
                self._gaps.add_locked(missing, ())
            self._delivered = last
            own = self._origin_id
            counts: dict[tuple[str, ...], int] = {}
            labels: tuple[str, ...] = ()
            kind = origin = ""
            for event in events:
                if event.type != kind or event.origin_id != origin:
                    kind, origin = event.type, event.origin_id or ""
                    labels = kind, "own" if origin == own else "foreign"
                    counts.setdefault(labels, 0)
                counts[labels] += 1
            for seen, count in counts.items():
                self._consumed.add_locked(count, seen)
        self._lag.set(max(0.0, (time.time() - events[-1].timestamp) * 1000))


def _outcome(error: BaseException) -> Outcome:
    if isinstance(error, ConflictError):
        return "conflicted"
    # A server that is gone may have written it first, and so may one we no longer wait for.
    if isinstance(error, (ServerGoneError, ServerTimeoutError)) or not isinstance(error, NervError):
        return "unknown"
    return "rejected"
