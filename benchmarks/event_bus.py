"""Events published per second to ten subscribers, beside other libraries for signals.

Run ``python benchmarks/event_bus.py``. Every library publishes blocks of events in turn, so that
what else the machine does meets all of them alike; the figure is the median over the blocks.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from statistics import median
from time import perf_counter

import blinker
import psygnal
import pyee
import pymitter
import reactivex

from nerv_lab.core.bus import EventBus

SUBSCRIBERS = 10
PLAIN = "plain loop"
Publish = Callable[[int], object]


class Counter:
    """Subscribers that do next to nothing, so that the publishing is what is measured."""

    def __init__(self) -> None:
        self.seen = 0

    def handlers(self) -> list[Callable[..., None]]:
        """Return as many handlers as there are subscribers, no two of them the same object."""

        def make() -> Callable[..., None]:
            def handle(*_: object, **__: object) -> None:
                self.seen += 1

            return handle

        return [make() for _ in range(SUBSCRIBERS)]


def plain_loop(counter: Counter) -> Publish:
    """Return what calls the handlers in a loop."""
    handlers = counter.handlers()

    def publish(value: int) -> None:
        for handler in handlers:
            handler(value)

    return publish


def nerv_lab_bus(counter: Counter) -> Publish:
    """Return what publishes on our bus: an id, a time, a history and middleware included."""
    bus = EventBus()
    for handler in counter.handlers():
        bus.subscribe("changed", handler)
    return lambda value: bus.publish("changed", {"value": value})


def nerv_lab_bus_without_data(counter: Counter) -> Publish:
    """Return what publishes on our bus events that carry no data, which need no freezing."""
    bus = EventBus()
    for handler in counter.handlers():
        bus.subscribe("changed", handler)
    return lambda _: bus.publish("changed")


def with_psygnal(counter: Counter) -> Publish:
    """Return what emits a signal of psygnal."""

    class Subject:
        changed = psygnal.Signal(int)

    subject = Subject()
    for handler in counter.handlers():
        subject.changed.connect(handler)
    return subject.changed.emit


def with_blinker(counter: Counter) -> Publish:
    """Return what sends a signal of blinker."""
    signal = blinker.Signal()
    for handler in counter.handlers():
        signal.connect(handler, weak=False)
    return lambda value: signal.send(None, value=value)


def with_pyee(counter: Counter) -> Publish:
    """Return what emits an event of pyee."""
    emitter = pyee.EventEmitter()
    for handler in counter.handlers():
        emitter.add_listener("changed", handler)
    return lambda value: emitter.emit("changed", value)


def with_pymitter(counter: Counter) -> Publish:
    """Return what emits an event of pymitter."""
    emitter = pymitter.EventEmitter()
    for handler in counter.handlers():
        emitter.on("changed", handler)
    return lambda value: emitter.emit("changed", value)


def with_reactivex(counter: Counter) -> Publish:
    """Return what gives a subject of reactivex its next value."""
    subject: reactivex.Subject[int] = reactivex.Subject()
    for handler in counter.handlers():
        subject.subscribe(handler)
    return subject.on_next


BUSES: dict[str, Callable[[Counter], Publish]] = {
    PLAIN: plain_loop,
    "nerv-lab EventBus": nerv_lab_bus,
    "nerv-lab, without data": nerv_lab_bus_without_data,
    "psygnal": with_psygnal,
    "blinker": with_blinker,
    "pyee": with_pyee,
    "pymitter": with_pymitter,
    "reactivex": with_reactivex,
}


def main() -> None:
    """Measure all of them and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=15)
    parser.add_argument("--events", type=int, default=5_000, help="in each block")
    given = parser.parse_args()
    counters = {name: Counter() for name in BUSES}
    publishers = {name: make(counters[name]) for name, make in BUSES.items()}
    rates: dict[str, list[float]] = {name: [] for name in BUSES}
    for _ in range(given.blocks):
        for name, publish in publishers.items():
            start = perf_counter()
            for value in range(given.events):
                publish(value)
            rates[name].append(given.events / (perf_counter() - start))
    expected = given.blocks * given.events * SUBSCRIBERS
    if any(counter.seen != expected for counter in counters.values()):
        raise SystemExit("a library lost events")
    print(f"{platform.platform()}, Python {platform.python_version()}")
    print("| library                | events per second | of the plain loop |")
    print("|------------------------|------------------:|------------------:|")
    base = median(rates[PLAIN])
    for name, found in sorted(rates.items(), key=lambda row: -median(row[1])):
        rate = median(found)
        print(f"| {name:<22} | {rate:>17,.0f} | {rate / base:>17.3f} |")


if __name__ == "__main__":
    main()
