"""Which part of a graph a view shows, and what reaches the browser of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nerv_lab as nl
from nerv_lab.core.errors import EntityNotFoundError, ValidationError
from nerv_lab.widgets.sending.feed import Feed
from nerv_lab.widgets.shown.groups import group_id
from nerv_lab.widgets.shown.lens import Lens


@pytest.fixture
def chain(lab: Any) -> Any:
    """p0 - p1 - p2 - p3, of which p0 wrote a text."""
    for number in range(4):
        lab.add_entity("person", id=f"p{number}", properties={"born": 1800 + number})
    for number in range(3):
        lab.relate(f"p{number}", "knows", f"p{number + 1}", id=f"r{number}")
    lab.add_entity("text", id="note")
    lab.relate("p0", "wrote", "note", id="wrote")
    return lab


def shown(view: Any) -> set[str]:
    return set(view.scene.entities)


def test_without_a_lens_the_scene_is_the_state(chain: Any) -> None:
    view = chain.view()
    assert view.scene is view.shown_state is chain.state


def test_a_filter_shows_what_meets_it_and_the_relations_between(chain: Any) -> None:
    view = chain.view(filter="type:person born>=1801")
    assert shown(view) == {"p1", "p2", "p3"}
    assert set(view.scene.relations) == {"r1", "r2"}
    view.filter = ""
    assert len(shown(view)) == 5


def test_a_bad_filter_is_refused_and_the_one_before_stays(chain: Any) -> None:
    view = chain.view(filter="type:text")
    with pytest.raises(ValidationError, match="a degree is a number"):
        view.filter = "degree>many"
    assert view.filter == "type:text"
    assert shown(view) == {"note"}


def test_a_neighbourhood_is_as_deep_as_is_asked(chain: Any) -> None:
    view = chain.view(around="p0")
    assert shown(view) == {"p0", "p1", "note"}
    view.depth = 2
    assert shown(view) == {"p0", "p1", "note", "p2"}
    view.depth = 0
    assert shown(view) == {"p0"}
    view.around = None
    assert len(shown(view)) == 5


def test_expanding_loads_what_was_left_out(chain: Any) -> None:
    view = chain.view(around=chain.entity("p0"), filter="type:person")
    assert shown(view) == {"p0", "p1"}
    view.expand("p1")
    assert shown(view) == {"p0", "p1", "p2"}
    view.expand(chain.entity("p0"))
    assert shown(view) == {"p0", "p1", "p2", "note"}
    view.show_all()
    assert len(shown(view)) == 5
    assert (view.filter, view.around, view.collapsed) == ("", (), ())


@pytest.mark.parametrize(
    ("option", "value"), [("depth", 11), ("depth", -1), ("around", 3), ("collapsed", [3])]
)
def test_a_lens_that_makes_no_sense_is_refused(chain: Any, option: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        chain.view(**{option: value})
    assert caught.value.field == option


def test_a_view_is_around_what_is_there(chain: Any) -> None:
    with pytest.raises(EntityNotFoundError):
        chain.view(around="nobody")


def test_a_collapsed_type_is_one_entity_with_its_number(chain: Any) -> None:
    view = chain.view(collapsed="person")
    group = view.scene.entity(group_id("person"))
    assert (group.type, group.name, group.properties["count"]) == ("person", "person (4)", 4)
    (bundle,) = view.scene.relations.values()
    assert (bundle.from_entity, bundle.to_entity, bundle.type) == (group.id, "note", "wrote")
    view.expand(group.id)
    assert view.collapsed == ()
    assert len(shown(view)) == 5


def test_relations_of_a_kind_are_one_between_groups(chain: Any) -> None:
    chain.relate("p1", "wrote", "note", id="wrote too", strength=2)
    view = chain.view()
    view.collapse()
    assert view.collapsed == ("person", "text")
    (bundle,) = view.scene.relations.values()
    assert (bundle.properties["count"], bundle.strength) == (2, 3)


def test_a_group_can_be_selected_and_goes_from_the_selection_with_it(chain: Any) -> None:
    view = chain.view(collapsed="person")
    view.selection = group_id("person")
    view.expand("person")
    assert view.selection == ()


def test_a_past_version_is_seen_through_the_same_lens(chain: Any) -> None:
    chain.commit("one")
    chain.delete("p3", cascade=True)
    view = chain.view(filter="type:person")
    assert shown(view) == {"p0", "p1", "p2"}
    view.version = "v1"
    assert shown(view) == {"p0", "p1", "p2", "p3"}


def test_names_of_types_may_be_long(lab: Any) -> None:
    lab.add_entity("x" * 500, id="a")
    lab.add_entity("y", id="b")
    lab.relate("a", "z" * 500, "b")
    assert len(lab.view(collapsed=True).scene.relations) == 1


def test_what_comes_and_goes_in_large_numbers_is_told_anew(lab: Any, wire: Any, hop: Any) -> None:
    with lab.transaction():
        for number in range(4_200):
            lab.add_entity("a" if number % 2 else "b", id=str(number))
    feed = Feed(lab, ("graph",), wire.send, hop=hop, clock=lambda: hop.now)
    wire.feed = feed
    view = wire.join()
    feed.look_through(Lens("type:a"))
    hop.advance(1)
    assert len(view.nodes) == 2_100
    assert view.shows(feed.board.scene)
    lab.update("1", type="b")
    hop.advance(1)
    assert len(view.nodes) == 2_099
    feed.look_through(Lens())
    hop.advance(1)
    assert view.shows(lab.state)


LENSES = st.builds(
    Lens,
    st.sampled_from(["", "type:a", "degree>1", "-type:b"]),
    st.sampled_from([(), ("0",), ("1", "4")]),
    st.integers(0, 2),
    st.frozensets(st.sampled_from("0123")),
    st.frozensets(st.sampled_from("ab")),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "delete", "relate", "retype", "look"]),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(LENSES, LENSES, STEPS)
def test_whatever_changes_the_browser_has_what_the_lens_shows(
    wire_class: Any, hop_class: Any, first: Lens, second: Lens, steps: list[tuple[str, int, int]]
) -> None:
    wire, hop = wire_class(), hop_class()
    with nl.open() as lab:
        feed = Feed(lab, ("graph",), wire.send, hop=hop, clock=lambda: hop.now)
        wire.feed = feed
        feed.look_through(first)
        view = wire.join()
        for step, a, b in steps:
            change(lab, feed, second, step, str(a), str(b))
            hop.advance(1)
            assert view.shows(feed.board.scene)
        feed.close()


def change(lab: Any, feed: Feed, lens: Lens, step: str, a: str, b: str) -> None:
    there = lab.state.entity(a)
    if step == "look":
        feed.look_through(lens)
    elif step == "add" and not there:
        lab.add_entity("a" if b < "3" else "b", id=a)
    elif step == "delete" and there:
        lab.delete(a, cascade=True)
    elif step == "retype" and there:
        lab.update(a, type="b" if there.type == "a" else "a")
    elif step == "relate" and there and lab.state.entity(b):
        lab.relate(a, "knows", b)
