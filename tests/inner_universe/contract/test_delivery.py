from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from nerv_lab.core.errors import StoreBusyError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.delivery import Delivery

TIMEOUT = 120.0


class Log:
    """A log in memory; counts how often it is read."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reads = 0
        self.broken = False
        self.step = 1000

    def append(self, count: int = 1) -> tuple[Event, ...]:
        first = len(self.events) + 1
        new = tuple(Event(str(seq), "x", seq=seq) for seq in range(first, first + count))
        self.events.extend(new)
        return new

    def read(self, after: int) -> tuple[Event, ...]:
        self.reads += 1
        if self.broken:
            raise StoreBusyError("busy")
        return tuple(self.events[after : after + self.step])

    def last_seq(self) -> int:
        return len(self.events)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def delivery(log: Log) -> Delivery:
    return Delivery(log.read, log.last_seq)


def _collect(seen: list[int | None]) -> Callable[[tuple[Event, ...]], None]:
    return lambda events: seen.extend(event.seq for event in events)


def test_own_events_are_handed_over_without_reading(log: Log, delivery: Delivery) -> None:
    seen: list[int | None] = []
    delivery.subscribe(_collect(seen))
    delivery.hand_over(log.append(2))
    delivery.hand_over(log.append())
    assert seen == [1, 2, 3]
    assert log.reads == 0


def test_what_precedes_own_events_is_read_first(log: Log, delivery: Delivery) -> None:
    seen: list[int | None] = []
    delivery.subscribe(_collect(seen))
    log.append(2)
    delivery.hand_over(log.append())
    assert seen == [1, 2, 3]


def test_events_told_of_in_the_wrong_order_arrive_in_log_order(
    log: Log, delivery: Delivery
) -> None:
    seen: list[int | None] = []
    delivery.subscribe(_collect(seen))
    first, second = log.append(), log.append()
    delivery.hand_over(second)
    delivery.hand_over(first)
    assert seen == [1, 2]


def test_a_long_log_is_read_in_steps(log: Log, delivery: Delivery) -> None:
    seen: list[int | None] = []
    delivery.subscribe(_collect(seen))
    log.step = 3
    log.append(10)
    delivery.catch_up()
    assert seen == list(range(1, 11))


def test_an_event_written_by_a_handler_waits_its_turn(log: Log, delivery: Delivery) -> None:
    order: list[tuple[str, int | None]] = []

    def first(events: tuple[Event, ...]) -> None:
        order.extend(("first", event.seq) for event in events)
        if len(log.events) < 3:
            delivery.hand_over(log.append())

    delivery.subscribe(first)
    delivery.subscribe(lambda events: order.extend(("second", event.seq) for event in events))
    delivery.hand_over(log.append())
    assert order == [(name, seq) for seq in (1, 2, 3) for name in ("first", "second")]


def test_settled_runs_once_and_without_the_lock(log: Log, delivery: Delivery) -> None:
    reached = threading.Event()
    calls: list[bool] = []

    def settled() -> None:
        # Another thread can only deliver where the lock is free.
        thread = threading.Thread(target=lambda: (delivery.catch_up(), reached.set()))
        thread.start()
        calls.append(reached.wait(TIMEOUT))
        thread.join(TIMEOUT)

    delivery.subscribe(lambda events: None, settled)
    delivery.hand_over(log.append(2))
    assert calls == [True]


def test_a_failing_settled_is_logged(
    log: Log, delivery: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("settled is broken")

    calls: list[str] = []
    delivery.subscribe(lambda events: None, fail)
    delivery.subscribe(lambda events: None, lambda: calls.append("other"))
    delivery.hand_over(log.append())
    assert calls == ["other"]
    assert "settled is broken" in caplog.text


def test_an_interrupt_reaches_the_caller_after_every_handler(log: Log, delivery: Delivery) -> None:
    seen: list[int | None] = []

    def interrupt(events: tuple[Event, ...]) -> None:
        raise KeyboardInterrupt

    stop = delivery.subscribe(interrupt)
    delivery.subscribe(_collect(seen))
    with pytest.raises(KeyboardInterrupt):
        delivery.hand_over(log.append())
    stop()
    delivery.hand_over(log.append())
    assert seen == [1, 2]


def test_events_that_cannot_be_read_are_delivered_later(
    log: Log, delivery: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int | None] = []
    delivery.subscribe(_collect(seen))
    log.append()
    log.broken = True
    delivery.hand_over(log.append())
    assert seen == []
    assert "could not be read" in caplog.text
    with pytest.raises(StoreBusyError):
        delivery.catch_up()
    log.broken = False
    delivery.hand_over(log.append())
    assert seen == [1, 2, 3]


def test_a_wake_during_a_delivery_is_not_lost(log: Log, delivery: Delivery) -> None:
    seen: list[int | None] = []
    inside, woken = threading.Event(), threading.Event()

    def slow(events: tuple[Event, ...]) -> None:
        seen.extend(event.seq for event in events)
        inside.set()
        assert woken.wait(TIMEOUT)

    delivery.subscribe(slow)
    batch = log.append()
    thread = threading.Thread(target=delivery.hand_over, args=(batch,))
    thread.start()
    assert inside.wait(TIMEOUT)
    log.append()
    delivery.wake()  # returns at once: the other thread has the lock
    assert seen == [1]
    woken.set()
    thread.join(TIMEOUT)
    assert seen == [1, 2]


def test_a_handler_may_subscribe_another(log: Log, delivery: Delivery) -> None:
    late: list[int | None] = []

    def first(events: tuple[Event, ...]) -> None:
        if events[0].seq == 1:
            delivery.subscribe(_collect(late), after=0)

    delivery.subscribe(first)
    delivery.hand_over(log.append())
    delivery.hand_over(log.append())
    assert late == [1, 2]


def test_a_handler_that_unsubscribes_itself_is_not_called_again(
    log: Log, delivery: Delivery
) -> None:
    seen: list[int | None] = []

    def once(events: tuple[Event, ...]) -> None:
        seen.extend(event.seq for event in events)
        stop()

    stop = delivery.subscribe(once)
    delivery.hand_over(log.append())
    delivery.hand_over(log.append())
    assert seen == [1]


def test_nothing_is_lost_or_doubled_between_many_threads(log: Log, delivery: Delivery) -> None:
    writing = threading.Lock()
    seen: list[int | None] = []
    delivery.subscribe(_collect(seen))

    def write(number: int) -> None:
        for _ in range(200):
            with writing:
                batch = log.append()
            if number % 2:
                delivery.hand_over(batch)
            else:
                delivery.wake()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert seen == list(range(1, 801))


def test_after_closing_nothing_is_delivered(log: Log, delivery: Delivery) -> None:
    seen: list[int | None] = []
    delivery.subscribe(_collect(seen))
    delivery.close()
    delivery.hand_over(log.append())
    assert seen == []
