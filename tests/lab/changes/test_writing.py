from __future__ import annotations

from typing import Any

import pytest

from nerv_lab.core.errors import (
    DanglingRelationError,
    DuplicateIdError,
    EntityInUseError,
    EntityNotFoundError,
    NervError,
    NERVPersistenceError,
    ValidationError,
)
from nerv_lab.core.graph.changes import REMOVE
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import Lab


def test_an_entity_is_added_with_what_is_known_of_it(lab: Lab) -> None:
    ada = lab.add_entity(
        "person", name="Ada", description="first", tags=["maths"], properties={"born": 1815}
    )
    assert (ada.type, ada.name, ada.description) == ("person", "Ada", "first")
    assert (ada.tags, dict(ada.properties)) == (("maths",), {"born": 1815})
    assert lab.entity(ada.id) == ada


def test_two_entities_of_one_name_have_different_ids(lab: Lab) -> None:
    assert lab.add_entity("person", "Ada").id != lab.add_entity("person", "Ada").id


def test_a_relation_connects_entities_or_their_ids(lab: Lab) -> None:
    ada = lab.add_entity("person", id="ada")
    lab.add_entity("text", id="note")
    wrote = lab.relate(ada, "wrote", "note", strength=2, bidirectional=True, properties={"p": 1})
    assert (wrote.from_entity, wrote.type, wrote.to_entity) == ("ada", "wrote", "note")
    assert (wrote.strength, wrote.bidirectional) == (2.0, True)


def test_a_cell_that_adds_with_exist_ok_can_be_run_again_and_writes_nothing_then(lab: Lab) -> None:
    def cell() -> tuple[Entity, Relation]:
        ada = lab.add_entity(
            "person", "Ada", id="ada", tags=["maths"], properties={"born": 1815}, exist_ok=True
        )
        return ada, lab.relate(ada, "knows", ada, id="self", strength=2, exist_ok=True)

    first, before = cell(), lab.seq
    assert cell() == first
    assert lab.seq == before


def test_exist_ok_brings_what_is_there_to_what_is_given_and_leaves_the_rest(lab: Lab) -> None:
    lab.add_entity("person", "Ada", id="ada", tags=["maths"], properties={"born": 1, "died": 2})
    lab.relate("ada", "knows", "ada", id="self", strength=2, properties={"since": 1})
    lab.add_entity("person", id="ada", properties={"born": 1815}, exist_ok=True)
    lab.relate("ada", "knows", "ada", id="self", bidirectional=True, exist_ok=True)
    ada, knows = lab.entity("ada"), lab.relation("self")
    assert (ada.name, ada.tags) == ("Ada", ("maths",))
    assert dict(ada.properties) == {"born": 1815, "died": 2}
    assert (knows.strength, knows.bidirectional, dict(knows.properties)) == (
        2.0,
        True,
        {"since": 1},
    )


def test_exist_ok_needs_an_id_and_the_same_type_and_ends(lab: Lab) -> None:
    lab.add_entity("person", id="ada")
    lab.add_entity("person", id="charles")
    lab.relate("ada", "knows", "charles", id="k")
    with pytest.raises(ValidationError, match="id: must be given with exist_ok=True"):
        lab.add_entity("person", "Ada", exist_ok=True)
    with pytest.raises(ValidationError, match="type: entity 'ada' is there already with 'person'"):
        lab.add_entity("text", id="ada", exist_ok=True)
    with pytest.raises(ValidationError, match="from_entity: relation 'k' is there already with"):
        lab.relate("charles", "knows", "ada", id="k", exist_ok=True)


def test_an_update_returns_the_entity_as_it_is_now(lab: Lab) -> None:
    ada = lab.add_entity("person", "Ada", properties={"born": 1815, "x": 1})
    now = lab.update(ada, name="Ada L.", properties={"died": 1852, "x": REMOVE})
    assert now == lab.entity(ada)
    assert dict(now.properties) == {"born": 1815, "died": 1852}
    assert ada.properties["x"] == 1


