from __future__ import annotations

import threading

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import ConfirmedBatch, Lab
from nerv_lab.lab.driving import run_inline


def test_what_somebody_else_writes_appears(lab: Lab, client: MockInnerUniverse) -> None:
    run_inline(client.apply([CreateEntity("eve", "person")]))
    assert lab.entity("eve").type == "person"


def test_a_version_of_somebody_else_becomes_the_head(client: MockInnerUniverse) -> None:
    with Lab(client) as lab:
        lab.add_entity("person", id="ada")
        other = Lab(client)
        version = other.commit("elsewhere")
        assert lab.head == version
        assert len(lab.diff()) == 0
        assert lab.commit("here").parents == (version.id,)


def test_a_lab_that_is_opened_again_stands_where_it_stood() -> None:
    client = MockInnerUniverse()
    first = Lab(client)
    first.add_entity("person", "Ada", id="ada")
    first.commit("one")
    first.update("ada", name="Ada L.")
    first.commit("two")
    first.update("ada", properties={"born": 1815})
    again = Lab(client)
    assert again.state == first.state
    assert again.seq == first.seq
    assert again.versions == first.versions
    assert repr(again.diff()) == repr(first.diff())
    assert again.at("v1").entity("ada").name == "Ada"
    assert again.commit("three").parents == (first.versions[1].id,)
    assert again.verify().ok


def test_the_bus_delivers_every_confirmed_event_once_under_its_name(lab: Lab) -> None:
    seen: list[Event] = []
    lab.bus.subscribe("*", seen.append)
    ada = lab.add_entity("person")
    lab.update(ada, name="Ada")
    lab.delete(ada)
    lab.commit("empty")
    assert [e.type for e in seen] == [
        EventType.ENTITY_CREATED,
        EventType.ENTITY_UPDATED,
        EventType.ENTITY_DELETED,
        EventType.STATE_VERSION_COMMITTED,
    ]
    assert [e.seq for e in seen] == [1, 2, 3, 4]


def test_publishing_on_the_bus_records_first_and_delivers_once(lab: Lab) -> None:
    seen: list[Event] = []
    lab.bus.subscribe("note", seen.append)
    id = lab.bus.publish("note", {"text": "hello"}, source="me")
    assert [(e.id, e.seq, e.source) for e in seen] == [(id, 1, "me")]
    assert lab.events[0].data == {"text": "hello"}


def test_the_types_of_the_system_cannot_be_published(lab: Lab) -> None:
    with pytest.raises(ValidationError):
        lab.bus.publish(EventType.ENTITY_CREATED, {"old": None, "new": None})
    assert lab.seq == 0


def test_a_handler_may_write_and_everybody_sees_one_order(lab: Lab) -> None:
    seen: list[str] = []

    def answer(event: Event) -> None:
        if event.type == "question":
            lab.add_entity("answer", id="42")
            assert lab.entity("42")

    lab.bus.subscribe("*", answer)
    lab.bus.subscribe("*", lambda e: seen.append(e.type))
    lab.bus.publish("question")
    assert seen == ["question", "ENTITY_CREATED"]


def test_a_failing_watcher_does_not_stop_the_others(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[ConfirmedBatch] = []

    def fail(batch: ConfirmedBatch) -> None:
        raise RuntimeError("mine")

    lab.watch(fail)
    lab.watch(seen.append)
    lab.add_entity("person")
    assert len(seen) == 1
    assert "mine" in caplog.text


def test_a_watcher_is_given_the_state_after_its_batch(lab: Lab) -> None:
    batches: list[ConfirmedBatch] = []
    unwatch = lab.watch(batches.append)
    lab.add_entity("person", id="ada")
    version = lab.commit("one")
    unwatch()
    lab.add_entity("person", id="eve")
    assert [b.seq for b in batches] == [1, 2]
    assert [len(b.changes) for b in batches] == [1, 0]
    assert batches[1].versions == (version,)
    assert list(batches[1].state.entities) == ["ada"]


def test_two_subscriptions_of_one_function_end_apart(lab: Lab) -> None:
    batches: list[ConfirmedBatch] = []
    first = lab.watch(batches.append)
    lab.watch(batches.append)
    first()
    first()
    lab.add_entity("person")
    assert len(batches) == 1


def test_threads_that_write_and_commit_at_once_lose_nothing(lab: Lab) -> None:
    order: list[int] = []
    lab.bus.subscribe("*", lambda e: order.append(e.seq or 0))
    start = threading.Barrier(4)

    def work(name: int) -> None:
        start.wait()
        for n in range(25):
            lab.add_entity("thing", id=f"{name}-{n}")
            lab.commit(f"{name}-{n}")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lab.entities) == len(lab.versions) == 100
    assert lab.verify().ok
    assert order == list(range(1, 201))


def test_a_lab_that_is_opened_again_opens_its_head_without_reading_the_history(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = MockInnerUniverse()
    first = Lab(client)
    first.add_entity("person", "Ada", id="ada")
    first.commit("one")
    first.update("ada", name="Ada L.")
    again = Lab(client)

    async def refuse(version_id: str) -> bytes:
        raise AssertionError(version_id)

    monkeypatch.setattr(client, "delta", refuse)
    assert again.at("head").entity("ada").name == "Ada"
