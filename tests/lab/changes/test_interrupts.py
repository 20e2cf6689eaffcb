from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.effort import EFFORT

import nerv_lab as nl
from nerv_lab.lab.changes.interrupts import interrupts_held
from nerv_lab.lab.follower import Follower


@pytest.fixture
def bare_collector() -> Iterator[None]:
    """Take away what is called by the collector: an interrupt that comes there reaches nobody."""
    called = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks[:] = called


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def held(*steps: Callable[[], object]) -> None:
    with interrupts_held():
        for step in steps:
            step()


def test_an_interrupt_comes_when_the_block_is_done() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        held(interrupt, lambda: done.append("all of it"))
    assert done == ["all of it"]


def test_who_interrupts_twice_does_not_wait() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        held(interrupt, interrupt, lambda: done.append("never"))
    assert done == []


def test_blocks_in_blocks_pass_it_on() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        held(lambda: held(interrupt), lambda: done.append("the outer one too"))
    assert done == ["the outer one too"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_holds_nothing() -> None:
    def hold() -> None:
        with interrupts_held():
            found.append(signal.getsignal(signal.SIGINT))

    found: list[Any] = []
    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]


@pytest.mark.parametrize("first", [True, False])
def test_a_write_that_is_interrupted_is_whole_in_store_and_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    follow: Callable[..., Any] = Follower._follow

    def interrupted(self: Follower, events: Any) -> Any:
        if first:
            interrupt()
        batch = follow(self, events)
        if not first:
            interrupt()
        return batch

    with nl.open(tmp_path / "team.nerv") as lab:
        with monkeypatch.context() as patched:
            patched.setattr(Follower, "_follow", interrupted)
            with pytest.raises(KeyboardInterrupt):
                lab.add_entity("person", id="ada")
        assert lab.entity("ada").type == "person"
        lab.commit("goes on")
        assert lab.verify()
        assert lab.health().balance.holds


@pytest.mark.usefixtures("bare_collector")
def test_interrupts_at_any_moment_leave_a_lab_that_agrees_with_its_store(tmp_path: Path) -> None:
    with nl.open(tmp_path / "team.nerv") as lab:
        for attempt in range(6 * EFFORT):
            wanted = [f"{attempt}-{number}" for number in range(200)]
            before = len(lab.entities)
            timer = threading.Timer(0.002 * attempt, os.kill, (os.getpid(), signal.SIGINT))
            try:
                timer.start()
                with lab.transaction():
                    for id in wanted:
                        lab.add_entity("thing", id=id)
                timer.join()
            except KeyboardInterrupt:
                pass
            assert len(lab.entities) - before in (0, 200)
            lab.commit(f"attempt {attempt}")
        assert lab.verify()
        found = len(lab.entities)
    with nl.open(tmp_path / "team.nerv") as again:
        assert len(again.entities) == found
