"""Two stores that are to hold one history are compared, and every difference is named."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

import nerv_lab as nl
from nerv_lab.inner_universe import EmbeddedInnerUniverse
from nerv_lab.inner_universe.checking.comparing import differences, read_contents
from nerv_lab.lab.driving import run_inline


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return a store and its copy."""
    path = tmp_path / "store.nerv"
    with nl.open(path) as lab:
        lab.add_entity("person", "Ada", id="ada")
        lab.commit("one")
        with lab.transaction("why"):
            lab.add_entity("text", id="note")
        lab.bus.publish("mine", {"n": 1}, source="me")
        lab.tag("release")
        with lab.branch("aside"):
            lab.update("ada", name="A.")
            lab.commit("two")
    return path, Path(shutil.copy(path, tmp_path / "copy.nerv"))


def damage(path: Path, statement: str) -> None:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.execute(statement)


def compared(pair: tuple[Path, Path]) -> list[tuple[str, str]]:
    contents: list[Any] = []
    for path in pair:
        client = EmbeddedInnerUniverse(path)
        run_inline(client.connect())
        contents.append(run_inline(read_contents(client)))
        run_inline(client.close())
    return [(p.where, p.what) for p in differences(*contents, "the copy")]


def test_a_copy_differs_in_nothing(pair: tuple[Path, Path]) -> None:
    assert compared(pair) == []


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        ("UPDATE event_log SET actor = 'x' WHERE seq = 1", "event 1", "its actor is None, but"),
        ("UPDATE event_log SET source = 'x' WHERE seq = 4", "event 4", "its source is 'me', but"),
        ("UPDATE event_log SET timestamp = 1 WHERE seq = 4", "event 4", "its timestamp is"),
        ("UPDATE event_log SET event_type = 'x' WHERE seq = 4", "event 4", "its type is 'mine'"),
        ("""UPDATE event_log SET data = '{"n":2}' WHERE seq = 4""", "event 4", "its data is not"),
        ("UPDATE event_log SET data = replace(data, 'why', 'x')", "event 3", "its data is not"),
        ("UPDATE event_log SET event_id = 'x' WHERE seq = 4", "event 4", "the logs part"),
        ("DELETE FROM event_log WHERE seq = 7", "event 7", "the log ends at 7, but at 6"),
        ("UPDATE state_version SET author = 'x' WHERE seq = 2", "version", "its author is None"),
        ("DELETE FROM state_version WHERE seq = 2", "version", "is missing in"),
        (
            "UPDATE state_version SET delta = (SELECT delta FROM state_version WHERE seq = 2)",
            "version",
            "its delta is not that",
        ),
        ("UPDATE state_version SET delta = x'00' WHERE seq = 2", "version", "cannot be read"),
        ("DELETE FROM branch WHERE name = 'aside'", "branch aside", "is missing in"),
        (
            "UPDATE branch SET version = (SELECT version_id FROM state_version WHERE seq = 7)",
            "branch main",
            "is at",
        ),
        ("UPDATE tag SET name = 'other'", "tag other", "is missing here, but not in"),
        ("UPDATE tag SET version = 'x'", "tag release", "is at"),
        ("DELETE FROM entity WHERE entity_id = 'note'", "main e:note", "is missing in"),
        ("UPDATE entity SET updated_at = 1 WHERE entity_id = 'ada'", "aside e:ada", "is not as in"),
        ("UPDATE entity SET entity_id = 'x' WHERE entity_id = 'note'", "main e:x", "missing here"),
    ],
)
def test_a_difference_is_found_and_named(
    pair: tuple[Path, Path], statement: str, where: str, what: str
) -> None:
    damage(pair[1], statement)
    found = compared(pair)
    assert any(w.startswith(where) and what in text for w, text in found), found


def test_a_log_that_goes_another_way_is_told_once(pair: tuple[Path, Path]) -> None:
    for path in pair:
        with nl.open(path) as lab:
            lab.bus.publish("later")
            lab.bus.publish("and later")
    [(where, what)] = compared(pair)
    assert where == "event 8"
    assert what.startswith("the logs part")


def test_a_store_that_was_pruned_is_compared_as_far_back_as_it_goes(
    pair: tuple[Path, Path],
) -> None:
    with nl.open(pair[0]) as lab:
        for number in range(4):
            lab.update("ada", properties={"n": number})
            lab.commit(f"number {number}")
    shutil.copy(*pair)
    with nl.open(pair[0]) as lab:
        lab.retain(nl.RetentionPolicy(keep_last=1))
        last = lab.seq
    assert compared(pair) == [
        (f"event {last}", f"the log ends at {last}, but at {last - 1} in the copy")
    ]
    damage(pair[1], "UPDATE event_log SET source = 'him' WHERE seq = 1")
    assert len(compared(pair)) == 1
    damage(pair[1], f"UPDATE event_log SET source = 'him' WHERE seq = {last - 1}")
    assert (f"event {last - 1}", "its source is None, but 'him' in the copy") in compared(pair)
