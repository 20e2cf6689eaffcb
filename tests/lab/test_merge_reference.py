"""Merges over generated histories, criss-cross and all, against a reference by definition.

The reference knows nothing of common ancestors. Each value is a write, made in one version; of
two writes the one whose maker had seen the other counts, and two that had not seen each other are
a conflict. An item that any side deleted is gone. No value is written twice, so that states and
writes tell the same.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from shared.effort import EFFORT
from shared.graphs import as_plain

from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.changes import Change, CreateEntity, DeleteEntity, UpdateEntity
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Resolution, Take
from nerv_lab.core.history.merge import Merge, merge_states
from nerv_lab.core.history.merge_functions import counter
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.lab import Lab
from nerv_lab.lab.branches.merging import merging

CELLS = [(entity, name) for entity in ("x", "y") for name in ("p", "q")]
Cell = tuple[str, str]


@dataclass
class Told:
    """A version as the reference tells it.

    Attributes
    ----------
    seen : set of int
        The versions it was made from, itself included.
    writes : dict of cell to (int, int)
        Which version wrote the cell, and what.
    gone : set of str
        What was deleted by then.
    """

    seen: set[int]
    writes: dict[Cell, tuple[int, int]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


class Histories:
    """A history that grows, in our own store and in the reference."""

    def __init__(self) -> None:
        self.store = TemporalStore()
        self.told: list[Told] = []
        self.versions: list[Version] = []
        self._fresh = 0
        roots = [CreateEntity(name, "thing") for name in ("x", "y")]
        self._add(Told({0}), None, None, self._applied(GraphState.empty(), roots))

    def fresh(self) -> int:
        self._fresh += 1
        return self._fresh

    @staticmethod
    def _applied(state: GraphState, wanted: list[Change]) -> GraphState:
        return state.apply(plan(state, wanted, 1))

    def _add(
        self, told: Told, parent: Version | None, merged: str | None, state: GraphState
    ) -> None:
        branch = f"of {len(self.told)}" if parent else DEFAULT_BRANCH
        version, delta = self.store.draft(state, branch=branch, head=parent, merged=merged)
        self.store.add(version, delta, confirmed=True)
        self.told.append(told)
        self.versions.append(version)
        self.check(len(self.told) - 1)

    def state(self, place: int) -> GraphState:
        state: GraphState = self.store.state_at(self.versions[place].id)
        return state

    def apart(self) -> list[tuple[int, int]]:
        """Return the pairs of versions of which neither has seen the other, newest first."""
        pairs = combinations(reversed(range(len(self.told))), 2)
        return [(a, b) for a, b in pairs if b not in self.told[a].seen]

    def write(self, parent: int, cells: set[Cell], deleted: set[int]) -> None:
        """Add a version that writes cells, makes an item of its own, and deletes others'."""
        me, before = len(self.told), self.told[parent]
        told = Told({*before.seen, me}, dict(before.writes), set(before.gone))
        wanted: list[Change] = [CreateEntity(f"of {me}", "item", EntityMetadata())]
        for entity, name in sorted(cells):
            told.writes[entity, name] = me, self.fresh()
            value = told.writes[entity, name][1]
            wanted.append(UpdateEntity(entity, properties={name: value}))
        for place in sorted(deleted & before.seen):
            if place and f"of {place}" in self.state(parent).entities:
                wanted.append(DeleteEntity(f"of {place}"))
                told.gone.add(f"of {place}")
        state = self._applied(self.state(parent), wanted)
        self._add(told, self.versions[parent], None, state)

    def merged(self, ours: int, theirs: int, resolutions: dict[object, Resolution]) -> Merge:
        sides = merging(self.store, self.versions[ours], self.versions[theirs], "theirs", {})
        return merge_states(
            sides.base,
            sides.ours,
            sides.theirs,
            resolutions=resolutions,  # type: ignore[arg-type]
            disputed=sides.disputed,
        )

    def conflicting(self, ours: int, theirs: int) -> set[Cell]:
        """Return the cells that were written on both sides unseen by the other."""
        a, b = self.told[ours], self.told[theirs]
        return {
            cell
            for cell in a.writes.keys() & b.writes.keys()
            if a.writes[cell][0] not in b.seen and b.writes[cell][0] not in a.seen
        }

    def merge(self, ours: int, theirs: int) -> None:
        """Merge, and check what comes out against the reference, from both sides."""
        expected = self.conflicting(ours, theirs)
        forth, back = self.merged(ours, theirs, {}), self.merged(theirs, ours, {})
        for merge in (forth, back):
            assert {(c.key[2:], c.path[-1]) for c in merge.conflicts} == expected
            assert {c.kind for c in merge.conflicts} <= {"value"}
        chosen = {c.place: Take(self.fresh()) for c in forth.conflicts}
        forth = self.merged(ours, theirs, {**chosen})
        state = self.state(ours).apply(forth.changes)
        other = self.state(theirs).apply(self.merged(theirs, ours, {**chosen}).changes)
        assert as_plain(state) == as_plain(other)
        assert state.data_hash == other.data_hash
        me, a, b = len(self.told), self.told[ours], self.told[theirs]
        told = Told({*a.seen, *b.seen, me}, {**b.writes, **a.writes}, a.gone | b.gone)
        for cell in a.writes.keys() & b.writes.keys():
            if a.writes[cell][0] in b.seen:
                told.writes[cell] = b.writes[cell]
        for (key, path), take in chosen.items():
            told.writes[key[2:], path[-1]] = me, take.value
        self._add(told, self.versions[ours], self.versions[theirs].id, state)

    def check(self, place: int) -> None:
        """Check that a version holds what the reference says."""
        told, state = self.told[place], self.state(place)
        for entity, name in CELLS:
            value = state.entities[entity].properties.get(name)
            assert value == told.writes.get((entity, name), (0, None))[1]
        made = {f"of {p}" for p in told.seen if p and len(self.versions[p].parents) == 1}
        assert set(state.entities) == {"x", "y", *(made - told.gone)}
        assert state.data_hash == self.versions[place].data_hash


