from __future__ import annotations

import pytest

from nerv_lab.core.errors import EntityNotFoundError, NotFoundError, ValidationError
from nerv_lab.core.graph.model import Entity
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Return a Lab with a version, and one change after it."""
    with lab.transaction("facts", commit="facts"):
        lab.add_entity("person", "Ada", id="ada", tags=["maths"], properties={"born": 1815})
        lab.add_entity("person", "Charles", id="charles", properties={"born": 1791})
        lab.add_entity("text", "Note G", id="note")
        lab.add_entity("machine", "Engine", id="engine")
        lab.relate("ada", "wrote", "note", id="a", strength=0.5)
        lab.relate("charles", "built", "engine", id="b")
        lab.relate("note", "about", "engine", id="c")
        lab.relate("ada", "knows", "charles", id="d", bidirectional=True)
        lab.relate("charles", "wrote", "note", id="e", properties={"part": "margin"})
    lab.update("ada", properties={"born": 1816})
    return lab


def ids(answer: object) -> list[str]:
    return [item.id for item in answer]  # type: ignore[attr-defined]


def test_entities_and_relations_are_asked_by_fields_properties_and_callables(lab: Lab) -> None:
    assert ids(lab.entities.where(type="person", born=1816)) == ["ada"]
    assert ids(lab.entities.where(lambda e: e.name.startswith("N"))) == ["note"]
    assert ids(lab.entities.where(tag="maths").where(born__gt=1800)) == ["ada"]
    assert ids(lab.relations.where(type="wrote", strength__lt=1)) == ["a"]
    assert ids(lab.relations.where(part="margin")) == ["e"]


def test_answers_come_by_id(lab: Lab) -> None:
    assert ids(lab.match()) == ["ada", "charles", "engine", "note"]
    assert ids(lab.match("person", "machine")) == ["ada", "charles", "engine"]
    assert ids(lab.relations.where()) == ["a", "b", "c", "d", "e"]


def test_a_question_begins_at_entities_or_at_what_is_true_of_them(lab: Lab) -> None:
    ada = lab.entity("ada")
    assert ids(lab.match(ada).out("wrote")) == ["note"]
    assert ids(lab.match(ada, lab.entity("note"))) == ["ada", "note"]
    assert ids(lab.match("person", lambda e: e.properties["born"] < 1800)) == ["charles"]
    lab.delete(ada, cascade=True)
    with pytest.raises(EntityNotFoundError, match="ada"):
        lab.match(ada)
    assert ids(lab.at("v1").match(ada)) == ["ada"]


def test_answers_are_put_in_order(lab: Lab) -> None:
    assert ids(lab.match().order_by("born")) == ["charles", "ada", "engine", "note"]
    assert ids(lab.match("person").order_by("born", descending=True).limit(1)) == ["ada"]
    assert ids(lab.relations.where(type="wrote").order_by("strength")) == ["a", "e"]
    shown = lab.match("person").order_by("born", descending=True)
    assert "match('person').order_by('born', descending=True)" in repr(shown)


def test_relations_are_followed_forwards_backwards_and_either_way(lab: Lab) -> None:
    assert ids(lab.match(id="ada").out("wrote")) == ["note"]
    assert ids(lab.match(id="note").in_("wrote")) == ["ada", "charles"]
    assert ids(lab.match(id="note").both()) == ["ada", "engine", "charles"]
    assert ids(lab.match(id="ada").out(strength__lt=1)) == ["note"]


def test_a_relation_that_is_bidirectional_leads_both_ways(lab: Lab) -> None:
    assert ids(lab.match(id="charles").out("knows")) == ["ada"]
    assert ids(lab.match(id="ada").in_("knows")) == ["charles"]


def test_a_relation_to_itself_is_followed_once(lab: Lab) -> None:
    lab.relate("engine", "drives", "engine", bidirectional=True)
    assert ids(lab.match(id="engine").both("drives")) == ["engine"]


def test_steps_and_conditions_are_chained(lab: Lab) -> None:
    two = lab.match("person").out("wrote").out("about").where(type="machine")
    assert ids(two) == ["engine", "engine"]
    assert ids(two.distinct()) == ["engine"]
    assert ids(two.limit(1)) == ["engine"]


def test_each_entity_comes_with_its_path(lab: Lab) -> None:
    first, second = lab.match("person").out("wrote").in_("wrote").where(id="ada").path
    assert [e.id for e in first.entities] == ["ada", "note", "ada"]
    assert [r.id for r in second.relations] == ["e", "a"]
    assert (len(first), first.end.id) == (2, "ada")
    assert repr(second) == "<Path Charles -wrote-> Note G <-wrote- Ada>"


def test_the_past_is_asked_like_the_present(lab: Lab) -> None:
    lab.delete("charles", cascade=True)
    past = lab.at("v1")
    assert ids(past.match("person", born__in=[1791, 1815])) == ["ada", "charles"]
    assert ids(past.match("person").out("built")) == ["engine"]
    assert [hit.item.id for hit in past.search("charles")] == ["charles"]
    assert ids(lab.match("person").out("built")) == []
    assert not lab.search("charles")


def test_a_search_for_nothing_is_refused_at_once(lab: Lab) -> None:
    with pytest.raises(ValidationError, match="text: give a word to look for"):
        lab.search(" ")


def test_an_answer_is_looked_up_when_it_is_used(lab: Lab) -> None:
    asked: list[str] = []

    def noted(entity: Entity) -> bool:
        asked.append(entity.id)
        return True

    query = lab.match().where(noted)
    assert asked == []
    assert query.first() == lab.entity("ada")
    assert asked == ["ada"]
    assert len(query) == len(query[:]) == 4
    assert asked == ["ada", "ada", "charles", "engine", "note"]


def test_an_answer_stays_when_the_graph_changes(lab: Lab) -> None:
    query = lab.match("person")
    lab.add_entity("person", id="zoe")
    assert ids(query) == ["ada", "charles"]
    assert ids(lab.match("person")) == ["ada", "charles", "zoe"]


def test_a_transaction_is_asked_as_it_has_become(lab: Lab) -> None:
    with lab.transaction():
        lab.add_entity("person", id="zoe")
        assert lab.match("person").ids == ("ada", "charles", "zoe")


def test_the_only_one_is_returned_or_the_question_refused(lab: Lab) -> None:
    assert lab.match("text").one().id == "note"
    with pytest.raises(NotFoundError, match=r"match\('song'\)"):
        lab.match("song").one()
    with pytest.raises(ValidationError, match="more than one"):
        lab.match("person").one()


def test_an_answer_is_a_graph_of_what_its_paths_pass(lab: Lab) -> None:
    graph = lab.match("person").where(id="ada").out("wrote").graph
    assert sorted(graph.entities) == ["ada", "note"]
    assert sorted(graph.relations) == ["a"]
    assert graph.match("person").out().one().id == "note"
    assert sorted(lab.relations.where(type="built").graph.entities) == ["charles", "engine"]
    assert sorted(lab.search("note").graph.entities) == ["note"]
    assert "v1" in repr(lab.at("v1").match("person").graph)


def test_a_subgraph_holds_the_relations_between_its_entities(lab: Lab) -> None:
    assert sorted(lab.subgraph(["ada", "charles", "note"]).relations) == ["a", "d", "e"]
    with pytest.raises(EntityNotFoundError, match="did you mean 'ada'"):
        lab.subgraph(["adda"])


def test_an_answer_is_a_frame_in_its_order(lab: Lab) -> None:
    frame = lab.match(id="note").in_("wrote").df
    assert frame["born"].tolist() == [1816, 1791]
    assert frame.index.tolist() == ["ada", "charles"]
    assert lab.entities.df.index.tolist() == ["ada", "charles", "engine", "note"]
    assert lab.relations.df.loc["e", "part"] == "margin"
    assert lab.relations.where(id="a").df["strength"].tolist() == [0.5]
    assert lab.search("ada").df["field"].tolist() == ["name"]


def test_a_search_is_asked_further(lab: Lab) -> None:
    assert lab.search("ada").entities.out("wrote").ids == ("note",)
    assert lab.search("margin").relations.where(type="wrote").ids == ("e",)


def test_the_types_of_a_graph_are_counted(lab: Lab) -> None:
    assert lab.entities.types == {"person": 2, "machine": 1, "text": 1}
    assert repr(lab.relations) == "<5 relations: 2 wrote, 1 about, 1 built, 1 knows>"
    shown = lab.entities._repr_html_()
    assert shown.index(">person<") < shown.index(">2<")


def test_an_answer_shows_itself_with_the_question(lab: Lab) -> None:
    query = lab.match("person", born__lt=1800)
    assert repr(query) == (
        "1 found by match('person').where(born__lt=1800)\n  person  Charles  charles"
    )
    assert "born=1791" in query._repr_html_()
    assert repr(lab.relations.where(id="b")).endswith("\n  Charles -> Engine  built  b")
    assert repr(lab.search("margin")).startswith("1 found by search('margin')\n  <Relation")
    assert "properties.part" in lab.search("margin")._repr_html_()


def test_a_long_answer_is_cut_where_it_is_shown(lab: Lab) -> None:
    with lab.transaction():
        for number in range(30):
            lab.add_entity("<b>leaf</b>", id=f"leaf-{number:02}")
    query = lab.match("<b>leaf</b>")
    assert repr(query).endswith("\n  … and 10 more")
    assert "&lt;b&gt;leaf" in query._repr_html_()
    assert "… and 10 more" in query._repr_html_()
    assert repr(lab.search("leaf")).endswith("\n  … and 10 more")


@pytest.mark.parametrize("count", [-1, 1.5, True, "2"])
def test_a_limit_that_is_no_count_is_refused(lab: Lab, count: object) -> None:
    with pytest.raises(ValidationError, match="limit: must be a number from 0 on"):
        lab.match().limit(count)  # type: ignore[arg-type]


def test_a_type_that_is_no_text_is_refused(lab: Lab) -> None:
    with pytest.raises(ValidationError, match="type: must be text, not 7"):
        lab.match(7)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="type: must be text"):
        lab.match().out(None)  # type: ignore[arg-type]
