"""The data outlives updates of the module and the server's death."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from shared.spacetime_database import Database, some
from shared.spacetime_server import SpacetimeServer

from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity


def test_the_schema_version_is_recorded(database: Database) -> None:
    rows = sorted(database.rows("schema_version"), key=lambda row: str(row["component"]))
    assert [(row["component"], row["version"]) for row in rows] == [("module", 2), ("reader", 2)]
    database.call("migrate")
    assert sorted(database.rows("schema_version"), key=lambda r: str(r["component"])) == rows


def test_an_update_of_the_module_keeps_the_data(database: Database) -> None:
    database.apply(CreateEntity("a", "thing"))
    database.call("claim")
    tables = ("entity", "event_log", "permission", "schema_version", "origin_cursor")
    before = {table: database.rows(table) for table in tables}
    database.publish()
    assert {table: database.rows(table) for table in tables} == before
    database.apply(UpdateEntity("a", name="A"))
    assert [row["seq"] for row in database.log()] == [1, 2]


def test_a_stranger_cannot_replace_the_module(database: Database) -> None:
    before = database.rows("schema_version")
    with pytest.raises(AssertionError, match="does not own"):
        database.other().publish()
    assert database.rows("schema_version") == before


def lasting_database(server: SpacetimeServer) -> Database:
    """Return a database that a kill does not undo: it is on disk later than the server says."""
    database = Database(server)
    while True:
        database.publish()
        server.kill()
        server.start()
        if database.exists():
            return database


def test_the_log_has_no_gap_after_the_server_was_killed(own_server: SpacetimeServer) -> None:
    database = lasting_database(own_server)
    kept = 0
    for life in range(3):
        for number in range(10):
            database.apply(CreateEntity(f"{life}-{number}", "thing"), batch_id=f"{life}-{number}")
            database.call("publish_event", f"e{life}-{number}", "x", some(None), some(None))
        own_server.kill()
        own_server.start()
        # What was acknowledged less than half a second before may be lost, but only from the end.
        log = database.log()
        assert [row["seq"] for row in log] == list(range(1, len(log) + 1))
        assert len(log) >= kept
        kept = len(log)
        created = [row for row in log if row["event_type"] == "ENTITY_CREATED"]
        assert len(database.rows("entity")) == len(created)
        cursors = {row["origin_id"]: row["origin_seq"] for row in database.rows("origin_cursor")}
        assert sum(cursors.values()) == len(log)
    database.apply(CreateEntity("last", "thing"))
    assert database.log()[-1]["seq"] == kept + 1


def test_what_was_sent_before_a_kill_may_be_sent_again(own_server: SpacetimeServer) -> None:
    database = lasting_database(own_server)
    batches = [f"b{number}" for number in range(20)]
    for batch_id in batches:
        database.apply(CreateEntity(batch_id, "thing"), batch_id=batch_id)
    own_server.kill()
    own_server.start()
    for batch_id in batches:
        database.apply(CreateEntity(batch_id, "thing"), batch_id=batch_id)
    assert [row["batch_id"] for row in database.log()] == batches


def test_the_checked_in_module_is_what_its_sources_build(project_root: Path) -> None:
    script = project_root / "scripts" / "check_module.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_module_is_built_from_released_crates_only(project_root: Path) -> None:
    lock = (project_root / "spacetime_module" / "Cargo.lock").read_text()
    sources = {line for line in lock.splitlines() if line.startswith("source = ")}
    assert sources == {'source = "registry+https://github.com/rust-lang/crates.io-index"'}
    record = project_root / "nerv_lab" / "inner_universe" / "spacetime" / "MODULE_SOURCES.json"
    assert str(Path.home()) not in json.dumps(json.loads(record.read_text()))
