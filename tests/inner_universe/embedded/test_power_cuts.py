"""What is left of a store file when the power fails: whatever was acknowledged, and no damage."""

# ruff: noqa: ASYNC240 - nothing else runs in the loop of a test that handles files

from __future__ import annotations

import random
from pathlib import Path

import pytest
from shared.disk import Disk, after_power_cut, disk
from shared.effort import EFFORT

from nerv_lab.core.errors import NERVPersistenceError
from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.inner_universe import EmbeddedInnerUniverse
from nerv_lab.inner_universe.defaults import Synchronous

IMAGES = 500 * min(EFFORT, 6)
OPENINGS = 3
BATCHES = 20


async def _work(path: Path, synchronous: Synchronous, watched: Disk) -> None:
    """Write batches and versions, and open the file again now and then."""
    for opening in range(OPENINGS):
        client = EmbeddedInnerUniverse(path, synchronous=synchronous)
        await client.connect()
        # Often, so that many of the power cuts fall into the copying of the log into the file.
        client._opened._database._writer.pragma("wal_autocheckpoint", 12)
        for number in range(BATCHES):
            made = f"{opening}-{number}"
            await client.apply(
                [CreateEntity(made, "thing"), UpdateEntity("counter", properties={"last": made})]
            )
            watched.acknowledge(made)
        head = await client.branch_head("state")
        version = await client.commit_state_version(head, "step", "00")
        watched.acknowledge(version)
        await client.close()


async def _recorded(path: Path, synchronous: Synchronous) -> tuple[dict[str, bytes], Disk]:
    client = EmbeddedInnerUniverse(path)
    await client.connect()
    await client.apply([CreateEntity("counter", "thing")])
    await client.close()
    before = {path.name: path.read_bytes()}
    with disk() as watched:
        await _work(path, synchronous, watched)
    return before, watched


async def _found(folder: Path, image: dict[str, bytes]) -> set[str] | None:
    """Return what a store says it holds after the power is back, None when it is damaged."""
    folder.mkdir()
    for name, data in image.items():
        (folder / name).write_bytes(data)
    client = EmbeddedInnerUniverse(folder / "store.nerv")
    try:
        await client.connect()
        if await client.verify():
            return None
        entities = {item.id for item in (await client.snapshot()).items}
        return entities | {version.id for version in await client.versions()}
    except NERVPersistenceError:
        return None
    finally:
        await client.close()


async def _outcomes(store_path: Path, synchronous: Synchronous) -> tuple[int, int]:
    """Return after how many power cuts something acknowledged was lost, or the file damaged."""
    before, watched = await _recorded(store_path, synchronous)
    chance = random.Random(synchronous)
    lost = damaged = 0
    for number in range(IMAGES):
        done = watched.steps[: chance.randint(0, len(watched.steps))]
        image = after_power_cut(before, done, chance)
        found = await _found(store_path.with_name(f"image{number}"), image)
        damaged += found is None
        promised = {step.name for step in done if step.kind == "acknowledged"}
        lost += found is not None and not promised <= found
    return lost, damaged


async def test_whatever_was_acknowledged_outlives_a_power_cut(store_path: Path) -> None:
    assert await _outcomes(store_path, "FULL") == (0, 0)


async def test_a_store_that_synchronises_less_may_lose_the_last_but_is_never_damaged(
    store_path: Path,
) -> None:
    lost, damaged = await _outcomes(store_path, "NORMAL")
    assert lost > 0
    assert damaged == 0


async def test_a_disk_that_does_not_keep_what_was_synchronised_is_noticed(
    store_path: Path,
) -> None:
    before, watched = await _recorded(store_path, "FULL")
    unsynchronised = [step for step in watched.steps if step.kind != "sync"]
    promised = {step.name for step in unsynchronised if step.kind == "acknowledged"}
    chance = random.Random(1)
    outcomes = []
    for number in range(20):
        image = after_power_cut(before, unsynchronised, chance)
        outcomes.append(await _found(store_path.with_name(f"image{number}"), image))
    assert any(found is None or not promised <= found for found in outcomes)


@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
async def test_what_was_done_is_written_down_completely(
    store_path: Path, synchronous: Synchronous
) -> None:
    before, watched = await _recorded(store_path, synchronous)
    kept = [*watched.steps, *(type(watched.steps[0])("sync", name) for name in before)]
    image = after_power_cut(before, kept, random.Random(0))
    assert image[store_path.name] == store_path.read_bytes()
