from __future__ import annotations

import logging
from typing import Any

import pytest

from nerv_lab.core.errors import ValidationError


def tell(view: Any, event: str, id: str) -> None:
    view._handle_custom_msg({"type": "event", "event": event, "id": id}, [])


@pytest.fixture
def view(lab: Any) -> Any:
    a, b = lab.add_entity("x", id="a"), lab.add_entity("x", id="b")
    lab.relate(a, "knows", b, id="r")
    return lab.view()


@pytest.mark.parametrize("event", ["click", "double_click", "hover"])
def test_a_function_is_given_the_item_until_it_is_taken_away(
    lab: Any, view: Any, event: str
) -> None:
    heard: list[Any] = []
    remove = getattr(view, f"on_{event}")(heard.append)
    assert view._events == [event]
    tell(view, event, "a")
    tell(view, event, "r")
    tell(view, event, "nobody")
    remove()
    remove()
    tell(view, event, "b")
    assert heard == [lab.entity("a"), lab.relation("r")]
    assert view._events == []


def test_a_selection_is_told_of_from_both_sides(lab: Any, view: Any) -> None:
    heard: list[Any] = []
    view.on_select(heard.append)
    view.selection = ["a", "r"]
    view.selection = ()
    assert heard == [[lab.entity("a"), lab.relation("r")], []]


def test_a_function_that_fails_is_shown_and_stops_no_other(
    view: Any, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(view, "_send_quietly", lambda message, buffers: sent.append(message))
    heard: list[Any] = []
    view.on_click(lambda item: 1 / 0)
    view.on_click(heard.append)
    with caplog.at_level(logging.ERROR):
        tell(view, "click", "a")
    assert sent == [{"type": "failure", "text": "on_click: ZeroDivisionError: division by zero"}]
    assert "ZeroDivisionError" in caplog.text
    assert len(heard) == 1


def test_what_is_no_function_is_refused(view: Any) -> None:
    with pytest.raises(ValidationError, match="on_click: must be a function"):
        view.on_click("print")
