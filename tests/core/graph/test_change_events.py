"""The events that record changes."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from nerv_lab.core.events import Event
from nerv_lab.core.graph.change_events import ChangeEvent, change_in
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity


def late_and_plain(reason: str | None = "why") -> tuple[ItemChange, Event, Event]:
    """Return a change, its event without the payload made, and the event that equals it."""
    change = ItemChange("e:ada", None, Entity("ada", "person"))
    fields: Any = ("id.0", change.event_type, 5.0, "me", 7, "origin", 3, "kim", "main", "id")
    late = ChangeEvent(*fields[:2], (change, reason), *fields[2:])
    return change, late, Event(*fields[:2], change.data(reason), *fields[2:])


def test_the_event_of_a_change_is_any_other_event() -> None:
    _, late, plain = late_and_plain()
    assert late == plain
    assert plain == late
    assert hash(late) == hash(plain)
    assert repr(late_and_plain()[1]) == repr(plain)
    assert late != Event("id.0", "mine")
    assert late != "id.0"
    assert isinstance(late, Event)


def test_the_event_of_a_change_makes_its_payload_once() -> None:
    change, late, _ = late_and_plain()
    assert change_in(late) is change
    data = late.data
    assert data == {"old": None, "new": change.new.record(), "reason": "why"}
    assert late.data is data
    assert change_in(late) is change
    assert late_and_plain(None)[1].data == {"old": None, "new": change.new.record()}


def test_the_event_of_a_change_outlives_pickling_and_copying() -> None:
    _, late, plain = late_and_plain()
    assert pickle.loads(pickle.dumps(late)) == plain
    assert copy.copy(late_and_plain()[1]) == plain
