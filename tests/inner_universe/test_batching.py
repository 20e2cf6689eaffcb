"""Events that stay local, and events that are written together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from nerv_lab.core.errors import NERVPersistenceError, ValidationError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe import (
    InnerUniverseConfig,
    InnerUniverseController,
    MockInnerUniverse,
    SpacetimeEventBus,
)
from nerv_lab.inner_universe.batching import EventBatcher


class _Writes:
    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.error: Exception | None = None

    async def publish(self, events: Sequence[Event]) -> list[str]:
        if self.error is not None:
            raise self.error
        self.batches.append([event.id for event in events])
        return self.batches[-1]


async def test_events_of_one_moment_are_written_together() -> None:
    writes = _Writes()
    batcher = EventBatcher(writes.publish, 100, 0.01)
    await asyncio.gather(*(batcher.add(Event(str(i), "x")) for i in range(5)))
    assert writes.batches == [["0", "1", "2", "3", "4"]]


async def test_a_full_batch_does_not_wait() -> None:
    writes = _Writes()
    batcher = EventBatcher(writes.publish, 2, 3600)
    await asyncio.gather(*(batcher.add(Event(str(i), "x")) for i in range(4)))
    assert writes.batches == [["0", "1"], ["2", "3"]]


async def test_a_heavy_batch_does_not_wait() -> None:
    writes = _Writes()
    batcher = EventBatcher(writes.publish, 100, 3600)
    heavy = {"text": "x" * 1_000_000}
    await asyncio.gather(*(batcher.add(Event(str(i), "x", heavy)) for i in range(5)))
    assert writes.batches == [["0", "1", "2", "3", "4"]]


async def test_a_refused_event_harms_no_other() -> None:
    writes = _Writes()
    batcher = EventBatcher(writes.publish, 100, 0.01)
    done = await asyncio.gather(
        batcher.add(Event("good", "x")),
        batcher.add(Event("bad", "ENTITY_CREATED")),
        return_exceptions=True,
    )
    assert [type(found) for found in done] == [type(None), ValidationError]
    assert writes.batches == [["good"]]


async def test_what_could_not_be_written_is_told_to_all_who_wait() -> None:
    writes = _Writes()
    writes.error = NERVPersistenceError("away")
    batcher = EventBatcher(writes.publish, 100, 0.01)
    done = await asyncio.gather(
        *(batcher.add(Event(str(i), "x")) for i in range(3)), return_exceptions=True
    )
    assert [type(found) for found in done] == [NERVPersistenceError] * 3
    writes.error = None
    await batcher.add(Event("later", "x"))
    assert writes.batches == [["later"]]


async def test_who_stops_waiting_takes_no_event_along() -> None:
    writes = _Writes()
    batcher = EventBatcher(writes.publish, 100, 0.05)
    impatient = asyncio.create_task(batcher.add(Event("a", "x")))
    patient = asyncio.create_task(batcher.add(Event("b", "x")))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert writes.batches == [["a", "b"]]


async def test_who_fills_a_batch_and_gives_up_takes_no_event_along() -> None:
    writing, go_on = asyncio.Event(), asyncio.Event()
    calls: list[list[str]] = []

    async def publish(events: Sequence[Event]) -> None:
        calls.append([event.id for event in events])
        writing.set()
        await go_on.wait()

    batcher = EventBatcher(publish, 2, 3600)
    first = asyncio.create_task(batcher.add(Event("a", "x")))
    filler = asyncio.create_task(batcher.add(Event("b", "x")))
    await writing.wait()
    filler.cancel()
    with pytest.raises(asyncio.CancelledError):
        await filler
    go_on.set()
    await first
    assert calls == [["a", "b"]] * 2  # the same events again are left alone


async def test_flushing_waits_for_a_batch_that_is_being_written() -> None:
    writing, go_on = asyncio.Event(), asyncio.Event()

    async def publish(events: Sequence[Event]) -> None:
        writing.set()
        await go_on.wait()

    batcher = EventBatcher(publish, 1, 3600)
    adding = asyncio.create_task(batcher.add(Event("a", "x")))
    await writing.wait()
    flushing = asyncio.create_task(batcher.flush())
    await asyncio.sleep(0)
    assert not flushing.done()
    go_on.set()
    await asyncio.gather(adding, flushing)


def test_a_loop_that_ends_leaves_nobody_waiting_elsewhere() -> None:
    batcher = EventBatcher(_Writes().publish, 100, 3600)
    added = threading.Event()
    leave = threading.Event()

    async def first_and_gone() -> None:
        task = asyncio.create_task(batcher.add(Event("a", "x")))
        await asyncio.sleep(0)
        added.set()
        await asyncio.to_thread(leave.wait)
        task.cancel()

    async def second() -> None:
        await asyncio.to_thread(added.wait)
        task = asyncio.create_task(batcher.add(Event("b", "x")))
        await asyncio.sleep(0)
        leave.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    thread = threading.Thread(target=asyncio.run, args=(first_and_gone(),))
    thread.start()
    asyncio.run(second())
    thread.join()


async def test_flushing_writes_what_waits() -> None:
    writes = _Writes()
    batcher = EventBatcher(writes.publish, 100, 3600)
    waiting = asyncio.create_task(batcher.add(Event("a", "x")))
    await asyncio.sleep(0)
    await batcher.flush()
    assert writes.batches == [["a"]]
    await waiting


async def test_threads_with_loops_of_their_own_share_a_batch() -> None:
    writes = _Writes()
    batcher = EventBatcher(writes.publish, 4, 3600)
    threads = [
        threading.Thread(target=lambda i=i: asyncio.run(batcher.add(Event(str(i), "x"))))
        for i in range(3)
    ]
    for thread in threads:
        thread.start()
    await batcher.add(Event("3", "x"))
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert [sorted(batch) for batch in writes.batches] == [["0", "1", "2", "3"]]


async def test_local_events_are_delivered_and_not_written() -> None:
    client = MockInnerUniverse()
    await client.connect()
    bus = SpacetimeEventBus(client, local=["cursor.*", "hover"])
    seen: list[str] = []
    bus.subscribe("*", lambda event: seen.append(event.type))
    for kind in ("cursor.moved", "hover", "hovered", "cursor"):
        await bus.publish(kind)
    assert seen == ["cursor.moved", "hover", "hovered", "cursor"]
    assert [event.type for event in await client.events()] == ["hovered", "cursor"]


async def test_the_settings_reach_the_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NERV_LOCAL_EVENTS", '["cursor.*"]')
    config = InnerUniverseConfig(uri="mock://", batch_events=10, batch_seconds=60)
    async with InnerUniverseController(config) as controller:
        bus, client = controller.event_bus, controller.client
        assert bus.is_local("cursor.moved")
        waiting = asyncio.create_task(bus.publish("said"))
        await asyncio.sleep(0)
        assert await client.last_seq() == 0
        waiting_too: list[Any] = [bus.publish("said") for _ in range(9)]
        await asyncio.gather(waiting, *waiting_too)
        assert await client.last_seq() == 10


async def test_stopping_writes_what_waits_first() -> None:
    config = InnerUniverseConfig(uri="mock://", batch_events=10, batch_seconds=60)
    controller = InnerUniverseController(config)
    await controller.start_server_mode()
    waiting = asyncio.create_task(controller.event_bus.publish("said"))
    await asyncio.sleep(0)
    assert await controller.stop()
    await waiting
    await controller.client.connect()
    assert [event.type for event in await controller.client.events()] == ["said"]
    await controller.client.close()
