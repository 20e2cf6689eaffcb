"""Events published per second to a SpacetimeDB server, beside a bare WebSocket loop.

Run ``python benchmarks/spacetimedb.py``. The bare loop sends calls that were encoded beforehand,
all of a block at once, and counts the answers without reading them: about what the server and the
WebSocket library allow. Our client makes the same calls from as many concurrent coroutines. Each
has a database of its own on one server, and they publish blocks of events in turn; the figures are
medians over the blocks, the ratios medians of those within each turn. Every way waits until the
server has confirmed the last event of its block.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import time
from collections.abc import Awaitable, Callable, Coroutine
from statistics import median
from typing import Any

from servers import Running, spacetime_server
from websockets.asyncio.client import ClientConnection, connect

from nerv_lab.core.bus import new_event
from nerv_lab.inner_universe.adapters import SpacetimeEventBus
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.portal import portal
from nerv_lab.inner_universe.spacetime.client import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.module.arguments import (
    PUBLISH_EVENTS,
    OwnEvent,
    PublishEvents,
)
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.messages import SUBPROTOCOL, call_reducer

Block = Callable[[int], Coroutine[Any, Any, float]]
DATA = {"value": 1}
BARE = "bare WebSocket loop"
SINGLE = "nerv-lab, one event a call"


def bare_call(number: int, origin: str) -> bytes:
    """Return the message that publishes one event."""
    event = OwnEvent(new_id(), "measured", None, time.time_ns() // 1000, '{"value":1}')
    call = PublishEvents(new_id(), origin, 0, "main", [event])
    return call_reducer("publish_events", PUBLISH_EVENTS.encode(call), number)


def bare(socket: ClientConnection) -> Block:
    """Return what sends calls that are ready and waits for as many answers."""
    origin = new_id()

    async def block(events: int) -> float:
        calls = [bare_call(number, origin) for number in range(1, events + 1)]

        async def send() -> None:
            for call in calls:
                await socket.send(call)

        start = time.perf_counter()
        sending = asyncio.create_task(send())
        for _ in calls:
            await socket.recv()
        await sending
        return time.perf_counter() - start

    return block


async def timed_together(publishing: list[Awaitable[object]]) -> float:
    """Return how many seconds they take side by side."""
    start = time.perf_counter()
    await asyncio.gather(*publishing)
    return time.perf_counter() - start


def single(client: SpacetimeInnerUniverse) -> Block:
    """Return what publishes every event in a call of its own."""

    async def block(events: int) -> float:
        made = [new_event("measured", DATA) for _ in range(events)]
        return await timed_together([client.publish([event]) for event in made])

    return block


def many(client: SpacetimeInnerUniverse, size: int) -> Block:
    """Return what publishes lists of events."""

    async def block(events: int) -> float:
        made = [new_event("measured", DATA) for _ in range(events)]
        return await timed_together(
            [client.publish(made[at : at + size]) for at in range(0, events, size)]
        )

    return block


def batching(bus: SpacetimeEventBus) -> Block:
    """Return what publishes on a bus that gathers events, and hears of every one."""

    async def block(events: int) -> float:
        seconds = await timed_together([bus.publish("measured", DATA) for _ in range(events)])
        await bus.flush()
        return seconds

    return block


async def bare_socket(server: Running, uri: str) -> ClientConnection:
    """Return a WebSocket to a database, the greeting behind it."""
    address = Address.parse(uri)
    token = server.tokens.get(address.server)
    assert token is not None
    socket = await connect(
        address.socket(),
        subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
        additional_headers={"Authorization": f"Bearer {token.reveal()}"},
        compression=None,
    )
    await socket.recv()
    return socket


async def measure(
    server: Running, clients: list[SpacetimeInnerUniverse], given: argparse.Namespace
) -> dict[str, list[float]]:
    """Return the events per second of every block, for each way of publishing."""
    judge, *ours = clients
    bus = SpacetimeEventBus(ours[2], batch_events=given.batch)
    for client in ours:
        await client.connect()
    await asyncio.to_thread(bus.subscribe_to_events)
    socket = await bare_socket(server, judge.uri)
    ways: dict[str, tuple[int, Block]] = {
        BARE: (given.events, bare(socket)),
        SINGLE: (given.events, single(ours[0])),
        f"nerv-lab, lists of {given.batch}": (given.many, many(ours[1], given.batch)),
        f"nerv-lab, bus that gathers {given.batch}": (given.many, batching(bus)),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(given.blocks + 1):
        for name, (events, block) in ways.items():
            seconds = await block(events)
            if number:  # the first is for warming up
                rates[name].append(events / seconds)
    await socket.close()
    await judge.connect()  # only now, so that nobody else followed the bare loop's log
    for client, (events, _) in zip(clients, ways.values(), strict=True):
        if await client.last_seq() != events * (given.blocks + 1):
            raise SystemExit(f"events were lost on their way to {client.uri}")
        await client.close()
    return rates


def main() -> None:
    """Measure all of them and print the medians, and what they are of the bare loop's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--events", type=int, default=2_000, help="in each block of single events")
    parser.add_argument("--many", type=int, default=2_000, help="in each block of lists")
    parser.add_argument("--batch", type=int, default=500, help="events in each list")
    parser.add_argument(
        "--own-loop", action="store_true", help="publish from another loop than the connection's"
    )
    given = parser.parse_args()
    run = asyncio.run if given.own_loop else portal().run
    with spacetime_server() as server:
        clients = [
            SpacetimeInnerUniverse(server.database(), tokens=server.tokens) for _ in range(4)
        ]
        rates = run(measure(server, clients, given))
    print(f"{platform.platform()}, Python {platform.python_version()}")
    print("| way of publishing              | events per second | of the bare loop |")
    print("|--------------------------------|------------------:|-----------------:|")
    for name, found in rates.items():
        ratio = median(own / bare for own, bare in zip(found, rates[BARE], strict=True))
        print(f"| {name:<30} | {median(found):>17,.0f} | {ratio:>16.2f} |")


if __name__ == "__main__":
    main()
