"""Empty answers say which type or property nothing has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nerv_lab as nl
from nerv_lab.lab import Lab

Ask = Callable[[Lab], Any]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with nl.open() as opened:
        ada = opened.add_entity("person", name="Ada", properties={"born": 1815})
        opened.relate(ada, "wrote", opened.add_entity("text", name="Note G"))
        yield opened


@pytest.mark.parametrize(
    ("ask", "hint"),
    [
        (lambda lab: lab.match("persn"), "no entity is of type 'persn'; did you mean 'person'?"),
        (
            lambda lab: lab.match().where(type="persn"),
            "no entity is of type 'persn'; did you mean 'person'?",
        ),
        (
            lambda lab: lab.match("person", brn=1815),
            "no entity has a property 'brn'; did you mean 'born'?",
        ),
        (
            lambda lab: lab.match("person", born_gt=1800),
            "no entity has a property 'born_gt'; did you mean 'born__gt'?",
        ),
        (
            lambda lab: lab.match(properties={"xyz": 1}),
            "no entity has a property 'xyz'",
        ),
        (
            lambda lab: lab.match("person").out("wote"),
            "no relation is of type 'wote'; did you mean 'wrote'?",
        ),
        (
            lambda lab: lab.relations.where(type="wote"),
            "no relation is of type 'wote'; did you mean 'wrote'?",
        ),
    ],
)
def test_what_nothing_has_is_named_with_the_nearest_there_is(lab: Lab, ask: Ask, hint: str) -> None:
    answer = ask(lab)
    assert repr(answer).splitlines()[1:] == [f"  {hint}"]
    assert hint.replace("'", "&#x27;") in answer._repr_html_()


@pytest.mark.parametrize(
    "ask",
    [
        lambda lab: lab.match("person", born=1900),
        lambda lab: lab.match("text", died__ne=1),
        lambda lab: lab.match("person", name="Ada", died=None),
        lambda lab: lab.match("text", tag="maths"),
        lambda lab: lab.match("person", "persn"),
        lambda lab: lab.match("text", name="x", died__exists=False),
    ],
)
def test_where_nothing_is_mistyped_or_something_is_found_no_hint_is_given(
    lab: Lab, ask: Ask
) -> None:
    assert "no entity" not in repr(ask(lab))


def test_a_hint_is_of_the_state_that_was_asked(lab: Lab) -> None:
    before = lab.commit("before")
    lab.add_entity("place", name="London")
    assert "no entity is of type 'place'" in repr(lab.at(before).match("place"))
    assert "no entity" not in repr(lab.match("place"))
