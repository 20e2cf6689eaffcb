from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.diff import equal_values
from nerv_lab.core.values import freeze
from nerv_lab.widgets.shown.literals import KINDS, kind_of, read_literal, write_literal

VALUES = [
    None, True, False, 0, -3, 1.0, 1e300, -0.0, "", " two \n lines ", "None", "1815",
    dt.date(1815, 12, 10), dt.datetime(1843, 9, 1, 12, tzinfo=dt.UTC), Decimal("12.50"),
    uuid.UUID(int=7), b"\x00\xff", [], [1, [2.0]], {"a": {"$nerv": "x"}}, (1, 2), frozenset({3}),
    {"long": "x" * 200},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_written_is_read_as_the_same_value(value: Any) -> None:
    frozen = freeze(value)
    read = read_literal(kind_of(frozen), write_literal(frozen), "born")
    assert equal_values(read, frozen)


def test_every_value_has_a_kind_that_can_be_read() -> None:
    assert {kind_of(freeze(value)) for value in VALUES} == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "1.5"), ("int", ""), ("int", "9" * 30), ("float", "much"), ("float", "nan"),
        ("bool", "yes"), ("None", "x"), ("date", "1815"), ("datetime", "noon"), ("Decimal", "x"),
        ("Decimal", "NaN"), ("UUID", "7"), ("json", "{"), ("json", '{"a": 1, "a": 2}'),
        ("str", "\ud800"), ("str", 3), ("list", "[]"), (None, "x"), ([], "x"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_kind_is_refused_under_the_field(kind: Any, text: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        read_literal(kind, text, "born")
    assert caught.value.field.startswith("born")


def test_blanks_around_a_number_do_no_harm_and_those_of_a_text_stay() -> None:
    assert read_literal("int", " 7 ", "x") == 7
    assert read_literal("str", " 7 ", "x") == " 7 "
