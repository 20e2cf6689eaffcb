from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.limits import MAX_NAME
from nerv_lab.exchange.identity import RelationIds

parts = st.text(alphabet="a:->#%1", min_size=1, max_size=6)


def test_an_id_reads_as_type_source_and_target() -> None:
    assert RelationIds().next("wrote", "dist:ada", "note") == "wrote:dist:ada->note"


def test_parallel_relations_are_numbered_in_their_order() -> None:
    ids = RelationIds()
    assert [ids.next("t", "a", "b") for _ in range(3)] == ["t:a->b", "t:a->b#2", "t:a->b#3"]


@given(st.lists(st.tuples(parts, parts, parts), max_size=8))
def test_two_relations_never_share_an_id(triples: list[tuple[str, str, str]]) -> None:
    ids = RelationIds()
    assert len({ids.next(*triple) for triple in triples}) == len(triples)


def test_an_id_that_would_be_too_long_is_shortened_to_a_digest() -> None:
    first, second = (RelationIds().next("t", "a" * 300, end * 300) for end in "bc")
    assert len(first) <= MAX_NAME
    assert first != second
