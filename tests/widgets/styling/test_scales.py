from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.styling.scales import Categories, Line, written

numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(numbers, min_size=2), st.sampled_from(["linear", "sqrt", "log"]))
def test_shares_are_from_0_to_1_and_in_order(values: list[float], curve: str) -> None:
    line = Line(curve, None, "x")
    line.learn(values)
    shares = [share for v in sorted(values) if (share := line.share(v)) is not None]
    assert all(0 <= share <= 1 for share in shares)
    assert shares == sorted(shares)


@given(st.lists(st.lists(numbers, min_size=1), min_size=1))
def test_a_domain_holds_all_that_came_and_never_shrinks(batches: list[list[float]]) -> None:
    line = Line("linear", None, "x")
    before = None
    for batch in batches:
        moved = line.learn(batch)
        assert line.ends is not None
        assert moved == (before != line.ends)
        assert line.ends[0] <= min(batch)
        assert max(batch) <= line.ends[1]
        if before:
            assert line.ends[0] <= before[0]
            assert before[1] <= line.ends[1]
        before = line.ends


def test_a_domain_has_round_ends_so_that_little_more_does_not_move_it() -> None:
    line = Line("linear", None, "x")
    line.learn([3, 87])
    assert line.ends == (0, 90)
    assert not line.learn([89])
    assert line.learn([91])


def test_a_domain_that_was_given_stays_and_holds_what_is_beyond_at_its_ends() -> None:
    line = Line("linear", (0, 10), "x")
    assert not line.learn([50])
    assert line.share(50) == 1
    assert line.share(-5) == 0
    assert line.share(Decimal(5)) == 0.5


def test_a_domain_may_fall() -> None:
    assert Line("linear", (10, 0), "x").share(10) == 0


def test_a_log_scale_passes_over_what_it_cannot_hold() -> None:
    line = Line("log", None, "x")
    line.learn([-1, 0, 2, 700])
    assert line.ends == (1, 1000)
    assert line.share(0) is None
    assert line.share(10) == pytest.approx(1 / 3)


def test_times_are_on_a_line_and_grow_with_some_slack() -> None:
    line = Line("linear", None, "x")
    line.learn([dt.date(2020, 1, 1), dt.date(2021, 1, 1)])
    assert line.of_times
    assert line.share(dt.datetime(2020, 7, 2, tzinfo=dt.UTC)) == pytest.approx(0.5, abs=0.01)
    assert line.learn([dt.date(2021, 6, 1)])
    assert not line.learn([dt.date(2021, 7, 1)])
    assert written(dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp(), True) == "2020-01-01"


@pytest.mark.parametrize("value", ["text", None, True, [1], float("inf")])
def test_what_is_no_number_has_no_share(value: object) -> None:
    line = Line("linear", (0, 1), "x")
    assert line.share(value) is None


def test_one_value_lies_in_the_middle() -> None:
    line = Line("linear", None, "x")
    line.learn([7])
    assert line.share(7) == 0.5


@pytest.mark.parametrize("domain", [(1,), (1, 1), ("a", "b"), (1, 2, 3)])
def test_a_domain_of_numbers_is_two_that_differ(domain: tuple[object, ...]) -> None:
    with pytest.raises(ValidationError, match="style: the domain"):
        Line("linear", domain, "style")


def test_a_log_domain_is_above_zero() -> None:
    with pytest.raises(ValidationError, match="cannot hold"):
        Line("log", (0, 10), "style")


def test_the_most_frequent_category_comes_first_and_newcomers_last() -> None:
    categories = Categories(None)
    categories.learn(["b", "a", "b", "c", "a", "b"])
    categories.learn(["a", "z"])
    assert categories.names == ["b", "a", "c", "z"]
    assert categories.number("z") == 3
    assert categories.number("unknown") is None


def test_categories_that_were_given_stay_as_they_are() -> None:
    categories = Categories(["x", "y"])
    categories.learn(["z"])
    assert categories.names == ["x", "y"]


def test_true_is_no_number_and_lists_are_categories_too() -> None:
    categories = Categories(None)
    categories.learn([True, 1, [1, 2]])
    assert len({categories.number(v) for v in (True, 1, [1, 2])}) == 3
    assert categories.number(1.0) == categories.number(1)
