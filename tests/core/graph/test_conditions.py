from __future__ import annotations

from typing import Any

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.conditions import ENTITY_FIELDS, RELATION_FIELDS, all_of
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata

ADA = Entity(
    "ada",
    "person",
    EntityMetadata(
        "Ada Lovelace",
        tags=("maths", "poetry"),
        properties={
            "born": 1815,
            "alive": False,
            "ranks": [1, 2],
            "address": {"city": "London", "geo": {"lat": 51.5}},
            "title": None,
            "type": "countess",
            "a__b": 1,
        },
    ),
)
WROTE = Relation("w", "ada", "note", "wrote", RelationMetadata(strength=0.5))


def meets(*predicates: Any, properties: Any = None, **conditions: Any) -> bool:
    return all_of(ENTITY_FIELDS, predicates, properties, conditions)(ADA)


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"type": "person"},
        {"name": "Ada Lovelace", "born": 1815},
        {"born": 1815.0},
        {"alive": False},
        {"description": None},
        {"died": None},
        {"title": None},
        {"born": ...},
        {"title": ...},
        {"born": lambda born: born < 1900},
        {"tag": "maths"},
        {"tags": ["poetry", "maths"]},
        {"born__ne": 1816},
        {"died__ne": 1852},
        {"born__gt": 1814, "born__gte": 1815, "born__lt": 1816, "born__lte": 1815},
        {"born__in": {1815, 1816}},
        {"name__contains": "Love"},
        {"name__icontains": "LOVE"},
        {"name__startswith": "Ada", "name__endswith": "lace"},
        {"name__regex": "^Ada .*e$"},
        {"ranks": [1, 2]},
        {"ranks__contains": 2},
        {"address__contains": "city"},
        {"address__city": "London"},
        {"address__geo__lat__gt": 50},
        {"born__exists": True},
        {"died__exists": False},
    ],
)
def test_a_condition_is_met(conditions: dict[str, Any]) -> None:
    assert meets(**conditions)


@pytest.mark.parametrize(
    "conditions",
    [
        {"type": "text"},
        {"name": "Ada Lovelace", "born": 1816},
        {"alive": 0},
        {"born": None},
        {"died": ...},
        {"died": lambda died: True},
        {"tag": "music"},
        {"tags": ["maths", "music"]},
        {"born__ne": 1815},
        {"born__gt": 1815},
        {"born__gt": "1800"},
        {"died__lt": 1900},
        {"title__gt": 1},
        {"born__in": []},
        {"alive__in": [0]},
        {"born__contains": 1},
        {"name__contains": 1},
        {"born__startswith": "18"},
        {"born__regex": "18"},
        {"ranks__contains": 3},
        {"address__city__name": "London"},
        {"address__street": "x"},
        {"died__exists": True},
    ],
)
def test_a_condition_is_not_met(conditions: dict[str, Any]) -> None:
    assert not meets(**conditions)


def test_a_property_named_as_a_field_or_with_underscores_has_a_way() -> None:
    assert meets(type="person", properties={"type": "countess", "a__b": 1})
    assert not meets(properties={"type": "person"})


def test_a_callable_is_given_the_item() -> None:
    assert meets(lambda e: "maths" in e.tags, lambda e: e.properties["born"] < 1900)
    assert not meets(lambda e: e.name is None)


def test_relations_have_fields_of_their_own() -> None:
    conditions = {"from_entity": "ada", "strength__lt": 1, "bidirectional": False}
    assert all_of(RELATION_FIELDS, (), None, conditions)(WROTE)
    assert not all_of(RELATION_FIELDS, (), None, {"name": ...})(WROTE)


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ({"tags": "maths"}, "tags: must be a list of tags"),
        ({"tag": 7}, "tag: must be text, not 7"),
        ({"born__in": "18"}, "born__in: must be a list of values, not '18'"),
        ({"name__startswith": 1}, "name__startswith: must be text, not 1"),
        ({"name__regex": "("}, r"name__regex: '\(' is not a regular expression"),
        ({"born__exists": "yes"}, "born__exists: must be True or False, not 'yes'"),
        ({"properties": [1]}, "properties: must be a dict, not list"),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(conditions: dict[str, Any], why: str) -> None:
    properties = conditions.pop("properties", None)
    with pytest.raises(ValidationError, match=f"^{why}"):
        all_of(ENTITY_FIELDS, (), properties, conditions)


def test_a_condition_without_a_keyword_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(ValidationError, match=r"where\[0\]: .*not 'Ada'.*name='Ada'"):
        all_of(ENTITY_FIELDS, ("Ada",), None, {})


def test_a_callable_that_fails_is_named_with_what_it_was_given() -> None:
    with pytest.raises(ValidationError, match=r"^born: the callable failed on 1815 of <Entity per"):
        meets(born=lambda born: born.year)
    with pytest.raises(ValidationError, match=r"^where\[0\]: .*AttributeError") as failed:
        meets(lambda e: e.born)
    assert isinstance(failed.value.__cause__, AttributeError)


@pytest.mark.parametrize(
    ("keyword", "hint"),
    [
        ("born__ge", "write born__gte="),
        ("born__eq", "write born="),
        ("a__b__isnull", "a__b__exists"),
    ],
)
def test_a_lookup_of_another_library_is_refused_with_ours(keyword: str, hint: str) -> None:
    with pytest.raises(ValidationError, match=hint) as caught:
        all_of(ENTITY_FIELDS, (), None, {keyword: 1})
    assert caught.value.field == keyword
