"""What the methods of a Lab that reach up tell of themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from nerv_lab.lab import Lab
from nerv_lab.lab.delegates import explained_by


@pytest.mark.parametrize(
    ("method", "keyword"),
    [
        ("import_pandas", "entity_type"),
        ("import_csv", "separator"),
        ("to_html", "versions"),
        ("explorer", "style"),
        ("view", "positions"),
        ("timeline", "height"),
    ],
)
def test_a_method_that_reaches_up_shows_the_keywords_and_the_help_of_what_it_calls(
    lab: Lab, method: str, keyword: str
) -> None:
    called: Callable[..., Any] = getattr(lab, method)
    parameters = inspect.signature(called).parameters
    assert keyword in parameters
    assert "lab" not in parameters
    help = inspect.getdoc(called) or ""
    assert "see `nerv_lab." in help.splitlines()[0]
    assert len(help.splitlines()) > 5
    assert "lab : Lab" not in help


def test_a_default_is_the_one_of_the_widget(lab: Lab) -> None:
    parameters = inspect.signature(lab.view).parameters
    assert lab.view().height == parameters["height"].default


def test_what_is_not_installed_is_missed_when_it_is_called_and_not_before() -> None:
    class Reader:
        @explained_by("exchange.of_an_extra_that_is_not_there")
        def to_stars(self, path: str) -> str:
            """Write stars."""
            return path

    reader = Reader()
    assert reader.to_stars("sky") == "sky"
    assert inspect.getdoc(reader.to_stars) == "Write stars."
    assert [*inspect.signature(reader.to_stars).parameters] == ["path"]
