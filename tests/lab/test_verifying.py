"""A Lab verifies its store, alone and against another that is to hold the same history."""

from __future__ import annotations

import contextlib
from pathlib import Path

import apsw
import pytest
from shared.universes import Universe

import nerv_lab as nl
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "Ada", id="ada")
    lab.commit("one")
    return lab


def test_another_look_at_the_same_store_finds_no_difference(lab: Lab, universe: Universe) -> None:
    with lab.branch("aside"):
        lab.update("ada", name="A.")
        lab.commit("two")
    lab.bus.publish("mine", {"n": 1})
    lab.tag("release")
    with Lab(universe.client()) as again:
        assert repr(lab.verify(against=again)).startswith("verified")


def test_a_store_with_another_history_differs_where_the_logs_part(lab: Lab) -> None:
    with Lab(MockInnerUniverse()) as another:
        another.add_entity("person", "Ada", id="ada")
        report = lab.verify(against=another)
        places = [problem.where for problem in report.problems]
        assert places[0] == "event 1"
        assert f"version {lab.version('v1').id}" in places
        assert "main e:ada" in places
        assert "branch main" in places
        assert not report.ok


@pytest.fixture
def copy(lab: Lab, tmp_path: Path) -> Path:
    """Return a file that holds the same history."""
    lab.relate("ada", "knows", "ada", id="knows")
    with lab.branch("aside"):
        lab.update("ada", name="A.")
        lab.commit("two")
    lab.bus.publish("mine", {"n": 1}, source="me")
    lab.tag("release")
    lab.export(tmp_path / "all.zip")
    with nl.open(tmp_path / "copy.nerv") as taken:
        taken.import_bundle(tmp_path / "all.zip")
    return tmp_path / "copy.nerv"


def test_a_copy_in_a_file_differs_in_nothing(lab: Lab, copy: Path) -> None:
    with nl.open(copy) as other:
        assert repr(lab.verify(against=other)).startswith("verified")
        assert repr(other.verify(against=lab)).startswith("verified")


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE event_log SET source = 'x' WHERE event_type = 'mine'", "event"),
        ("UPDATE state_version SET description = 'x' WHERE description = 'two'", "version"),
        ("UPDATE state_version SET delta = x'00' WHERE description = 'two'", "version"),
        ("UPDATE relation SET relation_type = 'x' WHERE branch = 'main'", "main r:knows"),
        ("UPDATE branch SET version = 'x' WHERE name = 'aside'", "branch aside"),
        ("DELETE FROM tag", "tag release"),
    ],
)
def test_where_a_copy_was_changed_is_named(
    lab: Lab, copy: Path, statement: str, where: str
) -> None:
    with nl.open(copy) as other:
        with contextlib.closing(apsw.Connection(str(copy))) as connection:
            connection.execute(statement)
        report = lab.verify(against=other)
    [problem] = [p for p in report.problems if p.where.startswith(where)]
    assert str(copy) in problem.what
