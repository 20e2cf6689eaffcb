from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.schemas import SCHEMAS_ID, TypeSchema, schemas_of

NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)
TYPES = st.none() | st.lists(NAMES, max_size=3).map(tuple)
SCHEMAS = st.builds(
    TypeSchema,
    st.sampled_from(["entity", "relation"]),
    NAMES,
    st.integers(1, 99),
    st.none() | st.dictionaries(NAMES, st.integers(0, 9) | st.text(max_size=5), max_size=3),
    TYPES,
    TYPES,
)


@given(SCHEMAS)
def test_a_schema_comes_back_from_its_property(schema: TypeSchema) -> None:
    assert TypeSchema.from_value(schema.key, schema.value()) == schema


@given(st.lists(SCHEMAS, max_size=4, unique_by=lambda s: s.key))
def test_an_entity_holds_any_number_of_schemas(schemas: list[TypeSchema]) -> None:
    properties = {schema.key: schema.value() for schema in schemas}
    holder = Entity(SCHEMAS_ID, SCHEMAS_ID, EntityMetadata(properties=properties))
    assert list(schemas_of(holder).values()) == schemas


GOOD = {"version": 1, "schema": None, "start": None, "end": None}


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("person", GOOD, "properties.person"),
        ("thing:person", GOOD, "properties.thing:person"),
        ("entity:", GOOD, "properties.entity:"),
        ("entity:a", 3, "properties.entity:a"),
        ("entity:a", {"version": 1}, "properties.entity:a"),
        ("entity:a", {**GOOD, "version": 0}, "properties.entity:a.version"),
        ("entity:a", {**GOOD, "version": True}, "properties.entity:a.version"),
        ("entity:a", {**GOOD, "schema": "x"}, "properties.entity:a.schema"),
        ("relation:a", {**GOOD, "start": "person"}, "properties.relation:a.start"),
        ("relation:a", {**GOOD, "end": [""]}, "properties.relation:a.end[0]"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(name: str, value: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeSchema.from_value(name, value)
    assert caught.value.field == field


def schema_of(model: type[BaseModel]) -> TypeSchema:
    return TypeSchema("entity", "person", 1, model.model_json_schema())


def test_words_about_a_schema_do_not_make_it_another_one() -> None:
    class Person(BaseModel):
        title: int
        born: int

    first = schema_of(Person)

    class Person(BaseModel):  # type: ignore[no-redef]
        """Somebody."""

        title: int = Field(description="in words", examples=[1])
        born: int

    assert first.agrees_with(schema_of(Person))

    class Person(BaseModel):  # type: ignore[no-redef]
        born: int

    # A field may be called title.
    assert not first.agrees_with(schema_of(Person))


def test_the_fields_of_a_recursive_model_are_found() -> None:
    class Node(BaseModel):
        name: str
        parent: Node | None = None

    Node.model_rebuild(_types_namespace={"Node": Node})
    assert schema_of(Node).names == {"name", "parent"}
