from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator
from enum import Enum
from typing import Any

import pytest

from nerv_lab.core.bus import EventBus
from nerv_lab.core.errors import (
    EntityNotFoundError,
    HeadMovedError,
    NERVPersistenceError,
    ValidationError,
    ValueRefusedError,
    VersionNotFoundError,
)
from nerv_lab.core.events import Event, Message
from nerv_lab.inner_universe import (
    InnerUniverseClient,
    InnerUniverseConfig,
    MockInnerUniverse,
    SpacetimeEventBus,
    SpacetimeTemporalStore,
    initialize_persistence,
)

TIMEOUT = 120.0


class Inbox:
    """Keeps what the bus delivers, and waits for more without blocking the loop."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._loop.call_soon_threadsafe(self._changed.set)

    async def until(self, count: int) -> list[Event]:
        while len(self.events) < count:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), TIMEOUT)
        return self.events


@pytest.fixture
async def bus(client: InnerUniverseClient) -> AsyncIterator[SpacetimeEventBus]:
    bus = SpacetimeEventBus(client)
    bus.subscribe_to_events()
    yield bus
    bus.close()


# The event bus


async def test_a_published_event_is_written_once_and_delivered_once(
    bus: SpacetimeEventBus,
) -> None:
    inbox = Inbox()
    bus.subscribe("greeted", inbox)
    event_id = await bus.publish("greeted", {"to": "world"}, "me")
    await inbox.until(1)
    await bus.client.refresh()
    log = await bus.client.events()
    assert [event.id for event in log] == [event_id]
    assert inbox.events == log


async def test_subscribing_to_the_log_twice_delivers_once(bus: SpacetimeEventBus) -> None:
    bus.subscribe_to_events()
    inbox = Inbox()
    bus.subscribe("*", inbox)
    await bus.publish("greeted")
    await inbox.until(1)
    await bus.client.refresh()
    assert len(inbox.events) == 1


async def test_publishing_subscribes_by_itself(client: InnerUniverseClient) -> None:
    bus, inbox = SpacetimeEventBus(client), Inbox()
    bus.subscribe("greeted", inbox)
    await bus.publish("greeted")
    assert len(await inbox.until(1)) == 1


async def test_an_enum_is_a_type(bus: SpacetimeEventBus) -> None:
    class Kind(Enum):
        GREETED = "greeted"

    inbox = Inbox()
    bus.subscribe(Kind.GREETED, inbox)
    await bus.publish(Kind.GREETED)
    assert (await inbox.until(1))[0].type == "greeted"


async def test_events_of_others_reach_the_bus(
    bus: SpacetimeEventBus, other: InnerUniverseClient
) -> None:
    inbox = Inbox()
    bus.subscribe("*", inbox)
    await other.create_entity("person")
    await other.publish_event("hello")
    assert [event.type for event in await inbox.until(2)] == ["ENTITY_CREATED", "hello"]


async def test_events_keep_log_order_whoever_publishes(
    bus: SpacetimeEventBus, other: InnerUniverseClient
) -> None:
    inbox = Inbox()
    bus.subscribe("*", inbox)
    for number in range(20):
        if number % 2:
            await bus.publish(f"e{number}")
        else:
            await other.publish_event(f"e{number}")
    assert [event.seq for event in await inbox.until(20)] == list(range(1, 21))


async def test_handlers_run_outside_the_delivery_lock(bus: SpacetimeEventBus) -> None:
    reached = threading.Event()
    outcome: list[bool] = []

    def ask_from_another_thread(event: Event) -> None:
        thread = threading.Thread(
            target=lambda: (bus.client.subscribe(lambda events: None), reached.set())
        )
        thread.start()
        outcome.append(reached.wait(TIMEOUT))
        thread.join(TIMEOUT)

    bus.subscribe("greeted", ask_from_another_thread)
    inbox = Inbox()
    bus.subscribe("*", inbox)
    await bus.publish("greeted")
    await inbox.until(1)
    assert outcome == [True]


async def test_a_refused_event_is_neither_written_nor_delivered(bus: SpacetimeEventBus) -> None:
    inbox = Inbox()
    bus.subscribe("*", inbox)
    for kind, data in (("bad", {"x": float("nan")}), ("ENTITY_CREATED", {})):
        with pytest.raises(ValidationError):
            await bus.publish(kind, data)
    await bus.client.refresh()
    assert inbox.events == []
    assert await bus.client.last_seq() == 0


async def test_a_message_is_delivered_here_and_not_written(bus: SpacetimeEventBus) -> None:
    inbox = Inbox()
    bus.subscribe("greeted", inbox)
    bus.notify_subscribers(Message("1", "greeted", data={"x": 1}))
    assert [event.id for event in inbox.events] == ["1"]
    assert await bus.client.last_seq() == 0


async def test_a_bus_of_ones_own_can_be_given(client: InnerUniverseClient) -> None:
    mine, inbox = EventBus(), Inbox()
    mine.subscribe("*", inbox)
    bus = SpacetimeEventBus(client, mine)
    await bus.publish("greeted")
    await inbox.until(1)
    bus.close()
    bus.close()
    await client.publish_event("unheard")
    await client.refresh()
    assert len(inbox.events) == 1


async def test_what_cannot_be_made_durable_is_not_delivered() -> None:
    client = MockInnerUniverse()
    await client.connect()
    bus, inbox = SpacetimeEventBus(client), Inbox()
    bus.subscribe_to_events()
    bus.subscribe("*", inbox)
    client.fail_next(ConnectionResetError("gone"))
    with pytest.raises(NERVPersistenceError, match="gone"):
        await bus.publish("greeted")
    assert inbox.events == []
    await client.close()


# The store of state versions


async def test_commits_follow_one_another(client: InnerUniverseClient) -> None:
    store = SpacetimeTemporalStore(client)
    assert store.current_version_id is None
    first = await store.commit_version({"x": 1}, "first")
    second = await store.commit_version({"x": 2}, "second", author="ada")
    assert store.current_version_id == second
    assert [v.id for v in await store.get_history()] == [first, second]
    assert [v.id for v in await store.get_history(first)] == [first]
    version = await store.get_version(second)
    assert (version.parents, version.description, version.author) == ((first,), "second", "ada")
    assert await client.verify() == []


async def test_the_hash_is_the_guides(client: InnerUniverseClient) -> None:
    state = {"b": [1, 2.5, None], "a": {"ü": True}}
    store = SpacetimeTemporalStore(client)
    version = await store.get_version(await store.commit_version(state, "x"))
    state_json = json.dumps(state, sort_keys=True)
    assert version.data_hash == hashlib.sha256(state_json.encode()).hexdigest()
    assert version.algorithm == "sha256-json"


async def test_a_state_comes_back_as_it_was(client: InnerUniverseClient) -> None:
    store = SpacetimeTemporalStore(client)
    states = [{"x": [1, 1.0, {"y": None}]}, [], "text", None, {"$nerv": "date"}]
    made = [await store.commit_version(state, "x") for state in states]
    for version_id, state in zip(made, states, strict=True):
        found = await store.state_at(version_id)
        assert found == state
        assert json.dumps(found) == json.dumps(state)


async def test_concurrent_commits_lose_nothing(client: InnerUniverseClient) -> None:
    store = SpacetimeTemporalStore(client)
    made = await asyncio.gather(*(store.commit_version({"n": n}, f"v{n}") for n in range(10)))
    assert [v.id for v in await store.get_history()] == made


async def test_a_commit_after_anothers_is_refused_and_can_be_repeated(
    client: InnerUniverseClient, other: InnerUniverseClient
) -> None:
    mine, theirs = SpacetimeTemporalStore(client), SpacetimeTemporalStore(other)
    await mine.commit_version({"x": 1}, "first")
    await theirs.commit_version({"x": 2}, "second")
    with pytest.raises(HeadMovedError):
        await mine.commit_version({"x": 3}, "late")
    assert mine.current_version_id == theirs.current_version_id
    await mine.commit_version({"x": 3}, "third")
    assert [v.description for v in await mine.get_history()] == ["first", "second", "third"]
    assert await theirs.refresh() == mine.current_version_id


async def test_a_state_that_is_no_json_is_refused(client: InnerUniverseClient) -> None:
    store = SpacetimeTemporalStore(client)
    for state in ({"x": float("nan")}, {"x": {1, 2}}, object()):
        with pytest.raises(ValueRefusedError):
            await store.commit_version(state, "x")
    assert await client.versions() == []


async def test_unknown_versions_are_not_found(client: InnerUniverseClient) -> None:
    store = SpacetimeTemporalStore(client)
    for ask in (store.get_version, store.state_at, store.get_history):
        with pytest.raises(VersionNotFoundError):
            await ask("nowhere")


async def test_a_version_known_by_its_hash_alone_cannot_be_rebuilt(
    client: InnerUniverseClient,
) -> None:
    version_id = await client.commit_state_version(None, "x", "00")
    with pytest.raises(NERVPersistenceError, match="without its state"):
        await SpacetimeTemporalStore(client).state_at(version_id)


# The snippets of the integration guide


async def test_the_guides_initialisation_works() -> None:
    controller, bus, store = await initialize_persistence(InnerUniverseConfig(uri="mock://"))
    inbox = Inbox()
    bus.subscribe("NOTE", inbox)
    await bus.publish("NOTE", {"text": "hello"})
    assert len(await inbox.until(1)) == 1
    version_id = await store.commit_version({"x": 1}, "first")
    assert await controller.client.branch_head(store.branch) == version_id
    assert await controller.stop()
    assert not controller.client.connected


async def test_the_guides_listener_works(client: InnerUniverseClient) -> None:
    event_bus, inbox = EventBus(), Inbox()
    event_bus.subscribe("greeted", inbox)

    def on_event_change(change_type: str, event: dict[str, Any]) -> None:
        if change_type == "INSERTED":
            message = Message(
                id=event.get("event_id", ""),
                type=event.get("event_type", ""),
                source=event.get("source"),
                timestamp=event.get("timestamp", 0),
                data=event.get("data", {}),
            )
            event_bus.notify_subscribers(message)

    client.subscribe_event_log_changes(on_event_change)
    event_id = await client.publish_event("greeted", "me", {"x": 1})
    (event,) = await inbox.until(1)
    assert (event.id, event.source, event.data) == (event_id, "me", {"x": 1})


async def test_the_guides_commit_works(client: InnerUniverseClient) -> None:
    state, current_version_id = {"x": 1}, None
    for description in ("first", "second"):
        state_json = json.dumps(state, sort_keys=True)
        data_hash = hashlib.sha256(state_json.encode()).hexdigest()
        current_version_id = await client.commit_state_version(
            current_version_id, description, data_hash
        )
    assert await client.branch_head("state") == current_version_id


async def test_the_guides_order_of_errors_works() -> None:
    client = MockInnerUniverse()
    await client.connect()

    async def operate() -> str:
        try:
            await client.update_entity("ada", {"name": "Ada"})
        except ConnectionError:
            return "connection"
        except EntityNotFoundError:
            return await client.create_entity("person", {"name": "Ada"}, "ada")
        except Exception as error:
            raise NERVPersistenceError(f"Inner Universe operation failed: {error}") from error
        return "updated"

    assert [await operate(), await operate()] == ["ada", "updated"]
    client.fail_next(RuntimeError("boom"))
    with pytest.raises(NERVPersistenceError, match="boom"):
        await operate()
    await client.close()


async def test_the_guides_simulated_event_arrives_like_any_other() -> None:
    client = MockInnerUniverse()
    await client.connect()
    rows: list[dict[str, Any]] = []

    client.subscribe_event_log_changes(lambda change, event: rows.append(event))
    await client.simulate_event("sensor", {"value": 1}, "elsewhere")
    assert [(r["event_type"], r["source"], r["data"]) for r in rows] == [
        ("sensor", "elsewhere", {"value": 1})
    ]
    (event,) = await client.events()
    assert event.origin_id != client.origin_id
    await client.close()
