from __future__ import annotations

import threading

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.metrics import Distribution, Metrics
from nerv_lab.inner_universe.metrics.instruments import OTHER


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_a_counter_adds_up_in_each_series(metrics: Metrics) -> None:
    counter = metrics.counter("events", "said", labels=("type",))
    counter.add(2, "a")
    counter.add(1, "b")
    counter.add(1, "a")
    assert metrics.value("events", "a") == 3
    assert metrics.value("events") == counter.total == 4


def test_a_counter_without_labels_begins_at_zero(metrics: Metrics) -> None:
    metrics.counter("events", "said")
    assert dict(metrics.family("events").points) == {(): 0.0}


def test_no_count_is_lost_between_threads(metrics: Metrics) -> None:
    counter = metrics.counter("events", "said")

    def count() -> None:
        for _ in range(2_000):
            counter.add()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.total == 8_000


def test_a_gauge_holds_the_last_value(metrics: Metrics) -> None:
    gauge = metrics.gauge("depth", "waiting")
    gauge.set(3)
    gauge.set(1)
    assert metrics.value("depth") == 1


def test_a_reading_is_asked_when_it_is_wanted(metrics: Metrics) -> None:
    waiting: list[int] = []
    metrics.reading("gauge", "depth", lambda: {(): float(len(waiting))}, "waiting")
    assert metrics.value("depth") == 0
    waiting.append(1)
    assert metrics.value("depth") == 1


def test_a_histogram_puts_each_value_into_the_first_bucket_that_holds_it(metrics: Metrics) -> None:
    histogram = metrics.histogram("latency", "took", bounds=(1, 10))
    for value in (0.5, 1, 5, 50):
        histogram.observe(value)
    (found,) = metrics.family("latency").points.values()
    assert found == Distribution((1, 10), (2, 1, 1), 56.5)
    assert isinstance(found, Distribution)
    assert found.count == metrics.value("latency") == 4
    assert found.mean == 56.5 / 4


@pytest.mark.parametrize(("share", "bound"), [(0.0, 1), (0.5, 1), (0.75, 10), (1.0, float("inf"))])
def test_a_quantile_is_the_bound_that_so_many_lie_below(share: float, bound: float) -> None:
    assert Distribution((1, 10), (2, 1, 1), 0.0).quantile(share) == bound


def test_an_empty_distribution_has_mean_zero() -> None:
    assert Distribution((1,), (0, 0), 0.0).mean == 0


def test_a_listener_hears_every_value_until_it_is_taken_away(metrics: Metrics) -> None:
    histogram = metrics.histogram("latency", "took", labels=("operation",))
    heard: list[tuple[float, tuple[str, ...]]] = []
    forget = histogram.listen(lambda value, labels: heard.append((value, labels)))
    histogram.observe(2, "apply")
    forget()
    histogram.observe(3, "apply")
    assert heard == [(2, ("apply",))]


def test_types_that_users_invent_do_not_grow_the_series_without_end(metrics: Metrics) -> None:
    counter = metrics.counter("events", "said", labels=("type",))
    for number in range(1_000):
        counter.add(1, f"type {number}")
    assert len(metrics.family("events").points) <= 201
    assert counter.total == 1_000
    assert metrics.value("events", OTHER) > 0


def test_a_name_is_given_once(metrics: Metrics) -> None:
    metrics.counter("events", "said")
    with pytest.raises(ValidationError, match="events"):
        metrics.gauge("events", "said again")


def test_an_unknown_name_is_refused(metrics: Metrics) -> None:
    with pytest.raises(ValidationError, match="no instrument 'nothing'"):
        metrics.value("nothing")


def test_instruments_are_read_in_the_order_of_their_names(metrics: Metrics) -> None:
    for name in ("b", "a", "c"):
        metrics.counter(name, "said")
    assert [family.name for family in metrics.read()] == ["a", "b", "c"]
