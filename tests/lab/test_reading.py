from __future__ import annotations

import pytest

from nerv_lab.core.errors import EntityNotFoundError, RelationNotFoundError
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


def test_neighbours_are_one_relation_away(lab: Lab) -> None:
    assert [e.id for e in lab.neighbours("ada")] == ["note"]
    assert [e.id for e in lab.neighbours("note")] == ["ada"]
    assert [r.id for r in lab.relations_of("ada")] == ["is", "wrote"]


def test_entities_are_found_by_type_name_and_tag(lab: Lab) -> None:
    assert [e.id for e in lab.find("person")] == ["ada"]
    assert [e.id for e in lab.find(name="Note G")] == ["note"]
    assert [e.id for e in lab.find("person", tag="maths")] == ["ada"]
    assert lab.find("text", tag="maths") == ()
