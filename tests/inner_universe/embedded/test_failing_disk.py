"""A disk that fails once, at each of the calls in turn: a clear error, and nothing is lost."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from shared.disk import Disk, Failure, disk

from nerv_lab.core.errors import NERVPersistenceError, StoreFullError
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.inner_universe import EmbeddedInnerUniverse

BIG = EntityMetadata(description="x" * 9_000)
NAMES = ["a", "b", "c"]


@pytest.fixture
def watched() -> Iterator[Disk]:
    with disk() as watched:
        yield watched


@pytest.fixture
async def sound(store_path: Path) -> Path:
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    await client.apply([CreateEntity("first", "thing", BIG)])
    await client.close()
    return store_path


async def _holds(client: EmbeddedInnerUniverse) -> set[str]:
    return {item.id for item in (await client.snapshot()).items}


async def _write(client: EmbeddedInnerUniverse, name: str) -> None:
    await client.apply([CreateEntity(name, "thing", BIG)], batch_id=f"batch-{name}")


async def _attempt(client: EmbeddedInnerUniverse, name: str) -> NERVPersistenceError | None:
    try:
        await _write(client, name)
    except NERVPersistenceError as error:
        return error
    return None


async def _work(client: EmbeddedInnerUniverse, watched: Disk, failure: Failure) -> None:
    """Write, and when it fails see that it left nothing, and write the same again."""
    for name in NAMES:
        told = await _attempt(client, name)
        if told is None:
            continue
        assert failure == "EIO" or isinstance(told, StoreFullError)
        assert "apply on" in str(told)
        # Anything but writing the log may belong to copying it into the file, after the commit.
        assert watched.failed is not None
        asked, file = watched.failed
        if asked == "write" and file.endswith("-wal"):
            assert name not in await _holds(client)
        await _write(client, name)


async def _with_a_failure(path: Path, watched: Disk, failure: Failure, call: int) -> bool:
    """Work while one call fails; return whether there was such a call."""
    client = EmbeddedInnerUniverse(path)
    watched.arm(failure, call)
    with contextlib.suppress(NERVPersistenceError):
        await client.connect()
    if not client.connected:
        await client.connect()
    client._opened._database._writer.pragma("wal_autocheckpoint", 4)
    await _work(client, watched, failure)
    watched.disarm()
    assert await client.verify() == []
    await client.close()
    return watched.failed is not None


@pytest.mark.parametrize("failure", get_args(Failure))
async def test_no_call_that_fails_harms_the_store(
    sound: Path, watched: Disk, failure: Failure
) -> None:
    call, failed = 0, True
    while failed:
        call += 1
        path = sound.with_name(f"copy{call}.nerv")
        shutil.copy(sound, path)
        failed = await _with_a_failure(path, watched, failure, call)
        again = EmbeddedInnerUniverse(path)
        await again.connect()
        assert await _holds(again) == {"first", *NAMES}
        assert len(await again.events()) == 1 + len(NAMES)
        assert await again.verify() == []
        await again.close()
    assert call > 20  # else hardly anything was tried
