"""Coroutines that run in the portal's loop and are awaited in another."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from concurrent.futures import CancelledError

import pytest

from nerv_lab.inner_universe.portal import portal

TIMEOUT = 120.0


async def test_a_coroutine_runs_in_the_portal_and_its_result_comes_back() -> None:
    async def where() -> str:
        return threading.current_thread().name

    assert await portal().hop(where()) == "nerv-portal"
    assert threading.current_thread().name != "nerv-portal"


async def test_an_error_comes_back() -> None:
    async def fail() -> None:
        raise LookupError("there")

    with pytest.raises(LookupError, match="there"):
        await portal().hop(fail())


async def test_many_at_once_each_get_their_own_answer() -> None:
    async def echo(number: int) -> int:
        await asyncio.sleep(0)
        return number

    found = await asyncio.gather(*(portal().hop(echo(number)) for number in range(1_000)))
    assert found == list(range(1_000))


async def test_who_stops_waiting_ends_the_coroutine() -> None:
    started, ended = threading.Event(), threading.Event()

    async def wait_for_ever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(portal().hop(wait_for_ever()))
    assert await asyncio.to_thread(started.wait, TIMEOUT)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await asyncio.to_thread(ended.wait, TIMEOUT)


async def test_a_coroutine_that_is_cancelled_there_is_cancelled_here() -> None:
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await portal().hop(give_up())


def test_a_loop_that_is_over_is_forgotten() -> None:
    async def nothing() -> None:
        return None

    async def hop() -> weakref.ref[asyncio.AbstractEventLoop]:
        await portal().hop(nothing())
        return weakref.ref(asyncio.get_running_loop())

    loop = asyncio.run(hop())
    gc.collect()
    assert loop() is None


def test_an_answer_for_a_loop_that_is_closed_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    async def last_words() -> None:
        started.set()
        try:
            await asyncio.to_thread(go_on.wait, TIMEOUT)
        finally:
            ended.set()

    async def leave() -> None:
        task = asyncio.create_task(portal().hop(last_words()))
        await asyncio.to_thread(started.wait, TIMEOUT)
        task.cancel()

    asyncio.run(leave())
    go_on.set()
    assert ended.wait(TIMEOUT)

    async def nothing() -> None:
        return None

    portal().run(nothing())
    assert caplog.records == []


# Aside


async def test_what_is_done_aside_has_its_context_and_gives_its_result() -> None:
    def sum_there(*numbers: int) -> tuple[int, str]:
        return sum(numbers), threading.current_thread().name

    found, name = await portal().hop(portal().aside(sum_there, 1, 2))
    assert (found, name.startswith("nerv-aside")) == (3, True)


async def test_functions_that_wait_for_the_portal_leave_it_its_own_threads() -> None:
    enough = asyncio.Event()

    def wait() -> None:
        portal().run(enough.wait())

    async def wait_and_work() -> int:
        waiting = [asyncio.create_task(portal().aside(wait)) for _ in range(40)]
        await asyncio.sleep(0)  # so that they begin
        found = await asyncio.to_thread(sum, [1, 2])  # as looking up a name does
        enough.set()
        await asyncio.gather(*waiting)
        return found

    async with asyncio.timeout(TIMEOUT):
        assert await portal().hop(wait_and_work()) == 3


async def test_who_stops_waiting_ends_what_is_waited_for_aside() -> None:
    begun, ended = threading.Event(), threading.Event()
    errors: list[CancelledError] = []

    def wait() -> None:
        for _ in range(2):
            try:
                begun.set()
                portal().run(asyncio.Event().wait())
            except CancelledError as error:
                errors.append(error)
        ended.set()

    waiting = asyncio.create_task(portal().hop(portal().aside(wait)))
    assert await asyncio.to_thread(begun.wait, TIMEOUT)
    waiting.cancel()
    assert await asyncio.to_thread(ended.wait, TIMEOUT)
    assert len(errors) == 2
