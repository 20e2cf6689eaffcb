from __future__ import annotations

from pathlib import Path

import pytest
from shared.halting import halted

import nerv_lab as nl
from nerv_lab.core.walking import followed, following_walks, is_followed, walk_part


def test_steps_are_all_there_followed_or_not() -> None:
    assert list(followed(range(200), 200)) == list(range(200))
    told: list[tuple[int, int]] = []
    with following_walks(lambda done, total: told.append((done, total))):
        assert list(followed(range(200), 200)) == list(range(200))
    assert told == [(0, 200), (64, 200), (128, 200), (192, 200)]


def test_nobody_is_told_after_the_block() -> None:
    told: list[int] = []
    with following_walks(lambda done, total: told.append(done)):
        pass
    list(followed(range(3), 3))
    assert told == []


def test_a_walk_to_a_version_of_long_ago_is_told_and_can_be_stopped(tmp_path: Path) -> None:
    with nl.open(tmp_path / "long.nerv") as lab:
        lab.add_entity("thing", id="thing")
        for number in range(300):
            lab.update("thing", properties={"n": number})
            lab.commit(f"commit {number}")

    def stop(done: int, total: int) -> None:
        raise InterruptedError(f"{done} of {total}")

    with nl.open(tmp_path / "long.nerv") as lab:
        with following_walks(stop), pytest.raises(InterruptedError, match="0 of"):
            lab.at("v100")
        told: list[tuple[int, int]] = []
        with following_walks(lambda done, total: told.append((done, total))):
            assert lab.at("v100").entities["thing"].properties["n"] == 99
        assert told[0][0] == 0
        assert told[-1][1] >= 64


def test_a_cell_commits_while_a_thread_works_out_a_version_of_long_ago(tmp_path: Path) -> None:
    with nl.open(tmp_path / "long.nerv") as lab:
        for number in range(10):
            lab.add_entity("thing", id=f"thing-{number}")
            lab.commit(f"commit {number}")
    with nl.open(tmp_path / "long.nerv") as lab, halted(lambda: lab.at("v2")) as look:
        lab.add_entity("thing", id="later")
        assert lab.commit("meanwhile") == lab.head
        assert not look.result.done()
        assert set(look.go_on().entities) == {"thing-0", "thing-1"}


def test_parts_of_a_walk_are_told_as_one_that_only_goes_on() -> None:
    told: list[tuple[int, int]] = []
    with following_walks(lambda done, total: told.append((done, total))):
        with walk_part(0.0, 0.5):
            list(followed(range(2), 2, every=1))
        with walk_part(0.5, 1.0):
            with walk_part(0.0, 0.5):
                list(followed(range(2), 2, every=1))
            with walk_part(0.5, 1.0):
                list(followed(range(2), 2, every=1))
    assert told == [(place, 1_000) for place in (0, 250, 500, 625, 750, 875)]


def test_a_part_that_nobody_follows_is_just_done() -> None:
    assert not is_followed()
    with walk_part(0.0, 0.5):
        assert list(followed(range(3), 3)) == [0, 1, 2]
        assert not is_followed()
