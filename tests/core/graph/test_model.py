"""Entities and relations: what is refused, what is read-only, and their records."""

from __future__ import annotations

import copy
import dataclasses
import enum
import pickle
from typing import Any

import numpy as np
import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import (
    Entity,
    EntityMetadata,
    Relation,
    RelationMetadata,
    item_from_record,
)
from nerv_lab.core.limits import MAX_BYTES, MAX_NAME
from nerv_lab.core.values import ReadOnlyDict, decode, encode

ADA = Entity("ada", "person", EntityMetadata("Ada", "first", ("x", "y"), {"born": 1815}), 5, 6, 2)
WROTE = Relation("r", "ada", "note", "wrote", RelationMetadata("by hand", 0.5, True), 5, 6, 2)


@pytest.mark.parametrize("item", [ADA, WROTE])
def test_an_item_survives_its_record_and_the_bytes_of_it(item: Entity | Relation) -> None:
    assert item_from_record(decode(encode(item.record()))) == item


@pytest.mark.parametrize("item", [ADA, WROTE])
@pytest.mark.parametrize("remake", [copy.deepcopy, lambda i: pickle.loads(pickle.dumps(i))])
def test_a_copied_item_is_equal_and_still_read_only(item: Any, remake: Any) -> None:
    again = remake(item)
    assert again == item
    assert hash(again) == hash(item)
    assert again.content == item.content
    assert type(again.properties) is ReadOnlyDict


def test_the_content_covers_all_but_times_and_revision() -> None:
    older = Entity("ada", "person", ADA.metadata, 1, 1, 1)
    assert older.content == ADA.content
    assert Entity("ada", "text", ADA.metadata).content != ADA.content
    assert Entity("ada", "person", EntityMetadata("Ada")).content != ADA.content


def test_the_properties_of_an_entity_are_a_copy() -> None:
    given: dict[str, Any] = {"a": [1]}
    entity = Entity("e", "t", EntityMetadata(properties=given))
    given["a"].append(2)
    assert entity.properties == {"a": [1]}


@pytest.mark.parametrize("name", ["", "a\x00", "a\n", "\x7f", "x" * (MAX_NAME + 1), "\ud800", 5])
@pytest.mark.parametrize("field", ["id", "type"])
def test_an_entity_without_a_proper_name_is_refused(field: str, name: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Entity(**{"id": "e", "type": "t", field: name})
    assert caught.value.field == field


@pytest.mark.parametrize("field", ["id", "from_entity", "to_entity", "type"])
def test_a_relation_without_a_proper_name_is_refused(field: str) -> None:
    fields = {"id": "r", "from_entity": "a", "to_entity": "b", "type": "t", field: ""}
    with pytest.raises(ValidationError) as caught:
        Relation(**fields)
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["ä e", "x" * MAX_NAME, "汉字", "\N{GRINNING FACE}"])
def test_a_name_may_hold_any_printable_text(name: str) -> None:
    assert Entity(name, name).id == name


