from __future__ import annotations

import pytest
from hypothesis import given
from shared.items import ENTITIES, RELATIONS

from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.limits import MAX_BYTES, MAX_NAME, MAX_PROPERTIES, MAX_TAGS
from nerv_lab.exchange.plain_items import is_plain


@given(ENTITIES | RELATIONS)
def test_what_is_plain_keeps_within_the_limits(item: Entity | Relation) -> None:
    if is_plain(item.metadata, item.id, item.type):
        assert len(item.content) <= MAX_BYTES


@pytest.mark.parametrize(
    "metadata",
    [
        EntityMetadata(),
        EntityMetadata("Ada", "of the notes", ("mathematics",)),
        EntityMetadata(properties={"born": 1815, "known": True, "height": 1.6, "died": None}),
        EntityMetadata(properties={"text": "é" * 10_000}),
    ],
)
def test_short_texts_and_numbers_are_plain(metadata: EntityMetadata) -> None:
    assert is_plain(metadata, "ada", "person")
    assert plan(GraphState.empty(), [CreateEntity("ada", "person", metadata)], 0)


@pytest.mark.parametrize(
    "metadata",
    [
        EntityMetadata("\x01" * (MAX_BYTES // 6)),
        EntityMetadata(None, "x" * MAX_BYTES),
        EntityMetadata(tags=("x",) * (MAX_TAGS + 1)),
        EntityMetadata(tags=("x" * MAX_NAME,) * MAX_TAGS),
        EntityMetadata(properties={"text": "x" * MAX_BYTES}),
        EntityMetadata(properties={"x" * MAX_BYTES: 1}),
        EntityMetadata(properties=dict.fromkeys(map(str, range(MAX_PROPERTIES + 1)))),
        EntityMetadata(properties={"nested": {"text": "x"}}),
    ],
)
def test_the_rules_are_asked_of_what_may_be_too_much(metadata: EntityMetadata) -> None:
    assert not is_plain(metadata, "ada", "person")


@pytest.mark.parametrize("name", ["", "x" * (MAX_NAME + 1), "tab\there", "\ud800", 7])
def test_the_rules_are_asked_of_a_name_that_they_may_refuse(name: object) -> None:
    assert not is_plain(EntityMetadata(), "ada", name)
    assert not is_plain(EntityMetadata(), name, "person")
