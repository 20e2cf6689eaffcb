from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shared.graphs import as_plain, changed, changes, states

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import UNSET, Change
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Conflict, Resolution, Take
from nerv_lab.core.history.merge import Merge, merge_states
from nerv_lab.core.history.merge_functions import (
    CannotMerge,
    MergeFunction,
    as_set,
    counter,
    last_writer,
    text_lines,
)


def person(id: str = "ada", **properties: Any) -> Entity:
    return Entity(id, "person", EntityMetadata(properties=properties))


def graph(*items: Entity | Relation) -> GraphState:
    return GraphState.build(items)


def merged_properties(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], **options: Any
) -> tuple[dict[str, Any], Merge]:
    sides = [graph(person(**p)) for p in (base, ours, theirs)]
    merge = merge_states(*sides, **options)
    return dict(sides[1].apply(merge.changes).entities["ada"].properties), merge


def test_what_each_side_changed_alone_is_taken_from_both() -> None:
    found, merge = merged_properties({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2, "c": 3})
    assert found == {"a": 2, "b": 2, "c": 3}
    assert merge.conflicts == ()


def test_what_both_changed_alike_is_taken_once() -> None:
    assert merged_properties({"a": 1}, {"a": 2}, {"a": 2})[0] == {"a": 2}


def test_nested_dicts_are_merged_by_their_keys() -> None:
    found, _ = merged_properties(
        {"d": {"x": 1, "y": {"z": 1}}},
        {"d": {"x": 2, "y": {"z": 1}}},
        {"d": {"x": 1, "y": {"z": 2}, "new": 0}},
    )
    assert found == {"d": {"x": 2, "y": {"z": 2}, "new": 0}}


def test_two_values_for_one_property_are_a_conflict_that_names_all_three() -> None:
    found, merge = merged_properties({"a": 1}, {"a": 2}, {"a": 3})
    assert merge.conflicts == (Conflict("e:ada", ("properties", "a"), "value", 1, 2, 3),)
    assert found == {"a": 2}


def test_a_removal_against_a_change_is_a_conflict() -> None:
    _, merge = merged_properties({"a": 1}, {}, {"a": 3})
    assert [c.ours for c in merge.conflicts] == [UNSET]


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [("base", 1), ("ours", 2), ("theirs", 3), (Take([4]), [4])],
)
def test_a_conflict_is_resolved_with_a_side_or_a_value(
    resolution: Resolution, expected: Any
) -> None:
    place = ("e:ada", ("properties", "a"))
    found, merge = merged_properties({"a": 1}, {"a": 2}, {"a": 3}, resolutions={place: resolution})
    assert found == {"a": expected}
    assert merge.conflicts == ()
    assert merge.resolved == {place: resolution}


def test_a_resolution_must_be_a_side_or_a_value() -> None:
    with pytest.raises(ValidationError, match="resolution"):
        merged_properties(
            {"a": 1}, {"a": 2}, {"a": 3}, resolutions={("e:ada", ("properties", "a")): "mine"}
        )


def test_one_and_one_point_zero_are_a_conflict() -> None:
    assert len(merged_properties({"a": 0}, {"a": 1}, {"a": 1.0})[1].conflicts) == 1


