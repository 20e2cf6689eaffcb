"""Under load for long: memory stays flat, and a file grows no more than its policy keeps.

What stays of a version that was pruned are its fields, in memory (1.5 kB, measured) and in the file
(0.7 kB); all else is bounded. The bounds hold whatever the length, so a longer run, with
`NERV_TEST_EFFORT`, finds a smaller leak.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import pytest
from shared.effort import EFFORT
from shared.universes import UNIVERSES

import nerv_lab as nl
from nerv_lab.inner_universe.spacetime.following import following
from nerv_lab.inner_universe.spacetime.following.tail import LogTail
from nerv_lab.lab import Lab

ITEMS = 40
OPERATIONS = 50
BLOCKS = EFFORT
POLICY = {"keep_last": 5}

# What a version may leave behind, and what may come and go besides, whatever the length.
VERSION_BYTES = 3_000
MEMORY_SLACK = 100_000
FILE_SLACK = 60_000
SQLITE_SLACK = 4_000_000


@dataclass(frozen=True)
class Measure:
    """What is used after a block of operations, in bytes, and how many versions there were."""

    memory: int
    sqlite: int
    file: int
    versions: int


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def operate(lab: Lab, number: int) -> None:
    """Do one of everything that a notebook does, now and then."""
    id = f"item{number % ITEMS}"
    lab.update(id, properties={"number": number, "text": f"{number:0200}"})
    if number % 4 == 0:
        lab.bus.publish("TICK", {"number": number})
    if number % 6 == 0:
        lab.relate(id, "near", f"item{(number + 1) % ITEMS}", id="near")
        lab.delete("near")
    if number % 10 == 0:
        lab.commit(f"step {number}")
        assert len(lab.match("item")) == ITEMS
        list(lab.search("Item"))
        lab.diff("head~1", "head")
        lab.at("head~1").entity(id)
    if number % 15 == 0:
        lab.update(id, name="for a moment")
        lab.undo()
    if number % 30 == 0:
        lab.commit("before the branch")
        with lab.branch("aside"):
            lab.update("item0", properties={"aside": number})
            lab.commit("aside")
        lab.merge("aside")
        lab.delete_branch("aside")


def soak(
    lab: Lab, path: Path | None, leak: Callable[[int], Any], *, prunes: bool = True
) -> list[Measure]:
    """Work in blocks, and measure from the second on: until then what is bounded fills."""
    measures = []
    heard: dict[str, int] = {}
    with lab:
        lab.retention = POLICY if prunes else None
        with lab.transaction():
            for number in range(ITEMS):
                lab.add_entity("item", f"Item {number}", id=f"item{number}")
        lab.commit("the beginning")
        lab.bus._history = deque(maxlen=20)  # it keeps 1,000 events, which would take longer
        lab.bus.subscribe("*", lambda m: heard.update({m.type: heard.get(m.type, 0) + 1}))
        for block in range(BLOCKS + 3):
            for number in range(block * OPERATIONS, (block + 1) * OPERATIONS):
                operate(lab, number)
                leak(number)
            if prunes:
                lab.retain(POLICY)
            if block > 1:
                measures.append(measured(lab, path))
        assert lab.verify().ok
    return measures


def measured(lab: Lab, path: Path | None) -> Measure:
    gc.collect()
    memory, _ = tracemalloc.get_traced_memory()
    files = () if path is None else path.parent.glob(f"{path.name}*")
    sizes = sum(made.stat().st_size for made in files)
    return Measure(memory, apsw.memory_used(), sizes, len(lab.versions))


def excess(measures: list[Measure]) -> dict[str, int]:
    """Return how much more than allowed was used at the end; negative where it was less."""
    first, last = measures[0], measures[-1]
    kept = VERSION_BYTES * (last.versions - first.versions)
    return {
        "memory": last.memory - first.memory - kept - MEMORY_SLACK,
        "sqlite": last.sqlite - first.sqlite - SQLITE_SLACK,
        "file": last.file - first.file - kept - FILE_SLACK,
    }


def nothing(number: int) -> None:
    pass


@pytest.mark.usefixtures("traced")
def test_memory_is_flat_and_the_file_within_its_policy_under_load(store_path: Path) -> None:
    measures = soak(nl.open(store_path), store_path, nothing)
    assert max(excess(measures).values()) <= 0, (excess(measures), measures)


@pytest.mark.usefixtures("traced")
def test_memory_is_flat_on_a_server_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # It keeps 10,000 events, and three seconds of calls, which would take longer.
    monkeypatch.setattr(LogTail.__init__, "__defaults__", (20,))
    monkeypatch.setattr(following, "_DURABLE_AFTER", 0.1)
    universe = UNIVERSES["spacetimedb-memory"](tmp_path)
    measures = soak(Lab(universe.client()), None, nothing)
    assert excess(measures)["memory"] <= 0, (excess(measures), measures)


@pytest.mark.usefixtures("traced")
def test_a_leak_of_memory_would_be_noticed(store_path: Path) -> None:
    kept: list[bytes] = []
    measures = soak(nl.open(store_path), store_path, lambda n: kept.append(bytes(4_096)))
    assert excess(measures)["memory"] > 0, (excess(measures), measures)


@pytest.mark.usefixtures("traced")
def test_a_file_that_is_not_pruned_would_be_noticed(store_path: Path) -> None:
    measures = soak(nl.open(store_path), store_path, nothing, prunes=False)
    assert excess(measures)["file"] > 0, (excess(measures), measures)