def test_an_enum_or_numpy_string_becomes_a_plain_string() -> None:
    class Kind(enum.StrEnum):
        PERSON = "person"

    entity = Entity(np.str_("e"), Kind.PERSON)
    assert type(entity.id) is type(entity.type) is str
    assert decode(encode(entity.record()))["type"] == "person"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": 5}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"description": b"x"}, "description"),
        ({"tags": "x"}, "tags"),
        ({"tags": 5}, "tags"),
        ({"tags": ["x", 5]}, "tags[1]"),
        ({"tags": [""]}, "tags[0]"),
        ({"properties": [1]}, "properties"),
        ({"properties": {"a": {"b": object()}}}, "properties.a.b"),
        ({"properties": {1: 2}}, "properties.1"),
    ],
)
def test_refused_metadata_names_its_path(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EntityMetadata(**fields)
    assert caught.value.field == path


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"strength": True}, "strength"),
        ({"strength": "1"}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"strength": 10**400}, "strength"),
        ({"bidirectional": 1}, "bidirectional"),
        ({"tags": "x"}, "tags"),
        ({"properties": {"a": float("inf")}}, "properties.a"),
    ],
)
def test_refused_relation_metadata_names_its_path(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RelationMetadata(**fields)
    assert caught.value.field == path


@pytest.mark.parametrize("strength", [2, 2.0, np.float32(2), np.int64(2)])
def test_a_strength_is_kept_as_a_float(strength: Any) -> None:
    metadata = RelationMetadata(strength=strength, bidirectional=np.bool_(True))  # type: ignore[arg-type]
    assert type(metadata.strength) is float
    assert metadata.strength == 2
    assert metadata.bidirectional is True


def test_an_item_larger_than_the_limit_is_refused() -> None:
    big = Entity("e", "t", EntityMetadata("x" * MAX_BYTES))
    with pytest.raises(ValidationError, match="at most 1048576 are allowed"):
        _ = big.content


@pytest.mark.parametrize(
    "record",
    [
        None,
        5,
        "text",
        {},
        {"id": "e", "type": "t", "metadata": {}},
        {**ADA.record(), "unknown": 1},
        {**ADA.record(), "metadata": {"unknown": 1}},
        {**ADA.record(), "metadata": 5},
        {**ADA.record(), "revision": 1.5},
        {**ADA.record(), "created_at": "now"},
        {**ADA.record(), "updated_at": True},
        {**ADA.record(), "id": ""},
        {**WROTE.record(), "to_entity": None},
    ],
)
def test_what_is_no_record_of_an_item_is_refused(record: Any) -> None:
    with pytest.raises(ValidationError):
        item_from_record(record)


def test_the_repr_of_an_item_names_it() -> None:
    assert repr(ADA) == "<Entity person 'Ada' id='ada'>"
    assert repr(Entity("e", "t")) == "<Entity t id='e'>"
    assert repr(WROTE) == "<Relation 'ada' -wrote-> 'note' id='r'>"


@pytest.mark.parametrize(
    ("item", "name", "instead"),
    [
        (ADA, "name", "change the graph with lab.update(…, name=…)"),
        (ADA, "type", "lab.update(…, type=…)"),
        (ADA, "born", "lab.update(…, properties={'born': …})"),
        (WROTE, "strength", "lab.update(…, strength=…)"),
        (WROTE, "to_entity", "is what it was at one moment"),
    ],
)
def test_an_attribute_that_is_assigned_to_is_answered_with_how_the_graph_is_changed(
    item: Any, name: str, instead: str
) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError) as refused:
        setattr(item, name, 1)
    assert str(refused.value).startswith(f"cannot assign to {name!r}: {item!r}")
    assert str(refused.value).endswith(instead)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("born", "; .properties['born'] is there"), ("died", ""), ("_repr_png_", "")],
)
def test_a_property_that_is_asked_for_as_an_attribute_is_pointed_at(name: str, hint: str) -> None:
    with pytest.raises(AttributeError) as refused:
        getattr(ADA, name)
    assert str(refused.value) == f"'Entity' object has no attribute {name!r}{hint}"


def test_the_repr_of_an_entity_does_not_spell_out_a_name_without_end() -> None:
    shown = repr(Entity("e", "t", EntityMetadata("a" * 3_000)))
    assert shown == f"<Entity t '{'a' * 80}… (3000 characters)' id='e'>"


@pytest.mark.parametrize(
    "item",
    [
        Entity("a", "person", EntityMetadata("Ada", "counts", ("x",), {"born": 1815})),
        Relation("r", "a", "b", "knows", RelationMetadata("well", 2.0, True, ("x",), {"n": 1})),
    ],
    ids=["entity", "relation"],
)
def test_a_revision_is_what_the_constructors_make_and_as_read_only(item: Any) -> None:
    metadata = item.metadata.with_properties(item.properties)
    revised = item.revised(item.type, metadata, 7)
    assert (type(revised), type(metadata)) == (type(item), type(item.metadata))
    assert revised == dataclasses.replace(item, updated_at=7, revision=2)
    for part, name in ((revised, "type"), (metadata, "tags")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, name, "other")
