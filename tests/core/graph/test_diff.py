from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from shared.graphs import properties

from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.graph.diff import FieldChange, field_changes, path_label, value_changes
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata
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


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ([1, 2, 3], [1, 4, 3], ["~ [1]: 2 -> 4"]),
        ([1, 2, 3], [2, 3], ["- [0]: 1"]),
        ([2, 3], [1, 2, 3], ["+ [0]: 1"]),
        ([1, 1], [1], ["- [1]: 1"]),
        ([{"a": 1}], [{"a": 2}, 3], ["~ [0].a: 1 -> 2", "+ [1]: 3"]),
        ([], [], []),
    ],
)
def test_lists_are_compared_by_position_between_what_they_share(
    old: list[Any], new: list[Any], found: list[str]
) -> None:
    assert [str(change) for change in value_changes(old, new)] == found


@pytest.mark.parametrize(
    ("path", "label"),
    [
        (("properties", "notes", 2, "by"), "properties.notes[2].by"),
        (("properties", "a.b"), 'properties["a.b"]'),
        (("properties", "[2]"), 'properties["[2]"]'),
        (("properties", ""), 'properties[""]'),
        (("properties", "2"), "properties.2"),
        (("a b",), '["a b"]'),
    ],
)
def test_a_path_as_text_stands_for_no_other_path(path: tuple[str | int, ...], label: str) -> None:
    assert path_label(path) == label


def test_none_that_appears_is_an_addition() -> None:
    [change] = value_changes({}, {"a": None})
    assert change.kind == "added"


def test_the_fields_of_an_entity_are_compared() -> None:
    old = Entity("a", "t", EntityMetadata("A", tags=("x",), properties={"p": 1}))
    new = Entity("a", "t", EntityMetadata("B", tags=("x", "y"), properties={"p": 2}))
    labels = [f.label for f in field_changes(ItemChange("e:a", old, new))]
    assert labels == ["name", "properties.p", "tags[1]"]


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
