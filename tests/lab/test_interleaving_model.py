"""Two Labs that branch, write and travel, each in the midst of what the other does.

What comes of it is not modelled; whatever it is, log, rows, versions and heads of the store must
agree, and so must what each Lab shows.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from shared.effort import case_on
from shared.graphs import entity_ids, patches, properties, relation_ids
from shared.interleaving import before_next, nothing_before
from shared.universes import UNIVERSES

from nerv_lab.core.errors import NervError, NERVPersistenceError
from nerv_lab.core.graph.state import GraphState
from nerv_lab.lab import Lab

Step = tuple[Any, ...]

labs = st.integers(0, 1)
names = st.sampled_from(["main", "one", "two"])
numbers = st.integers(0, 50)
steps = st.one_of(
    st.tuples(st.just("add"), entity_ids, properties),
    st.tuples(st.just("update"), entity_ids, patches),
    st.tuples(st.just("delete"), entity_ids),
    st.tuples(st.just("relate"), relation_ids, entity_ids, entity_ids),
    st.tuples(st.just("commit")),
    st.tuples(st.just("undo")),
    st.tuples(st.just("create_branch"), names, numbers),
    st.tuples(st.just("delete_branch"), names),
    st.tuples(st.just("switch"), names),
    st.tuples(st.just("reset"), numbers, st.booleans()),
    st.tuples(st.just("rollback"), numbers),
    st.tuples(st.just("merge"), numbers),
)
# Where what a Lab has looked at may be old by the time that it is used.
methods = st.sampled_from(["move_branch", "apply_and_commit", "apply", "snapshot", "tags"])


class TwoLabsAtOnce(RuleBasedStateMachine):
    kind: ClassVar[str]

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        universe = UNIVERSES[self.kind](self.folder)
        self.labs = [Lab(universe.client()) for _ in range(2)]
        self.labs[0].add_entity("thing", id="a")
        self.labs[0].commit("first")

    def teardown(self) -> None:
        if hasattr(self, "labs"):
            for lab in self.labs:
                lab.close()
            shutil.rmtree(self.folder)

    @rule(place=labs, step=steps)
    def alone(self, place: int, step: Step) -> None:
        self.labs[place].refresh()
        self.take(self.labs[place], step)

    @rule(place=labs, step=steps, method=methods, amid=st.lists(steps, min_size=1, max_size=3))
    def at_once(self, place: int, step: Step, method: str, amid: list[Step]) -> None:
        lab, other = self.labs[place], self.labs[1 - place]
        if step[0] == "delete_branch":
            amid = [each for each in amid if each[0] != "switch"]  # to the branch that goes
        lab.refresh()

        def work() -> None:
            other.refresh()
            for each in amid:
                self.take(other, each)

        before_next(lab, method, work)
        self.take(lab, step)
        nothing_before(lab, method)

    def take(self, lab: Lab, step: Step) -> None:
        """Take a step; it may be refused, but the store may not fail."""
        what, *given = step
        try:
            getattr(self, f"_{what}")(lab, *given)
        except NERVPersistenceError:
            raise
        except NervError:
            pass

    def _add(self, lab: Lab, id: str, given: dict[str, Any]) -> None:
        lab.add_entity("thing", id=id, properties=given)

    def _update(self, lab: Lab, id: str, given: dict[str, Any]) -> None:
        lab.update(id, properties=given)

    def _delete(self, lab: Lab, id: str) -> None:
        lab.delete(id, cascade=True)

    def _relate(self, lab: Lab, id: str, start: str, end: str) -> None:
        lab.relate(start, "to", end, id=id)

    def _commit(self, lab: Lab) -> None:
        lab.commit("step")

    def _undo(self, lab: Lab) -> None:
        lab.undo()

    def _create_branch(self, lab: Lab, name: str, number: int) -> None:
        lab.create_branch(name, lab.versions[number % len(lab.versions)])

    def _delete_branch(self, lab: Lab, name: str) -> None:
        if all(each.branch_name != name for each in self.labs):
            lab.delete_branch(name)

    def _switch(self, lab: Lab, name: str) -> None:
        lab.switch(name)

    def _reset(self, lab: Lab, number: int, force: bool) -> None:
        lab.reset(lab.versions[number % len(lab.versions)], force=force)

    def _rollback(self, lab: Lab, number: int) -> None:
        target = lab.versions[number % len(lab.versions)]
        assert lab.rollback(target).data_hash == target.data_hash

    def _merge(self, lab: Lab, number: int) -> None:
        result = lab.preview(lab.versions[number % len(lab.versions)])
        while result.conflicts:
            result.resolve("theirs")
        result.commit()

    @invariant()
    def the_store_agrees_with_itself_and_with_each_lab(self) -> None:
        if not hasattr(self, "labs"):
            return
        assert self.labs[0]._run(self.labs[0].client.verify()) == []
        for lab in self.labs:
            lab.refresh()
            rows = lab._run(lab.client.snapshot(lab.branch_name))
            assert GraphState.build(rows.items).diff(lab.state, exact=True) == ()
            assert rows.head == (lab.head.id if lab.head else None)


TestOnMock = case_on(TwoLabsAtOnce, "mock", 40, steps=20)
TestOnFile = case_on(TwoLabsAtOnce, "embedded-file", 15, steps=20)
TestOnServer = case_on(TwoLabsAtOnce, "spacetimedb", 10, steps=20)
