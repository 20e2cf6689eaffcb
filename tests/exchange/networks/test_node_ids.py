from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Hashable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.networks.node_ids import edge_id, edge_key, entity_id, node_of

scalars = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=8)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda f: abs(f) < 2**62)
    | st.booleans()
    | st.binary(max_size=4)
    | st.dates()
    | st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=2))])).filter(
        lambda moment: 1 < moment.year < 9999
    )
    | st.uuids()
    | st.sampled_from(["nx:1", "nx:1.0", "nx: 1", "nx:[1]", "nx:", 'nx:"a"', "", "a\nb"])
)
nodes = st.recursive(
    scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=2), max_leaves=4
)


@given(nodes)
def test_a_node_comes_back_from_its_id(node: Hashable) -> None:
    assert node_of(entity_id(node)) == node


@given(st.text(min_size=1, max_size=8).map(lambda text: f"nx:{text}") | st.text(max_size=8))
def test_every_id_is_the_id_of_its_node(id: str) -> None:
    try:
        back = entity_id(node_of(id))
    except ValidationError:
        return  # no entity can have this id
    assert back == id or entity_id(id) != id


@given(st.lists(nodes, unique=True, max_size=4))
def test_different_nodes_have_different_ids(different: list[Hashable]) -> None:
    assert len({entity_id(node) for node in different}) == len(different)


@pytest.mark.parametrize(
    ("node", "id"),
    [
        ("ada", "ada"),
        (7, "nx:7"),
        (7.0, "nx:7"),
        (True, "nx:1"),
        (np.int64(7), "nx:7"),
        ("nx:7", 'nx:"nx:7"'),
        ((1, "a"), 'nx:{"$nerv":"tuple","value":[1,"a"]}'),
        (uuid.UUID(int=1), 'nx:{"$nerv":"uuid","value":"00000000-0000-0000-0000-000000000001"}'),
    ],
)
def test_the_ids_of_nodes_are_documented(node: Hashable, id: str) -> None:
    assert entity_id(node) == id


@pytest.mark.parametrize("node", [object(), Decimal(1), None, float("nan"), 2**70, "a" * 600])
def test_a_node_without_a_reversible_id_is_refused(node: Hashable) -> None:
    with pytest.raises(ValidationError):
        entity_id(node)


@given(st.text(max_size=4), st.text(max_size=4), nodes)
def test_an_edge_key_comes_back_from_the_id_of_the_edge(
    source: str, target: str, key: Hashable
) -> None:
    assert edge_key(edge_id(source, target, key), source, target) == key


@pytest.mark.parametrize("id", ["w", "nx:1", 'nx:["a","b"]', 'nx:["a","c",1]', 'nx:["a","b",[1]]'])
def test_a_relation_that_is_no_edge_keeps_its_id_as_key(id: str) -> None:
    assert edge_key(id, "a", "b") == id
