"""Questions to the browser, and what comes of its answers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets import asking
from nerv_lab.widgets.asking import BrowserError

PNG = b"\x89PNG\r\n\x1a\n and so on"


class Browser:
    """A view that is there and keeps what it is sent."""

    def __init__(self, view: Any) -> None:
        self.view = view
        self.sent: list[dict[str, Any]] = []
        view._asker._send = lambda message, buffers: self.sent.append(message)
        self.says({"type": "ready", "view": "v", "seq": 0})

    def says(self, message: dict[str, Any], *buffers: Any) -> None:
        self.view._on_message(self.view, message, list(buffers))

    def answers(self, *buffers: Any, **answer: Any) -> None:
        number = self.sent[-1]["id"]
        self.says({"type": "answer", "id": number, "ok": True, **answer}, *buffers)


@pytest.fixture
def view(lab: Any) -> Any:
    lab.add_entity("x", id="a")
    made = lab.view()
    yield made
    made.close()


@pytest.fixture
def browser(view: Any) -> Browser:
    return Browser(view)


def spots(*numbers: float) -> memoryview:
    return memoryview(np.array(numbers, dtype="<f4").tobytes())


def test_positions_are_those_the_browser_told_last(view: Any, browser: Browser) -> None:
    browser.says({"type": "places", "ids": ["a"]}, spots(1, -2))
    browser.says({"type": "places", "ids": ["a"]}, spots(3, 4))
    assert view.positions == {"a": (3.0, 4.0)}
    assert browser.sent == []


def test_positions_that_were_not_told_are_asked_for(view: Any, browser: Browser) -> None:
    with pytest.raises(BrowserError, match="next cell"):
        _ = view.positions
    assert [(q["what"], q["stream"]) for q in browser.sent] == [("positions", "v")]
    browser.answers(spots(5, 6), ids=["a"])
    assert view.positions == {"a": (5.0, 6.0)}


def test_a_picture_is_written_when_it_comes(view: Any, browser: Browser, tmp_path: Path) -> None:
    picture = view.to_png(tmp_path / "graph.png", scale=3)
    assert browser.sent[0]["args"] == {"scale": 3}
    assert "when this cell is done" in repr(picture)
    browser.answers(PNG)
    assert (tmp_path / "graph.png").read_bytes() == PNG
    assert repr(picture) == "<picture graph.png: done>"


async def test_a_picture_can_be_awaited(view: Any, browser: Browser, tmp_path: Path) -> None:
    picture = view.to_png(tmp_path / "graph.png")
    browser.answers(PNG)
    assert await picture == tmp_path / "graph.png"


async def test_a_browser_that_is_silent_is_not_awaited_for_ever(
    view: Any, browser: Browser, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(asking, "WAIT_SECONDS", 0.01)
    with pytest.raises(BrowserError, match="did not answer"):
        await view.to_png(tmp_path / "graph.png")


@pytest.mark.parametrize("buffers", [[], [b"<html>"]])
async def test_what_is_no_picture_is_not_written_but_shown_and_logged(
    view: Any,
    browser: Browser,
    monkeypatch: Any,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    buffers: Any,
) -> None:
    shown: list[str] = []
    view._asker._failed = shown.append
    picture = view.to_png(tmp_path / "graph.png")
    with caplog.at_level(logging.ERROR):
        browser.answers(*buffers)
    assert shown == ["BrowserError: the browser sent no picture"]
    assert "sent no picture" in caplog.text
    assert "sent no picture" in repr(picture)
    assert not (tmp_path / "graph.png").exists()
    with pytest.raises(BrowserError, match="no picture"):
        await picture


def test_a_picture_is_of_a_sensible_size(view: Any, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="scale"):
        view.to_png(tmp_path / "graph.png", scale=100)


def test_without_a_browser_the_error_says_what_to_do(view: Any, tmp_path: Path) -> None:
    with pytest.raises(BrowserError, match="display it"):
        view.to_png(tmp_path / "graph.png")
    with pytest.raises(BrowserError, match="display it"):
        _ = view.positions


async def test_what_goes_wrong_in_the_browser_is_said_here(
    view: Any, browser: Browser, tmp_path: Path
) -> None:
    picture = view.to_png(tmp_path / "graph.png")
    browser.answers(ok=False, error="the page is hidden")
    with pytest.raises(BrowserError, match="the page is hidden"):
        await picture


def test_an_answer_that_nobody_asked_for_is_ignored(browser: Browser) -> None:
    browser.says({"type": "answer", "id": 99, "ok": True})
