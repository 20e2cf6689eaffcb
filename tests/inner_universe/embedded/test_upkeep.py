from __future__ import annotations

import threading
from pathlib import Path

import apsw
import pytest

import nerv_lab as nl
from nerv_lab.core.errors import (
    CorruptStoreError,
    ForeignStoreError,
    KeyMissingError,
    StoreInUseError,
    StoreNotFoundError,
    ValidationError,
)
from nerv_lab.inner_universe.embedded.upkeep import backup_store, compact_store, restore_store


@pytest.fixture
def store(store_path: Path) -> Path:
    with nl.open(store_path) as lab:
        lab.add_entity("person", id="ada", name="Ada")
        lab.commit("one")
    return store_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def damage(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE entity SET revision = revision + 1")
    connection.close()


def test_a_backup_is_the_store_with_all_its_history(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    done = backup_store(store, target)
    assert done.after == target.stat().st_size
    with nl.open(store) as lab, nl.open(target) as copy:
        assert copy.head == lab.head
        assert copy.state == lab.state
        assert copy.verify().ok


def test_a_backup_is_one_file_and_leaves_nothing_else(store: Path, tmp_path: Path) -> None:
    before = names(tmp_path)
    backup_store(store, tmp_path / "backup")
    assert names(tmp_path) == before | {"backup"}


def test_a_backup_is_of_one_moment_while_others_write(store: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    started = threading.Event()

    def write() -> None:
        with nl.open(store) as lab:
            while not stop.is_set():
                with lab.transaction(commit="more"):
                    for _ in range(20):
                        lab.add_entity("person")
                started.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert started.wait(120)
        for number in range(5):
            target = tmp_path / f"backup {number}"
            backup_store(store, target)
            with nl.open(target) as copy:
                assert copy.verify().ok
                assert len(copy.entities) % 20 == 1
    finally:
        stop.set()
        writer.join()


def test_a_write_between_two_pages_of_a_backup_is_not_in_it(store: Path, tmp_path: Path) -> None:
    with nl.open(store) as lab:

        def write(done: int, total: int) -> None:
            lab.add_entity("person")

        backup_store(store, tmp_path / "backup", progress=write)
        assert len(lab.entities) >= 2
    with nl.open(tmp_path / "backup") as copy:
        assert list(copy.entities) == ["ada"]


def test_how_far_a_backup_is_can_be_followed(store: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup_store(store, tmp_path / "backup", progress=lambda *said: told.append(said))
    pages = told[-1][1]
    assert pages > 1
    assert told[-1] == (pages, pages)
    assert {total for _, total in told} == {pages}


def test_a_file_that_is_there_is_replaced_only_on_demand(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    target.write_text("mine")
    with pytest.raises(ValidationError, match="exists already"):
        backup_store(store, target)
    assert target.read_text() == "mine"
    backup_store(store, target, overwrite=True)
    with nl.open(target) as copy:
        assert list(copy.entities) == ["ada"]


def test_a_store_is_not_backed_up_onto_itself(store: Path) -> None:
    with pytest.raises(ValidationError):
        backup_store(store, store, overwrite=True)


def test_a_damaged_store_gives_no_backup(store: Path, tmp_path: Path) -> None:
    damage(store)
    with pytest.raises(CorruptStoreError, match="damaged"):
        backup_store(store, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_what_is_no_store_is_not_backed_up(tmp_path: Path) -> None:
    foreign = tmp_path / "notes"
    connection = apsw.Connection(str(foreign))
    connection.execute("CREATE TABLE notes (text)")
    connection.close()
    with pytest.raises(ForeignStoreError):
        backup_store(foreign, tmp_path / "backup")
    with pytest.raises(StoreNotFoundError):
        backup_store(tmp_path / "nothing", tmp_path / "backup")
    assert names(tmp_path) == {"notes"}


def test_a_backup_becomes_a_store(store: Path, tmp_path: Path) -> None:
    backup_store(store, tmp_path / "backup")
    done = restore_store(tmp_path / "backup", tmp_path / "again.nerv")
    assert done.kept is None
    with nl.open(tmp_path / "again.nerv") as lab:
        assert lab.head is not None
        assert lab.head.description == "one"


def test_a_store_that_is_there_is_kept_aside(store: Path, tmp_path: Path) -> None:
    backup_store(store, tmp_path / "backup")
    with nl.open(store) as lab:
        lab.add_entity("person", id="bob")
    with pytest.raises(ValidationError, match="force"):
        restore_store(tmp_path / "backup", store)
    done = restore_store(tmp_path / "backup", store, force=True)
    assert done.kept is not None
    with nl.open(store) as lab, nl.open(done.kept) as old:
        assert list(lab.entities) == ["ada"]
        assert set(old.entities) == {"ada", "bob"}


def test_a_store_that_cannot_be_read_is_kept_aside_as_it_is(store: Path, tmp_path: Path) -> None:
    backup_store(store, tmp_path / "backup")
    remains = b"nothing that anybody could read" * 100
    store.write_bytes(remains)
    done = restore_store(tmp_path / "backup", store, force=True)
    assert done.kept is not None
    assert done.kept.read_bytes() == remains
    with nl.open(store) as lab:
        assert lab.verify().ok


def test_a_store_that_somebody_has_open_is_not_replaced(store: Path, tmp_path: Path) -> None:
    backup_store(store, tmp_path / "backup")
    with nl.open(store) as lab:
        with pytest.raises(StoreInUseError, match="close it"):
            restore_store(tmp_path / "backup", store, force=True)
        lab.add_entity("person", id="bob")
    with nl.open(store) as lab:
        assert set(lab.entities) == {"ada", "bob"}


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    store: Path, tmp_path: Path
) -> None:
    backup_store(store, tmp_path / "backup")
    damage(tmp_path / "backup")
    before = names(tmp_path), store.read_bytes()
    with pytest.raises(CorruptStoreError):
        restore_store(tmp_path / "backup", store, force=True)
    assert (names(tmp_path), store.read_bytes()) == before


def test_compacting_gives_space_back_and_changes_nothing_else(store: Path) -> None:
    with nl.open(store) as lab:
        for number in range(3):
            with lab.transaction():
                for place in range(300):
                    lab.add_entity("page", id=f"{number} {place}", description="x" * 500)
            with lab.transaction():
                for place in range(300):
                    lab.delete(f"{number} {place}")
        lab.commit("two")
        wanted = lab.state, lab.head
    connection = apsw.Connection(str(store))
    connection.execute("CREATE TABLE ballast AS SELECT randomblob(1000000) AS x")
    connection.execute("DROP TABLE ballast")
    connection.close()
    done = compact_store(store)
    assert done.after < done.before - 900_000
    with nl.open(store) as lab:
        assert (lab.state, lab.head) == wanted
        assert lab.verify().ok


def test_a_store_that_is_open_can_be_compacted(store: Path) -> None:
    with nl.open(store) as lab:
        compact_store(store)
        lab.add_entity("person", id="bob")
        assert lab.verify().ok


def test_the_backup_of_an_encrypted_store_is_encrypted(tmp_path: Path) -> None:
    path, target, again = (tmp_path / name for name in ("a.nerv", "backup", "b.nerv"))
    with nl.open(path, key="secret") as lab:
        lab.add_entity("person", id="ada", name="PLAINTEXT")
    backup_store(path, target, key="secret")
    assert b"PLAINTEXT" not in target.read_bytes()
    with pytest.raises(KeyMissingError):
        restore_store(target, again)
    restore_store(target, again, key="secret")
    with nl.open(again, key="secret") as lab:
        assert lab.entity("ada").name == "PLAINTEXT"
