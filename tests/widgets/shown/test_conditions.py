from __future__ import annotations

from typing import Any

import pytest
from shared.widgets import error, result

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.shown.conditions import find_entities


@pytest.fixture
def paper(lab: Any) -> Any:
    lab.add_entity(
        "person", name="Ada Lovelace", id="ada", tags=["countess"], properties={"born": 1815}
    )
    lab.add_entity("person", name="Charles Babbage", id="charles", properties={"born": 1791})
    lab.add_entity("text", name="Note G", id="note", properties={"about": "Bernoulli numbers"})
    lab.relate("ada", "wrote", "note")
    lab.relate("ada", "knows", "charles")
    return lab


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lovelace", "ada"),
        ("type:person|text", "ada charles note"),
        ("tag:countess|queen", "ada"),
        ("BERNOULLI", "note"),
        ("countess", "ada"),
        ("type:person", "ada charles"),
        ("type:pers", ""),
        ("tag:countess", "ada"),
        ("has:born", "ada charles"),
        ("born>1800", "ada"),
        ("born<=1815 -charles", "ada"),
        ("born!=1815", "charles note"),
        ("born=soon", ""),
        ("about='bernoulli numbers'", "note"),
        ("'note g'", "note"),
        ("degree>=1", "ada charles note"),
        ("degree>1 type:person", "ada"),
        ("name=ada", ""),
        ("-type:person", "note"),
        ("-has:born note", "note"),
        ("note 'unfinished", ""),
        ("a:b", ""),
        ("-", ""),
    ],
)
def test_a_query_finds_what_fulfils_all_its_parts(paper: Any, query: str, found: str) -> None:
    assert sorted(find_entities(paper.state, query)) == found.split()


def test_a_degree_that_is_no_number_is_refused(paper: Any) -> None:
    with pytest.raises(ValidationError, match="query: a degree is a number, not 'many'"):
        list(find_entities(paper.state, "degree>many"))


def test_the_search_is_in_what_is_shown(paper: Any, explorer: Any) -> None:
    paper.commit("one")
    paper.add_entity("person", name="Mary", id="mary")
    assert result(explorer, "find", query="mary") == {"ids": ["mary"], "total": 1}
    explorer.version = "v1"
    assert result(explorer, "find", query="mary")["total"] == 0
    assert error(explorer, "find", query=" ")["field"] == "query"


def test_of_more_than_are_told_those_come_first_that_are_named_so(
    paper: Any, explorer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerv_lab.widgets.commands.querying._MAX_FOUND", 1)
    for number in range(20):
        paper.add_entity("text", id=f"{number}", description="of Zanzibar")
    paper.add_entity("place", name="Zanzibar", id="island")
    assert result(explorer, "find", query="zanzibar") == {"ids": ["island"], "total": 21}
