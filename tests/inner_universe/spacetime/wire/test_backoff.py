from __future__ import annotations

import asyncio

import pytest

from nerv_lab.inner_universe.spacetime.wire.backoff import Backoff

HOUR = 3600.0
SOON = 120.0


@pytest.fixture
def late() -> Backoff:
    """Return one whose next pause would last for an hour."""
    backoff = Backoff(0.001, HOUR)
    backoff._next = HOUR
    return backoff


async def test_pauses_become_longer_up_to_the_longest() -> None:
    backoff = Backoff(0.001, 0.004)
    lengths = []
    for _ in range(4):
        lengths.append(backoff._next)
        await backoff.pause()
    assert lengths == [0.001, 0.002, 0.004, 0.004]


async def test_whoever_waits_ends_a_long_pause_and_those_after_it(late: Backoff) -> None:
    pause = asyncio.create_task(late.pause())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(pause), 0.05)
    late.hasten()
    await asyncio.wait_for(pause, SOON)
    await asyncio.wait_for(late.pause(), SOON)


async def test_a_wish_of_before_does_not_end_a_long_pause(late: Backoff) -> None:
    late.hasten()
    late._next = HOUR
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(late.pause(), 0.05)


async def test_pauses_begin_anew_where_one_has_come_back(late: Backoff) -> None:
    late.restart()
    await asyncio.wait_for(late.pause(), SOON)


async def test_who_asks_all_the_time_waits_for_the_shortest_pause_all_the_same() -> None:
    backoff = Backoff(0.05, HOUR)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(4):
        pause = asyncio.create_task(backoff.pause())
        while not pause.done():
            backoff.hasten()
            await asyncio.sleep(0)
    assert loop.time() - began >= 4 * 0.025
