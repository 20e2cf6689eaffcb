"""Stores of every earlier schema: they open, they migrate, and no kill on the way harms them.

Nothing here names a version: whatever steps there are, are proven, and some more besides.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import apsw
import pytest
from shared.disk import Failure, Step, after_kill, after_power_cut, disk
from shared.effort import EFFORT
from shared.releases import RELEASES, STORES, content, described, fixture, opened_as

import nerv_lab as nl
from nerv_lab.core.errors import NERVPersistenceError, NewerSchemaError, StoreFullError
from nerv_lab.inner_universe.embedded import connecting, migrating, opening, schema, upgrading
from nerv_lab.inner_universe.embedded.copying import opened
from nerv_lab.inner_universe.embedded.migrating import migrate_store
from nerv_lab.inner_universe.embedded.schema import SCHEMA_VERSION, Upgrade
from nerv_lab.inner_universe.embedded.upkeep import backup_store, compact_store

OLD = sorted(STORES)
POWER_CUTS = 20 * min(EFFORT, 10)


# What there is


def test_there_is_a_store_of_every_earlier_schema() -> None:
    assert set(range(1, SCHEMA_VERSION)) <= set(OLD)


def test_the_fixtures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in RELEASES.iterdir()}
    assert max(sizes.values()) < 1_000_000


@pytest.mark.parametrize("old", OLD)
def test_a_store_of_then_says_now_what_it_said_then(old: int, tmp_path: Path) -> None:
    with nl.open(fixture(old, tmp_path)) as lab:
        assert opened_as(lab) == described(old)
        assert lab.verify().ok
        assert lab.entity("ada").properties["n"] == 2**62
        lab.add_entity("person", id="eve")
        lab.commit("by the nerv-lab of now")
        assert lab.verify().ok


@pytest.mark.parametrize("old", OLD)
def test_a_store_of_then_is_migrated_after_a_backup_of_it(old: int, tmp_path: Path) -> None:
    path = fixture(old, tmp_path)
    before = content(path)
    done = migrate_store(path)
    assert (done.found, done.now) == (old, SCHEMA_VERSION)
    assert (done.backup is None) == (old == SCHEMA_VERSION)
    if done.backup is not None:
        assert content(done.backup) == before
        with nl.open(done.backup) as lab:
            assert opened_as(lab) == described(old)
    with nl.open(path) as lab:
        assert opened_as(lab) == described(old)


def test_a_store_of_then_is_taken_into_another_by_a_bundle(tmp_path: Path) -> None:
    with nl.open(fixture(OLD[0], tmp_path)) as lab:
        lab.export(tmp_path / "bundle")
        nl.import_bundle(tmp_path / "bundle", tmp_path / "copy.nerv")
        with nl.open(tmp_path / "copy.nerv") as copy:
            assert copy.verify(against=lab).ok


# Kills, power cuts and failing disks


@pytest.fixture
def more_steps(monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the schema of a nerv-lab that knows three versions more, one of which moves data."""
    steps = {
        **schema.UPGRADES,
        SCHEMA_VERSION + 1: Upgrade("a table", ("CREATE TABLE more (x TEXT) STRICT",)),
        SCHEMA_VERSION + 2: Upgrade(
            "its rows",
            (
                "INSERT INTO more SELECT data || data FROM event_log WHERE data IS NOT NULL",
                "UPDATE more SET x = lower(x)",
                "CREATE INDEX more_x ON more (x)",
            ),
            readable_by=SCHEMA_VERSION,
        ),
        SCHEMA_VERSION + 3: Upgrade("nothing", ()),
    }
    for module in (upgrading, connecting, opening, migrating):
        if hasattr(module, "UPGRADES"):
            monkeypatch.setattr(module, "UPGRADES", steps)
        if hasattr(module, "SCHEMA_VERSION"):
            monkeypatch.setattr(module, "SCHEMA_VERSION", SCHEMA_VERSION + 3)
    return SCHEMA_VERSION + 3


def upgraded(path: Path) -> None:
    with opened(path, None, "upgrade") as connection:
        connection.pragma("synchronous", 2)
        upgrading.upgrade(connection)


def recorded(path: Path) -> tuple[dict[str, bytes], list[Step]]:
    """Return a store before its migration, and everything that this did to its files."""
    before = {path.name: path.read_bytes()}
    with disk() as watched:
        upgraded(path)
    return before, watched.steps


