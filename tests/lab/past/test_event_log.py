from __future__ import annotations

import pytest

from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Lab:
    for n in range(10):
        lab.bus.publish("count", {"n": n})
    return lab


def test_the_log_is_a_sequence_oldest_first(lab: Lab) -> None:
    assert len(lab.events) == 10
    assert [e.seq for e in lab.events] == list(range(1, 11))
    assert (lab.events[0].seq, lab.events[-1].seq) == (1, 10)


@pytest.mark.parametrize(
    "part", [slice(2, 5), slice(-3, None), slice(None, None, -2), slice(5, 2), slice(0, 99)]
)
def test_a_slice_is_that_of_a_list(lab: Lab, part: slice) -> None:
    assert [e.seq for e in lab.events[part]] == list(range(1, 11))[part]


@pytest.mark.parametrize("index", [10, -11])
def test_a_position_outside_the_log_is_an_index_error(lab: Lab, index: int) -> None:
    with pytest.raises(IndexError, match="10 events"):
        lab.events[index]


def test_recent_events_are_newest_first(lab: Lab) -> None:
    assert [e.seq for e in lab.events.recent(3)] == [10, 9, 8]
    assert len(lab.events.recent(99)) == 10


def test_events_behind_a_position_are_read_up_to_a_limit(lab: Lab) -> None:
    assert [e.seq for e in lab.events.after(4, 2)] == [5, 6]


def test_the_log_is_a_frame(lab: Lab) -> None:
    frame = lab.events.to_pandas()
    assert list(frame.columns) == ["seq", "type", "timestamp", "source", "data"]
    assert frame["data"].iloc[3] == {"n": 3}


def test_the_log_says_how_long_it_is(lab: Lab) -> None:
    assert repr(lab.events) == "<EventLog of 10 events>"
