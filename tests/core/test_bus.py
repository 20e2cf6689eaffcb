"""The event bus: who hears what, in which order, and what a failure does."""

from __future__ import annotations

import enum
import functools
import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nerv_lab.core.bus import EventBus, new_event
from nerv_lab.core.errors import ValidationError, ValueRefusedError
from nerv_lab.core.events import Event, EventType, Message
from nerv_lab.core.limits import MAX_DEPTH
from nerv_lab.core.values import ReadOnlyDict, freeze


def types_of(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def test_a_handler_hears_the_type_it_subscribed_to_and_no_other() -> None:
    bus, heard = EventBus(), []
    bus.subscribe("A", heard.append)
    bus.publish("A")
    bus.publish("AB")
    assert types_of(heard) == ["A"]


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("*", ["ENTITY_CREATED", "ENTITY_DELETED", "RELATION_CREATED", "ENTITY_"]),
        ("ENTITY_*", ["ENTITY_CREATED", "ENTITY_DELETED", "ENTITY_"]),
        ("ENTITY_C*", ["ENTITY_CREATED"]),
        ("entity_*", []),
    ],
)
def test_a_wildcard_hears_every_type_with_its_prefix(pattern: str, heard: list[str]) -> None:
    bus, events = EventBus(), []
    bus.subscribe(pattern, events.append)
    for event_type in ("ENTITY_CREATED", "ENTITY_DELETED", "RELATION_CREATED", "ENTITY_"):
        bus.publish(event_type)
    assert types_of(events) == heard


def test_an_enum_stands_for_its_string_value_or_else_for_its_name() -> None:
    class Numbered(enum.Enum):
        SAVED = enum.auto()

    bus, events = EventBus(), []
    bus.subscribe(Numbered.SAVED, events.append)
    bus.subscribe(EventType.ENTITY_CREATED, events.append)
    bus.publish("SAVED")
    bus.publish(EventType.ENTITY_CREATED)
    assert [type(event.type) for event in events] == [str, str]
    assert types_of(events) == ["SAVED", "ENTITY_CREATED"]


def test_publish_returns_the_id_of_the_event_it_delivered() -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    event_id = bus.publish("A", {"n": 1}, source="me")
    (event,) = events
    assert uuid.UUID(event_id).version == 7
    assert (event.id, event.data, event.source, event.seq) == (event_id, {"n": 1}, "me", None)


def test_handlers_run_in_the_order_of_subscription_whatever_their_pattern() -> None:
    bus, calls = EventBus(), []
    for name, pattern in (("first", "*"), ("second", "A"), ("third", "A*"), ("fourth", "A")):
        bus.subscribe(pattern, lambda event, name=name: calls.append(name))
    bus.publish("A")
    assert calls == ["first", "second", "third", "fourth"]


def test_an_ended_subscription_hears_nothing_and_may_be_ended_again() -> None:
    bus, events = EventBus(), []
    unsubscribe = bus.subscribe("*", events.append)
    unsubscribe()
    unsubscribe()
    bus.publish("A")
    assert events == []


def test_a_handler_unsubscribed_by_an_earlier_one_misses_the_event_in_hand() -> None:
    bus, events = EventBus(), []
    ends: list[Callable[[], None]] = []
    bus.subscribe("A", lambda event: ends[0]())
    ends.append(bus.subscribe("A", events.append))
    bus.publish("A")
    assert events == []


def test_a_handler_subscribed_by_another_hears_from_the_next_event_on() -> None:
    bus, events = EventBus(), []
    first = bus.subscribe("A", lambda event: (first(), bus.subscribe("A", events.append)))
    bus.publish("A")
    assert events == []
    bus.publish("A")
    assert types_of(events) == ["A"]


def test_the_data_of_an_event_is_a_read_only_copy() -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    payload = {"list": [1]}
    bus.publish("A", payload)
    payload["list"].append(2)
    assert events[0].data == {"list": [1]}
    with pytest.raises(TypeError, match="read-only"):
        events[0].data["list"] = []


@pytest.mark.parametrize("event_type", ["", "a\nb", "x" * 513, 5, None, "A*", "*"])
def test_a_type_that_is_no_name_is_refused(event_type: Any) -> None:
    with pytest.raises(ValidationError, match="event_type"):
        EventBus().publish(event_type)


