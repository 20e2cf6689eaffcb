"""The workload that every store is given: the same items, changes and questions.

Items are drawn when they are asked for, so that a process holds none but its store's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

__all__ = ["Action", "Commit", "Sizes", "Workload", "Write", "draw"]

PER_COMMIT = 10
READS = 100
APART = 100
Action = Literal["create", "update", "delete"]
# What each write of a mixed commit is, by its weight. Creations and deletions are as many, so
# that the graph keeps its size.
MIX = {
    ("update", "entity"): 4,
    ("update", "relation"): 2,
    ("create", "entity"): 1,
    ("delete", "entity"): 1,
    ("create", "relation"): 1,
    ("delete", "relation"): 1,
}


@dataclass(frozen=True)
class Sizes:
    """How large a workload is.

    Attributes
    ----------
    items : int
        A quarter of them entities, the others relations.
    commits : int
    questions : int
        Looks at a version, and as many differences.
    mixed : bool
        Commit creations, deletions and changed relations too, instead of changed entities alone.
    """

    items: int
    commits: int
    questions: int
    mixed: bool = False

    @property
    def entities(self) -> int:
        """How many of the items are entities."""
        return self.items // 4

    @property
    def relations(self) -> int:
        """How many of the items are relations."""
        return self.items - self.entities

    @property
    def apart(self) -> int:
        """How many commits lie between the two versions of a difference."""
        return min(APART, self.commits // 2)


@dataclass(frozen=True, slots=True)
class Write:
    """One change of an item.

    Attributes
    ----------
    action : {"create", "update", "delete"}
    kind : {"entity", "relation"}
    id : str
    ends : (str, str) or None
        Source and target of a relation.
    properties : dict
        All of them anew; empty for a deletion.
    """

    action: Action
    kind: str
    id: str
    ends: tuple[str, str] | None
    properties: dict[str, Any]


Commit = list[Write]


@dataclass(frozen=True)
class Workload:
    """What a store has to do.

    Attributes
    ----------
    seed : int
    sizes : Sizes
    commits : list of list of Write
        No item twice in one commit, and no id ever again after its deletion.
    looks : list of (version, entity ids)
        Versions count from 0, the one that holds the first items.
    diffs : list of (version, version)
    """

    seed: int
    sizes: Sizes
    commits: list[Commit]
    looks: list[tuple[int, list[str]]]
    diffs: list[tuple[int, int]]

    def entities(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the first entities: id and properties."""
        random = Random(f"{self.seed} entities")
        for number in range(self.sizes.entities):
            yield _entity(number), _properties(random)

    def relations(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield the first relations: id, source id, target id and properties."""
        random = Random(f"{self.seed} relations")
        for number in range(self.sizes.relations):
            yield _relation(number), *_ends(number, self.sizes.entities), _properties(random)


def draw(seed: int, sizes: Sizes) -> Workload:
    """Draw a workload; the same arguments give the same one."""
    random = Random(seed)
    history = _History(random, sizes)
    names = range(sizes.entities)
    return Workload(
        seed,
        sizes,
        [history.mixed() if sizes.mixed else history.updates() for _ in range(sizes.commits)],
        [
            (random.randrange(sizes.commits), [*map(_entity, random.sample(names, READS))])
            for _ in range(sizes.questions)
        ],
        [
            (first, first + sizes.apart)
            for first in random.choices(range(sizes.commits - sizes.apart), k=sizes.questions)
        ],
    )


class _History:
    """Which items there are, as the commits are drawn one after another.

    The entities to begin with stay, so that every version can be asked for any of them.
    """

    def __init__(self, random: Random, sizes: Sizes) -> None:
        self._random = random
        self._first = sizes.entities
        self._next = {"entity": sizes.entities, "relation": sizes.relations}
        self._deleted: set[str] = set()
        self._own: list[str] = []

    def updates(self) -> Commit:
        """Return the next commit of changed entities."""
        numbers = self._random.sample(range(self._first), PER_COMMIT)
        return [Write("update", "entity", _entity(n), None, self._properties()) for n in numbers]

    def mixed(self) -> Commit:
        """Return the next commit of all kinds of writes."""
        commit: dict[str, Write] = {}
        actions = self._random.choices([*MIX], [*MIX.values()], k=PER_COMMIT)
        created: list[str] = []
        for action, kind in actions:
            if action == "delete" and kind == "entity" and not self._own:
                action = "create"
            write = self._write(action, kind, commit)
            commit[write.id] = write
            if (action, kind) == ("create", "entity"):
                created.append(write.id)
        self._own += created  # only now, so that none is deleted where it was created
        return [*commit.values()]

    def _write(self, action: Action, kind: str, commit: dict[str, Write]) -> Write:
        properties = {} if action == "delete" else self._properties()
        if action == "create":
            number = self._next[kind]
            self._next[kind] += 1
        if kind == "entity":
            if action == "delete":
                id = self._own.pop(self._random.randrange(len(self._own)))
            else:
                id = _entity(number) if action == "create" else self._entity_but(commit)
            return Write(action, kind, id, None, properties)
        if action != "create":
            number = self._relation_but(commit)
        id = _relation(number)
        if action == "delete":
            self._deleted.add(id)
        return Write(action, kind, id, _ends(number, self._first), properties)

    def _entity_but(self, commit: dict[str, Write]) -> str:
        while (id := _entity(self._random.randrange(self._first))) in commit:
            pass
        return id

    def _relation_but(self, commit: dict[str, Write]) -> int:
        while True:
            number = self._random.randrange(self._next["relation"])
            id = _relation(number)
            if id not in commit and id not in self._deleted:
                return number

    def _properties(self) -> dict[str, Any]:
        return _properties(self._random)


def _entity(number: int) -> str:
    return f"e{number:07}"


def _relation(number: int) -> str:
    return f"r{number:07}"


def _ends(number: int, entities: int) -> tuple[str, str]:
    """Return the ends of a relation: no two relations have the same, and none is a loop."""
    pairs = entities * (entities - 1)
    step = int(pairs * 0.618) | 1
    while math.gcd(step, pairs) != 1:
        step += 2
    source, target = divmod(number * step % pairs, entities - 1)
    return _entity(source), _entity(target + (target >= source))


def _properties(random: Random) -> dict[str, Any]:
    return {
        "value": random.randrange(1_000_000),
        "label": f"item {random.randrange(1000)}",
        "score": random.random(),
    }
