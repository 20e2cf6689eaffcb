from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import nerv_lab as nl
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.shown.digest import digest_of, mark, moved

IDS = ("a", "b", "c", "d")


def _states() -> st.SearchStrategy[GraphState]:
    revisions = st.dictionaries(st.sampled_from(IDS), st.integers(1, 3))
    return revisions.map(
        lambda chosen: GraphState.build(
            Entity(id, "thing", EntityMetadata(name=id), revision=n) for id, n in chosen.items()
        )
    )


@given(_states(), _states())
def test_a_move_gives_what_adding_up_gives(before: GraphState, after: GraphState) -> None:
    keys = [f"e:{id}" for id in (*IDS, *IDS)]
    assert moved(digest_of(before), before, after, keys) == digest_of(after)


@given(_states(), _states())
def test_states_that_differ_have_other_digests(a: GraphState, b: GraphState) -> None:
    assert (digest_of(a) == digest_of(b)) == (dict(a.entities) == dict(b.entities))


def test_changes_in_opposite_ways_do_not_cancel_out() -> None:
    def pair(id: str, first: int, second: int) -> GraphState:
        revisions = {f"{id}1": first, f"{id}2": second}
        return GraphState.build(Entity(id, "thing", revision=n) for id, n in revisions.items())

    for id in map(str, range(1_000)):
        assert digest_of(pair(id, 2, 2)) != digest_of(pair(id, 3, 1))


def test_every_change_of_an_item_changes_its_mark() -> None:
    with nl.open() as lab:
        marks: list[Any] = [mark(lab.add_entity("thing", name="a", id="a"))]
        marks.append(mark(lab.update("a", name="b")))
        marks.append(mark(lab.update("a", name="a")))
        relation = lab.relate("a", "knows", "a")
        marks.append(mark(relation))
        marks.append(mark(lab.update(relation.id, strength=0.5)))
        assert len(set(marks)) == 5
        assert all(0 <= m < 2**64 for m in marks)
        assert mark(None) == 0
