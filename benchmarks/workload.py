"""The workload that every store is given: the same items, changes and questions."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

PER_COMMIT = 10
READS = 100
APART = 100


@dataclass(frozen=True)
class Workload:
    """What a store has to do.

    Attributes
    ----------
    entities : list of (id, properties)
    relations : list of (id, source id, target id, properties)
    commits : list of list of (kind, id, properties)
        ``"entity"`` or ``"relation"``, and all its properties anew.
    checkouts : list of (version, entity ids)
        Versions count from 0, the one that holds the first items.
    diffs : list of (version, version)
    """

    entities: list[tuple[str, dict[str, Any]]]
    relations: list[tuple[str, str, str, dict[str, Any]]]
    commits: list[list[tuple[str, str, dict[str, Any]]]]
    checkouts: list[tuple[int, list[str]]]
    diffs: list[tuple[int, int]]


def draw(seed: int, *, entities: int, relations: int, commits: int, questions: int) -> Workload:
    """Draw a workload; the same arguments give the same one."""
    random = Random(seed)
    names = [f"e{i:06}" for i in range(entities)]
    links = [f"r{i:06}" for i in range(relations)]
    keys = [("entity", id) for id in names] + [("relation", id) for id in links]
    return Workload(
        [(id, _properties(random)) for id in names],
        [(id, *random.sample(names, 2), _properties(random)) for id in links],
        [
            [(*key, _properties(random)) for key in random.sample(keys, PER_COMMIT)]
            for _ in range(commits)
        ],
        [(random.randrange(commits), random.sample(names, READS)) for _ in range(questions)],
        [
            (first, first + APART)
            for first in (random.randrange(commits - APART) for _ in range(questions))
        ],
    )


def _properties(random: Random) -> dict[str, Any]:
    return {
        "value": random.randrange(1_000_000),
        "label": f"item {random.randrange(1000)}",
        "score": random.random(),
    }