@pytest.mark.parametrize("pattern", ["", "*A", "A*B", "A**", 5])
def test_a_pattern_that_is_no_prefix_is_refused(pattern: Any) -> None:
    with pytest.raises(ValidationError, match="event_type"):
        EventBus().subscribe(pattern, print)


@pytest.mark.parametrize(
    ("data", "path"), [([1], "data"), ("text", "data"), ({"a": [object()]}, "data.a[0]")]
)
def test_data_outside_the_type_table_is_refused_and_nobody_hears_of_it(
    data: Any, path: str
) -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    with pytest.raises(ValidationError) as caught:
        bus.publish("A", data)
    assert caught.value.field == path
    assert events == bus.history() == []


async def coroutine(event: Event) -> None:
    """Do nothing, in a coroutine."""


class CoroutineObject:
    async def __call__(self, event: Event) -> None:
        """Do nothing, in a coroutine."""


@pytest.mark.parametrize(
    "handler", [coroutine, functools.partial(coroutine), CoroutineObject(), None, "print"]
)
def test_a_handler_that_is_no_plain_callable_is_refused(handler: Any) -> None:
    with pytest.raises(ValidationError, match="handler"):
        EventBus().subscribe("*", handler)


def test_a_failing_handler_is_logged_and_counted_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", lambda event: 1 / 0)
    bus.subscribe("*", events.append)
    with caplog.at_level(logging.ERROR):
        event_id = bus.publish("A")
    assert types_of(events) == ["A"]
    assert bus.failures == 1
    assert event_id in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_an_interrupt_in_a_handler_reaches_the_publisher_after_the_others_ran() -> None:
    bus, events = EventBus(), []

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    unsubscribe = bus.subscribe("*", interrupt)
    bus.subscribe("*", events.append)
    with pytest.raises(KeyboardInterrupt):
        bus.publish("A")
    unsubscribe()
    bus.publish("B")
    assert types_of(events) == ["A", "B"]


def test_an_event_published_by_a_handler_comes_after_the_one_in_hand_for_everybody() -> None:
    bus, first, last = EventBus(), [], []
    bus.subscribe("*", first.append)
    bus.subscribe("A", lambda event: bus.publish("B"))
    bus.subscribe("*", last.append)
    bus.publish("A")
    assert types_of(first) == types_of(last) == ["A", "B"]


def test_the_history_is_newest_first_bounded_and_filtered() -> None:
    bus = EventBus(history=3)
    for event_type in ("A1", "B1", "A2", "B2"):
        bus.publish(event_type)
    assert types_of(bus.history()) == ["B2", "A2", "B1"]
    assert types_of(bus.history(1)) == ["B2"]
    assert types_of(bus.history(event_type="A*")) == ["A2"]
    assert types_of(bus.history(1, "B1")) == ["B1"]


def test_middleware_sees_each_event_first_and_may_change_or_drop_it() -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    bus.add_middleware(lambda event: None if event.type == "DROPPED" else event)
    remove = bus.add_middleware(lambda event: replace(event, source="middleware"))
    for event_type in ("DROPPED", "A"):
        bus.publish(event_type)
    remove()
    bus.publish("B")
    assert [(event.type, event.source) for event in events] == [("A", "middleware"), ("B", None)]
    assert types_of(bus.history()) == ["B", "A"]


def test_failing_middleware_drops_the_event_and_is_logged_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    bus.add_middleware(lambda event: 1 / 0)  # type: ignore[arg-type]
    bus.publish("A")
    assert events == []
    assert bus.failures == 1
    assert "dropped" in caplog.text


def test_a_confirmed_event_is_delivered_with_its_own_id_and_position() -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    event = Event("e1", "A", {"a": [1]}, 5.0, "them", seq=7, branch="side")
    assert bus.publish_event(event) == "e1"
    assert events == [event]
    assert hash(events[0].data)


def test_the_records_in_a_confirmed_event_may_wrap_values_of_full_depth() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    bus.publish_event(Event("e1", "A", {"new": {"metadata": {"properties": {"deep": value}}}}))
    assert len(events) == 1


def test_frozen_data_is_passed_on_without_another_copy() -> None:
    bus, events = EventBus(), []
    bus.subscribe("*", events.append)
    event = new_event("A", {"a": 1})
    bus.publish_event(event)
    assert events[0] is event


