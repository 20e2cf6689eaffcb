"""Tests of `nerv_lab.core.collecting`."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from nerv_lab.core.collecting import collector_paused, collector_paused_for


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_the_collector_stands_still_during_a_pause_and_goes_on_after_it() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_only_after_the_outermost_pause() -> None:
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_goes_on_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), collector_paused():
        _ = 1 // 0
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()


def test_the_collector_is_paused_for_many_items_and_not_for_few() -> None:
    with collector_paused_for(3):
        assert gc.isenabled()
    with collector_paused_for(100_000):
        assert not gc.isenabled()


def test_what_was_made_in_a_long_pause_is_not_looked_through_as_if_it_were_new() -> None:
    gc.collect()
    with collector_paused():
        made = [[number] for number in range(20_000)]
    assert gc.get_count()[0] < len(made)
    assert not any(found is made for found in gc.get_objects(generation=0))
    assert any(found is made for found in gc.get_objects(generation=2))


def test_what_somebody_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        with collector_paused():
            _made = [[number] for number in range(20_000)]
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
