from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal

import pytest
from pydantic import BaseModel, Field

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.documents import document, document_json
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata


class Colour(enum.StrEnum):
    RED = "red"


class Address(BaseModel):
    city: str


class Person(BaseModel):
    id: str
    name: str = "nobody"
    tags: list[str]
    born: int
    colour: Colour = Colour.RED
    homes: list[Address] = []
    died: dt.date | None = None


class Wrote(BaseModel):
    from_entity: str
    strength: float
    pages: int = Field(alias="number of pages")


ADA = Entity("ada", "person", EntityMetadata("Ada", "a countess", ("x",), {"born": 1815}))


def test_a_model_finds_properties_and_the_items_own_fields() -> None:
    ada = ADA.as_model(Person)
    assert (ada.id, ada.name, ada.tags, ada.born, ada.died) == ("ada", "Ada", ["x"], 1815, None)


def test_an_own_field_that_is_none_is_left_to_the_default() -> None:
    nobody = Entity("x", "person", EntityMetadata(properties={"born": 1, "colour": "red"}))
    assert nobody.as_model(Person).name == "nobody"


def test_a_model_of_a_relation_finds_its_ends_and_its_aliases() -> None:
    about = RelationMetadata(strength=0.5, properties={"number of pages": 3})
    wrote = Relation("w", "ada", "note", "wrote", about).as_model(Wrote)
    assert (wrote.from_entity, wrote.strength, wrote.pages) == ("ada", 0.5, 3)


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        (EntityMetadata(), "properties.born"),
        (EntityMetadata(properties={"born": 1, "homes": [{}]}), "properties.homes[0].city"),
        (EntityMetadata(properties={"born": 1, "colour": "blue"}), "properties.colour"),
    ],
)
def test_what_does_not_fit_a_model_is_named_by_its_place(
    metadata: EntityMetadata, field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Entity("x", "person", metadata).as_model(Person)
    assert caught.value.field == field
    assert "'x' does not fit Person" in str(caught.value)


def test_a_document_is_a_copy_that_may_be_changed() -> None:
    item = Entity("x", "t", EntityMetadata(properties={"a": [1]}))
    fields = document(item, ())
    fields["a"].append(2)
    assert item.properties["a"] == [1]


def test_every_value_of_the_type_table_has_a_plain_form() -> None:
    fields = {
        "a": (1, 2),
        "b": frozenset({"x"}),
        "c": b"\xff",
        "d": Decimal("1.50"),
        "e": uuid.UUID(int=1),
        "f": dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
        "g": dt.date(2020, 1, 2),
    }
    assert document_json(fields) == (
        b'{"a":[1,2],"b":["x"],"c":"/w==","d":"1.50","e":"00000000-0000-0000-0000-000000000001",'
        b'"f":"2020-01-02T00:00:00+00:00","g":"2020-01-02"}'
    )
