"""Events of the user's own, by the module's reducers."""

from __future__ import annotations

from typing import Any

import pytest
from shared.spacetime_database import Database, RefusedError, own_event, some


def _publish(database: Database, *events: dict[str, Any], **fields: Any) -> None:
    database.call(
        "publish_events",
        fields.get("batch_id", "p"),
        "tests",
        fields.get("origin_seq", 0),
        fields.get("branch", "main"),
        list(events),
    )


def test_an_event_is_kept_as_it_was_given(database: Database) -> None:
    _publish(database, own_event("a", "greeted", '{"to":["world"]}', "me", 1_700_000_000_123_456))
    (row,) = database.log()
    assert row == {
        "seq": 1,
        "event_id": "a",
        "origin_id": "tests",
        "origin_seq": 1,
        "event_type": "greeted",
        "source": "me",
        "timestamp": 1_700_000_000_123_456,
        "data": '{"to":["world"]}',
        "actor": database.identity,
        "branch": "main",
        "batch_id": "p",
    }


def test_only_what_is_new_is_written(database: Database) -> None:
    a, b = own_event("a", "x"), own_event("b", "y", "{}")
    _publish(database, a)
    _publish(database, a, b, b, batch_id="q")
    _publish(database, a, b, batch_id="r")
    _publish(database, own_event("c", "z"), batch_id="q")  # that batch is done
    assert [row["event_id"] for row in database.log()] == ["a", "b"]
    assert {
        row["batch_id"]: (row["first_seq"], row["last_seq"]) for row in database.rows("batch")
    } == {
        "p": (1, 1),
        "q": (2, 2),
        "r": (3, 2),
    }


@pytest.mark.parametrize(
    "other",
    [own_event("a", "y"), own_event("a", "x", "{}"), own_event("a", "x", None, "me")],
)
def test_another_event_under_the_same_id_is_refused(
    database: Database, other: dict[str, Any]
) -> None:
    _publish(database, own_event("a", "x"))
    for events in (
        [own_event("b", "fine"), other],
        [own_event("c", "x"), {**other, "event_id": "c"}],
    ):
        with pytest.raises(RefusedError) as refused:
            _publish(database, *events, batch_id="q")
        assert refused.value.fields == {"kind": "event", "id": events[1]["event_id"]}
    with pytest.raises(RefusedError):
        _publish(database, own_event("a", "x"), batch_id="q", branch="aside")
    assert len(database.log()) == 1


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (own_event("a", ""), "event_type"),
        (own_event("a", "ENTITY_CREATED"), "event_type"),
        (own_event("a", "STATE_VERSION_COMMITTED"), "event_type"),
        (own_event("a", "BRANCH_MOVED"), "event_type"),
        (own_event("", "x"), "event_id"),
        (own_event("a", "x", timestamp=-1), "timestamp"),
        (own_event("a", "x", timestamp=253_402_300_800_000_000), "timestamp"),
        (own_event("a", "x", "[]"), "data"),
        (own_event("a", "x", '{"$nerv":"tuple","value":[]}'), "data"),
        (own_event("a", "x", '{"y":"' + "y" * 1_048_577 + '"}'), "data"),
        (own_event("a", "x", '{"y":[Infinity]}'), "data.y[0]"),
    ],
)
def test_an_event_that_is_not_valid_is_refused(
    database: Database, event: dict[str, Any], field: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        _publish(database, own_event("fine", "x"), event)
    assert refused.value.fields["field"] == field
    assert database.log() == []


def test_an_event_may_be_published_alone(database: Database) -> None:
    for _ in range(2):
        database.call("publish_event", "a", "greeted", some("me"), some('{"x":1}'))
    (row,) = database.log()
    assert (row["event_id"], row["origin_id"]) == ("a", database.identity)
    assert row["timestamp"] > 1_600_000_000_000_000


def test_the_origins_count_is_checked(database: Database) -> None:
    _publish(database, own_event("a", "x"), origin_seq=1)
    with pytest.raises(RefusedError) as refused:
        _publish(database, own_event("b", "x"), batch_id="q", origin_seq=3)
    assert (refused.value.name, refused.value.fields) == ("OriginGap", {"expected": 2, "got": 3})
    _publish(database, own_event("a", "x"), origin_seq=1)  # the reply was lost
    _publish(database, own_event("b", "x"), batch_id="q", origin_seq=2)
