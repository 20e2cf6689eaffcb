"""What is measured, on every backend; that the contract is kept, its own suite shows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from shared.universes import UNIVERSES, Universe

from nerv_lab.core.errors import (
    EntityNotFoundError,
    HeadMovedError,
    ServerGoneError,
    StoreFullError,
    ValidationError,
)
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import CreateEntity, DeleteEntity
from nerv_lab.inner_universe import (
    EmbeddedInnerUniverse,
    InnerUniverseClient,
    MockInnerUniverse,
)
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.records import CacheUse, Status
from nerv_lab.inner_universe.metrics import Balance, Meters, Metrics, ObservedUniverse, observing
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse


@pytest.fixture
async def measured(universe: Universe) -> AsyncIterator[ObservedUniverse]:
    client = observing(universe.client())
    await client.connect()
    yield client
    await client.close()


def balance_of(client: ObservedUniverse) -> Balance:
    return client.meters.ledger.balance()


def value(client: ObservedUniverse, name: str, *labels: str) -> float:
    return client.meters.metrics.value(name, *labels)


async def test_what_is_durable_is_published_and_accepted(measured: ObservedUniverse) -> None:
    await measured.apply(
        [CreateEntity("ada", "person"), CreateEntity("bob", "person")], source="ada's notebook"
    )
    await measured.publish_event("said")
    assert balance_of(measured) == Balance(published=3, accepted=3)
    assert value(measured, "events.published", "ENTITY_CREATED", "ada's notebook") == 2
    assert value(measured, "events.published", "said", "unknown") == 1
    assert value(measured, "events.accepted", "ENTITY_CREATED") == 2
    assert value(measured, "events.publication_latency_ms", "said") == 1


async def test_what_is_refused_is_rejected_under_the_name_of_its_error(
    measured: ObservedUniverse,
) -> None:
    with pytest.raises(EntityNotFoundError):
        await measured.apply([DeleteEntity("nobody")])
    assert balance_of(measured) == Balance(published=1, rejected=1)
    failures = ("events.publication_failures", "ENTITY_DELETED", "EntityNotFoundError")
    assert value(measured, *failures) == 1
    assert value(measured, "operations.failures", "apply", "EntityNotFoundError") == 1


async def test_what_comes_too_late_is_conflicted(measured: ObservedUniverse) -> None:
    await measured.commit_state_version(None, "first", "0" * 64)
    with pytest.raises(HeadMovedError):
        await measured.commit_state_version(None, "second", "1" * 64)
    assert balance_of(measured) == Balance(published=2, accepted=1, conflicted=1)


async def test_confirmed_events_are_counted_once_however_many_listen(
    measured: ObservedUniverse,
) -> None:
    for _ in range(2):
        measured.subscribe(lambda events: None)
    await measured.publish_event("said")
    await measured.refresh()
    assert value(measured, "events.consumed", "said", "own") == 1
    assert measured.meters.gaps == 0


async def test_a_cache_tells_how_it_is_used(measured: ObservedUniverse) -> None:
    await measured.create_entity("person", entity_id="ada")
    await measured.get_entity("ada")
    await measured.update_entity("ada", {"name": "Ada"})
    read = {family.name: family.points for family in measured.meters.metrics.read()}
    use = measured.observed.cache_use
    assert read["cache.hits"] == {(): use.hits}
    assert read["cache.misses"] == {(): use.misses}


async def test_the_state_of_the_connection_is_read(measured: ObservedUniverse) -> None:
    backend = measured.status.backend
    assert value(measured, "connection.state", backend, "connected") == 1
    await measured.close()
    assert value(measured, "connection.state", backend, "closed") == 1


async def test_what_the_store_cannot_take_is_rejected_and_tried_again_by_the_caller() -> None:
    mock = MockInnerUniverse()
    client = observing(mock)
    await client.connect()
    mock.fail_next(StoreFullError("full"))
    with pytest.raises(StoreFullError):
        await client.publish_event("said")
    await client.publish_event("said")
    assert balance_of(client) == Balance(published=2, accepted=1, rejected=1)


async def test_what_was_cut_off_with_the_server_stays_pending() -> None:
    mock = MockInnerUniverse()
    client = observing(mock)
    await client.connect()
    mock.fail_next(ServerGoneError("gone"))
    with pytest.raises(ServerGoneError):
        await client.publish_event("said")
    assert balance_of(client) == Balance(published=1, pending=1)
    assert value(client, "events.pending", "unknown") == 1


async def test_something_that_is_no_change_is_refused_as_without_the_instruments(
    measured: ObservedUniverse,
) -> None:
    changes: list[Any] = [CreateEntity("ada", "person"), "add bob"]
    with pytest.raises(ValidationError, match=r"changes\[1\]"):
        await measured.apply(changes)
    assert balance_of(measured) == Balance(published=2, rejected=2)
    assert value(measured, "events.rejected", "invalid") == 1


async def test_the_balance_holds_while_many_write_at_once(measured: ObservedUniverse) -> None:
    async def write(number: int) -> None:
        kind = DeleteEntity("nobody") if number % 3 == 0 else CreateEntity(new_id(), "person")
        with contextlib.suppress(EntityNotFoundError):
            await measured.apply([kind])
        assert balance_of(measured).holds

    await asyncio.gather(*(write(number) for number in range(30)))
    assert balance_of(measured) == Balance(published=30, accepted=20, rejected=10)


def test_a_gap_in_what_is_delivered_is_counted() -> None:
    meters = Meters("me")
    meters.delivered((Event("a", "said", seq=1),))
    meters.delivered((Event("d", "said", seq=4, origin_id="me"),))
    assert meters.gaps == 2
    assert meters.metrics.value("events.consumed", "said", "own") == 1
    assert meters.metrics.value("events.consumed", "said", "foreign") == 1


class AwayAndBack(MockInnerUniverse):
    """Says that it lost its server, and that it found it again."""

    state = "connected"

    @property
    def status(self) -> Status:
        return Status("away", self.state)  # type: ignore[arg-type]

    def turn(self, state: str) -> None:
        self.state = state
        self._status_watchers.tell()


async def test_a_server_that_came_back_is_counted() -> None:
    away = AwayAndBack()
    client = observing(away)
    await client.connect()
    for state in ("reconnecting", "connected", "connected", "reconnecting", "connected"):
        away.turn(state)
    assert value(client, "connection.reconnects") == 2


async def test_calls_are_logged_with_what_a_machine_wants_to_know(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = observing(MockInnerUniverse())
    await client.connect()
    caplog.set_level(logging.DEBUG, "nerv_lab.operations")
    with pytest.raises(EntityNotFoundError):
        await client.delete_entity("nobody")
    (record,) = caplog.records
    assert record.__dict__["operation"] == "apply"
    assert record.__dict__["error"] == "EntityNotFoundError"
    assert record.__dict__["duration_ms"] >= 0


def test_a_client_is_observed_once() -> None:
    client = observing(MockInnerUniverse())
    assert observing(client) is client


def test_several_clients_may_not_share_one_set_of_names() -> None:
    metrics = Metrics()
    Meters("one", metrics)
    with pytest.raises(ValidationError):
        Meters("two", metrics)


def test_a_client_that_keeps_nothing_at_hand_counts_nothing(tmp_path: Path) -> None:
    client: InnerUniverseClient = UNIVERSES["mock"](tmp_path).client()
    assert client.cache_use == CacheUse(0, 0)


@pytest.mark.parametrize(
    "backend", [MockInnerUniverse, EmbeddedInnerUniverse, SpacetimeInnerUniverse]
)
def test_whatever_a_backend_does_in_its_own_way_is_passed_on(
    backend: type[InnerUniverseClient],
) -> None:
    promised = [n for n in dir(InnerUniverseClient) if not n.startswith(("__", "_abc"))]
    its_own = {n for n in promised if getattr(backend, n) != getattr(InnerUniverseClient, n)}
    assert its_own - vars(ObservedUniverse).keys() <= {"completes_inline"}
