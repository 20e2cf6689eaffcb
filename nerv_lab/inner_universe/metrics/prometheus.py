"""The instruments for Prometheus; needs the extra ``prometheus``.

::

    import prometheus_client
    from nerv_lab.inner_universe.metrics.prometheus import PrometheusCollector

    prometheus_client.REGISTRY.register(PrometheusCollector(lab.instruments))
    prometheus_client.start_http_server(8000)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

try:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        Metric,
    )
    from prometheus_client.registry import Collector
except ImportError as error:
    raise ImportError(
        "metrics for Prometheus need its client; install it with pip install 'nerv-lab[prometheus]'"
    ) from error

from nerv_lab.inner_universe.metrics.instruments import Distribution, Family, Metrics

__all__ = ["PrometheusCollector"]


class PrometheusCollector(Collector):
    """Gives the instruments, read at the moment of the scrape.

    ``events.published`` is ``nerv_events_published_total`` there, a gauge such as
    ``queue.depth`` is ``nerv_queue_depth``, a histogram has buckets that add up.

    Parameters
    ----------
    metrics : Metrics
        The instruments, such as ``lab.instruments``.
    labels : mapping, optional
        Labels for every series, such as ``{"lab": "team"}``: needed where several labs are
        registered in one place.
    """

    def __init__(self, metrics: Metrics, labels: Mapping[str, str] | None = None) -> None:
        self._metrics = metrics
        self._labels = dict(labels or {})

    def describe(self) -> Iterable[Metric]:
        """Return nothing: several labs, told apart by labels, have the same names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every instrument in the form of Prometheus."""
        for family in self._metrics.read():
            yield self._metric(family)

    def _metric(self, family: Family) -> Metric:
        name = "nerv_" + family.name.replace(".", "_")
        names = [*self._labels, *family.labels]
        own = list(self._labels.values())
        if family.kind == "histogram":
            return self._histogram(name, family, names, own)
        made = (CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily)(
            name, family.description, labels=names
        )
        for labels, value in family.points.items():
            assert not isinstance(value, Distribution)
            made.add_metric([*own, *labels], value)
        return made

    @staticmethod
    def _histogram(name: str, family: Family, names: list[str], own: list[str]) -> Metric:
        made = HistogramMetricFamily(name, family.description, labels=names)
        for labels, found in family.points.items():
            assert isinstance(found, Distribution)
            bounds = [*map(str, map(float, found.bounds)), "+Inf"]
            buckets = list(zip(bounds, accumulate(found.counts), strict=True))
            made.add_metric([*own, *labels], buckets, found.total)
        return made
