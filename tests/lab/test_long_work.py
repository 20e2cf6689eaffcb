from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nerv_lab as nl
from nerv_lab.core.history.merge_functions import counter
from nerv_lab.core.walking import following_walks

MANY = 200


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Any]:
    """Return a lab whose branches went apart, opened anew, so that no old state is in memory."""
    with nl.open(tmp_path / "long.nerv") as lab:
        with lab.transaction("things"):
            for number in range(MANY):
                lab.add_entity("thing", id=f"thing-{number}", properties={"n": 0})
        lab.commit("things")
        lab.create_branch("aside")
        for name in ("main", "aside"):
            lab.switch(name)
            for number in range(5):
                lab.update(f"thing-{number}", properties={name: number, "n": len(name)})
                lab.commit(f"{name} {number}")
        lab.switch("main")
    with nl.open(tmp_path / "long.nerv") as lab:
        yield lab


LONG: dict[str, Callable[[Any], object]] = {
    "at": lambda lab: lab.at("v1"),
    "diff": lambda lab: lab.diff("v1", "v9"),
    "preview": lambda lab: lab.preview("aside", functions={"properties.n": counter}),
    "merge": lambda lab: lab.merge("aside", functions={"properties.n": counter}),
    "cherry_pick": lambda lab: lab.cherry_pick("v9"),
    "revert": lambda lab: lab.revert("v3"),
    "rollback": lambda lab: lab.rollback("v1"),
    "reset": lambda lab: lab.reset("v1", force=True),
}


def memory(lab: Any) -> Any:
    return lab.versions, lab.branches, lab.head, lab.state.data_hash, len(lab.events), lab.tags


def store(lab: Any) -> Any:
    with nl.open(lab.client.uri) as other:
        return memory(other)


class InterruptAt:
    """Presses the stop button at the n-th word of how far the work is."""

    def __init__(self, place: int) -> None:
        self.left = place

    def __call__(self, done: int, total: int) -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("name", LONG)
def test_long_work_that_is_interrupted_leaves_store_and_memory_as_they_were(
    lab: Any, name: str
) -> None:
    before, kept = memory(lab), store(lab)
    for place in (1, 2, 4, 8):
        stop = InterruptAt(place)
        try:
            with following_walks(stop):
                LONG[name](lab)
        except KeyboardInterrupt:
            assert stop.left == 0
            assert memory(lab) == before
            assert store(lab) == kept
        else:
            assert stop.left > 0, "it went on after the interrupt"
            assert place > 1, "nobody is told of it"
            return
    LONG[name](lab)
    assert lab.verify().ok


@pytest.mark.parametrize("name", ["preview", "merge", "cherry_pick", "revert"])
def test_a_merge_is_told_as_one_walk_that_only_goes_on(lab: Any, name: str) -> None:
    told: list[tuple[int, int]] = []
    with following_walks(lambda done, total: told.append((done, total))):
        LONG[name](lab)
    places = [done / total for done, total in told]
    assert len(told) > 5
    assert places == sorted(places)
    assert places[-1] < 1


def test_conflicts_that_are_decided_can_be_interrupted_and_decided_then(lab: Any) -> None:
    merge = lab.merge("aside")
    assert merge.conflicts
    with following_walks(InterruptAt(2)), pytest.raises(KeyboardInterrupt):
        merge.resolve("ours")
    assert merge.conflicts
    assert merge.resolve("ours").commit() == lab.head
