"""The instruments for OpenTelemetry; needs the extra ``otel``.

::

    from opentelemetry import metrics
    from nerv_lab.inner_universe.metrics.otel import export_to

    stop = export_to(metrics.get_meter("nerv_lab"), lab.instruments)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

try:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation
except ImportError as error:
    raise ImportError(
        "metrics for OpenTelemetry need its API; install it with pip install 'nerv-lab[otel]'"
    ) from error

from nerv_lab.inner_universe.metrics.instruments import (
    Distribution,
    Family,
    Histogram,
    Labels,
    Metrics,
)

__all__ = ["export_to"]


def export_to(
    meter: Meter, metrics: Metrics, attributes: Mapping[str, str] | None = None
) -> Callable[[], None]:
    """Let a meter observe the instruments from now on.

    Counters and gauges become observable instruments, which are read when a reader asks; a
    histogram is handed each value as it is measured. Names are those of the instruments after
    ``nerv.``, as in ``nerv.events.published``.

    Parameters
    ----------
    meter : opentelemetry.metrics.Meter
        Takes the numbers to wherever its provider exports.
    metrics : Metrics
        The instruments, such as ``lab.instruments``; those added later are not seen.
    attributes : mapping, optional
        Attributes for every series, such as ``{"lab": "team"}``.

    Returns
    -------
    callable
        Ends it: nothing more is handed over.
    """
    ended: list[bool] = []
    own = dict(attributes or {})
    for family in metrics.read():
        if family.kind == "histogram":
            continue
        observe = _observer(metrics, family, own, ended)
        make = (
            meter.create_observable_counter
            if family.kind == "counter"
            else meter.create_observable_gauge
        )
        make(f"nerv.{family.name}", [observe], _unit(family.unit), family.description)
    forgets = [_forward(meter, histogram, own) for histogram in metrics.histograms()]

    def stop() -> None:
        ended.append(True)
        for forget in forgets:
            forget()

    return stop


def _observer(
    metrics: Metrics, family: Family, own: dict[str, str], ended: list[bool]
) -> Callable[[CallbackOptions], Iterator[Observation]]:
    def observe(options: CallbackOptions) -> Iterator[Observation]:
        if ended:
            return
        for labels, value in metrics.family(family.name).points.items():
            assert not isinstance(value, Distribution)
            yield Observation(value, own | dict(zip(family.labels, labels, strict=True)))

    return observe


def _forward(meter: Meter, histogram: Histogram, own: dict[str, str]) -> Callable[[], None]:
    made = meter.create_histogram(
        f"nerv.{histogram.name}", _unit(histogram.unit), histogram.description
    )

    def record(value: float, labels: Labels) -> None:
        made.record(value, own | dict(zip(histogram.labels, labels, strict=True)))

    return histogram.listen(record)


def _unit(unit: str) -> str:
    """Return a unit as OpenTelemetry writes it: what is counted stands in braces."""
    return unit if unit == "ms" else f"{{{unit}}}"