def resumed(folder: Path, image: dict[str, bytes], name: str) -> dict[str, object]:
    """Return what a store holds when somebody opens what was left of a migration."""
    folder.mkdir()
    for file, data in image.items():
        (folder / file).write_bytes(data)
    upgraded(folder / name)
    return content(folder / name)


@pytest.mark.parametrize("old", OLD)
def test_a_migration_that_is_killed_anywhere_is_resumed_to_the_same_end(
    old: int, tmp_path: Path, more_steps: int
) -> None:
    path = fixture(old, tmp_path)
    before, steps = recorded(path)
    wanted = content(path)
    assert wanted["user_version"] == more_steps
    assert wanted["schema_version"] == [*described_versions(old), *range(old + 1, more_steps + 1)]
    assert len(steps) > 3 * (more_steps - old)
    passed = set()
    for at in range(len(steps) + 1):
        image = after_kill(before, steps[:at])
        folder = tmp_path / f"killed-{at}"
        assert resumed(folder, image, path.name) == wanted, at
        passed.add(_version_of(tmp_path / f"left-{at}", image, path.name))
    # It was cut off in every version on the way.
    assert passed == set(range(old, more_steps + 1))


def described_versions(old: int) -> list[int]:
    return content(STORES[old])["schema_version"]  # type: ignore[no-any-return]


def _version_of(folder: Path, image: dict[str, bytes], name: str) -> int:
    folder.mkdir()
    for file, data in image.items():
        (folder / file).write_bytes(data)
    version: int = content(folder / name)["user_version"]
    return version


@pytest.mark.parametrize("old", OLD)
def test_a_migration_outlives_power_cuts(old: int, tmp_path: Path, more_steps: int) -> None:
    path = fixture(old, tmp_path)
    before, steps = recorded(path)
    wanted, chance = content(path), random.Random(old)
    for number in range(POWER_CUTS):
        done = steps[: chance.randint(0, len(steps))]
        image = after_power_cut(before, done, chance)
        assert resumed(tmp_path / str(number), image, path.name) == wanted


@pytest.mark.parametrize("failure", get_args(Failure))
def test_a_disk_that_fails_at_any_call_leaves_a_migration_to_be_resumed(
    failure: Failure, tmp_path: Path, more_steps: int
) -> None:
    old = OLD[0]
    whole = fixture(old, tmp_path)
    upgraded(whole)
    wanted = content(whole)
    call, failed = 0, True
    with disk() as watched:
        while failed:
            call += 1
            folder = tmp_path / str(call)
            folder.mkdir()
            path = fixture(old, folder)
            watched.arm(failure, call)
            with contextlib.suppress(NERVPersistenceError):
                upgraded(path)
            failed = watched.failed is not None
            watched.disarm()
            upgraded(path)
            assert content(path) == wanted
    assert call > 10  # else hardly anything was tried


@pytest.mark.parametrize("stops_in", ["whole_copy", "upgrade", "checked", "between"])
def test_a_command_that_is_stopped_anywhere_can_be_given_again(
    stops_in: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more_steps: int
) -> None:
    path = fixture(OLD[0], tmp_path)
    before = content(path)
    with pytest.MonkeyPatch.context() as patch:
        if stops_in == "between":
            patch.setattr(migrating, "upgrade", _stopped_after_one_step)
        else:
            patch.setattr(migrating, stops_in, _stopped)
        with pytest.raises(KeyboardInterrupt):
            migrate_store(path)
    migrate_store(path)
    assert content(path)["user_version"] == more_steps
    (kept,) = backups(path, OLD[0])
    assert content(kept) == before


