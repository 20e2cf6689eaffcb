from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest
from shared.old_stores import back_to_first_tables

import nerv_lab as nl
from nerv_lab.core.errors import NewerSchemaError
from nerv_lab.inner_universe.embedded import upgrading
from nerv_lab.inner_universe.embedded.migrating import migrate_store
from nerv_lab.inner_universe.embedded.schema import SCHEMA_VERSION, UPGRADES, Upgrade


@pytest.fixture
def store(store_path: Path) -> Path:
    """Return a store as the first version of the tables had it."""
    with nl.open(store_path) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("one")
    back_to_first_tables(store_path)
    return store_path


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> dict[int, Upgrade]:
    """Return the steps of a nerv-lab that knows one version more; a test may break one."""
    more = Upgrade("more", ("CREATE TABLE more (x TEXT) STRICT",))
    steps = {**UPGRADES, SCHEMA_VERSION + 1: more}
    monkeypatch.setattr(upgrading, "UPGRADES", steps)
    monkeypatch.setattr(upgrading, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    return steps


def recorded(path: Path) -> tuple[int, list[int]]:
    connection = apsw.Connection(str(path))
    try:
        rows = connection.execute("SELECT version FROM schema_version ORDER BY version")
        return connection.pragma("user_version"), [version for (version,) in rows]
    finally:
        connection.close()


def test_a_dry_run_names_the_steps_and_changes_nothing(store: Path) -> None:
    before = {path.name: path.read_bytes() for path in store.parent.iterdir()}
    done = migrate_store(store, dry_run=True)
    assert done.steps == tuple(step.name for step in UPGRADES.values())
    assert (done.found, done.now, done.backup) == (1, 1, None)
    assert {path.name: path.read_bytes() for path in store.parent.iterdir()} == before


def test_a_migrated_store_is_the_same_graph_and_the_old_one_is_kept(store: Path) -> None:
    done = migrate_store(store)
    assert (done.found, done.now) == (1, SCHEMA_VERSION)
    assert recorded(store) == (SCHEMA_VERSION, list(range(1, SCHEMA_VERSION + 1)))
    assert done.backup is not None
    assert recorded(done.backup) == (1, [1])
    with nl.open(store) as lab:
        assert list(lab.entities) == ["ada"]
        assert lab.verify().ok


def test_a_store_that_is_up_to_date_is_left_alone(store: Path) -> None:
    migrate_store(store)
    names = {path.name for path in store.parent.iterdir()}
    assert migrate_store(store).steps == ()
    assert {path.name for path in store.parent.iterdir()} == names


def test_a_step_that_is_cut_off_is_undone_and_taken_again_by_the_next(
    store: Path, one_more: dict[int, Upgrade]
) -> None:
    whole = one_more[SCHEMA_VERSION + 1]
    one_more[SCHEMA_VERSION + 1] = Upgrade("more", (*whole.statements, "SELECT no_such_function()"))
    connection = apsw.Connection(str(store))
    with pytest.raises(apsw.SQLError):
        upgrading.upgrade(connection)
    connection.close()
    assert recorded(store) == (SCHEMA_VERSION, list(range(1, SCHEMA_VERSION + 1)))
    one_more[SCHEMA_VERSION + 1] = whole
    connection = apsw.Connection(str(store))
    assert upgrading.upgrade(connection) == ("more",)
    connection.close()
    assert recorded(store)[0] == SCHEMA_VERSION + 1


def test_a_store_of_a_newer_nerv_lab_is_left_alone(store: Path) -> None:
    connection = apsw.Connection(str(store))
    connection.pragma("user_version", 99)
    connection.execute("INSERT INTO schema_version VALUES (99, 0)")
    connection.close()
    with pytest.raises(NewerSchemaError, match="upgrade nerv-lab"):
        migrate_store(store)


@pytest.mark.parametrize("options", [{}, {"key": "secret"}])
def test_opening_migrates_too(store: Path, options: dict[str, Any]) -> None:
    if options:
        with nl.open(store) as lab:
            lab.rekey(options["key"])
        assert migrate_store(store, **options).steps == ()
    with nl.open(store, **options) as lab:
        assert lab.verify().ok
