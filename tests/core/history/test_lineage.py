from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.history.lineage import ancestors, merge_bases

Graph = dict[str, tuple[str, ...]]


@st.composite
def histories(draw: st.DrawFn) -> Graph:
    """Return a history of versions with up to two parents each."""
    graph: Graph = {}
    for n in range(draw(st.integers(1, 12))):
        known = sorted(graph)
        parents = draw(st.lists(st.sampled_from(known), max_size=2, unique=True)) if known else []
        graph[f"{n:02}"] = tuple(parents)
    return graph


def test_a_version_is_its_own_ancestor() -> None:
    assert ancestors("b", {"a": (), "b": ("a",)}.__getitem__) == {"a", "b"}


def test_the_base_of_a_line_is_the_older_version() -> None:
    line: Graph = {"a": (), "b": ("a",), "c": ("b",)}
    assert merge_bases("b", "c", line.__getitem__) == ("b",)


def test_the_base_of_two_branches_is_where_they_parted() -> None:
    graph: Graph = {"a": (), "b": ("a",), "c": ("b",), "d": ("b",)}
    assert merge_bases("c", "d", graph.__getitem__) == ("b",)


def test_a_criss_cross_has_two_bases() -> None:
    graph: Graph = {
        "a": (),
        "b": ("a",),
        "c": ("a",),
        "d": ("b", "c"),
        "e": ("c", "b"),
    }
    assert merge_bases("d", "e", graph.__getitem__) == ("b", "c")


def test_unrelated_histories_have_no_base() -> None:
    assert merge_bases("a", "b", {"a": (), "b": ()}.__getitem__) == ()


@given(histories(), st.data())
def test_the_bases_are_those_that_a_search_by_definition_finds(
    graph: Graph, data: st.DataObject
) -> None:
    a, b = (data.draw(st.sampled_from(sorted(graph))) for _ in range(2))
    lines = {id: ancestors(id, graph.__getitem__) for id in graph}
    common = lines[a] & lines[b]
    nearest = {
        id for id in common if not any(id != other and id in lines[other] for other in common)
    }
    assert set(merge_bases(a, b, graph.__getitem__)) == nearest