def test_a_message_of_the_inner_universe_reaches_subscribers_as_an_event() -> None:
    bus, events = EventBus(), []
    bus.subscribe("A", events.append)
    message = Message("m1", "A", "them", 12.5, freeze({"a": 1}), 3)
    bus.notify_subscribers(message)
    assert events[0].to_message() == message


def test_events_of_several_threads_reach_every_handler_once_in_one_order() -> None:
    bus, first, last = EventBus(history=10_000), [], []
    bus.subscribe("*", first.append)
    bus.subscribe("*", last.append)
    start = threading.Barrier(4)
    published: list[list[str]] = [[] for _ in range(4)]

    def publish(ids: list[str]) -> None:
        start.wait(120)
        ids.extend(bus.publish("A") for _ in range(500))

    threads = [threading.Thread(target=publish, args=(ids,)) for ids in published]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    order = [event.id for event in first]
    assert order == [event.id for event in last] == [e.id for e in reversed(bus.history())]
    for ids in published:
        assert [id for id in order if id in set(ids)] == ids


def test_a_handler_may_wait_for_another_thread_that_publishes() -> None:
    bus, events = EventBus(), []

    def publish_elsewhere(event: Event) -> None:
        thread = threading.Thread(target=bus.publish, args=("B",))
        thread.start()
        thread.join(120)
        assert not thread.is_alive()

    bus.subscribe("A", publish_elsewhere)
    bus.subscribe("*", events.append)
    bus.publish("A")
    assert types_of(events) == ["A", "B"]
    assert bus.failures == 0


def test_more_types_than_the_cache_holds_are_still_delivered() -> None:
    bus, events = EventBus(), []
    bus.subscribe("T1*", events.append)
    for number in range(3000):
        bus.publish(f"T{number}")
    assert types_of(events) == [f"T{n}" for n in range(3000) if str(n).startswith("1")]


@given(st.lists(st.sampled_from(["A", "AB", "B", "*", "A*", "AB*"]), max_size=6))
def test_the_cache_of_routes_agrees_with_matching_one_by_one(patterns: list[str]) -> None:
    bus, heard = EventBus(), []
    for pattern in patterns:
        bus.publish("AB")
        bus.subscribe(pattern, lambda event, pattern=pattern: heard.append((pattern, event.type)))
    heard.clear()
    for event_type in ("A", "AB", "B", "C"):
        bus.publish(event_type)
    expected = [
        (pattern, event_type)
        for event_type in ("A", "AB", "B", "C")
        for pattern in patterns
        if pattern == event_type or (pattern[-1] == "*" and event_type.startswith(pattern[:-1]))
    ]
    assert heard == expected


def test_refused_data_names_the_value_error_it_is() -> None:
    with pytest.raises(ValueRefusedError):
        EventBus().publish("A", {"a": float("nan")})


def test_events_that_are_published_together_come_one_after_another() -> None:
    bus, heard = EventBus(), []

    def answer(event: Event) -> None:
        heard.append(event.type)
        if event.type == "A":
            bus.publish("ANSWER")

    bus.subscribe("*", answer)
    bus.publish_events([Event("1", "A"), Event("2", "B", {"n": [1]})])
    assert heard == ["A", "B", "ANSWER"]
    assert types_of(bus.history()) == ["ANSWER", "B", "A"]
    assert type(bus.history(event_type="B")[0].data) is ReadOnlyDict


def test_events_behind_an_interrupt_are_not_lost() -> None:
    bus, heard = EventBus(), []

    def interrupted(event: Event) -> None:
        if event.type == "A":
            raise KeyboardInterrupt

    bus.subscribe("*", interrupted)
    bus.subscribe("*", heard.append)
    with pytest.raises(KeyboardInterrupt):
        bus.publish_events([Event("1", "A"), Event("2", "B")])
    bus.publish("C")
    assert types_of(heard) == ["A", "B", "C"]


def test_events_that_are_published_while_others_are_wait_for_their_turn() -> None:
    bus, heard = EventBus(), []

    def more(event: Event) -> None:
        if event.type == "A":
            bus.publish_events([Event("2", "C"), Event("3", "D")])
        heard.append(event.type)

    bus.subscribe("*", more)
    bus.publish_events([Event("0", "A"), Event("1", "B")])
    assert heard == ["A", "B", "C", "D"]
