"""Clients to run the contract against, and what its tests share."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shared.universes import UNIVERSES, UNSHARED, Universe

from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.item_changes import ItemChange, decode_delta, encode_delta
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.inner_universe.contract.ids import new_id

TIMEOUT = 120.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "universe" in metafunc.fixturenames:
        several = metafunc.definition.get_closest_marker("several_clients")
        unfit = UNSHARED if several or "other" in metafunc.fixturenames else set()
        names = [name for name in UNIVERSES if name not in unfit]
        metafunc.parametrize("universe", names, indirect=True)


@pytest.fixture
def universe(request: pytest.FixtureRequest, tmp_path: Path) -> Universe:
    return UNIVERSES[request.param](tmp_path)


@pytest.fixture
async def client(universe: Universe) -> AsyncIterator[InnerUniverseClient]:
    client = universe.client()
    await client.connect()
    yield client
    await client.close()


@pytest.fixture
async def other(
    universe: Universe, client: InnerUniverseClient
) -> AsyncIterator[InnerUniverseClient]:
    other = universe.client()
    await other.connect()
    yield other
    await other.close()


class Collector:
    """Keeps what a subscription was handed, and waits for more without blocking the loop."""

    def __init__(self, client: InnerUniverseClient, after: int | None) -> None:
        self.batches: list[tuple[Event, ...]] = []
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self.unsubscribe = client.subscribe(self._take, after=after)

    def _take(self, events: tuple[Event, ...]) -> None:
        self.batches.append(events)
        self._loop.call_soon_threadsafe(self._changed.set)

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch]

    @property
    def seqs(self) -> list[int | None]:
        return [event.seq for event in self.events]

    async def until(self, count: int) -> list[Event]:
        while len(self.events) < count:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), TIMEOUT)
        return self.events


Collect = Callable[..., Collector]


@pytest.fixture
def collect() -> Collect:
    def subscribe(client: InnerUniverseClient, after: int | None = None) -> Collector:
        return Collector(client, after)

    return subscribe


Commit = Callable[..., Awaitable[Version]]


async def _state_of(client: InnerUniverseClient, version_id: str | None) -> GraphState:
    """Return the state of a version, rebuilt from the deltas of its line."""
    known = {version.id: version for version in await client.versions()}
    line = []
    while version_id is not None:
        line.append(version_id)
        version_id = known[version_id].parent
    state = GraphState.empty()
    for step in reversed(line):
        state = state.apply(decode_delta(await client.delta(step)))
    return state


async def _next_version(
    client: InnerUniverseClient, description: str = "", branch: str = DEFAULT_BRANCH
) -> tuple[Version, bytes]:
    """Return the version that would commit the working rows of a branch, and its delta."""
    snapshot = await client.snapshot(branch)
    state = GraphState.build(snapshot.items)
    changes: tuple[ItemChange, ...] = (await _state_of(client, snapshot.head)).diff(state)
    delta = encode_delta(changes)
    version = Version(
        id=new_id(),
        parents=() if snapshot.head is None else (snapshot.head,),
        branch=branch,
        event_seq=snapshot.seq,
        timestamp=dt.datetime.now(dt.UTC),
        description=description,
        data_hash=state.data_hash,
    )
    return replace(version, digest=version_digest(version, delta)), delta


@pytest.fixture
def next_version() -> Callable[..., Awaitable[tuple[Version, bytes]]]:
    return _next_version


@pytest.fixture
def commit() -> Commit:
    async def commit(client: InnerUniverseClient, description: str = "") -> Version:
        return await client.commit_version(*await _next_version(client, description))

    return commit
