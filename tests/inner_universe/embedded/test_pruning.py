"""Pruning a file: it shrinks, stays sound when its writer is killed, and older files can do it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import apsw
import pytest
from shared.old_stores import back_to_first_tables

import nerv_lab as nl
from nerv_lab.core.errors import HistoryPrunedError, IntegrityError, LogMovedError
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.inner_universe import EmbeddedInnerUniverse, Problem
from nerv_lab.inner_universe.embedded.schema import SCHEMA_VERSION, UPGRADES
from nerv_lab.lab.driving import run_inline

SCRIPT = Path(__file__).with_name("pruner_process.py")
KILLS = 25


def size(path: Path) -> int:
    files = (path.with_name(path.name + end) for end in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())


def filled(path: Path, versions: int = 200, **options: Any) -> nl.Lab:
    lab = nl.open(path, **options)
    lab.add_entity("note", id="n")
    for number in range(versions):
        lab.update("n", properties={"text": random.Random(number).randbytes(1500).hex()})
        lab.commit(f"{number}")
    return lab


def test_the_file_shrinks(store_path: Path) -> None:
    with filled(store_path) as lab:
        before = size(store_path)
        lab.retain(RetentionPolicy(keep_last=5))
        assert size(store_path) < before / 5
        assert lab.verify().problems == ()


def test_growth_stays_within_retention(store_path: Path) -> None:
    """What is left of a pruned version is a small row; all else stays as large as what is kept."""
    with filled(store_path, 0, retention={"keep_last": 10}) as lab:
        sizes = []
        for number in range(600):
            lab.update("n", properties={"text": random.Random(number).randbytes(1500).hex()})
            lab.commit("step")
            if number % 100 == 99:
                # The log waits for those who follow it; let that time be over.
                lab.retain()
                sizes.append(size(store_path))
        assert len([entry for entry in lab.log() if not entry.pruned]) == 10
        assert sizes[-1] - sizes[0] < 500 * 700
        assert sizes[-1] < 600 * 700 + 200_000
        assert len(list(lab.events.kept())) < 100
        assert lab.verify().problems == ()


def test_a_file_of_an_older_nerv_lab_can_be_pruned(store_path: Path) -> None:
    filled(store_path, 50).close()
    back_to_first_tables(store_path)
    with contextlib.closing(apsw.Connection(str(store_path))) as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
    before = size(store_path)
    with nl.open(store_path) as lab:
        assert len(lab.versions) == 50
        lab.retain(RetentionPolicy(keep_last=2))
        assert lab.verify().problems == ()
        assert size(store_path) < before / 3
    with contextlib.closing(apsw.Connection(str(store_path))) as connection:
        found = connection.execute("SELECT max(version) FROM schema_version").get
        assert found == connection.pragma("user_version") == SCHEMA_VERSION == max(UPGRADES)


def test_a_reader_in_the_middle_of_something_is_not_disturbed(store_path: Path) -> None:
    with filled(store_path, 50) as lab, nl.open(store_path) as other:
        with contextlib.closing(apsw.Connection(str(store_path))) as reader:
            reader.execute("BEGIN")
            events = "SELECT count(*) FROM event_log"
            before = reader.execute(events).get
            lab.retain(RetentionPolicy(keep_last=2))
            assert reader.execute(events).get == before
            reader.execute("ROLLBACK")
        other.refresh()
        with pytest.raises(HistoryPrunedError):
            other.at("v3")
        assert other.at("v50").entity("n") == lab.entity("n")
        other.update("n", name="x")
        other.commit("goes on")


def test_a_step_for_another_history_is_refused_and_changes_nothing(store_path: Path) -> None:
    with filled(store_path, 5) as lab:
        first, *_, last = lab.versions
        seq = lab.seq
        for step, error in (
            (PruneStep(seq, 1, (first.id,)), LogMovedError),
            (PruneStep(seq - 1, 0, (first.id,)), LogMovedError),
            (PruneStep(seq, 0, (first.id, last.id)), IntegrityError),
        ):
            with pytest.raises(error):
                lab._run(lab.client.prune(step))
        assert lab.seq == seq
        assert len(lab.at(first).entities) == 1
        assert lab.verify().problems == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE state_version SET description = 'x' WHERE seal IS NOT NULL",
        "UPDATE state_version SET seal = NULL WHERE seal IS NOT NULL",
        "UPDATE state_version SET seal = 'x' WHERE seal IS NULL AND description = '48'",
        "UPDATE entity SET revision = revision + 1 WHERE branch = ''",
        "UPDATE entity SET metadata = replace(metadata, 'a', 'b') WHERE branch = ''",
        "DELETE FROM entity WHERE branch = ''",
        "UPDATE bridge SET digest = 'x'",
        "UPDATE bridge SET base = version_id",
        "DELETE FROM bridge",
        "UPDATE config SET value = replace(value, ':', ':1') WHERE name = 'pruned'",
        "UPDATE config SET value = replace(value, 'main', 'niam') WHERE name = 'pruned'",
        "DELETE FROM config WHERE name = 'pruned'",
        "DELETE FROM event_log WHERE seq = (SELECT min(seq) FROM event_log)",
    ],
)
def test_verify_finds_what_was_changed_behind_its_back(store_path: Path, statement: str) -> None:
    with filled(store_path, 50) as lab:
        lab.tag("middle", "v20")
        lab.retain(RetentionPolicy(keep_last=3))
        assert lab.verify().problems == ()
    with contextlib.closing(apsw.Connection(str(store_path))) as connection:
        connection.execute(statement)
        assert connection.changes() > 0
    assert problems_of(store_path) != []


def problems_of(path: Path) -> list[Problem]:
    client = EmbeddedInnerUniverse(path)
    run_inline(client.connect())
    try:
        return run_inline(client.verify())
    finally:
        run_inline(client.close())


def _kill_at_chance(process: subprocess.Popen[str], chance: random.Random) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(chance.random() * 0.08)  # so that it dies anywhere in its work
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_kill_at_any_time_leaves_a_sound_store(store_path: Path) -> None:
    with filled(store_path, 300) as lab:
        states = {version.id: lab.at(version).data_hash for version in lab.versions}
        lab.tag("middle", "v150")
    environment = {**os.environ, "PYTHONPATH": str(Path(nl.__file__).parents[1])}
    chance = random.Random(5)
    pruned: set[str] = set()
    for keep in range(KILLS, 0, -1):
        command = [sys.executable, str(SCRIPT), str(store_path), str(keep * 10)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            _kill_at_chance(process, chance)
        with nl.open(store_path) as lab:
            assert lab.verify().problems == ()
            gone = lab._history.pruned
            assert pruned <= gone
            pruned = set(gone)
            for version in lab.versions:
                if version.id not in gone:
                    assert lab.at(version).data_hash == states[version.id]
    assert pruned
    with nl.open(store_path) as lab:
        assert lab.retain(RetentionPolicy(keep_last=10)).done
        assert len(lab._history.pruned) == 289
        assert lab.verify().problems == ()