def test_a_relation_is_updated_through_the_same_verb(lab: Lab) -> None:
    ada = lab.add_entity("person")
    knows = lab.relate(ada, "knows", ada)
    now = lab.update(knows, strength=0.5)
    assert isinstance(now, Relation)
    assert now.strength == 0.5


@pytest.mark.parametrize("field", ["strength", "bidirectional"])
def test_an_entity_has_no_field_of_a_relation(lab: Lab, field: str) -> None:
    ada = lab.add_entity("person")
    values: dict[str, Any] = {field: True}
    with pytest.raises(ValidationError, match=f"^{field}: an entity has none"):
        lab.update(ada, **values)


def test_a_relation_has_no_name(lab: Lab) -> None:
    ada = lab.add_entity("person")
    with pytest.raises(ValidationError, match=r"^name: a relation has none"):
        lab.update(lab.relate(ada, "is", ada), name="x")


def test_an_id_of_both_an_entity_and_a_relation_must_be_said_which(lab: Lab) -> None:
    lab.add_entity("person", id="x")
    lab.relate("x", "is", "x", id="x")
    with pytest.raises(ValidationError, match="both an entity and a relation"):
        lab.update("x", tags=["a"])
    assert lab.update(lab.relation("x"), tags=["a"]).tags == ("a",)


def test_deleting_an_entity_with_relations_needs_cascade(lab: Lab) -> None:
    ada = lab.add_entity("person")
    lab.relate(ada, "is", ada)
    with pytest.raises(EntityInUseError):
        lab.delete(ada)
    lab.delete(ada, cascade=True)
    assert (len(lab.entities), len(lab.relations)) == (0, 0)


def test_a_relation_is_deleted_by_itself(lab: Lab) -> None:
    ada = lab.add_entity("person")
    lab.delete(lab.relate(ada, "is", ada))
    assert (len(lab.entities), len(lab.relations)) == (1, 0)


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (lambda lab: lab.add_entity("person", id="ada"), DuplicateIdError),
        (lambda lab: lab.add_entity(""), ValidationError),
        (lambda lab: lab.add_entity("person", tags="maths"), ValidationError),
        (lambda lab: lab.add_entity("person", properties={"x": float("nan")}), ValidationError),
        (lambda lab: lab.add_entity("person", properties={"x": 2**63}), ValidationError),
        (lambda lab: lab.add_entity("person", properties={"x": object()}), ValidationError),
        (lambda lab: lab.add_entity("person", properties={1: 2}), ValidationError),
        (lambda lab: lab.relate("ada", "knows", "eve"), DanglingRelationError),
        (lambda lab: lab.update("eve", name="E"), EntityNotFoundError),
        (lambda lab: lab.delete("eve"), EntityNotFoundError),
        (lambda lab: lab.apply(["nonsense"]), NervError),
    ],
)
def test_refused_input_leaves_store_and_memory_as_they_were(
    lab: Lab, write: Any, error: type[NervError]
) -> None:
    lab.add_entity("person", id="ada")
    before, seq = lab.state, lab.seq
    with pytest.raises(error):
        write(lab)
    lab.refresh()
    assert (lab.state, lab.seq) == (before, seq)
    assert lab.verify().ok


def test_a_store_that_fails_leaves_memory_as_it_was(lab: Lab, client: MockInnerUniverse) -> None:
    before = lab.state
    client.fail_next(NERVPersistenceError("the disk is gone"))
    with pytest.raises(NERVPersistenceError, match="the disk is gone"):
        lab.add_entity("person")
    assert lab.state is before
    assert lab.verify().ok


def test_what_was_passed_in_may_be_changed_afterwards(lab: Lab) -> None:
    given = {"list": [1]}
    ada = lab.add_entity("person", properties=given)
    with lab.transaction():
        patch = {"other": {"deep": [1]}}
        lab.update(ada, properties=patch)
        patch["other"]["deep"].append(2)
    given["list"].append(2)
    assert dict(lab.entity(ada).properties) == {"list": [1], "other": {"deep": [1]}}
