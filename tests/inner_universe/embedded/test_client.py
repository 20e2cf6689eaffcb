from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.inner_universe import EmbeddedInnerUniverse
from nerv_lab.inner_universe.embedded.schema import APPLICATION_ID, SCHEMA_VERSION

TIMEOUT = 120.0


@pytest.fixture
async def client(store_path: Path) -> Any:
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    yield client
    await client.close()


async def test_a_new_file_is_marked_as_ours(
    client: EmbeddedInnerUniverse, store_path: Path
) -> None:
    connection = apsw.Connection(str(store_path))
    assert connection.pragma("application_id") == APPLICATION_ID
    assert connection.pragma("user_version") == SCHEMA_VERSION
    assert connection.pragma("journal_mode") == "wal"
    strict = dict(connection.execute("SELECT name, strict FROM pragma_table_list"))
    ours = {name: flag for name, flag in strict.items() if not name.startswith("sqlite_")}
    assert set(ours) == {
        "entity",
        "relation",
        "event_log",
        "state_version",
        "branch",
        "tag",
        "origin_cursor",
        "permission",
        "schema_version",
        "config",
        "bridge",
        "journal",
    }
    assert set(ours.values()) == {1}
    connection.close()


async def test_the_log_counts_for_each_writer(client: EmbeddedInnerUniverse) -> None:
    await client.apply([CreateEntity("a", "thing"), CreateEntity("b", "thing")])
    await client.snapshot()
    with client._opened._database.reading("look") as connection:
        cursors = dict(connection.execute("SELECT origin_id, seq FROM origin_cursor"))
    assert cursors == {client.origin_id: 2}


async def test_power_may_fail_after_every_commit_by_default(
    client: EmbeddedInnerUniverse,
) -> None:
    with client._opened._database.writing("look") as connection:
        assert connection.pragma("synchronous") == 2


async def test_nobody_watches_while_nobody_is_subscribed(client: EmbeddedInnerUniverse) -> None:
    def watchers() -> int:
        return sum(thread.name == "nerv-watcher" for thread in threading.enumerate())

    assert watchers() == 0
    client.subscribe(lambda events: None)
    client.subscribe(lambda events: None)
    assert watchers() == 1
    await client.close()
    assert watchers() == 0


async def test_a_handler_may_close_its_client(store_path: Path) -> None:
    client, other = EmbeddedInnerUniverse(store_path), EmbeddedInnerUniverse(store_path)
    await client.connect()
    await other.connect()
    closed = threading.Event()

    def close(events: Any) -> None:
        asyncio.run(client.close())
        closed.set()

    client.subscribe(close)
    await other.publish_event("hello")
    assert closed.wait(TIMEOUT)
    assert not client.connected
    await other.close()


async def test_what_another_client_changed_is_not_remembered_wrongly(
    client: EmbeddedInnerUniverse, store_path: Path
) -> None:
    other = EmbeddedInnerUniverse(store_path)
    await other.connect()
    await client.apply([CreateEntity("a", "thing", EntityMetadata("first"))])
    kept = await client.snapshot()
    await other.apply([UpdateEntity("a", name="second")])
    receipt = await client.apply([UpdateEntity("a", description="x")])
    assert kept.items[0].name == "first"
    assert (receipt.changes[0].old.name, receipt.changes[0].new.name) == ("second", "second")
    await other.close()


@pytest.mark.parametrize("clients", [1, 2])
async def test_threads_may_write_at_once(store_path: Path, clients: int) -> None:
    opened = [EmbeddedInnerUniverse(store_path) for _ in range(clients)]
    for one in opened:
        await one.connect()
    seen: list[int | None] = []
    complete = threading.Event()

    def collect(events: Any) -> None:
        seen.extend(event.seq for event in events)
        if len(seen) >= 200:
            complete.set()

    opened[0].subscribe(collect)

    def write(number: int) -> None:
        client = opened[number % clients]
        for step in range(50):
            asyncio.run(client.apply([CreateEntity(f"{number}-{step}", "thing")]))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert complete.wait(TIMEOUT)
    assert seen == list(range(1, 201))
    assert len((await opened[0].snapshot()).items) == 200
    assert await opened[0].verify() == []
    for one in opened:
        await one.close()


async def test_many_clients_may_create_a_store_at_once(store_path: Path) -> None:
    failed: list[BaseException] = []

    def create() -> None:
        try:
            client = EmbeddedInnerUniverse(store_path)
            asyncio.run(client.connect())
            asyncio.run(client.publish_event("here"))
            asyncio.run(client.close())
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert failed == []
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    assert await client.last_seq() == 8
    assert await client.verify() == []
    await client.close()