@given(st.data())
@settings(max_examples=60 * EFFORT)
def test_a_merge_is_what_the_writes_say_whatever_the_history(data: st.DataObject) -> None:
    histories = Histories()
    for step in data.draw(st.lists(st.sampled_from(["write", "merge", "cross"]), max_size=10)):
        apart = histories.apart()
        if step == "write" or not apart:
            parent = data.draw(st.integers(0, len(histories.told) - 1))
            cells = data.draw(st.sets(st.sampled_from(CELLS), max_size=2))
            deleted = data.draw(st.sets(st.integers(0, 14), max_size=2))
            histories.write(parent, cells, deleted)
        else:
            ours, theirs = data.draw(st.sampled_from(apart))
            histories.merge(ours, theirs)
            if step == "cross":
                histories.merge(theirs, ours)
    assert histories.store.verify() == []


def test_a_criss_cross_of_criss_crosses_merges_as_the_writes_say() -> None:
    histories = Histories()
    histories.write(0, {("x", "p")}, set())
    histories.write(0, {("x", "p"), ("y", "q")}, set())
    for _ in range(4):
        left, right = len(histories.told) - 2, len(histories.told) - 1
        histories.merge(left, right)
        histories.merge(right, left)
    histories.merge(len(histories.told) - 2, len(histories.told) - 1)


def test_branches_may_cross_more_often_than_calls_may_nest() -> None:
    store = TemporalStore()

    def state(x: int, y: int) -> GraphState:
        numbers = {"x": x, "y": y}.items()
        return GraphState.build(
            Entity(id, "thing", EntityMetadata(properties={"n": n})) for id, n in numbers
        )

    def add(state: GraphState, parent: Version | None, merged: Version | None = None) -> Version:
        branch = f"of {len(store)}" if parent else DEFAULT_BRANCH
        version, delta = store.draft(state, branch=branch, head=parent, merged=merged and merged.id)
        store.add(version, delta, state, confirmed=True)
        return version

    root = add(state(0, 0), None)
    left, right = add(state(1, 0), root), add(state(0, 1), root)
    crossings = sys.getrecursionlimit()
    for n in range(2, crossings):
        left, right = add(state(n, n - 1), left, right), add(state(n - 1, n), right, left)
    sides = merging(store, left, right, "right", {})
    merge = merge_states(sides.base, sides.ours, sides.theirs, disputed=sides.disputed)
    assert merge.conflicts == ()
    assert sides.ours.apply(merge.changes) == state(crossings - 1, crossings - 1)


def test_of_three_bases_each_brings_its_own() -> None:
    histories = Histories()
    for cell in CELLS[:3]:
        histories.write(0, {cell}, {0})
    for order in ((1, 2, 3), (3, 2, 1)):
        histories.merge(order[0], order[1])
        histories.merge(len(histories.told) - 1, order[2])
    left, right = len(histories.told) - 3, len(histories.told) - 1
    histories.write(left, {CELLS[0]}, {2})
    histories.write(right, {CELLS[1]}, {3})
    histories.merge(len(histories.told) - 2, len(histories.told) - 1)


def test_what_was_decided_on_both_sides_of_a_criss_cross_is_not_lost(lab: Lab) -> None:
    lab.add_entity("thing", id="x", properties={"p": 0})
    lab.commit("base")
    lab.create_branch("aside")
    lab.update("x", properties={"p": 1})
    lab.commit("one")
    with lab.branch("aside"):
        lab.update("x", properties={"p": 2})
        lab.commit("two")
        lab.merge("v2").resolve("base").commit()
    lab.merge("v3").resolve("theirs").commit()
    [conflict] = lab.merge("aside").conflicts
    assert (conflict.place, conflict.ours, conflict.theirs) == (("e:x", ("properties", "p")), 2, 0)


def test_an_item_that_one_side_of_a_criss_cross_decided_to_keep_is_not_lost(lab: Lab) -> None:
    lab.add_entity("thing", id="x", properties={"p": 0})
    lab.commit("base")
    lab.create_branch("aside")
    lab.delete("x")
    lab.commit("gone")
    with lab.branch("aside"):
        lab.update("x", properties={"p": 2})
        lab.commit("changed")
        lab.merge("v2").resolve("base").commit()
    assert lab.merge("v3").resolve("ours").commit()
    [conflict] = lab.merge("aside").conflicts
    assert (conflict.place, conflict.kind) == (("e:x", ()), "deleted")


def test_a_counter_counts_once_across_a_criss_cross(lab: Lab) -> None:
    functions = {"properties.n": counter}
    lab.add_entity("total", id="t", properties={"n": 10})
    lab.commit("base")
    lab.create_branch("aside")
    lab.update("t", properties={"n": 11})
    lab.commit("one more")
    with lab.branch("aside"):
        lab.update("t", properties={"n": 12})
        lab.commit("two more")
        lab.merge("v2", functions=functions)
        lab.update("t", properties={"n": 17})
        lab.commit("four more")
    lab.merge("v3", functions=functions)
    lab.update("t", properties={"n": 21})
    lab.commit("eight more")
    lab.merge("aside", functions=functions)
    assert lab.entity("t").properties["n"] == 10 + 1 + 2 + 4 + 8
