"""Two Labs on one graph, with branches, on every backend, against a model of nothing but dicts.

The model keeps each version and each branch as plain dicts. Only how a merge decides is left to
`test_merge_reference`; here it must leave alone what it had no reason to touch.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from shared.effort import case_on
from shared.graphs import entity_ids, patches, properties, relation_ids
from shared.universes import UNIVERSES

from nerv_lab.core.errors import ConflictError, NervError
from nerv_lab.core.graph.changes import REMOVE
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.merge import merge_states
from nerv_lab.core.history.versions import Version
from nerv_lab.lab import Lab, View
from nerv_lab.lab.branches.merging import merging

Graph = dict[str, Any]
"""Properties of each ``e:<id>``, and the two ends of each ``r:<id>``."""

names = st.sampled_from(["main", "one", "two"])
numbers = st.integers(0, 50)
labs = st.integers(0, 1)


def plain(state: GraphState) -> Graph:
    entities = {e.key: dict(e.properties) for e in state.entities.values()}
    return entities | {r.key: (r.from_entity, r.to_entity) for r in state.relations.values()}


@dataclass
class Branch:
    """A branch of the model; `positions` are those of the log that can be looked at on it."""

    head: str | None
    work: Graph
    positions: dict[int, Graph] = field(default_factory=dict)


class TwoLabsWithBranches(RuleBasedStateMachine):
    kind: ClassVar[str]

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.universe = UNIVERSES[self.kind](self.folder)
        self.labs = [Lab(self.universe.client()) for _ in range(2)]
        self.versions: list[Version] = []
        self.states: dict[str, Graph] = {}
        self.branches = {"main": Branch(None, {}, {0: {}})}

    def teardown(self) -> None:
        if not hasattr(self, "labs"):
            return
        try:
            assert repr(self.labs[0].verify()).startswith("verified")
        finally:
            for lab in self.labs:
                lab.close()
            shutil.rmtree(self.folder)

    def at_work(self, place: int) -> tuple[Lab, Branch]:
        """Return a Lab that knows all there is, and the branch it is on."""
        lab = self.labs[place]
        lab.refresh()
        return lab, self.branches[lab.branch_name]

    def wrote(self, lab: Lab, branch: Branch, work: Graph) -> None:
        branch.work = work
        branch.positions[lab.seq] = work

    def committed(self, lab: Lab, branch: Branch, version: Version, work: Graph) -> None:
        assert version.parent == branch.head
        self.versions.append(version)
        self.states[version.id] = work
        branch.head = version.id
        self.wrote(lab, branch, work)

    def chosen(self, number: int) -> Version:
        return self.versions[number % len(self.versions)]

    # Writing

    @rule(place=labs, id=entity_ids, given=properties)
    def add(self, place: int, id: str, given: dict[str, Any]) -> None:
        lab, branch = self.at_work(place)
        if f"e:{id}" in branch.work:
            with pytest.raises(NervError):
                lab.add_entity("thing", id=id, properties=given)
        else:
            lab.add_entity("thing", id=id, properties=given)
            self.wrote(lab, branch, {**branch.work, f"e:{id}": given})

    @rule(place=labs, id=entity_ids, patch=patches)
    def update(self, place: int, id: str, patch: dict[str, Any]) -> None:
        lab, branch = self.at_work(place)
        if f"e:{id}" in branch.work:
            lab.update(lab.entity(id), properties=patch)
            merged = {**branch.work[f"e:{id}"], **patch}
            kept = {name: value for name, value in merged.items() if value is not REMOVE}
            self.wrote(lab, branch, {**branch.work, f"e:{id}": kept})

    @rule(place=labs, id=relation_ids, start=entity_ids, end=entity_ids)
    def relate(self, place: int, id: str, start: str, end: str) -> None:
        lab, branch = self.at_work(place)
        if f"r:{id}" in branch.work or not {f"e:{start}", f"e:{end}"} <= branch.work.keys():
            with pytest.raises(NervError):
                lab.relate(start, "to", end, id=id)
        else:
            lab.relate(start, "to", end, id=id)
            self.wrote(lab, branch, {**branch.work, f"r:{id}": (start, end)})

    @rule(place=labs, id=entity_ids)
    def delete(self, place: int, id: str) -> None:
        lab, branch = self.at_work(place)
        if f"e:{id}" in branch.work:
            lab.delete(lab.entity(id), cascade=True)
            gone = {f"e:{id}", *(k for k, v in branch.work.items() if k[0] == "r" and id in v)}
            self.wrote(lab, branch, {k: v for k, v in branch.work.items() if k not in gone})

    @rule(place=labs)
    def commit(self, place: int) -> None:
        lab, branch = self.at_work(place)
        self.committed(lab, branch, lab.commit("step"), branch.work)

    # Travelling

    @rule(place=labs, id=entity_ids)
    def undo_and_redo(self, place: int, id: str) -> None:
        lab, branch = self.at_work(place)
        if f"e:{id}" in branch.work:
            lab.update(lab.entity(id), properties={"undone": lab.seq})
            after = plain(lab.state)
            lab.undo()
            self.agrees(lab, branch.work)
            lab.redo()
            self.agrees(lab, after)
            self.wrote(lab, branch, after)

    @precondition(lambda self: self.versions)
    @rule(place=labs, number=numbers, id=entity_ids)
    def rollback_of_a_part(self, place: int, number: int, id: str) -> None:
        lab, branch = self.at_work(place)
        target, key = self.chosen(number), f"e:{id}"
        if key in branch.work and key in self.states[target.id]:
            version = lab.rollback(target, only=[lab.entity(id)])
            work = {**branch.work, key: self.states[target.id][key]}
            self.committed(lab, branch, version, work)

    @rule(place=labs)
    def revert_and_pick_again(self, place: int) -> None:
        lab, branch = self.at_work(place)
        head = lab.head
        if head is None or len(head.parents) != 1 or lab.diff():
            return
        for bring, state in (
            (lab.revert, self.states[head.parents[0]]),
            (lab.cherry_pick, self.states[head.id]),
        ):
            version = bring(head).version
            assert version is not None
            self.committed(lab, branch, version, state)

    @precondition(lambda self: self.versions)
    @rule(place=labs, number=numbers)
    def rollback(self, place: int, number: int) -> None:
        lab, branch = self.at_work(place)
        target = self.chosen(number)
        version = lab.rollback(target)
        assert version.data_hash == target.data_hash
        self.committed(lab, branch, version, self.states[target.id])

    @precondition(lambda self: self.versions)
    @rule(place=labs, number=numbers)
    def reset(self, place: int, number: int) -> None:
        lab, branch = self.at_work(place)
        target = self.chosen(number)
        lab.reset(target, force=True)
        branch.head, branch.positions = target.id, {}
        self.wrote(lab, branch, self.states[target.id])

    @precondition(lambda self: self.versions)
    @rule(place=labs, name=names, number=numbers)
    def create_branch(self, place: int, name: str, number: int) -> None:
        lab, _ = self.at_work(place)
        target = self.chosen(number)
        if name in self.branches:
            with pytest.raises(NervError):
                lab.create_branch(name, target)
        else:
            lab.create_branch(name, target)
            state = self.states[target.id]
            self.branches[name] = Branch(target.id, state, {lab.seq: state})

    @rule(place=labs, name=names)
    def switch(self, place: int, name: str) -> None:
        lab, _ = self.at_work(place)
        if name in self.branches:
            assert lab.switch(name).branch_name == name
        else:
            with pytest.raises(NervError):
                lab.switch(name)

    @rule(place=labs, name=names)
    def delete_branch(self, place: int, name: str) -> None:
        lab, _ = self.at_work(place)
        if name == "main" or name not in self.branches:
            with pytest.raises(NervError):
                lab.delete_branch(name)
        elif all(each.branch_name != name for each in self.labs):
            lab.delete_branch(name)
            del self.branches[name]

    @precondition(lambda self: self.versions)
    @rule(place=labs, number=numbers, side=st.sampled_from(["ours", "theirs", "base"]))
    def merge(self, place: int, number: int, side: Any) -> None:
        lab, branch = self.at_work(place)
        theirs = self.chosen(number)
        if branch.head is None or lab.diff():
            with pytest.raises(ConflictError if branch.head else NervError):
                lab.merge(theirs)
            return
        seen = self.ancestors(branch.head)
        result = lab.preview(theirs)
        peaceful = not result.conflicts
        while result.conflicts:
            result.resolve(side)
        version = result.commit()
        if theirs.id in seen:
            assert version.id == branch.head
            return
        merged = plain(lab.state)
        assert version.parents == (branch.head, theirs.id)
        if peaceful:
            self.check_merged(branch.head, theirs.id, merged)
            assert self.merged_from_the_other_side(lab, branch.head, theirs) == lab.state
        self.committed(lab, branch, version, merged)

    def merged_from_the_other_side(self, lab: Lab, ours: str, theirs: Version) -> GraphState:
        sides = merging(lab._history, theirs, lab.version(ours), "ours", {})
        merge = merge_states(sides.base, sides.ours, sides.theirs, disputed=sides.disputed)
        assert merge.conflicts == ()
        return sides.ours.apply(merge.changes)

    def ancestors(self, version_id: str) -> set[str]:
        parents = {version.id: version.parents for version in self.versions}
        return {version_id}.union(*(self.ancestors(parent) for parent in parents[version_id]))

    def check_merged(self, ours: str, theirs: str, merged: Graph) -> None:
        """Check the entities that one side alone can have changed since all they share."""
        shared = self.ancestors(ours) & self.ancestors(theirs)
        for key in {k for k in (*self.states[ours], *self.states[theirs]) if k[0] == "e"}:
            one, two = (self.states[side].get(key) for side in (ours, theirs))
            before = [self.states[id].get(key) for id in shared] or [None]
            if same(one, two) or all(same(two, old) for old in before):
                assert same(merged.get(key), one)
            elif all(same(one, old) for old in before):
                assert same(merged.get(key), two)

    @rule(place=labs)
    def reopen(self, place: int) -> None:
        self.labs[place].close()
        self.labs[place] = Lab(self.universe.client())

    # Looking

    def agrees(self, view: Lab | View, graph: Graph) -> None:
        assert same(plain(view.state), graph)
        assert view.data_hash == GraphState.build(view.state.items()).data_hash

    @precondition(lambda self: self.versions)
    @rule(place=labs, number=numbers, other=numbers)
    def the_past_agrees(self, place: int, number: int, other: int) -> None:
        lab, _ = self.at_work(place)
        a, b = self.chosen(number), self.chosen(other)
        self.agrees(lab.at(a), self.states[a.id])
        assert lab.at(a).data_hash == a.data_hash
        there = lab.at(a).state.apply(lab.diff(a, b))
        assert there == lab.at(b).state
        assert same(plain(there), self.states[b.id])
        assert (
            there.apply(change.inverse() for change in reversed(lab.diff(a, b))) == lab.at(a).state
        )

    @rule(place=labs, number=numbers)
    def any_position_of_the_log_agrees(self, place: int, number: int) -> None:
        lab, branch = self.at_work(place)
        positions = sorted(branch.positions)
        seq = positions[number % len(positions)]
        self.agrees(lab.at(seq), branch.positions[seq])

    @invariant()
    def the_present_agrees(self) -> None:
        if not hasattr(self, "labs"):
            return
        for place in range(2):
            lab, branch = self.at_work(place)
            self.agrees(lab, branch.work)
            heads = {name: head.id if head else None for name, head in lab.branches.items()}
            assert heads == {name: known.head for name, known in self.branches.items()}
            assert [v.id for v in lab.versions] == [v.id for v in self.versions]
            pending = {change.key for change in lab.diff()}
            head = self.states[branch.head] if branch.head else {}
            keys = head.keys() | branch.work.keys()
            assert pending == {k for k in keys if not same(head.get(k), branch.work.get(k))}


def same(a: Any, b: Any) -> bool:
    """Return whether two plain values are equal, and of the same types throughout."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)


TestOnMock = case_on(TwoLabsWithBranches, "mock", 30, steps=30)
TestOnFile = case_on(TwoLabsWithBranches, "embedded-file", 10, steps=30)
TestOnServer = case_on(TwoLabsWithBranches, "spacetimedb", 8, steps=30)
