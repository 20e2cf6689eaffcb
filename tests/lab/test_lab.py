from __future__ import annotations

import pytest

from nerv_lab.core.errors import StoreClosedError, ValidationError
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import Lab


def test_a_lab_says_where_it_stands(lab: Lab) -> None:
    assert repr(lab) == f"<Lab {lab.uri}: 0 entities, 0 relations, no versions>"
    lab.add_entity("person")
    lab.commit("first facts")
    lab.add_entity("person")
    assert repr(lab) == (
        f"<Lab {lab.uri}: 2 entities, 0 relations, v1 'first facts', 1 uncommitted change>"
    )


def test_closing_twice_is_fine(client: MockInnerUniverse) -> None:
    lab = Lab(client)
    lab.close()
    lab.close()
    assert lab.closed
    assert not client.connected
    assert "closed" in repr(lab)


def test_a_closed_lab_refuses_to_write_and_says_what_to_do(client: MockInnerUniverse) -> None:
    with Lab(client) as lab:
        pass
    with pytest.raises(StoreClosedError, match=r"nerv_lab\.open"):
        lab.add_entity("person")


def test_closing_tells_those_who_asked(client: MockInnerUniverse) -> None:
    told: list[str] = []
    lab = Lab(client)
    lab.on_close(lambda: told.append("one"))
    forget = lab.on_close(lambda: told.append("two"))
    forget()
    lab.close()
    lab.close()
    assert told == ["one"]


def test_the_author_of_the_lab_signs_versions_and_changes(client: MockInnerUniverse) -> None:
    with Lab(client, author="eve") as lab:
        lab.add_entity("person")
        assert lab.commit("one").author == "eve"
        assert lab.commit("two", author="ada").author == "ada"
        assert lab.events[0].source == "eve"


def test_an_author_must_be_a_name(client: MockInnerUniverse) -> None:
    with pytest.raises(ValidationError, match="author"):
        Lab(client, author="")


def test_a_perspective_shows_the_present(lab: Lab) -> None:
    lab.perspectives.add("names", ["name"])
    ada = lab.add_entity("person", "Ada")
    assert lab.perspectives.view("names") == {ada.id: {"name": "Ada"}}


def test_a_sound_store_verifies(lab: Lab) -> None:
    lab.add_entity("person")
    lab.commit("one")
    assert repr(lab.verify()) == "verified: 1 version and 2 events, all sound"


def test_memory_that_differs_from_the_store_is_found(lab: Lab) -> None:
    lab.add_entity("person")
    lab._follower._state = lab.at(0).state
    [problem] = lab.verify().problems
    assert problem.where == "memory"
