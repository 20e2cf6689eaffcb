from __future__ import annotations

from typing import Any

import pytest

from nerv_lab.core.errors import EntityNotFoundError, RelationNotFoundError, ValidationError
from nerv_lab.lab import Lab


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "Ada", id="ada", tags=["maths"])
    lab.add_entity("text", "Note G", id="note")
    lab.relate("ada", "wrote", "note", id="wrote")
    lab.relate("ada", "is", "ada", id="is")
    return lab


def test_entities_and_relations_are_mappings_by_id(lab: Lab) -> None:
    assert sorted(lab.entities) == ["ada", "note"]
    assert lab.relations["wrote"].to_entity == "note"
    assert "eve" not in lab.entities


def test_an_iteration_is_not_disturbed_by_writing(lab: Lab) -> None:
    for id in lab.entities:
        lab.add_entity("copy", id=f"{id}-copy")
    assert len(lab.entities) == 4


def test_an_unknown_id_is_answered_with_the_nearest(lab: Lab) -> None:
    with pytest.raises(EntityNotFoundError, match="did you mean 'ada'"):
        lab.entity("adda")
    with pytest.raises(RelationNotFoundError, match="did you mean 'wrote'"):
        lab.relation("wrot")


def test_mappings_name_the_nearest_id_too_and_stay_mappings(lab: Lab) -> None:
    with pytest.raises(EntityNotFoundError, match="no entity 'adda'; did you mean 'ada'"):
        lab.entities["adda"]
    with pytest.raises(KeyError, match="no relation 'wrot'; did you mean 'wrote'"):
        lab.relations["wrot"]
    assert lab.entities.get("adda") is None
    assert lab.relations.get("wrot", 1) == 1


def test_an_id_that_was_given_a_prefix_is_found_by_what_follows_it(lab: Lab) -> None:
    lab.add_entity("node", id="nx:7")
    with pytest.raises(EntityNotFoundError, match="did you mean 'nx:7'"):
        lab.entity("7")


def test_an_item_is_as_good_as_its_id(lab: Lab) -> None:
    ada, wrote = lab.entity("ada"), lab.relation("wrote")
    lab.update(ada, name="Ada Lovelace")
    assert ada in lab.entities
    assert wrote in lab.relations
    assert (
        lab.entities[ada].name == lab.entities.get(ada, ada).name == "Ada Lovelace"
    )  # as it is now
    assert wrote not in lab.entities


@pytest.mark.parametrize("wrong", [None, 7, ["ada"]])
def test_what_is_no_id_is_refused_by_name(lab: Lab, wrong: Any) -> None:
    for ask, field in [
        (lab.entity, "id"),
        (lab.relation, "id"),
        (lab.update, "item"),
        (lab.delete, "item"),
        (lambda end: lab.relate("ada", "wrote", end), "end"),
        (lambda start: lab.relate(start, "wrote", "ada"), "start"),
    ]:
        with pytest.raises(ValidationError, match=f"{field}: must be an item or its id, not "):
            ask(wrong)


def test_neighbours_are_one_relation_away(lab: Lab) -> None:
    assert [e.id for e in lab.neighbours("ada")] == ["note"]
    assert [e.id for e in lab.neighbours("note")] == ["ada"]
    assert [r.id for r in lab.relations_of("ada")] == ["is", "wrote"]


def test_entities_are_found_by_type_name_and_tag(lab: Lab) -> None:
    assert [e.id for e in lab.find("person")] == ["ada"]
    assert [e.id for e in lab.find(name="Note G")] == ["note"]
    assert [e.id for e in lab.find("person", tag="maths")] == ["ada"]
    assert lab.find("text", tag="maths") == ()
