from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import ProgressBar

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.walking import followed, following_walks, is_followed
from nerv_lab.inner_universe.contract import progress
from nerv_lab.inner_universe.contract.progress import shown_when_slow, told


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Be in a cell, and give the bars that are displayed there, once for each time."""
    displayed: list[Any] = []
    monkeypatch.setattr(ProgressBar, "display", lambda bar: displayed.append(bar))
    monkeypatch.setattr(ProgressBar, "update", lambda bar: None)
    InteractiveShell.clear_instance()
    InteractiveShell.instance()
    yield displayed
    InteractiveShell.clear_instance()


def work(clock: Clock, seconds: float, steps: int = 100) -> None:
    """Walk for so long."""
    for _ in followed(range(steps), steps, every=1):
        clock.now += seconds / steps


@shown_when_slow()
def slow(clock: Clock, seconds: float) -> None:
    work(clock, seconds)


def test_what_is_done_within_half_a_second_shows_no_bar(clock: Clock, cell: list[Any]) -> None:
    slow(clock, 0.4)
    assert cell == []


def test_what_takes_longer_shows_one_bar_that_ends_full(clock: Clock, cell: list[Any]) -> None:
    slow(clock, 3.0)
    (bar,) = cell
    assert (bar.progress, bar.total) == (100, 100)


def test_a_bar_is_brought_up_to_date_a_few_times_a_second(
    clock: Clock, cell: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(ProgressBar, "update", lambda bar: drawn.append(bar.progress))
    with shown_when_slow():
        work(clock, 10.5, steps=10_000)
    assert 50 < len(drawn) <= 101
    assert drawn == sorted(drawn)


def test_a_bar_of_something_stopped_stays_where_it_was(clock: Clock, cell: list[Any]) -> None:
    @shown_when_slow()
    def run() -> None:
        work(clock, 2.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    (bar,) = cell
    assert 0 < bar.progress < bar.total


def test_one_bar_is_shown_for_something_slow_inside_of_something_slow(
    clock: Clock, cell: list[Any]
) -> None:
    with shown_when_slow():
        slow(clock, 1.0)
        slow(clock, 1.0)
    assert len(cell) == 1


def test_whoever_follows_already_is_told_and_no_bar_is_shown(clock: Clock, cell: list[Any]) -> None:
    heard: list[int] = []
    with following_walks(lambda done, total: heard.append(done)):
        slow(clock, 3.0)
    assert len(heard) == 100
    assert cell == []


def test_a_thread_beside_the_cell_shows_no_bar(clock: Clock, cell: list[Any]) -> None:
    followed_there: list[bool] = []

    @shown_when_slow()
    def run() -> None:
        followed_there.append(is_followed())
        work(clock, 3.0)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert followed_there == [False]
    assert cell == []


def test_a_script_is_not_written_to_unasked(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    slow(clock, 3.0)
    assert capsys.readouterr() == ("", "")


def test_a_bar_that_is_asked_for_is_shown_at_once(clock: Clock, cell: list[Any]) -> None:
    with told(True) as meter:
        meter.expect(10)
        meter.advance(5)
        assert (cell[0].progress, cell[0].total) == (5, 10)
        meter.advance(5)
    assert (cell[0].progress, cell[0].total) == (10, 10)


@pytest.mark.parametrize("stopped_at", [None, 1])
def test_who_is_told_hears_the_end_once_and_only_where_it_is_reached(
    stopped_at: int | None,
) -> None:
    def run() -> None:
        with told(lambda *step: heard.append(step)) as meter:
            meter.expect(3)
            for place in meter.each(range(3)):
                if place == stopped_at:
                    raise KeyboardInterrupt

    heard: list[tuple[int, ...]] = []
    if stopped_at is None:
        run()
        assert heard == [(1, 3), (2, 3), (3, 3)]
    else:
        with pytest.raises(KeyboardInterrupt):
            run()
        assert heard == [(1, 3)]


def test_what_is_no_progress_is_refused() -> None:
    with pytest.raises(ValidationError, match="must be True or a callable, not 7"), told(7):  # type: ignore[arg-type]
        pass
