from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.tables.flat import FIELDS, column_of, plain, property_of, tags_of

property_names = st.sampled_from([*FIELDS, "", "properties.", "properties.name"]) | st.text(
    max_size=12
)


@given(st.lists(property_names, unique=True, max_size=5))
def test_columns_and_properties_are_one_to_one(names: list[str]) -> None:
    columns = [column_of(name) for name in names]
    assert len(set(columns)) == len(names)
    assert [property_of(column) for column in columns] == names


@given(property_names)
def test_a_property_never_takes_the_column_of_a_field(name: str) -> None:
    assert column_of(name) not in FIELDS


def test_tags_may_be_text_separated_by_semicolons() -> None:
    assert tags_of("a; b;;c ") == ("a", "b", "c")


def test_tags_of_a_set_are_put_in_order() -> None:
    assert tags_of({"b", "a"}) == ("a", "b")


def test_tags_that_are_a_number_are_refused() -> None:
    with pytest.raises(ValidationError, match="tags: must be a list of strings"):
        tags_of(3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([[1, 2]]), [[1, 2]]),
        (
            np.datetime64("2020-01-02T03:04:05.000006000", "ns"),
            dt.datetime.fromisoformat("2020-01-02T03:04:05.000006"),
        ),
        (pd.Timestamp("2020-01-02"), dt.datetime.fromisoformat("2020-01-02")),
        ("text", "text"),
    ],
)
def test_values_of_numpy_and_pandas_become_plain(given: object, expected: object) -> None:
    value = plain(given)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize("value", [np.datetime64(1, "ns"), pd.Timestamp(1), np.timedelta64(1, "s")])
def test_a_time_that_cannot_be_kept_exactly_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        plain(value)
