from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.items import ENTITIES, RELATIONS, TEXT

from nerv_lab.core.errors import CorruptStoreError
from nerv_lab.core.graph.canonical import metadata_json, record_json
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.values import encode
from nerv_lab.inner_universe.embedded.rows import (
    change_json,
    entity_from_row,
    entity_row,
    relation_from_row,
    relation_row,
    unpack,
)


@given(ENTITIES | RELATIONS)
def test_the_bytes_cut_from_the_content_are_canonical(item: Entity | Relation) -> None:
    assert metadata_json(item) == encode(item.metadata.as_dict())
    assert record_json(item) == encode(item.record())


@given(st.none() | ENTITIES, st.none() | ENTITIES, st.none() | TEXT)
def test_the_bytes_of_a_change_are_canonical(
    old: Entity | None, new: Entity | None, reason: str | None
) -> None:
    change = ItemChange("e:x", old, new)
    assert change_json(change, reason) == encode(dict(change.data(reason)))


@given(ENTITIES)
def test_an_entity_comes_back_from_its_row(entity: Entity) -> None:
    assert entity_from_row(entity_row("main", entity)[1:]) == entity


@given(RELATIONS)
def test_a_relation_comes_back_from_its_row(relation: Relation) -> None:
    assert relation_from_row(relation_row("main", relation)[1:]) == relation


def test_a_damaged_row_says_which_it_is() -> None:
    for row in (("ada", "person", "{", 0, 0, 1), ("ada", "person", '{"x":1}', 0, 0, 1)):
        with pytest.raises(CorruptStoreError, match="ada"):
            entity_from_row(row)
    with pytest.raises(CorruptStoreError, match="wrote"):
        relation_from_row(("wrote", "a", "b", "t", "[]", 0, 0, 1))


def test_a_damaged_delta_says_whose_it_is() -> None:
    with pytest.raises(CorruptStoreError, match="v1"):
        unpack(b"not packed", "v1")
