"""What was committed last is one record, and reads as if it were in the tables."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared.effort import EFFORT

import nerv_lab as nl
from nerv_lab.core.errors import CorruptStoreError, HeadMovedError, NervError
from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.inner_universe import EmbeddedInnerUniverse
from nerv_lab.inner_universe.embedded.upkeep import backup_store
from nerv_lab.lab.driving import run_inline

BIG = EntityMetadata(description="x" * 70_000)


@contextlib.asynccontextmanager
async def opened(path: Path) -> Any:
    client = EmbeddedInnerUniverse(path)
    await client.connect()
    try:
        yield client
    finally:
        await client.close()


@contextlib.contextmanager
def looking(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path))
    try:
        yield connection
    finally:
        connection.close()


def counted(path: Path, table: str) -> int:
    with looking(path) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").get)


def left_behind(path: Path, folder: Path) -> Path:
    """Return the file as a process that is killed now would leave it."""
    for name in path.parent.glob(f"{path.name}*"):
        if not name.name.endswith("-shm"):
            shutil.copy(name, folder / name.name)
    return folder / path.name


async def told(client: EmbeddedInnerUniverse) -> Any:
    """Return everything that a client says of its store."""
    versions = await client.versions()
    branches = await client.branches()
    snapshots = {name: await client.snapshot(name) for name in branches}
    return (
        [*versions, *[await client.version(version.id) for version in versions]],
        [await client.delta(version.id) for version in versions],
        {name: (branch, await client.branch_head(name)) for name, branch in branches.items()},
        {n: (s.seq, s.head, sorted(s.items, key=lambda i: i.key)) for n, s in snapshots.items()},
        {n: [await client._item(key, n) for key in ("e:a", "e:b")] for n in branches},
        await client.events(),
        await client.events(2, 3),
        await client.events(1, until=4),
        await client.last_seq(),
    )


async def test_a_commit_is_one_record_until_the_tables_are_read(store_path: Path) -> None:
    async with opened(store_path) as client:
        await client.apply([CreateEntity("a", "thing"), CreateEntity("b", "thing")])
        assert [counted(store_path, t) for t in ("journal", "event_log", "entity")] == [1, 0, 0]
        await client.snapshot()
        assert [counted(store_path, t) for t in ("journal", "event_log", "entity")] == [0, 2, 2]


async def test_a_closed_store_has_all_in_its_tables(store_path: Path) -> None:
    async with opened(store_path) as client:
        await client.apply([CreateEntity("a", "thing")])
    assert counted(store_path, "journal") == 0
    assert counted(store_path, "entity") == 1


async def test_the_journal_stays_short(store_path: Path) -> None:
    longest = 0
    async with opened(store_path) as client:
        for number in range(0, 1500, 50):
            await client.apply([CreateEntity(f"{number + i}", "thing") for i in range(50)])
            longest = max(longest, counted(store_path, "journal"))
    assert 1 < longest < 15


@pytest.mark.parametrize(
    "changes",
    [[CreateEntity("big", "thing", BIG)], [CreateEntity(f"{i}", "thing") for i in range(600)]],
)
async def test_what_is_large_is_written_once(store_path: Path, changes: list[Any]) -> None:
    async with opened(store_path) as client:
        await client.apply([CreateEntity("small", "thing")])
        await client.apply(changes)
        assert counted(store_path, "journal") == 0
        assert counted(store_path, "entity") == len(changes) + 1


OPERATIONS = st.lists(
    st.sampled_from(["add", "update", "relate", "delete", "twice", "commit", "both", "tag"])
    | st.sampled_from(["branch", "merge", "publish", "undo"]),
    min_size=1,
    max_size=12,
)


def do(lab: nl.Lab, operation: str, number: int) -> None:
    match operation:
        case "add":
            lab.add_entity("thing", f"{number}", id="ab"[number % 2])
        case "update":
            lab.update("a", name=f"name {number}", properties={"n": number})
        case "relate":
            lab.relate("a", "knows", "b", id=f"r{number}", description="é")
        case "delete":
            lab.delete(lab.entity("b"), cascade=True)
        case "twice":
            with lab.transaction("why", commit=f"{number}"):
                lab.update("a", name="once")
                lab.update("a", name=f"twice {number}")
        case "commit":
            lab.commit(f"version {number}")
        case "both":
            lab.apply([UpdateEntity("a", properties={"n": -number})], commit=f"both {number}")
        case "tag":
            lab.tag(f"tag {number}", "v1")
        case "branch":
            with lab.branch("aside"):
                lab.add_entity("thing", id=f"aside {number}")
                lab.commit(f"aside {number}")
        case "merge":
            lab.merge("aside")
        case "publish":
            lab.bus.publish("mine", {"n": number})
        case _:
            lab.undo()


@given(operations=OPERATIONS)
@settings(max_examples=12 * EFFORT, deadline=None)
def test_what_is_in_the_journal_reads_as_if_it_were_in_the_tables(operations: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.nerv"
        with nl.open(path) as lab:
            lab.add_entity("thing", id="a")
            lab.commit("first")
            for number, operation in enumerate(operations):
                with contextlib.suppress(NervError):
                    do(lab, operation, number)
            with looking(path) as other:
                other.execute("BEGIN IMMEDIATE")
                held = run_inline(told(lab.client.observed))
                journaled = other.execute("SELECT count(*) FROM journal").get
                other.execute("ROLLBACK")
            state = lab.state
            assert run_inline(told(lab.client.observed)) == held
            assert not counted(path, "journal"), journaled
            assert lab.verify().ok
        with nl.open(path) as again:
            assert again.state == state


async def test_a_reader_does_not_wait_for_another_writer(store_path: Path) -> None:
    async with opened(store_path) as client:
        await client.apply([CreateEntity("a", "thing")])
        with looking(store_path) as other:
            other.execute("BEGIN IMMEDIATE")
            assert [item.id for item in (await client.snapshot()).items] == ["a"]
            assert counted(store_path, "journal") == 1
            other.execute("ROLLBACK")


async def test_what_a_killed_process_left_in_the_journal_is_there(
    store_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with nl.open(store_path) as lab:
        lab.add_entity("thing", id="a")
        lab.commit("one")
        path = left_behind(store_path, tmp_path_factory.mktemp("killed"))
        state, head = lab.state, lab.head
    assert counted(path, "journal") == 2
    async with opened(path) as client:
        # Written on before anybody read it.
        await client.apply([CreateEntity("b", "thing")])
        assert await client.verify() == []
        assert [item.id for item in (await client.snapshot()).items] == ["a", "b"]
        assert await client.branch_head() == head.id
    with nl.open(path) as lab:
        assert lab.at("v1").state == state


async def test_two_writers_in_turn_see_what_the_other_left_in_the_journal(
    store_path: Path,
) -> None:
    async with opened(store_path) as one, opened(store_path) as other:
        await one.apply([CreateEntity("a", "thing")])
        for number in range(6):
            writer = (other, one)[number % 2]
            receipt = await writer.apply([UpdateEntity("a", properties={"n": number})])
            assert receipt.changes[0].old.properties.get("n", -1) == number - 1
        assert await one.verify() == []


async def test_a_version_that_is_in_the_journal_is_the_head(store_path: Path) -> None:
    with nl.open(store_path) as lab, nl.open(store_path) as other:
        lab.add_entity("thing", id="a")
        head = lab.commit("one")
        assert counted(store_path, "journal") > 0
        late = TemporalStore().draft(lab.state, "late")
        with pytest.raises(HeadMovedError):
            run_inline(other.client.commit_version(*late))
        assert run_inline(other.client.branch_head()) == head.id


async def test_a_backup_of_a_store_with_a_journal_is_whole(
    store_path: Path, tmp_path: Path
) -> None:
    async with opened(store_path) as client:
        await client.apply([CreateEntity("a", "thing")])
        backup_store(store_path, tmp_path / "copy.nerv")
        assert counted(store_path, "journal") == 1
    async with opened(tmp_path / "copy.nerv") as copy:
        assert [item.id for item in (await copy.snapshot()).items] == ["a"]


@pytest.mark.parametrize(
    "damage",
    [
        "record = CAST(substr(record, 1, 40) || x'00' || substr(record, 42) AS BLOB)",
        "record = x'00'",
        "record = substr(record, 1, length(record) - 1)",
        "seq = seq + 1",
        "last = last + 1",
    ],
)
async def test_a_record_that_was_damaged_is_refused_and_found(
    store_path: Path, tmp_path_factory: pytest.TempPathFactory, damage: str
) -> None:
    async with opened(store_path) as client:
        await client.apply([CreateEntity("a", "thing"), CreateEntity("b", "thing")])
        path = left_behind(store_path, tmp_path_factory.mktemp("damaged"))
    with looking(path) as connection:
        connection.execute(f"UPDATE journal SET {damage}")
    async with opened(path) as client:
        assert "the record of events" in str(await client.verify())
        with pytest.raises(CorruptStoreError, match="is damaged"):
            await client.snapshot()
        with pytest.raises(CorruptStoreError, match="is damaged"):
            await client.apply([CreateEntity("c", "thing")])
    assert counted(path, "journal") == 1