def _stopped(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def _stopped_after_one_step(connection: apsw.Connection, progress: object = None) -> None:
    upgrading._next(connection)
    raise KeyboardInterrupt


# Opening an older store


def backups(path: Path, schema: int) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.*.schema-{schema}"))


@pytest.mark.parametrize("old", [old for old in OLD if old < SCHEMA_VERSION])
def test_a_store_of_then_is_kept_as_it_was_before_it_is_opened(
    old: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = fixture(old, tmp_path)
    before = content(path)
    for _ in range(2):  # the second time it is one of now
        nl.open(path).close()
    (kept,) = backups(path, old)
    assert content(kept) == before
    (said,) = [r.getMessage() for r in caplog.records if "older nerv-lab" in r.getMessage()]
    assert said.endswith(f"as it was, it is kept in {kept}")
    assert {made.name for made in tmp_path.iterdir()} == {path.name, kept.name}
    with nl.open(kept) as lab:  # which makes a copy of its own
        assert opened_as(lab) == described(old)


def test_a_backup_is_never_written_over(tmp_path: Path) -> None:
    path = fixture(OLD[0], tmp_path)
    old = path.read_bytes()
    nl.open(path).close()
    (first,) = backups(path, OLD[0])
    kept = first.read_bytes()
    path.write_bytes(old)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE config SET value = 'another' WHERE name = 'store_id'")
    connection.close()
    nl.open(path).close()
    assert len(backups(path, OLD[0])) == 2
    assert first.read_bytes() == kept


def test_an_encrypted_store_is_kept_encrypted(tmp_path: Path) -> None:
    path = fixture(OLD[0], tmp_path)
    before = content(path)
    connection = apsw.Connection(str(path))
    connection.pragma("rekey", "a secret")
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrating, "upgrade", _stopped)
        with pytest.raises(KeyboardInterrupt):
            nl.open(path, key="a secret")
    nl.open(path, key="a secret").close()
    (kept,) = backups(path, OLD[0])
    assert not kept.read_bytes().startswith(b"SQLite format 3")
    connection = apsw.Connection(str(kept))
    connection.pragma("key", "a secret")
    rows = connection.execute("SELECT * FROM event_log").fetchall()
    connection.close()
    assert sorted(rows, key=repr) == before["event_log"]


KILLED = """
import os, signal, sys
import nerv_lab as nl
from nerv_lab.inner_universe.embedded import migrating

migrating.upgrade = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
nl.open(sys.argv[1])
"""


def test_who_is_killed_between_backup_and_migration_finds_the_one_backup_again(
    tmp_path: Path,
) -> None:
    path = fixture(OLD[0], tmp_path)
    before = content(path)
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
        assert done.returncode == -signal.SIGKILL
        (kept,) = backups(path, OLD[0])
        assert content(path) == content(kept) == before
    with nl.open(path) as lab:
        assert opened_as(lab) == described(OLD[0])
    assert backups(path, OLD[0]) == [kept]


@pytest.mark.parametrize("failure", get_args(Failure))
def test_a_disk_that_fails_while_an_older_store_is_opened_leaves_it_or_a_backup(
    failure: Failure, tmp_path: Path
) -> None:
    old = OLD[0]
    before, calls, failed = content(STORES[old]), 0, True
    with disk() as watched:
        while failed:
            calls += 7 if EFFORT == 1 else 1
            folder = tmp_path / str(calls)
            folder.mkdir()
            path = fixture(old, folder)
            watched.arm(failure, calls)
            with contextlib.suppress(NERVPersistenceError):
                nl.open(path).close()
            failed = watched.failed is not None
            watched.disarm()
            kept = backups(path, old)
            assert [content(made) for made in kept] == [before] * len(kept)
            assert kept or content(path) == before
            nl.open(path).close()
            assert len(backups(path, old)) == 1
            assert not list(folder.glob("*.part"))
    assert calls > 30  # else hardly anything was tried


def test_an_older_store_is_left_alone_where_there_is_no_room_for_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fixture(OLD[0], tmp_path)
    before = path.read_bytes()
    full = type("Disk", (), {"free": len(before) - 1})()
    monkeypatch.setattr(migrating.shutil, "disk_usage", lambda place: full)
    for use in (nl.open, migrate_store):
        with pytest.raises(StoreFullError, match=rf"backup, which takes {len(before)} bytes"):
            use(path)
        assert path.read_bytes() == before
        assert [made.name for made in tmp_path.iterdir()] == [path.name]


def test_two_that_open_an_older_store_at_once_both_do(tmp_path: Path) -> None:
    path = fixture(OLD[0], tmp_path)
    copy = migrating.whole_copy

    @contextlib.contextmanager
    def overtaken(*args: Any) -> Iterator[apsw.Connection]:
        monkeypatch.undo()
        nl.open(path).close()  # the other is through before this one has its copy
        with copy(*args) as made:
            yield made

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(migrating, "whole_copy", overtaken)
        with nl.open(path) as lab:
            assert opened_as(lab) == described(OLD[0])
    (kept,) = backups(path, OLD[0])
    assert content(kept)["user_version"] == OLD[0]


# Stores of a newer nerv-lab


@pytest.fixture
def newer(tmp_path: Path) -> Callable[[int | None], Path]:
    """Return what makes a store of a nerv-lab that knows one version more."""

    def make(readable_by: int | None) -> Path:
        path = tmp_path / "newer.nerv"
        with nl.open(path) as lab:
            lab.add_entity("person", id="ada")
            lab.commit("zero")
            lab.update("ada", name="Ada")
            lab.commit("one")
        more = Upgrade("more", ("CREATE TABLE more (x TEXT) STRICT",), readable_by)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(upgrading, "UPGRADES", {**schema.UPGRADES, SCHEMA_VERSION + 1: more})
            patch.setattr(upgrading, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
            upgraded(path)
        return path

    return make


WRITES: dict[str, Callable[[nl.Lab], object]] = {
    "add_entity": lambda lab: lab.add_entity("person"),
    "update": lambda lab: lab.update("ada", name="Augusta"),
    "delete": lambda lab: lab.delete("ada"),
    "commit": lambda lab: lab.commit("two"),
    "tag": lambda lab: lab.tag("one"),
    "create_branch": lambda lab: lab.create_branch("aside"),
    "publish": lambda lab: lab.bus.publish("GREETING"),
    "retain": lambda lab: lab.retain({"keep_last": 1}),
    "a policy": lambda lab: setattr(lab, "retention", {"keep_last": 1}),
    "rekey": lambda lab: lab.rekey("secret"),
}


def test_a_newer_store_that_says_so_is_read_and_never_written(
    newer: Callable[[int | None], Path], tmp_path: Path
) -> None:
    path = newer(SCHEMA_VERSION)
    before = content(path)
    with nl.open(path) as lab:
        assert lab.entity("ada").name == "Ada"
        assert [version.description for version in lab.versions] == ["zero", "one"]
        assert lab.at("v1").entity("ada").name is None
        assert lab.verify().ok
        assert lab.status.read_only is not None
        assert "upgrade nerv-lab" in lab.status.read_only
        schema_finding = next(f for f in lab.health().findings if f.name == "schema")
        assert (schema_finding.level, lab.health().ok) == ("warning", True)
        lab.export(tmp_path / "bundle")
        for write in WRITES.values():
            with pytest.raises(NewerSchemaError, match="upgrade nerv-lab"):
                write(lab)
        assert lab.entity("ada").name == "Ada"
    assert content(path) == before


def test_a_newer_store_is_backed_up_but_not_rearranged(
    newer: Callable[[int | None], Path], tmp_path: Path
) -> None:
    path = newer(SCHEMA_VERSION)
    backup_store(path, tmp_path / "backup")
    assert content(tmp_path / "backup") == content(path)
    for rearrange in (compact_store, migrate_store):
        with pytest.raises(NewerSchemaError, match="upgrade nerv-lab to write it"):
            rearrange(path)


@pytest.mark.parametrize("readable_by", [None, SCHEMA_VERSION + 1])
def test_a_newer_store_that_we_cannot_read_is_refused(
    newer: Callable[[int | None], Path], readable_by: int | None
) -> None:
    path = newer(readable_by)
    before = path.read_bytes()
    with pytest.raises(NewerSchemaError, match="upgrade nerv-lab to open it"):
        nl.open(path)
    assert path.read_bytes() == before


def test_what_a_newer_store_says_of_its_readers_has_to_be_a_number(
    newer: Callable[[int | None], Path],
) -> None:
    path = newer(SCHEMA_VERSION)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE config SET value = 'all' WHERE name = 'readable_by'")
    connection.close()
    with pytest.raises(NewerSchemaError):
        nl.open(path)


def test_who_may_read_a_store_is_verified(store_path: Path) -> None:
    with nl.open(store_path) as lab:
        lab.add_entity("person")
        assert lab.verify().ok
    connection = apsw.Connection(str(store_path))
    connection.execute("UPDATE config SET value = '1' WHERE name = 'readable_by'")
    connection.close()
    with nl.open(store_path) as lab:
        (problem,) = lab.verify().problems
    assert (problem.where, "readable_by" in problem.what) == ("config", True)
