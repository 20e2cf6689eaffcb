"""A network that cuts, delays and splits what it carries: both sides hold the same in the end."""

from __future__ import annotations

import asyncio

from shared.breaking_proxy import BreakingProxy, breaking_proxy
from shared.effort import EFFORT
from shared.spacetime_server import SpacetimeServer

from nerv_lab.core.events import Event
from nerv_lab.inner_universe.spacetime import Limits, SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.tokens import TokenFile

PATIENT = Limits(request=240.0, connect=20.0, first_retry=0.005, last_retry=0.05)
SCHEDULES = 40 * min(EFFORT, 5)
WRITERS = 5
EVENTS_EACH = 3 if EFFORT == 1 else 10


async def _write(client: SpacetimeInnerUniverse, writer: str) -> None:
    for number in range(EVENTS_EACH):
        await client.publish([Event(f"{writer}.{number}", "written")])


async def _under_schedules(
    client: SpacetimeInnerUniverse, proxy: BreakingProxy, seeds: range
) -> set[str]:
    """Write while the network breaks in one way after another; return the ids written."""
    for seed in seeds:
        proxy.plan(seed)
        await asyncio.gather(*(_write(client, f"{seed}.{n}") for n in range(WRITERS)))
    proxy.heal()
    numbers = [(s, w, n) for s in seeds for w in range(WRITERS) for n in range(EVENTS_EACH)]
    return {f"{seed}.{writer}.{number}" for seed, writer, number in numbers}


async def test_nothing_is_lost_or_doubled_on_a_network_that_breaks(
    server: SpacetimeServer, database: str, tokens: TokenFile
) -> None:
    seen: list[Event] = []
    with breaking_proxy(server.port) as proxy:
        uri = database.replace(f":{server.port}/", f":{proxy.port}/")
        client = SpacetimeInnerUniverse(uri, tokens=tokens, limits=PATIENT)
        await client.connect()
        client.subscribe(seen.extend)
        written = await _under_schedules(client, proxy, range(SCHEDULES))
        await client.refresh()
        ours = await client.events()
        await client.close()
        assert proxy.cuts >= SCHEDULES // 4  # else hardly anything was tried
    direct = SpacetimeInnerUniverse(database, tokens=tokens, limits=PATIENT)
    await direct.connect()
    log = await direct.events()
    assert await direct.verify() == []
    await direct.close()
    assert ours == log
    assert len(log) == len(written)
    assert {event.id for event in log} == written
    assert [event.id for event in seen] == [event.id for event in log]
