from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from shared.graphs import properties

from nerv_lab.core.changes import UNSET, ItemChange
from nerv_lab.core.diff import FieldChange, field_changes, value_changes
from nerv_lab.core.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.values import encode, freeze


def test_nested_properties_are_told_apart_by_path() -> None:
    old = {"a": {"b": 1, "c": 2}, "d": 3}
    new = {"a": {"b": 1, "c": 4}, "e": 5}
    assert value_changes(old, new) == (
        FieldChange(("a", "c"), 2, 4),
        FieldChange(("d",), 3, UNSET),
        FieldChange(("e",), UNSET, 5),
    )


@pytest.mark.parametrize(
    ("old", "new"), [(1, 1.0), (1, True), (0.0, -0.0), ([1], [1.0]), ([1], (1,)), (None, UNSET)]
)
def test_values_of_different_types_differ(old: Any, new: Any) -> None:
    assert len(value_changes(old, new)) == 1


def test_none_that_appears_is_an_addition() -> None:
    [change] = value_changes({}, {"a": None})
    assert change.kind == "added"


def test_the_fields_of_an_entity_are_compared() -> None:
    old = Entity("a", "t", EntityMetadata("A", tags=("x",), properties={"p": 1}))
    new = Entity("a", "t", EntityMetadata("B", tags=("x", "y"), properties={"p": 2}))
    labels = [f.label for f in field_changes(ItemChange("e:a", old, new))]
    assert labels == ["name", "properties.p", "tags"]


def test_the_ends_of_a_relation_are_compared() -> None:
    old = Relation("r", "a", "b", "t")
    new = Relation("r", "a", "c", "t", RelationMetadata(strength=2.0))
    labels = [f.label for f in field_changes(ItemChange("r:r", old, new))]
    assert labels == ["strength", "to_entity"]


def test_an_item_that_came_or_went_has_no_field_changes() -> None:
    entity = Entity("a", "t")
    assert field_changes(ItemChange("e:a", None, entity)) == ()
    assert field_changes(ItemChange("e:a", entity, None)) == ()


def test_a_field_change_says_what_happened_in_one_line() -> None:
    assert str(FieldChange(("a", "b"), 1, 2)) == "~ a.b: 1 -> 2"
    assert str(FieldChange(("a",), UNSET, 2)) == "+ a: 2"
    assert str(FieldChange(("a",), 1, UNSET)) == "- a: 1"


@given(properties, properties)
def test_nothing_differs_exactly_where_the_canonical_forms_agree(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    a, b = freeze(old), freeze(new)
    assert (not value_changes(a, b)) == (encode(a) == encode(b))
