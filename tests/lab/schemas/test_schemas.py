"""Schemas of types: every write of a Lab is checked, by whatever way it comes."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel, Field, field_validator
from shared.universes import Universe

from nerv_lab.core.errors import (
    SchemaMismatchError,
    SchemaNotFoundError,
    TransactionError,
    ValidationError,
)
from nerv_lab.core.graph.changes import REMOVE, CreateEntity, RestoreEntity, UpdateEntity
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.schemas import SCHEMAS_ID
from nerv_lab.lab import Lab, import_bundle


class Person(BaseModel):
    name: str
    born: int = Field(ge=0)


class NewPerson(BaseModel):
    name: str
    birth: int = Field(ge=0)
    country: str = "unknown"
    died: int | None = None


def rename_born(properties: dict[str, Any]) -> None:
    properties["birth"] = properties.pop("born")


def refused(write: Callable[[], object]) -> SchemaMismatchError:
    with pytest.raises(SchemaMismatchError) as caught:
        write()
    return caught.value


@pytest.fixture
def people(lab: Lab) -> Lab:
    lab.schemas.define("person", Person)
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1815})
    lab.commit("people")
    return lab


def define_new(lab: Lab) -> Any:
    return lab.schemas.define("person", NewPerson, version=2, migrate={1: rename_born})


# Writes


@pytest.mark.every_backend
def test_a_write_that_does_not_fit_names_item_field_and_reason_and_changes_nothing(
    people: Lab,
) -> None:
    state = people.state
    error = refused(lambda: people.update("ada", properties={"born": "long ago"}))
    assert (error.item, error.field) == ("e:ada", "properties.born")
    assert error.reason == "Input should be a valid integer, not 'long ago'"
    assert "'ada' does not fit person, version 1" in str(error)
    assert people.state is state
    assert people.client.status.state == "connected"


WAYS: dict[str, Callable[[Lab], object]] = {
    "add_entity": lambda lab: lab.add_entity("person", "Bob", properties={"born": -1}),
    "update": lambda lab: lab.update("ada", properties={"born": REMOVE}),
    "a field of its own": lambda lab: lab.update("ada", name=None),
    "another type": lambda lab: lab.update("note", type="person"),
    "apply": lambda lab: lab.apply([CreateEntity("b", "person")]),
    "with a version": lambda lab: lab.apply([CreateEntity("b", "person")], commit="b"),
    "restoring": lambda lab: lab.apply([RestoreEntity(Entity("b", "person"))]),
    "set_properties": lambda lab: lab.set_properties({"ada": -1}, "born"),
    "import_pandas": lambda lab: lab.import_pandas(
        pd.DataFrame({"id": ["b"], "type": ["person"], "born": [-1]})
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_is_checked(people: Lab, way: str) -> None:
    people.add_entity("note", id="note")
    state = people.state
    refused(lambda: WAYS[way](people))
    assert people.state is state
    assert len(people.versions) == 1


def test_of_a_transaction_what_it_leads_to_is_checked(people: Lab) -> None:
    with people.transaction():
        bob = people.add_entity("person", "Bob")
        people.update(bob, properties={"born": 1900})
    assert people.entity(bob).properties == {"born": 1900}

    def half() -> None:
        with people.transaction(commit="half"):
            people.add_entity("person", "Cyd", id="cyd")

    assert refused(half).item == "e:cyd"
    assert "cyd" not in people.entities
    assert len(people.versions) == 1


def test_what_is_kept_is_what_is_checked(lab: Lab) -> None:
    class Colour(enum.StrEnum):
        RED = "red"

    class Paint(BaseModel):
        colour: Colour
        made: dt.date
        layers: tuple[int, ...]
        marks: set[str]
        weight: float

    lab.schemas.define("paint", Paint)
    good: dict[str, Any] = {
        "colour": "red",
        "made": dt.date(2020, 1, 2),
        "layers": (1, 2),
        "marks": {"a"},
        "weight": 2,
    }
    paint = lab.add_entity("paint", properties=good)
    read = paint.as_model(Paint)
    assert (read.colour, read.layers, read.marks) == (Colour.RED, (1, 2), {"a"})
    for name, bad in {"weight": "2", "colour": "blue", "made": 3, "layers": ["1"]}.items():
        error = refused(lambda n=name, b=bad: lab.update(paint, properties={n: b}))  # type: ignore[misc]
        assert error.field.startswith(f"properties.{name}")


def test_validators_of_the_model_are_asked(lab: Lab) -> None:
    class Even(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def _even(cls, value: int) -> int:
            if value % 2:
                raise ValueError("must be even")
            return value

    lab.schemas.define("even", Even)
    lab.add_entity("even", properties={"number": 2})
    error = refused(lambda: lab.add_entity("even", properties={"number": 3}))
    assert "must be even" in error.reason


def test_a_property_cannot_hide_behind_a_field_of_the_item(people: Lab) -> None:
    error = refused(lambda: people.update("ada", properties={"name": "Augusta"}))
    assert error.field == "properties.name"


def test_types_without_a_schema_are_free(people: Lab) -> None:
    people.add_entity("text", properties={"born": "yes"})
    people.relate("ada", "knows", "ada")


def test_what_the_store_would_refuse_is_still_told_as_it_would_tell_it(people: Lab) -> None:
    with pytest.raises(ValidationError, match="must be a change, not str"):
        people.apply(["no change"])  # type: ignore[list-item]


# Relations


@pytest.mark.every_backend
def test_the_ends_of_a_relation_are_checked(people: Lab) -> None:
    note = people.add_entity("text", id="note")
    people.schemas.define_relation("wrote", start="person", end=["text", "book"])
    people.relate("ada", "wrote", note)
    error = refused(lambda: people.relate("ada", "wrote", "ada"))
    assert (error.field, error.item[:2]) == ("to_entity", "r:")
    assert "must be of type 'text' or 'book'" in error.reason
    assert refused(lambda: people.relate(note, "wrote", note)).field == "from_entity"


def test_a_new_type_of_an_entity_is_checked_against_its_relations(people: Lab) -> None:
    people.add_entity("text", id="note")
    people.schemas.define_relation("wrote", start="person", end="text")
    people.relate("ada", "wrote", "note", id="w")
    error = refused(lambda: people.update("note", type="picture"))
    assert (error.item, error.field) == ("r:w", "to_entity")


def test_a_relation_has_a_model_of_its_own(lab: Lab) -> None:
    class Wrote(BaseModel):
        strength: float = Field(le=1)
        year: int

    a = lab.add_entity("a", id="a")
    lab.schemas.define_relation("wrote", Wrote)
    made = lab.relate(a, "wrote", a, id="w", properties={"year": 1843})
    assert made.as_model(Wrote).year == 1843
    assert refused(lambda: lab.update(made, strength=2.0)).field == "strength"
    assert list(lab.models("wrote", relation=True)) == ["w"]


# Definitions


@pytest.mark.every_backend
@pytest.mark.several_clients
def test_another_notebook_sees_the_schema_and_is_held_to_it(people: Lab, other: Lab) -> None:
    other.refresh()
    assert "person (entity): version 1, checked by JSON schema, 1 item" in repr(other.schemas)
    error = refused(lambda: other.add_entity("person", "Bob", properties={"born": -1}))
    assert error.field == "properties.born"
    error = refused(lambda: other.add_entity("person", "Bob"))
    assert (error.field, error.reason) == ("properties.born", "is missing")
    assert refused(lambda: other.update("ada", name=None)).field == "name"
    other.add_entity("person", "Bob", properties={"born": 1})
    assert other.schemas.define("person", Person).model is Person
    assert "checked by Person" in repr(other.schemas)


def test_a_schema_is_in_force_when_the_store_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "store.nerv"
    import nerv_lab as nl

    with nl.open(path) as lab:
        lab.schemas.define("person", Person)
    with nl.open(path) as lab:
        refused(lambda: lab.add_entity("person"))
        lab.export(tmp_path / "bundle")
    import_bundle(tmp_path / "bundle", tmp_path / "copy.nerv")
    with nl.open(tmp_path / "copy.nerv") as lab:
        refused(lambda: lab.add_entity("person"))


def test_defining_the_same_again_writes_nothing(people: Lab) -> None:
    seq = people.seq
    people.schemas.define("person", Person)
    assert people.seq == seq


def test_another_schema_needs_another_version(people: Lab) -> None:
    with pytest.raises(ValidationError, match="define this one as version 2"):
        people.schemas.define("person", NewPerson)
    define_new(people)
    people.schemas.migrate("person")
    with pytest.raises(ValidationError, match="version 2 of 'person' is in force"):
        people.schemas.define("person", Person)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"type": "", "model": Person}, "type"),
        ({"type": SCHEMAS_ID, "model": Person}, "type"),
        ({"type": "a", "model": int}, "model"),
        ({"type": "a", "model": Person, "version": 0}, "properties.entity:a.version"),
        ({"type": "a", "model": Person, "migrate": {1: rename_born}}, "migrate"),
        ({"type": "a", "model": Person, "version": 2, "migrate": {1: "x"}}, "migrate"),
    ],
)
def test_what_is_no_definition_is_refused(lab: Lab, arguments: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        lab.schemas.define(**arguments)
    assert caught.value.field == field
    assert (lab.seq, len(lab.schemas)) == (0, 0)


def test_a_model_without_a_json_schema_is_refused(lab: Lab) -> None:
    class Odd(BaseModel):
        call: Callable[[], None]

    with pytest.raises(ValidationError, match="Odd has no JSON schema"):
        lab.schemas.define("odd", Odd)


def test_the_record_of_the_schemas_is_guarded_too(people: Lab) -> None:
    with pytest.raises(ValidationError, match=r"properties\.entity:person"):
        people.update(SCHEMAS_ID, properties={"entity:person": 3})
    with pytest.raises(ValidationError, match="must be of the same type"):
        people.update(SCHEMAS_ID, type="note")
    with pytest.raises(ValidationError, match="of the same type"):
        people.apply([UpdateEntity(SCHEMAS_ID, type="x")])


def record(schema: Any) -> dict[str, Any]:
    return {"entity:thing": {"version": 1, "schema": schema, "start": None, "end": None}}


def test_what_is_no_json_schema_is_not_recorded(people: Lab) -> None:
    with pytest.raises(ValidationError, match="is not a JSON schema") as refused:
        people.update(SCHEMAS_ID, properties=record({"type": 3}))
    assert refused.value.field == "properties.entity:thing.schema"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:1/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"$ref": "#/$defs/none"},
        {"allOf": [{"$ref": "#"}]},
    ],
)
def test_a_recorded_schema_fetches_nothing_and_cannot_run_away(people: Lab, schema: Any) -> None:
    people.update(SCHEMAS_ID, properties=record(schema))
    assert "cannot be checked" in refused(lambda: people.add_entity("thing")).reason
    people.schemas.drop("thing")
    people.add_entity("thing")


def test_a_record_that_was_broken_behind_the_back_says_how_to_mend_it(people: Lab) -> None:
    people._run(people.client.apply([UpdateEntity(SCHEMAS_ID, properties={"entity:person": 3})]))
    people.refresh()
    with pytest.raises(ValidationError, match="mend or delete the entity 'nerv:schemas'"):
        people.add_entity("text")
    people.delete(SCHEMAS_ID)
    people.add_entity("person")


def test_a_schema_is_dropped(people: Lab) -> None:
    people.schemas.drop("person")
    people.add_entity("person")
    assert "person" not in people.schemas
    with pytest.raises(SchemaNotFoundError, match="'person'"):
        people.schemas.drop("person")


def test_the_schemas_are_shown(people: Lab) -> None:
    assert repr(people.schemas) == "person (entity): version 1, checked by Person, 1 item"
    assert people.schemas.df.to_dict("records")[0]["checked by"] == "Person"
    assert ">Person</td>" in people.schemas._repr_html_()
    assert (list(people.schemas), len(people.schemas)) == (["person"], 1)
    assert people.schemas["person"].items == 1
    with pytest.raises(SchemaNotFoundError):
        people.schemas["text"]


def test_two_notebooks_may_record_the_first_schemas_at_once(lab: Lab) -> None:
    # Its first attempt meets what somebody else has just recorded.
    state = lab.state
    lab.apply([CreateEntity(SCHEMAS_ID, SCHEMAS_ID)])
    seen = iter([state, state])

    class Behind:
        state = property(lambda self: next(seen, lab.state))
        apply, refresh = lab.apply, lab.refresh

    lab.schemas._lab = Behind()  # type: ignore[assignment]
    lab.schemas.define("person", Person)
    assert "entity:person" in lab.entity(SCHEMAS_ID).properties


# What does not fit


def test_check_lists_what_does_not_fit(lab: Lab) -> None:
    lab.add_entity("person", "Old", id="old")
    lab.add_entity("person", "Young", properties={"born": 1})
    lab.commit("before")
    lab.schemas.define("person", Person)
    report = lab.schemas.check()
    assert [(m.item, m.field) for m in report] == [("e:old", "properties.born")]
    assert not report.ok
    assert "1 does not fit" in repr(report)
    assert list(report.df["item"]) == ["e:old"]
    assert "properties.born" in report._repr_html_()
    # In the past it was in force for nothing.
    assert repr(lab.schemas.check("v1")) == "all items fit the 0 schemas in force"
    refused(lambda: lab.update("old", name="Older"))
    lab.update("old", properties={"born": 2})
    assert lab.schemas.check().ok


# Migrations


@pytest.mark.every_backend
def test_a_migration_is_shown_and_then_made_as_one_version(people: Lab) -> None:
    entry = define_new(people)
    assert entry.pending
    assert "lab.schemas.migrate('person') brings 1 item to" in repr(entry)
    # Until then the version in force is that of the items.
    refused(lambda: people.add_entity("person", "Bob", properties={"birth": 1}))
    state = people.state
    planned = people.schemas.migrate("person", dry_run=True)
    assert people.state is state
    assert "1 item to change, 0 do not fit; nothing was changed" in repr(planned)
    assert "+ properties.birth: 1815" in repr(planned)
    assert "birth" in planned._repr_html_()

    done = people.schemas.migrate("person")
    assert done.version == people.head
    assert len(people.versions) == 2
    # The default of a new field is filled in, unless it says that there is none.
    assert people.entity("ada").properties == {"birth": 1815, "country": "unknown"}
    assert people.schemas["person"].model is NewPerson
    people.add_entity("person", "Bob", properties={"birth": 1})
    assert people.verify().ok
    assert people.schemas.migrate("person").version is None


def test_a_migration_that_leads_to_what_does_not_fit_is_refused_whole(people: Lab) -> None:
    people.add_entity("person", "Bob", id="bob", properties={"born": 5})

    def bad(properties: dict[str, Any]) -> dict[str, Any]:
        born = properties["born"]
        return {"birth": born if born > 1000 else -born}

    people.schemas.define("person", NewPerson, version=2, migrate={1: bad})
    planned = people.schemas.migrate("person", dry_run=True)
    assert [m.item for m in planned.mismatches] == ["e:bob"]
    assert "! properties.birth" in repr(planned)
    state = people.state
    assert refused(lambda: people.schemas.migrate("person")).item == "e:bob"
    assert people.state is state
    assert people.schemas["person"].pending


def test_what_a_migration_returns_has_to_be_values(people: Lab) -> None:
    people.schemas.define("person", NewPerson, version=2, migrate={1: lambda p: {"birth": {1}}})
    people.schemas.define("person", NewPerson, version=2, migrate={1: lambda p: {"x": object()}})
    with pytest.raises(ValidationError, match=r"migrate\.ada\.properties\.x"):
        people.schemas.migrate("person")


def test_a_migration_goes_through_every_version(people: Lab) -> None:
    class Third(BaseModel):
        name: str
        year: int
        country: str

    def rename_birth(properties: dict[str, Any]) -> dict[str, Any]:
        return {"year": properties["birth"], "country": "none"}

    steps = {1: rename_born, 2: rename_birth}
    people.schemas.define("person", Third, version=3, migrate=steps)
    assert people.models("person") == {"ada": Third(name="Ada", year=1815, country="none")}
    people.schemas.migrate("person")
    assert people.entity("ada").properties == {"year": 1815, "country": "none"}


def test_a_new_version_is_in_force_at_once_where_there_is_nothing_of_the_type(lab: Lab) -> None:
    lab.schemas.define("person", Person)
    assert not define_new(lab).pending
    lab.add_entity("person", "Bob", properties={"birth": 1})


def test_relations_are_migrated(lab: Lab) -> None:
    class Wrote(BaseModel):
        year: int

    class WroteIn(BaseModel):
        years: list[int]

    lab.add_entity("a", id="a")
    lab.schemas.define_relation("wrote", Wrote, start="a")
    lab.relate("a", "wrote", "a", id="w", properties={"year": 3})
    steps = {1: lambda p: {"years": [p["year"]]}}
    entry = lab.schemas.define_relation("wrote", WroteIn, start="a", version=2, migrate=steps)
    assert "a -> any" in repr(entry)
    assert "relation=True" in repr(entry)
    lab.schemas.migrate("wrote", relation=True)
    assert lab.relation("w").properties == {"years": [3]}


def test_a_migration_is_not_made_inside_a_transaction_or_of_what_is_not_defined(
    people: Lab,
) -> None:
    define_new(people)
    with people.transaction(), pytest.raises(TransactionError):
        people.schemas.migrate("person")
    for ask in (people.schemas.migrate, people.models):
        with pytest.raises(SchemaNotFoundError):
            ask("text")


@pytest.mark.every_backend
@pytest.mark.several_clients
def test_what_others_add_meanwhile_is_migrated_too(people: Lab, other: Lab) -> None:
    other.refresh()
    added: list[Entity] = []

    def slow(properties: dict[str, Any]) -> None:
        if not added:
            added.append(other.add_entity("person", "Bob", properties={"born": 7}))
        rename_born(properties)

    people.schemas.define("person", NewPerson, version=2, migrate={1: slow})
    people.schemas.migrate("person")
    assert people.entity(added[0].id).properties["birth"] == 7
    assert people.schemas.check().ok


# The past, branches and merges


def test_a_rollback_brings_the_schema_of_then_back(people: Lab) -> None:
    define_new(people)
    people.schemas.migrate("person")
    people.rollback("v1")
    assert people.entity("ada").properties == {"born": 1815}
    assert people.schemas["person"].pending
    people.add_entity("person", "Bob", properties={"born": 1})
    refused(lambda: people.add_entity("person", "Bob", properties={"birth": 1}))
    people.schemas.migrate("person")
    assert people.schemas.check().ok


def test_a_single_item_of_an_older_schema_is_not_brought_back(people: Lab) -> None:
    define_new(people)
    people.schemas.migrate("person")
    assert refused(lambda: people.rollback("v1", only=["ada"])).field == "properties.birth"


def test_a_rollback_is_possible_to_what_never_fitted(lab: Lab) -> None:
    lab.add_entity("person", id="old")
    lab.commit("before")
    lab.schemas.define("person", Person)
    lab.commit("the schema")
    lab.update("old", name="Old", properties={"born": 3})
    lab.commit("mended")
    lab.rollback("v2")
    assert [m.item for m in lab.schemas.check()] == ["e:old", "e:old"]


def test_a_merge_has_to_fit_what_it_leads_to(people: Lab) -> None:
    with people.branch("aside"):
        people.add_entity("person", "Bob", id="bob", properties={"born": 1})
        people.commit("bob")
    define_new(people)
    people.schemas.migrate("person")
    assert refused(lambda: people.merge("aside")).item == "e:bob"
    with people.branch("aside"):
        people.schemas.migrate("person")
    people.merge("aside")
    assert people.schemas.check().ok
    assert people.entity("bob").properties["birth"] == 1


def test_a_branch_has_the_schemas_it_began_with(people: Lab) -> None:
    people.create_branch("aside")
    define_new(people)
    people.schemas.migrate("person")
    with people.branch("aside"):
        assert people.schemas["person"].pending
        people.add_entity("person", "Bob", properties={"born": 1})


def test_items_of_the_past_are_read_by_the_model_of_today(people: Lab) -> None:
    define_new(people)
    assert people.models("person")["ada"] == NewPerson(name="Ada", birth=1815)
    people.schemas.migrate("person")
    people.update("ada", properties={"birth": 1816})
    assert people.models("person", at="v1")["ada"] == NewPerson(name="Ada", birth=1815)


def test_undoing_is_checked_as_any_change_is(people: Lab) -> None:
    people.delete("ada")
    define_new(people)
    people.undo()  # the record of the schema that came into force
    people.undo()
    assert people.entity("ada").properties == {"born": 1815}


def test_a_document_of_any_shape_is_checked_by_the_stored_schema(
    universe: Universe, people: Lab
) -> None:
    class Address(BaseModel):
        city: str

    class House(BaseModel):
        address: Address
        rooms: list[int]

    people.schemas.define("house", House)
    people.schemas._checker.defined.clear()  # as in another notebook
    error = refused(lambda: people.add_entity("house", properties={"address": {}, "rooms": []}))
    assert error.field == "properties.address.city"
    bad = {"address": {"city": "X"}, "rooms": [1, "b"]}
    error = refused(lambda: people.add_entity("house", properties=bad))
    assert error.field == "properties.rooms[1]"
    assert people.schemas.check().ok


def test_metadata_that_the_model_does_not_ask_for_is_free(lab: Lab) -> None:
    class Strict(BaseModel, extra="forbid"):
        size: int

    lab.schemas.define("box", Strict)
    lab.add_entity("box", "A box", tags=["big"], properties={"size": 1})
    error = refused(lambda: lab.add_entity("box", properties={"size": 1, "colour": "red"}))
    assert error.field == "properties.colour"
    metadata = EntityMetadata(properties={"size": 1})
    lab.apply([CreateEntity("b", "box", metadata)])
