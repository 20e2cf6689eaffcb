from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerv_lab.core.text import counted, one_line, value_text
from nerv_lab.core.values import freeze


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, 2.0, None]}, "{'a': [1, 2.0, None]}"),
        ((1,), "(1,)"),
        ((1, "b"), "(1, 'b')"),
        ({"b", "a", "c"}, "{'a', 'b', 'c'}"),
        (set(), "set()"),
        ("a\nb", "'a\\nb'"),
    ],
)
def test_a_value_is_written_as_python_writes_it(value: Any, text: str) -> None:
    assert value_text(freeze(value)) == text


def test_a_long_value_is_cut_and_says_how_long_it_is() -> None:
    assert value_text("x" * 50, 10) == "'xxxxxxxxx… (52 characters)"


@given(st.text())
def test_a_line_holds_nothing_that_commands_a_terminal(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert not text.isprintable() or line == text


def test_an_escape_sequence_in_a_name_is_shown_and_not_obeyed() -> None:
    assert one_line("\x1b[31mAda\u202e") == "\\x1b[31mAda\\u202e"


def test_one_thing_is_counted_in_the_singular() -> None:
    assert [counted(n, "version") for n in (0, 1, 2)] == ["0 versions", "1 version", "2 versions"]


def test_an_irregular_plural_is_given() -> None:
    shown = [counted(n, "entity", "entities") for n in (0, 1, 2)]
    assert shown == ["0 entities", "1 entity", "2 entities"]
