from __future__ import annotations

import asyncio

import pytest

from nerv_lab.lab.driving import run_inline


def test_the_result_of_a_coroutine_that_never_waits_is_returned() -> None:
    async def answer() -> int:
        return 42

    assert run_inline(answer()) == 42


def test_its_error_is_raised() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run_inline(fail())


def test_one_that_waits_is_refused() -> None:
    async def wait() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="event loop"):
        run_inline(wait())
