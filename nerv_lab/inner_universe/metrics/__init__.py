"""What happens between NERV and the Inner Universe, in numbers.

`ObservedUniverse` wraps any client and measures every call of it; `Metrics` holds the
instruments. The adapters for Prometheus and OpenTelemetry are in `prometheus` and `otel`, and
need the extras of those names; `logs` writes structured logs.
"""

from __future__ import annotations

from nerv_lab.inner_universe.metrics.instruments import (
    Counter,
    Distribution,
    Family,
    Gauge,
    Histogram,
    Metrics,
)
from nerv_lab.inner_universe.metrics.ledger import Balance, Ledger
from nerv_lab.inner_universe.metrics.meters import Meters
from nerv_lab.inner_universe.metrics.observed import ObservedUniverse, observing

__all__ = [
    "Balance",
    "Counter",
    "Distribution",
    "Family",
    "Gauge",
    "Histogram",
    "Ledger",
    "Meters",
    "Metrics",
    "ObservedUniverse",
    "observing",
]
