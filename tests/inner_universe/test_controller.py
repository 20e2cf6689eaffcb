from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from nerv_lab.core.errors import ForeignStoreError, StoreClosedError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe import InnerUniverseConfig, InnerUniverseController

TIMEOUT = 120.0


def _config(path: Path, **fields: object) -> InnerUniverseConfig:
    return InnerUniverseConfig(uri=str(path), **fields)


def _watchers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "nerv-watcher"}


def test_making_a_controller_opens_nothing(store_path: Path) -> None:
    controller = InnerUniverseController(_config(store_path))
    assert not controller.running
    assert not store_path.exists()


async def test_each_step_may_be_repeated(store_path: Path) -> None:
    controller = InnerUniverseController(_config(store_path))
    assert await controller.stop()
    for _ in range(2):
        await controller.start_server_mode()
        assert controller.running
    assert controller.event_bus is controller.event_bus
    for _ in range(2):
        controller.event_bus.subscribe_to_events()
    for _ in range(2):
        assert await controller.stop()
        assert not controller.running


async def test_a_stopped_controller_can_start_again(store_path: Path) -> None:
    controller = InnerUniverseController(_config(store_path))
    heard: list[str] = []
    controller.event_bus.subscribe("*", lambda event: heard.append(event.type))
    for name in ("first", "second"):
        await controller.start_server_mode()
        await controller.event_bus.publish(name)
        await controller.stop()
    assert heard == ["first", "second"]


async def test_a_controller_ends_with_its_block(store_path: Path) -> None:
    async with InnerUniverseController(_config(store_path)) as controller:
        assert controller.running
    with pytest.raises(StoreClosedError):
        await controller.client.last_seq()


async def test_stopping_ends_the_watching_thread(store_path: Path) -> None:
    # Others' threads come and go: what closed the store of the test before may be about to end.
    before = _watchers()
    async with InnerUniverseController(_config(store_path)) as controller:
        controller.event_bus.subscribe_to_events()
        (watcher,) = _watchers() - before
    assert not watcher.is_alive()


async def test_a_store_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    controller = InnerUniverseController(_config(tmp_path))
    with pytest.raises(ForeignStoreError):
        await controller.start_server_mode()
    assert await controller.stop()


async def test_stopping_does_not_wait_for_ever(
    store_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    controller = InnerUniverseController(_config(store_path, stop_timeout=0.1))
    await controller.start_server_mode()
    stuck, go_on = threading.Event(), threading.Event()

    def handler(events: tuple[Event, ...]) -> None:
        stuck.set()
        go_on.wait(TIMEOUT)

    controller.client.subscribe(handler)
    other = InnerUniverseController(_config(store_path))
    await other.start_server_mode()
    await other.client.publish_event("hello")
    assert stuck.wait(TIMEOUT)
    started = time.monotonic()
    assert not await controller.stop()
    assert time.monotonic() - started < TIMEOUT / 2
    assert "not closed within" in caplog.text
    go_on.set()
    for thread in threading.enumerate():
        if thread.name in ("nerv-watcher", "nerv-close"):
            thread.join(TIMEOUT)
    assert not controller.running
    assert await other.stop()
