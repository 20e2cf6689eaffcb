"""What can be wrong with a file, and that nothing is lost when it is."""

# ruff: noqa: ASYNC240 - nothing else runs in the loop of a test that handles files

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from nerv_lab.core.errors import (
    CorruptStoreError,
    ForeignStoreError,
    NERVPersistenceError,
    NewerSchemaError,
    ReadOnlyStoreError,
    StoreBusyError,
    StoreClosedError,
    StoreFullError,
    StoreNotFoundError,
    StoreUnreadableError,
    ValidationError,
)
from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.inner_universe import EmbeddedInnerUniverse
from nerv_lab.inner_universe.sqlite_faults import error_for

NOBODY = 65534
BIG = EntityMetadata(description="x" * 20_000)


@contextlib.asynccontextmanager
async def _opened(path: Path, **settings: Any) -> Any:
    client = EmbeddedInnerUniverse(path, **settings)
    await client.connect()
    try:
        yield client
    finally:
        await client.close()


@pytest.fixture
async def store(store_path: Path) -> Path:
    """Return the path of a store with some entities, which nobody has open."""
    async with _opened(store_path) as client:
        await client.apply([CreateEntity(str(i), "thing", BIG) for i in range(20)])
        await client.commit_state_version(None, "first", "00")
    return store_path


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that other users may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextlib.contextmanager
def _unprivileged() -> Iterator[None]:
    """Give up the rights of root, to which no permission applies."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


async def _refused(path: Path, error: type[NERVPersistenceError], says: str) -> None:
    client = EmbeddedInnerUniverse(path, busy_timeout=0.05)
    with pytest.raises(error, match=says) as caught:
        await client.connect()
    assert type(caught.value) is error
    assert str(path) in str(caught.value)
    assert not client.connected


# Opening


async def test_a_missing_folder(tmp_path: Path) -> None:
    await _refused(tmp_path / "none" / "store.nerv", StoreNotFoundError, "create it")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    await _refused(tmp_path, ForeignStoreError, "not a file")


async def test_a_text_file(store_path: Path) -> None:
    store_path.write_text("dear diary\n" * 100)
    before = store_path.read_bytes()
    await _refused(store_path, ForeignStoreError, "not a nerv-lab store")
    assert store_path.read_bytes() == before


async def test_a_short_text_file(store_path: Path) -> None:
    store_path.write_text("x")
    await _refused(store_path, ForeignStoreError, "not a nerv-lab store")
    assert store_path.read_text() == "x"


async def test_the_database_of_another_program(store_path: Path) -> None:
    with contextlib.closing(apsw.Connection(str(store_path))) as connection:
        connection.execute("CREATE TABLE bookmark (url TEXT)")
    before = store_path.read_bytes()
    await _refused(store_path, ForeignStoreError, "another program")
    assert store_path.read_bytes() == before


async def test_an_empty_file_becomes_a_store(store_path: Path) -> None:
    store_path.touch()
    async with _opened(store_path) as client:
        assert await client.verify() == []


async def test_a_newer_schema(store: Path) -> None:
    with contextlib.closing(apsw.Connection(str(store))) as connection:
        connection.pragma("user_version", 99)
        connection.execute("INSERT INTO schema_version VALUES (99, 0)")
        connection.execute("UPDATE config SET value = '99' WHERE name = 'readable_by'")
    await _refused(store, NewerSchemaError, "upgrade nerv-lab")


async def test_a_header_that_contradicts_the_tables(store: Path) -> None:
    with contextlib.closing(apsw.Connection(str(store))) as connection:
        connection.execute("UPDATE schema_version SET version = 0")
    await _refused(store, CorruptStoreError, "restore a backup")


@pytest.mark.parametrize("left", [1.0, 0.5, 0.05])
async def test_a_truncated_file(store: Path, left: float) -> None:
    size = store.stat().st_size
    os.truncate(store, min(int(size * left), size - 100))
    before = store.read_bytes()
    await _refused(store, CorruptStoreError, "truncated or damaged")
    assert store.read_bytes() == before


async def test_a_file_without_its_beginning(store: Path) -> None:
    data = store.read_bytes()
    store.write_bytes(b"\0" * 100 + data[100:])
    await _refused(store, ForeignStoreError, "beginning is damaged")


@pytest.mark.parametrize("part", range(1, 8))
async def test_a_damaged_page_is_never_taken_for_data(store: Path, part: int) -> None:
    data = bytearray(store.read_bytes())
    start = len(data) * part // 8
    data[start : start + 4096] = os.urandom(len(data[start : start + 4096]))
    store.write_bytes(data)
    client = EmbeddedInnerUniverse(store)
    try:
        await client.connect()
        assert await client.verify() != []
    except CorruptStoreError:
        pass
    finally:
        await client.close()


async def test_a_file_that_may_not_be_read(open_folder: Path) -> None:
    path = open_folder / "store.nerv"
    async with _opened(path):
        pass
    path.chmod(0)
    with _unprivileged():
        await _refused(path, StoreUnreadableError, "may not be read")


async def test_a_file_that_may_not_be_written(open_folder: Path) -> None:
    path = open_folder / "store.nerv"
    async with _opened(path):
        pass
    before = path.read_bytes()
    open_folder.chmod(0o777)
    path.chmod(0o444)
    with _unprivileged():
        await _refused(path, ReadOnlyStoreError, "may not be written")
    assert path.read_bytes() == before


async def test_a_folder_that_may_not_be_written(open_folder: Path) -> None:
    path = open_folder / "store.nerv"
    async with _opened(path):
        pass
    path.chmod(0o666)
    open_folder.chmod(0o555)
    with _unprivileged():
        await _refused(path, ReadOnlyStoreError, "may not be written")
        await _refused(open_folder / "new.nerv", ReadOnlyStoreError, "another folder")
    assert [entry.name for entry in open_folder.iterdir()] == ["store.nerv"]


async def test_a_new_store_while_another_creates_it(store_path: Path) -> None:
    with contextlib.closing(apsw.Connection(str(store_path))) as holder:
        holder.execute("BEGIN IMMEDIATE")
        await _refused(store_path, StoreBusyError, "busy timeout")


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="path"):
        EmbeddedInnerUniverse(path)


def test_an_unknown_way_to_synchronise_is_refused() -> None:
    with pytest.raises(ValidationError, match="synchronous"):
        EmbeddedInnerUniverse(synchronous="OFF")  # type: ignore[arg-type]


# Writing


async def _unharmed(client: EmbeddedInnerUniverse, before: Any, seen: list[Any]) -> None:
    """Check that a failed write left no trace, and that the next one succeeds."""
    assert await client.snapshot() == before
    assert seen == []
    receipt = await client.apply([UpdateEntity("0", name="after")])
    assert receipt.changes[0].old == next(item for item in before.items if item.id == "0")
    assert await client.verify() == []


async def test_another_writer_that_does_not_finish(store: Path) -> None:
    async with _opened(store, busy_timeout=0.05) as client:
        seen: list[Any] = []
        client.subscribe(seen.append)
        before = await client.snapshot()
        with contextlib.closing(apsw.Connection(str(store))) as holder:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError, match="another writer"):
                await client.apply([UpdateEntity("0", name="lost")])
            holder.execute("ROLLBACK")
        await _unharmed(client, before, seen)


async def test_another_writer_that_finishes_is_waited_for(store: Path) -> None:
    async with _opened(store) as client, _opened(store) as other:
        await other.publish_event("first")
        receipt = await client.apply([UpdateEntity("0", name="second")])
        assert receipt.first_seq == await client.last_seq()


async def test_no_more_pages_are_to_be_had(store: Path) -> None:
    async with _opened(store) as client:
        seen: list[Any] = []
        client.subscribe(seen.append)
        before = await client.snapshot()
        writer = client._opened._database._writer
        allowed = writer.pragma("max_page_count")
        writer.pragma("max_page_count", writer.pragma("page_count"))
        with pytest.raises(StoreFullError, match="disk is full"):
            await client.apply([CreateEntity(f"new{i}", "thing", BIG) for i in range(20)])
        writer.pragma("max_page_count", allowed)
        await _unharmed(client, before, seen)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system of its own cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_the_disk_is_full(small_disk: Path) -> None:
    async with _opened(small_disk / "store.nerv") as client:
        await client.apply([CreateEntity("0", "thing")])
        seen: list[Any] = []
        client.subscribe(seen.append)
        before = await client.snapshot()
        (small_disk / "filler").write_bytes(b"x" * 1_800_000)
        with pytest.raises(StoreFullError, match="free some space"):
            await client.apply([CreateEntity(f"new{i}", "thing", BIG) for i in range(50)])
        (small_disk / "filler").unlink()
        await _unharmed(client, before, seen)


async def test_the_disk_refuses_a_write(store: Path) -> None:
    async with _opened(store) as client:
        seen: list[Any] = []
        client.subscribe(seen.append)
        before = await client.snapshot()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(NERVPersistenceError, match="nothing was changed"):
                await client.apply([CreateEntity(f"new{i}", "thing", BIG) for i in range(20)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await _unharmed(client, before, seen)


async def test_a_version_that_fails_leaves_the_head(store: Path) -> None:
    async with _opened(store, busy_timeout=0.05) as client:
        head = await client.branch_head("state")
        with contextlib.closing(apsw.Connection(str(store))) as holder:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError):
                await client.commit_state_version(head, "second", "01")
        assert await client.branch_head("state") == head
        assert len(await client.versions()) == 1


async def test_a_closed_store(store: Path) -> None:
    client = EmbeddedInnerUniverse(store)
    with pytest.raises(StoreClosedError, match="connect"):
        await client.apply([UpdateEntity("0", name="x")])
    await client.connect()
    await client.close()
    with pytest.raises(StoreClosedError, match="connect"):
        await client.apply([UpdateEntity("0", name="x")])


async def test_a_closed_store_can_be_connected_again(store: Path) -> None:
    client = EmbeddedInnerUniverse(store)
    for _ in range(2):
        await client.connect()
        assert len((await client.snapshot()).items) == 20
        await client.close()


# What SQLite reports


@pytest.mark.parametrize(
    ("reported", "ours"),
    [
        (apsw.BusyError, StoreBusyError),
        (apsw.LockedError, StoreBusyError),
        (apsw.FullError, StoreFullError),
        (apsw.ReadOnlyError, ReadOnlyStoreError),
        (apsw.CorruptError, CorruptStoreError),
        (apsw.NotADBError, ForeignStoreError),
        (apsw.CantOpenError, ReadOnlyStoreError),
        (apsw.PermissionsError, StoreUnreadableError),
        (apsw.ConnectionClosedError, StoreClosedError),
        (apsw.IOError, NERVPersistenceError),
        (apsw.SQLError, NERVPersistenceError),
    ],
)
def test_each_report_has_its_error(
    reported: type[apsw.Error], ours: type[NERVPersistenceError]
) -> None:
    error = error_for(reported("said so"), "team.nerv", "apply")
    assert type(error) is ours
    assert "apply on team.nerv" in str(error)
    assert "said so" in str(error)
