"""A Lab on a file against a model that is nothing but dicts."""

from __future__ import annotations

import copy
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from shared.graphs import entity_ids, patches, properties, relation_ids

import nerv_lab as nl
from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.changes import REMOVE

Model = dict[str, dict[str, Any]]
indices = st.integers(0, 50)


class LabAgainstDicts(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.lab = nl.open(self.folder / "store.nerv")
        self.entities: Model = {}
        self.relations: Model = {}
        self.versions: list[tuple[Model, Model]] = []

    def teardown(self) -> None:
        self.lab.close()
        shutil.rmtree(self.folder)

    def snapshot(self) -> tuple[Model, Model]:
        return copy.deepcopy(self.entities), copy.deepcopy(self.relations)

    @rule(id=entity_ids, given=properties)
    def add_entity(self, id: str, given: dict[str, Any]) -> None:
        if id in self.entities:
            with pytest.raises(NervError):
                self.lab.add_entity("thing", id=id, properties=given)
        else:
            self.lab.add_entity("thing", id=id, properties=given)
            self.entities[id] = dict(given)

    @rule(id=entity_ids, patch=patches)
    def update(self, id: str, patch: dict[str, Any]) -> None:
        if id not in self.entities or id in self.relations:
            return
        self.lab.update(id, properties=patch)
        merged = {**self.entities[id], **patch}
        self.entities[id] = {k: v for k, v in merged.items() if v is not REMOVE}

    @rule(id=relation_ids, start=entity_ids, end=entity_ids)
    def relate(self, id: str, start: str, end: str) -> None:
        if id in self.relations or not {start, end} <= set(self.entities):
            with pytest.raises(NervError):
                self.lab.relate(start, "to", end, id=id)
        else:
            self.lab.relate(start, "to", end, id=id)
            self.relations[id] = {"from": start, "to": end}

    @rule(id=entity_ids)
    def delete_entity(self, id: str) -> None:
        used = any(id in (r["from"], r["to"]) for r in self.relations.values())
        if id not in self.entities or used:
            with pytest.raises(NervError):
                self.lab.delete(self.lab.entity(id))
        else:
            self.lab.delete(self.lab.entity(id))
            del self.entities[id]

    @rule(id=relation_ids)
    def delete_relation(self, id: str) -> None:
        if id in self.relations:
            self.lab.delete(self.lab.relation(id))
            del self.relations[id]

    @rule(id=entity_ids, given=properties, fails=st.booleans())
    def transaction(self, id: str, given: dict[str, Any], fails: bool) -> None:
        if id in self.entities:
            return
        try:
            with self.lab.transaction("together"):
                self.lab.add_entity("thing", id=id, properties=given)
                self.lab.update(self.lab.entity(id), properties={"later": 1})
                if fails:
                    raise KeyError
        except KeyError:
            pass
        else:
            self.entities[id] = {**given, "later": 1}

    @rule()
    def commit(self) -> None:
        self.lab.commit("")
        self.versions.append(self.snapshot())

    @precondition(lambda self: self.versions)
    @rule(index=indices)
    def rollback(self, index: int) -> None:
        index %= len(self.versions)
        hash_before = self.lab.versions[index].data_hash
        assert self.lab.rollback(f"v{index + 1}").data_hash == hash_before
        self.entities, self.relations = copy.deepcopy(self.versions[index])
        self.versions.append(self.snapshot())

    @rule()
    def reopen(self) -> None:
        self.lab.close()
        self.lab = nl.open(self.folder / "store.nerv")

    def agrees(self, view: Any, model: tuple[Model, Model]) -> None:
        entities, relations = model
        assert {id: dict(e.properties) for id, e in view.entities.items()} == entities
        assert {
            id: {"from": r.from_entity, "to": r.to_entity} for id, r in view.relations.items()
        } == relations

    @invariant()
    def the_present_agrees(self) -> None:
        self.agrees(self.lab, (self.entities, self.relations))

    @precondition(lambda self: self.versions)
    @rule(index=indices, other=indices)
    def the_past_agrees(self, index: int, other: int) -> None:
        index, other = index % len(self.versions), other % len(self.versions)
        self.agrees(self.lab.at(f"v{index + 1}"), self.versions[index])
        difference = self.lab.diff(f"v{index + 1}", f"v{other + 1}")
        (a, ra), (b, rb) = self.versions[index], self.versions[other]
        assert {c.key for c in difference.added} == {
            *(f"e:{id}" for id in b.keys() - a.keys()),
            *(f"r:{id}" for id in rb.keys() - ra.keys()),
        }

    @rule()
    def the_store_verifies(self) -> None:
        assert repr(self.lab.verify()).startswith("verified")


TestLabAgainstDicts = LabAgainstDicts.TestCase
TestLabAgainstDicts.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
