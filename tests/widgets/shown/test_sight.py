"""What a lens shows, kept up change by change, is what it shows of the graph anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nerv_lab as nl
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.shown.groups import group_id
from nerv_lab.widgets.shown.lens import Lens
from nerv_lab.widgets.shown.sight import Sight

LENSES = st.builds(
    Lens,
    st.sampled_from(["", "type:a", "degree>1", "-type:b", "rank>2 degree<3", "b"]),
    st.sampled_from([(), ("0",), ("1", "4")]),
    st.integers(0, 2),
    st.frozensets(st.sampled_from("0123")),
    st.frozensets(st.sampled_from("abc")),
)
STEP = st.tuples(
    st.sampled_from(["add", "delete", "relate", "unrelate", "retype", "rank", "strengthen"]),
    st.integers(0, 5),
    st.integers(0, 5),
)
BATCHES = st.lists(st.lists(STEP, min_size=1, max_size=4), max_size=10)


def change(lab: Any, step: str, a: str, b: str) -> None:
    there, other = lab.state.entity(a), lab.state.entity(b)
    relation = lab.state.relation(f"{a}-{b}")
    if step == "add" and not there:
        lab.add_entity("abc"[int(b) % 3], id=a)
    elif step == "delete" and there:
        lab.delete(a, cascade=True)
    elif step == "relate" and there and other and not relation:
        lab.relate(a, "knows", b, id=f"{a}-{b}", strength=0.1 + int(b))
    elif step == "unrelate" and relation:
        lab.delete(relation.id)
    elif step == "retype" and there:
        lab.update(a, type="abc"[int(b) % 3])
    elif step == "rank" and there:
        lab.update(a, properties={"rank": int(b)})
    elif step == "strengthen" and relation:
        lab.update(relation.id, strength=relation.strength + 0.7)


def shown(scene: GraphState) -> dict[str, Any]:
    found: dict[str, Any] = {item.key: item.fingerprint for item in scene.items()}
    for id in scene.entities:
        found[f"at {id}"] = sorted(relation.id for relation in scene.relations_of(id))
        assert scene.degree(id) == len(found[f"at {id}"])
    assert len(scene) == sum(not key.startswith("at ") for key in found)
    return found


@settings(deadline=None, max_examples=150)
@example(Lens(collapsed=frozenset("a")), [[("add", 1, 0)], [("delete", 1, 0), ("add", 1, 1)]])
@given(LENSES, BATCHES)
def test_following_changes_comes_to_the_same_as_looking_anew(
    lens: Lens, batches: list[list[tuple[str, int, int]]]
) -> None:
    with nl.open() as lab:
        state = lab.state
        sight = Sight(lens, state)
        for batch in batches:
            for step, a, b in batch:
                change(lab, step, str(a), str(b))
            before, drawn = sight.scene, shown(sight.scene)
            changes = sight.follow(lab.state, state.diff(lab.state, exact=True))
            state = lab.state
            anew = Sight(lens, state).scene
            assert shown(sight.scene) == shown(anew)
            assert {c.key for c in changes} == {c.key for c in before.diff(anew, exact=True)}
            assert shown(before) == drawn  # whoever holds on to it has it as it was


def test_the_changes_of_a_scene_come_in_an_order_in_which_each_step_is_a_graph(lab: Any) -> None:
    for id in "123":
        lab.add_entity("a", id=id)
    lab.relate("1", "knows", "2", id="gone")
    state, sight = lab.state, Sight(Lens("type:a"), lab.state)
    with lab.transaction():
        lab.delete("1", cascade=True)
        lab.add_entity("a", id="4")
        lab.relate("3", "knows", "4", id="new")
    changes = sight.follow(lab.state, reversed(state.diff(lab.state)))
    assert [c.key for c in changes] == ["r:gone", "e:1", "e:4", "r:new"]


def test_without_a_lens_the_changes_are_those_of_the_graph(lab: Any) -> None:
    state, sight = lab.state, Sight(Lens(), lab.state)
    lab.add_entity("a", id="1")
    changes = state.diff(lab.state)
    assert sight.follow(lab.state, changes) == changes
    assert sight.scene is lab.state


def test_what_does_not_meet_a_filter_changes_nothing_that_is_shown(lab: Any) -> None:
    lab.add_entity("a", id="1")
    state, sight = lab.state, Sight(Lens("type:b"), lab.state)
    lab.update("1", name="still no b")
    assert sight.follow(lab.state, state.diff(lab.state)) == ()


@pytest.mark.parametrize("strengths", [(0.1, 0.2, 0.3), (1e100, 1.0, 5.0)])
def test_the_strength_of_a_bundle_does_not_depend_on_the_order(
    lab: Any, strengths: tuple[float, ...]
) -> None:
    lab.add_entity("a", id="1")
    lab.add_entity("b", id="2")
    lens, found = Lens(collapsed=frozenset("a")), []
    for order in (strengths, strengths[::-1]):
        sight = Sight(lens, lab.state)
        for number, strength in enumerate(order):
            state = lab.state
            lab.relate("1", "knows", "2", id=f"r{number}", strength=strength)
            sight.follow(lab.state, state.diff(lab.state))
        (bundle,) = sight.scene.relations.values()
        assert bundle.from_entity == group_id("a")
        found.append(bundle.strength)
        for number in range(len(order)):
            lab.delete(f"r{number}")
    assert found[0] == found[1] == pytest.approx(sum(strengths))
