"""The embedded store does what the one in memory does, whatever is asked of them."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nerv_lab.core.errors import NervError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import (
    REMOVE,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.values import json_hash
from nerv_lab.inner_universe import EmbeddedInnerUniverse, InnerUniverseClient, MockInnerUniverse

IDS = st.sampled_from("abc")
RELATION_IDS = st.sampled_from("rs")
TEXT = st.none() | st.sampled_from(["", "x", 'ü"'])
PROPERTIES = st.dictionaries(
    st.sampled_from("pq"), st.sampled_from([1, 1.0, True, None, "x", [1], {"$nerv": 1}]), max_size=2
)
PATCHES = st.dictionaries(st.sampled_from("pq"), st.sampled_from([1, "y", REMOVE]), max_size=2)
ENTITY_METADATA = st.builds(EntityMetadata, name=TEXT, properties=PROPERTIES)
RELATION_METADATA = st.builds(
    RelationMetadata, TEXT, st.sampled_from([0.0, 1.0, 2]), st.booleans(), properties=PROPERTIES
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(CreateEntity, IDS, st.just("thing"), ENTITY_METADATA),
    st.builds(UpdateEntity, IDS, name=TEXT, properties=PATCHES),
    st.builds(DeleteEntity, IDS, st.booleans()),
    st.builds(CreateRelation, RELATION_IDS, IDS, IDS, st.just("links"), RELATION_METADATA),
    st.builds(UpdateRelation, RELATION_IDS, bidirectional=st.booleans(), properties=PATCHES),
    st.builds(DeleteRelation, RELATION_IDS),
    st.builds(RestoreEntity, st.builds(Entity, IDS, st.just("old"), ENTITY_METADATA)),
    st.builds(
        RestoreRelation,
        st.builds(Relation, RELATION_IDS, IDS, IDS, st.just("old"), RELATION_METADATA),
    ),
)
BRANCHES = st.sampled_from(["main", "aside"])


def _run(coroutine: Any) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a client in this process must complete inline")


def _without_times(change: ItemChange) -> Any:
    return change.key, [
        None if item is None else (item.content, item.revision) for item in (change.old, change.new)
    ]


class TwoStores(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.nerv"
        # Two clients of the file take turns, so that neither may trust what it remembers.
        self.embedded = [EmbeddedInnerUniverse(path, synchronous="NORMAL") for _ in range(2)]
        self.mock = MockInnerUniverse()
        for client in (*self.embedded, self.mock):
            _run(client.connect())
        self.turn = 0
        self.head: dict[str, str | None] = {"mock": None, "embedded": None}

    def teardown(self) -> None:
        for client in (*self.embedded, self.mock):
            _run(client.close())
        self.folder.cleanup()

    def _both(self, ask: Callable[[InnerUniverseClient], Awaitable[Any]]) -> list[Any]:
        """Ask both and return the answers; an error of ours is an answer too."""
        answers = []
        for client in (self.mock, self.embedded[self.turn % 2]):
            try:
                answers.append(_run(ask(client)))
            except NervError as error:
                answers.append((type(error), str(error)))
        return answers

    @rule()
    def other_client(self) -> None:
        self.turn += 1

    @rule()
    def reconnect(self) -> None:
        client = self.embedded[self.turn % 2]
        _run(client.close())
        _run(client.connect())

    @rule(changes=st.lists(CHANGES, max_size=5), branch=BRANCHES, batch=st.none() | IDS)
    def apply(self, changes: list[Change], branch: str, batch: str | None) -> None:
        mock, embedded = self._both(lambda c: c.apply(changes, branch=branch, batch_id=batch))
        if isinstance(mock, tuple):
            assert embedded == mock
            return
        assert (embedded.first_seq, embedded.last_seq) == (mock.first_seq, mock.last_seq)
        assert list(map(_without_times, embedded.changes)) == list(
            map(_without_times, mock.changes)
        )

    @rule(id=st.sampled_from(["e", "a.0"]), kind=st.sampled_from(["x", "y"]), data=PROPERTIES)
    def publish(self, id: str, kind: str, data: dict[str, Any]) -> None:
        mock, embedded = self._both(lambda c: c.publish([Event(id, kind, data)]))
        assert embedded == mock

    @rule(state=PROPERTIES, stale=st.booleans())
    def commit(self, state: dict[str, Any], stale: bool) -> None:
        def ask(client: InnerUniverseClient) -> Awaitable[str]:
            name = "mock" if client is self.mock else "embedded"
            parent = "stale" if stale else self.head[name]
            return client.commit_state_version(parent, "step", json_hash(state))

        mock, embedded = self._both(ask)
        if isinstance(mock, str):
            self.head = {"mock": mock, "embedded": embedded}
        else:
            assert embedded[0] is mock[0]

    @invariant()
    def the_stores_agree(self) -> None:
        for branch in ("main", "aside"):
            mock, embedded = self._both(lambda c, b=branch: c.snapshot(b))  # type: ignore[misc]
            assert embedded.seq == mock.seq
            assert {i.key: (i.content, i.revision) for i in embedded.items} == {
                i.key: (i.content, i.revision) for i in mock.items
            }
        mock, embedded = self._both(lambda c: c.events())
        assert [(e.type, e.branch) for e in embedded] == [(e.type, e.branch) for e in mock]
        assert self._both(lambda c: c.verify()) == [[], []]


TwoStores.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestTwoStores = TwoStores.TestCase


def test_an_inline_client_needs_no_loop() -> None:
    client = EmbeddedInnerUniverse()
    _run(client.connect())
    assert _run(client.create_entity("thing", entity_id="a")) == "a"
    _run(client.close())
