from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from shared.widgets import error, result

from nerv_lab.widgets import Explorer


@pytest.fixture
def editing(lab: Any) -> Any:
    lab.add_entity("person", name="Ada", id="ada", properties={"born": 1815, "notes": ["A", "G"]})
    lab.add_entity("text", id="note")
    lab.relate("ada", "wrote", "note", id="wrote")
    made = Explorer(lab)
    yield made
    made.close()


def test_a_property_is_set_with_its_kind(editing: Any, lab: Any) -> None:
    shown = result(editing, "edit", id="ada", property="born", kind="int", text="1816")
    assert lab.entity("ada").properties["born"] == 1816
    assert {"name": "born", "kind": "int", "text": "1816"} in shown["properties"]
    result(editing, "edit", id="ada", property="a new one", kind="bool", text="true")
    assert lab.entity("ada").properties["a new one"] is True


def test_a_property_is_removed(editing: Any, lab: Any) -> None:
    result(editing, "edit", id="ada", property="born", remove=True)
    assert set(lab.entity("ada").properties) == {"notes"}


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("name", "Augusta", "Augusta"),
        ("name", "", None),
        ("description", "a countess", "a countess"),
        ("type", "writer", "writer"),
        ("tags", "a, b ,,c", ("a", "b", "c")),
        ("tags", "", ()),
    ],
)
def test_a_field_is_set(editing: Any, lab: Any, field: str, text: str, value: Any) -> None:
    result(editing, "edit", id="ada", field=field, text=text)
    assert getattr(lab.entity("ada"), field) == value


def test_the_strength_of_a_relation_is_set(editing: Any, lab: Any) -> None:
    result(editing, "edit", id="wrote", field="strength", text="0.25")
    assert lab.relation("wrote").strength == 0.25


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"property": "born", "kind": "int", "text": "long ago"}, "properties.born"),
        ({"property": "born", "kind": "float", "text": "inf"}, "properties.born"),
        ({"property": "", "kind": "int", "text": "1"}, "property"),
        ({"field": "type", "text": ""}, "type"),
        ({"field": "strength", "text": "1"}, "strength"),
        ({"field": "id", "text": "x"}, "field"),
        ({"field": "name", "text": 3}, "field"),
    ],
)
def test_what_the_lab_refuses_names_the_field_and_changes_nothing(
    editing: Any, lab: Any, args: Any, field: str
) -> None:
    state = lab.state
    assert error(editing, "edit", id="ada", **args)["field"] == field
    assert lab.state is state


def test_what_does_not_fit_a_schema_is_told_of_its_field(editing: Any, lab: Any) -> None:
    class Person(BaseModel):
        name: str
        born: int

    lab.schemas.define("person", Person)
    answer = error(editing, "edit", id="ada", property="born", kind="str", text="once")
    assert (answer["field"], answer["kind"]) == ("properties.born", "SchemaMismatchError")
    assert error(editing, "edit", id="ada", field="name", text="")["field"] == "name"
    assert lab.entity("ada").properties["born"] == 1815


def test_the_past_cannot_be_edited(editing: Any, lab: Any) -> None:
    lab.commit("one")
    edit = {"property": "born", "kind": "int", "text": "1"}
    editing.version = "v1"
    assert error(editing, "edit", id="ada", **edit)["kind"] == "ReadOnlyViewError"
    editing.position = 1
    assert error(editing, "edit", id="ada", **edit)["kind"] == "ReadOnlyViewError"
    assert lab.entity("ada").properties["born"] == 1815


def test_a_property_is_given_whole_to_be_edited(editing: Any, lab: Any) -> None:
    lab.update("ada", properties={"long": "x" * 10_000})
    assert result(editing, "literal", id="ada", property="notes") == {
        "kind": "json", "literal": '["A","G"]',
    }  # fmt: skip
    assert len(result(editing, "literal", id="ada", property="long")["literal"]) == 10_000
    assert error(editing, "literal", id="ada", property="gone")["field"] == "property"


def test_the_history_of_a_property_tells_what_when_and_why_newest_first(
    editing: Any, lab: Any
) -> None:
    lab.commit("one", author="ada")
    with lab.transaction("a better source"):
        lab.update("ada", properties={"born": 1816})
    lab.update("ada", properties={"died": 1852})
    newest, oldest = result(editing, "history", id="ada", property="born")["entries"]
    assert newest["fields"] == [
        {"name": "properties.born", "old": "1815", "new": "1816", "kind": "changed"}
    ]
    assert (newest["where"], newest["reason"]) == ("uncommitted", "a better source")
    assert (oldest["where"], oldest["who"], oldest["seq"]) == ("v1", "ada", 1)
    assert result(editing, "history", id="ada")["total"] == 3
