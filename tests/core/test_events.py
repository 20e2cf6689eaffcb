"""Events and messages."""

from __future__ import annotations

import dataclasses
import time

import pytest

from nerv_lab.core.events import Event, EventType


def test_a_type_of_ours_is_its_own_name() -> None:
    assert all(kind == kind.name == str(kind) for kind in EventType)


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Event("e", "A").type = "B"  # type: ignore[misc]


def test_a_new_event_is_of_now_and_unconfirmed() -> None:
    before = time.time()
    event = Event("e", "A")
    assert before <= event.timestamp <= time.time()
    assert event.seq is None


def test_a_message_has_the_shape_of_the_integration_guide() -> None:
    message = Event("e", "A", {"a": 1}, 5.0, "me", 3, origin_id="o").to_message()
    assert dataclasses.asdict(message) == {
        "id": "e",
        "type": "A",
        "source": "me",
        "timestamp": 5.0,
        "data": {"a": 1},
        "seq": 3,
    }
