from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import values

from nerv_lab.core.graph.conditions import ABSENT
from nerv_lab.core.graph.ordering import ordered
from nerv_lab.core.values import freeze

anything = st.lists(values.map(lambda v: freeze(v, "v")) | st.just(ABSENT), max_size=8)


def in_order(items: list[Any], *, descending: bool = False) -> list[Any]:
    return ordered(items, lambda item: item, descending=descending)


@given(anything, st.booleans())
def test_every_item_comes_once_whatever_its_type(items: list[Any], descending: bool) -> None:
    found = in_order(items, descending=descending)
    assert sorted(map(id, found)) == sorted(map(id, items))
    assert in_order(found, descending=descending) == found


def test_numbers_come_before_text_before_times_and_what_is_absent_last() -> None:
    day, moment = dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)
    mixed = [None, "b", moment, 2, ABSENT, "a", 1.5, day]
    assert in_order(mixed) == [1.5, 2, "a", "b", day, moment, None, ABSENT]
    assert in_order(mixed, descending=True) == [moment, day, "b", "a", 2, 1.5, None, ABSENT]


def test_equals_stay_in_their_order() -> None:
    pairs = [("x", 1), ("y", 1), ("z", 0)]
    assert ordered(pairs, lambda pair: pair[1], descending=True) == pairs
