from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.widgets.shown.board import Density

TIMES = st.lists(st.integers(0, 10**13), max_size=200)


@given(TIMES)
def test_no_event_is_lost_however_wide_the_buckets_become(times: list[int]) -> None:
    density = Density(max_buckets=8)
    for time in times:
        density.add(time)
    assert sum(density.counts.values()) == len(times)
    assert len(density.counts) <= 8


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 5_000))
def test_spread_events_are_all_counted(start: int, length: int, count: int) -> None:
    density = Density()
    density.spread(start, start + length, count)
    assert sum(density.counts.values()) == count