@pytest.mark.parametrize(
    ("function", "sides", "expected"),
    [
        (counter, (10, 12, 15), 17),
        (counter, (UNSET, 2, 3), 5),
        (counter, (1.5, 2.5, 0.5), 1.5),
        (as_set, ([1, 2, 3], [1, 3, 4], [2, 3, 5]), [3, 4, 5]),
        (text_lines, ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n"), "A\nb\nC\n"),
        (text_lines, ("a\nb\n", "x\na\nb\n", "a\nb\ny"), "x\na\nb\ny"),
        (text_lines, ("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n"), "a\nc\nd\n"),
    ],
)
def test_a_merge_function_merges_what_both_changed(
    function: MergeFunction, sides: tuple[Any, Any, Any], expected: Any
) -> None:
    base, ours, theirs = ({} if v is UNSET else {"a": v} for v in sides)
    options = {"functions": {"properties.a": function}}
    assert merged_properties(base, ours, theirs, **options)[0] == {"a": expected}


@pytest.mark.parametrize(
    ("function", "sides"),
    [
        (counter, (1, 2, "x")),
        (counter, (1, True, 3)),
        (as_set, ([1], [2], (3,))),
        (text_lines, ("a\n", "b\n", "c\n")),
        (text_lines, (1, "b", "c")),
    ],
)
def test_what_a_merge_function_cannot_merge_stays_a_conflict(
    function: MergeFunction, sides: tuple[Any, Any, Any]
) -> None:
    base, ours, theirs = ({"a": v} for v in sides)
    options = {"functions": {"properties.a": function}}
    assert len(merged_properties(base, ours, theirs, **options)[1].conflicts) == 1


@pytest.mark.parametrize(("later", "expected"), [("ours", 2), ("theirs", 3)])
def test_the_last_writer_is_the_side_that_is_later_in_the_log(later: Any, expected: int) -> None:
    found, _ = merged_properties(
        {"a": 1}, {"a": 2}, {"a": 3}, functions={"properties.a": last_writer}, later=later
    )
    assert found == {"a": expected}


def test_a_function_may_be_named_for_one_type_only() -> None:
    sides = ({"a": 1}, {"a": 2}, {"a": 3})
    assert merged_properties(*sides, functions={"person:properties.a": counter})[0] == {"a": 4}
    assert merged_properties(*sides, functions={"text:properties.a": counter})[1].conflicts


def test_a_callable_of_the_users_own_merges_too() -> None:
    found, _ = merged_properties(
        {"a": 1}, {"a": 2}, {"a": 3}, functions={"properties.a": lambda b, o, t: max(o, t)}
    )
    assert found == {"a": 3}


def test_tags_are_merged_as_a_set() -> None:
    base, ours, theirs = (
        graph(Entity("ada", "person", EntityMetadata(tags=tags)))
        for tags in (("x", "y"), ("y", "b"), ("x", "y", "a"))
    )
    merge = merge_states(base, ours, theirs)
    assert ours.apply(merge.changes).entities["ada"].tags == ("y", "a", "b")


def test_deleted_against_unchanged_is_deleted() -> None:
    base = graph(person(), person("eve"))
    ours, theirs = graph(person("eve")), graph(person(), person("eve"))
    for a, b in ((ours, theirs), (theirs, ours)):
        assert sorted(a.apply(merge_states(base, a, b).changes).entities) == ["eve"]


@pytest.mark.parametrize(("choice", "left"), [("ours", []), ("theirs", ["ada"])])
def test_deleted_against_changed_is_a_conflict_of_the_item(choice: Any, left: list[str]) -> None:
    base, ours, theirs = graph(person(a=1)), graph(), graph(person(a=2))
    [conflict] = merge_states(base, ours, theirs).conflicts
    assert (conflict.key, conflict.path, conflict.kind) == ("e:ada", (), "deleted")
    merge = merge_states(base, ours, theirs, resolutions={conflict.place: choice})
    assert list(ours.apply(merge.changes).entities) == left
    assert merge.conflicts == ()


@pytest.mark.parametrize(("choice", "entities"), [("ours", ["ada"]), ("theirs", ["ada", "note"])])
def test_a_relation_to_what_the_other_side_deleted_is_a_conflict(
    choice: Any, entities: list[str]
) -> None:
    note = Entity("note", "text")
    base = graph(person(), note)
    ours, theirs = graph(person()), graph(person(), note, Relation("r", "ada", "note", "wrote"))
    for a, b, side in ((ours, theirs, choice), (theirs, ours, _mirrored(choice))):
        [conflict] = merge_states(base, a, b).conflicts
        assert (conflict.key, conflict.path, conflict.kind) == ("r:r", ("note",), "dangling")
        merge = merge_states(base, a, b, resolutions={conflict.place: side})
        after = a.apply(merge.changes)
        assert sorted(after.entities) == entities
        assert len(after.relations) == len(entities) - 1
        assert merge.conflicts == ()


def _mirrored(side: Any) -> Any:
    return {"ours": "theirs", "theirs": "ours"}.get(side, side)


def _mirror(conflict: Conflict) -> Conflict:
    return Conflict(
        conflict.key, conflict.path, conflict.kind, conflict.base, conflict.theirs, conflict.ours
    )


grown = st.lists(changes, max_size=8)


@given(states, grown, grown)
def test_a_merge_is_the_same_from_both_sides(
    base: GraphState, one: list[Change], two: list[Change]
) -> None:
    ours, theirs = changed(base, one), changed(base, two)
    forth, back = merge_states(base, ours, theirs), merge_states(base, theirs, ours)
    assert {repr(c) for c in forth.conflicts} == {repr(_mirror(c)) for c in back.conflicts}
    if not forth.conflicts:
        assert as_plain(ours.apply(forth.changes)) == as_plain(theirs.apply(back.changes))


@given(states, grown)
def test_a_side_that_did_nothing_gives_way(base: GraphState, one: list[Change]) -> None:
    theirs = changed(base, one)
    merge = merge_states(base, base, theirs)
    assert merge.conflicts == ()
    assert as_plain(base.apply(merge.changes)) == as_plain(theirs)
    assert merge_states(base, theirs, base).changes == ()
    assert merge_states(base, theirs, theirs).changes == ()


@pytest.mark.parametrize("field", ["type", "from_entity", "to_entity"])
def test_a_field_that_no_item_is_without_cannot_be_what_it_was_before_there_was_one(
    field: str,
) -> None:
    ends = [Entity("a", "person"), Entity("b", "person")]
    known = {"type": "knows", "from_entity": "a", "to_entity": "a"}
    ours, theirs = Relation("r", **known), Relation("r", **{**known, field: "b"})
    place = ("r:r", (field,))
    with pytest.raises(ValidationError, match=f"r:r cannot be without its {field}"):
        merge_states(
            graph(*ends), graph(*ends, ours), graph(*ends, theirs), resolutions={place: "base"}
        )


@given(states, grown, grown, st.sampled_from(["ours", "theirs"]))
def test_every_conflict_can_be_resolved_and_leaves_a_whole_graph(
    base: GraphState, one: list[Change], two: list[Change], side: Any
) -> None:
    ours, theirs = changed(base, one), changed(base, two)
    resolutions: dict[Any, Resolution] = {}
    for _ in range(20):
        merge = merge_states(base, ours, theirs, resolutions=resolutions)
        if not merge.conflicts:
            break
        resolutions |= {c.place: side for c in merge.conflicts}
    assert merge.conflicts == ()
    after = ours.apply(merge.changes)
    ends = {e for r in after.relations.values() for e in (r.from_entity, r.to_entity)}
    assert ends <= set(after.entities)


@given(states, grown, grown)
def test_what_is_known_to_be_touched_need_not_be_searched(
    base: GraphState, one: list[Change], two: list[Change]
) -> None:
    ours, theirs = changed(base, one), changed(base, two)
    touched = {c.key for side in (ours, theirs) for c in base.diff(side)}
    assume(touched)
    assert merge_states(base, ours, theirs, touched=touched) == merge_states(base, ours, theirs)


lines = st.lists(st.sampled_from("abcd"), max_size=6).map("\n".join)


@given(lines, lines, lines)
def test_a_merge_of_texts_is_the_same_from_both_sides(base: str, one: str, two: str) -> None:
    def attempt(ours: str, theirs: str) -> str | None:
        try:
            return str(text_lines(base, ours, theirs))
        except CannotMerge:
            return None

    assert attempt(one, two) == attempt(two, one)
    assert attempt(base, two) == attempt(two, base) == attempt(two, two) == two
