from __future__ import annotations

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.full_text import search
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.graph.state import GraphState

STATE = GraphState.build(
    [
        Entity(
            "ada",
            "person",
            EntityMetadata(
                "Ada Lovelace",
                "Daughter of a poet",
                ("maths",),
                {"born": 1815, "address": {"city": "Zürich"}, "works": ["Note G", "Letters"]},
            ),
        ),
        Entity("gauss", "person", EntityMetadata("Gauß", properties={"field": "mathematics"})),
        Entity("note", "text", EntityMetadata("Note G", "By Ada Lovelace")),
        Relation("w", "ada", "note", "wrote", RelationMetadata("in Ada's hand")),
    ]
)


def found(text: str) -> list[str]:
    return [hit.item.id for hit in search(STATE, text)]


def test_names_come_before_descriptions_and_entities_before_relations() -> None:
    assert found("ada") == ["ada", "note", "w"]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("LOVELACE", ["ada", "note"]),
        ("love", ["ada", "note"]),
        ("lace", []),
        ("zurich", ["ada"]),
        ("GAUSS", ["gauss"]),
        ("math", ["ada", "gauss"]),
        ("born", ["ada"]),
        ("1815", ["ada"]),
        ("wrote", ["w"]),
        ("ada maths", ["ada"]),
        ('"by ada"', ["note"]),
        ('"ada by"', []),
        ('"note  g"', ["note", "ada"]),
        ("nothing", []),
    ],
)
def test_words_are_found_wherever_they_begin(text: str, ids: list[str]) -> None:
    assert found(text) == ids


def test_a_hit_says_where_it_is() -> None:
    (hit,) = search(STATE, "zurich")
    assert (hit.field, hit.text) == ("properties.address.city", "city Zürich")
    assert [h.field for h in search(STATE, "letters")] == ["properties.works[1]"]
    assert repr(hit).endswith("properties.address.city: city Zürich")


def test_a_whole_word_counts_more_than_its_beginning() -> None:
    state = GraphState.build(
        [Entity(n, "t", EntityMetadata(n)) for n in ("noted", "note", "notes and note")]
    )
    assert [h.item.id for h in search(state, "note")] == ["note", "notes and note", "noted"]


@pytest.mark.parametrize("text", ["", "  ", '""'])
def test_a_search_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="text: give a word"):
        search(STATE, text)


def test_a_search_for_what_is_no_text_is_refused() -> None:
    with pytest.raises(ValidationError, match="text: must be text, not int"):
        search(STATE, 7)  # type: ignore[arg-type]


def test_words_stand_in_different_fields_and_lines_of_an_item() -> None:
    text = Entity("a", "page", EntityMetadata("Top", "one\n  two", properties={"n": 2.5}))
    state = GraphState.build([text, Entity("b", "page"), Relation("r", "a", "b", "page")])
    for words in ("top two", '"one two"', '"n 2.5"', "page top 2.5"):
        assert [hit.item.id for hit in search(state, words)] == ["a"]
    assert [hit.item.id for hit in search(state, "page")] == ["a", "b", "r"]
