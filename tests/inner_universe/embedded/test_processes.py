"""Several processes on one file, and what is left when one of them is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.effort import EFFORT

import nerv_lab
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.inner_universe import EmbeddedInnerUniverse

SCRIPT = Path(__file__).with_name("writer_process.py")
KILLS = 200 * min(EFFORT, 5)


@contextmanager
def _process(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(Path(nerv_lab.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go on\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


async def test_two_processes_see_each_others_events_live(store_path: Path, collect: Any) -> None:
    count = 100
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    with _process("exchange", store_path, count) as child:
        assert _hear(child) == "ready"
        seen = collect(client)
        _tell(child)
        for number in range(count):
            await client.publish_event(f"parent {number}")
        await seen.until(2 * count)  # the child still runs: it waits to be told to end
        theirs = json.loads(_hear(child))
        _tell(child)
        assert child.wait(120) == 0
    ours = [[event.seq, event.type] for event in seen.events]
    assert [seq for seq, _ in ours] == list(range(1, 2 * count + 1))
    assert theirs == ours
    for name in ("parent", "child"):
        own = [kind for _, kind in ours if kind.startswith(name)]
        assert own == [f"{name} {number}" for number in range(count)]
    assert await client.verify() == []
    await client.close()


def _killed_writer(process: subprocess.Popen[str], chance: random.Random) -> list[list[str]]:
    """Let a child write and kill it at a moment of chance; return what it acknowledged."""
    _tell(process)
    acknowledged: list[list[str]] = []
    pid, wanted = 0, chance.randint(1, 12)
    while True:
        words = _hear(process).split()
        if words[0] == "gone":
            assert int(words[1]) == signal.SIGKILL
            return acknowledged
        if words[0] == "pid":
            pid = int(words[1])
        else:
            acknowledged.append(words)
        if pid and len(acknowledged) >= wanted:
            time.sleep(chance.random() * 0.002)  # so that it dies anywhere in its work
            os.kill(pid, signal.SIGKILL)
            pid = 0


async def _check(client: EmbeddedInnerUniverse, acknowledged: list[list[str]]) -> None:
    entities = {item.id for item in (await client.snapshot()).items}
    versions = {version.id for version in await client.versions()}
    ends = {event.id.partition(".")[0]: event.seq for event in await client.events()}
    for kind, made, *place in acknowledged:
        assert made in (entities if kind == "batch" else versions)
        assert not place or ends[made] == int(place[0])
    assert len(acknowledged) >= KILLS // 2
    assert await client.verify() == []


async def test_whatever_was_acknowledged_outlives_a_kill(store_path: Path) -> None:
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    await client.apply([CreateEntity("counter", "thing")])
    await client.close()
    chance = random.Random(7)
    acknowledged: list[list[str]] = []
    with _process("forks", store_path) as process:
        for _ in range(KILLS):
            acknowledged += _killed_writer(process, chance)
    await client.connect()
    await _check(client, acknowledged)
    before = await client.last_seq()
    for _, batch_id, *place in [words for words in acknowledged if words[0] == "batch"]:
        again = await client.apply([CreateEntity(batch_id, "thing")], batch_id=batch_id)
        assert again.last_seq == int(place[0])
    assert await client.last_seq() == before
    await client.close()


async def test_who_watches_misses_nothing_of_a_killed_writer(
    store_path: Path, collect: Any
) -> None:
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    await client.apply([CreateEntity("counter", "thing")])
    seen = collect(client, after=0)
    chance = random.Random(8)
    acknowledged: list[list[str]] = []
    with _process("forks", store_path) as process:
        for _ in range(KILLS // 4):
            acknowledged += _killed_writer(process, chance)
    await client.refresh()
    await _check(client, acknowledged)
    assert seen.events == await client.events()
    await client.close()


async def test_a_writer_that_acknowledges_too_early_is_caught(store_path: Path) -> None:
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    await client.apply([CreateEntity("counter", "thing")])
    chance = random.Random(9)
    acknowledged: list[list[str]] = []
    with _process("early", store_path) as process:
        for _ in range(KILLS // 4):
            acknowledged += _killed_writer(process, chance)
    entities = {item.id for item in (await client.snapshot()).items}
    assert {words[1] for words in acknowledged if words[0] == "batch"} - entities
    await client.close()
