"""The adapters, with what they adapt to installed and without it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from nerv_lab.inner_universe.metrics import Metrics


@pytest.fixture
def metrics() -> Metrics:
    metrics = Metrics()
    counter = metrics.counter("events.published", "handed over", labels=("event_type",))
    counter.add(2, "said")
    metrics.gauge("queue.depth", "waiting").set(3)
    metrics.histogram("latency_ms", "took", labels=("operation",), bounds=(1, 10))
    return metrics


def observe(metrics: Metrics, *values: float) -> None:
    (histogram,) = metrics.histograms()
    for value in values:
        histogram.observe(value, "apply")


def test_prometheus_scrapes_what_is_counted_at_that_moment(metrics: Metrics) -> None:
    prometheus_client = pytest.importorskip("prometheus_client")
    from nerv_lab.inner_universe.metrics.prometheus import PrometheusCollector

    registry = prometheus_client.CollectorRegistry()
    registry.register(PrometheusCollector(metrics))
    observe(metrics, 0.5, 5, 50)
    text = prometheus_client.generate_latest(registry).decode().splitlines()
    assert 'nerv_events_published_total{event_type="said"} 2.0' in text
    assert "nerv_queue_depth 3.0" in text
    assert 'nerv_latency_ms_bucket{le="1.0",operation="apply"} 1.0' in text
    assert 'nerv_latency_ms_bucket{le="10.0",operation="apply"} 2.0' in text
    assert 'nerv_latency_ms_bucket{le="+Inf",operation="apply"} 3.0' in text
    assert 'nerv_latency_ms_sum{operation="apply"} 55.5' in text


def test_several_labs_in_one_registry_are_told_apart_by_labels(metrics: Metrics) -> None:
    prometheus_client = pytest.importorskip("prometheus_client")
    from nerv_lab.inner_universe.metrics.prometheus import PrometheusCollector

    registry = prometheus_client.CollectorRegistry()
    for name in ("one", "two"):
        registry.register(PrometheusCollector(metrics, {"lab": name}))
    text = prometheus_client.generate_latest(registry).decode()
    assert 'nerv_queue_depth{lab="one"} 3.0' in text
    assert 'nerv_queue_depth{lab="two"} 3.0' in text


def exported(reader: Any) -> dict[str, Any]:
    data = reader.get_metrics_data()
    found = data.resource_metrics[0].scope_metrics[0].metrics
    return {metric.name: metric for metric in found}


def test_opentelemetry_observes_counters_and_gauges_and_is_handed_every_value(
    metrics: Metrics,
) -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.metrics")
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    from nerv_lab.inner_universe.metrics.otel import export_to

    reader = InMemoryMetricReader()
    provider = sdk.MeterProvider([reader])
    stop = export_to(provider.get_meter("nerv_lab"), metrics, {"lab": "team"})
    observe(metrics, 0.5, 5, 50)
    found = exported(reader)
    (point,) = found["nerv.events.published"].data.data_points
    assert (point.value, point.attributes) == (2, {"lab": "team", "event_type": "said"})
    assert found["nerv.events.published"].data.is_monotonic
    (point,) = found["nerv.queue.depth"].data.data_points
    assert point.value == 3
    (point,) = found["nerv.latency_ms"].data.data_points
    assert (point.count, point.sum) == (3, 55.5)
    assert found["nerv.latency_ms"].unit == "ms"
    stop()
    observe(metrics, 1)
    assert exported(reader)["nerv.latency_ms"].data.data_points[0].count == 3
    provider.shutdown()


WITHOUT = """
import sys
sys.modules["prometheus_client"] = sys.modules["prometheus_client.core"] = None
sys.modules["opentelemetry"] = sys.modules["opentelemetry.metrics"] = None
import nerv_lab as nl

with nl.open() as lab:
    lab.add_entity("person")
    assert lab.instruments.value("events.accepted") == 1
    assert lab.health().ok
for name in ("prometheus", "otel"):
    try:
        __import__(f"nerv_lab.inner_universe.metrics.{name}")
    except ImportError as error:
        assert f"nerv-lab[{name}]" in str(error), error
    else:
        raise AssertionError(name)
"""


def test_without_the_extras_everything_else_works_and_the_adapters_say_what_to_install() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT], check=True, timeout=300)
