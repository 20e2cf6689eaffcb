"""A server that dies and comes back, while people work."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from shared.breaking_proxy import breaking_proxy
from shared.spacetime_server import SpacetimeServer

import nerv_lab as nl
from nerv_lab.core.errors import ServerGoneError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.inner_universe.spacetime import Limits, SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.tokens import TokenFile

QUICK = Limits(request=30.0, connect=5.0, first_retry=0.02, last_retry=0.2)


async def _client(uri: str, tokens: TokenFile, limits: Limits = QUICK) -> SpacetimeInnerUniverse:
    client = SpacetimeInnerUniverse(uri, tokens=tokens, limits=limits)
    await client.connect()
    return client


async def test_nothing_is_lost_or_doubled_when_the_server_is_killed_under_load(
    mortal_server: SpacetimeServer, lasting_database: str, tokens: TokenFile
) -> None:
    uri = lasting_database
    writer = await _client(uri, tokens)
    # Another token file: a connection of its own, as in another process.
    other_tokens = TokenFile(tokens.path.with_name("other.json"))
    reader = await _client(uri, other_tokens)
    seen: list[Event] = []
    reader.subscribe(seen.extend)
    written: list[str] = []
    reached = {60: asyncio.Event(), 140: asyncio.Event()}

    async def write(worker: int) -> None:
        for i in range(60):
            id = f"{worker}-{i}"
            await writer.apply([CreateEntity(id, "thing")])
            written.append(id)
            if len(written) in reached:
                reached[len(written)].set()

    async def kill() -> None:
        for event in reached.values():
            await event.wait()
            await asyncio.to_thread(mortal_server.kill)
            await asyncio.to_thread(mortal_server.start)

    await asyncio.gather(kill(), *(write(n) for n in range(4)))
    await reader.refresh()
    log = await reader.events()
    assert [event.seq for event in log] == list(range(1, 241))
    assert {event.data["new"]["id"] for event in log if event.data} == set(written)
    assert [event.id for event in seen] == [event.id for event in log]
    assert await reader.verify() == []
    await writer.close()
    await reader.close()


async def test_what_was_written_while_a_client_was_away_reaches_it_once(
    mortal_server: SpacetimeServer, lasting_database: str, tokens: TokenFile
) -> None:
    uri = lasting_database
    follower = await _client(uri, tokens)
    seen: list[Event] = []
    follower.subscribe(seen.extend)
    await follower.publish_event("first")
    connection = follower._connection
    assert connection is not None
    assert connection._session is not None
    writer = await _client(uri, TokenFile(tokens.path.with_name("other.json")))
    # The socket breaks without a word; the server goes on.
    follower._portal.loop.call_soon_threadsafe(connection._session._socket.transport.abort)
    for i in range(10):
        await writer.publish([Event(f"e{i}", "while-away")])
    await writer.publish([Event(f"more{i}", "while-away") for i in range(4_500)])
    await follower.refresh()
    assert [event.seq for event in seen] == list(range(1, 1 + 1 + 10 + 4_500))
    await writer.close()
    await follower.close()


async def test_a_call_says_so_when_the_server_stays_away(
    mortal_server: SpacetimeServer, lasting_database: str, tokens: TokenFile
) -> None:
    uri = lasting_database
    limits = Limits(request=5.0, connect=5.0, first_retry=0.02, last_retry=0.1)
    client = await _client(uri, tokens, limits)
    mortal_server.kill()
    with pytest.raises(ServerGoneError, match="goes on trying"):
        await client.publish_event("lost")
    assert not client.connected
    back = threading.Event()
    client.on_status(lambda: back.set() if client.connected else None)
    await asyncio.to_thread(mortal_server.start)
    assert client.connected or await asyncio.to_thread(back.wait, 120)
    await client.publish_event("found")
    assert [event.type for event in await client.events()] == ["found"]
    await client.close()


async def test_who_asks_for_something_does_not_wait_for_the_next_attempt(
    server: SpacetimeServer, database: str, tokens: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with breaking_proxy(server.port) as proxy:
        uri = database.replace(f":{server.port}/", f":{proxy.port}/")
        client = await _client(uri, tokens, replace(QUICK, request=1.0))
        proxy.shut()
        asked = threading.Event()
        monkeypatch.setattr(client.connection._backoff, "hasten", asked.set)
        with pytest.raises(ServerGoneError):
            await client.publish_event("lost")
        assert asked.is_set()
        await client.close()


def test_a_lab_goes_on_after_its_server_was_killed(
    mortal_server: SpacetimeServer, lasting_database: str, tokens: TokenFile
) -> None:
    uri = lasting_database
    config = InnerUniverseConfig(token_file=tokens.path, request_timeout=120)
    with nl.open(uri, config=config) as lab:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        mortal_server.kill()
        starting = threading.Thread(target=mortal_server.start)
        starting.start()
        lab.update("ada", name="Ada")
        starting.join()
        second = lab.commit("second")
        assert lab.verify().ok
        hashes = [first.data_hash, second.data_hash]
    with nl.open(uri, config=config) as again:
        assert [version.data_hash for version in again.versions] == hashes
        assert [again.at(version).state.data_hash for version in again.versions] == hashes


def test_a_fresh_client_rebuilds_every_version_from_the_server_alone(
    mortal_server: SpacetimeServer, lasting_database: str, tokens: TokenFile, tmp_path: Path
) -> None:
    uri = lasting_database
    config = InnerUniverseConfig(token_file=tokens.path)
    with nl.open(uri, config=config) as lab:
        for i in range(6):
            with lab.transaction(f"step {i}"):
                lab.add_entity("thing", id=f"t{i}", properties={"i": i, "f": 1.0, "text": "ü\n'"})
                if i:
                    lab.relate(f"t{i - 1}", "before", f"t{i}", strength=0.25)
            lab.commit(f"v{i}")
        lab.delete("t3", cascade=True)
        lab.rollback("v2")
        states = {version.id: lab.at(version).state.data_hash for version in lab.versions}
    mortal_server.stop()
    mortal_server.start()
    fresh = InnerUniverseConfig(token_file=tmp_path / "fresh.json")
    with nl.open(uri, config=fresh) as rebuilt:
        assert {v.id: v.data_hash for v in rebuilt.versions} == states
        assert {v.id: rebuilt.at(v).state.data_hash for v in rebuilt.versions} == states
        assert rebuilt.verify().ok
