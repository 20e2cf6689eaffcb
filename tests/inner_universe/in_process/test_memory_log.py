from __future__ import annotations

import pytest

from nerv_lab.core.errors import HistoryPrunedError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.log_events import Origin
from nerv_lab.inner_universe.in_process.memory_log import MemoryLog

ORIGIN = Origin("here")


def event(id: str) -> Event:
    return Event(id, "note")


def filled(log: MemoryLog) -> MemoryLog:
    log.append("b1", [event("e1"), event("e2")], ORIGIN)
    log.append("b2", [event("e3")], ORIGIN)
    return log


def test_events_get_their_places_by_log_and_by_origin() -> None:
    log = filled(MemoryLog(10, {"here": 4}))
    assert [(e.seq, e.origin_seq, e.batch_id) for e in log] == [
        (11, 5, "b1"),
        (12, 6, "b1"),
        (13, 7, "b2"),
    ]


def test_a_part_of_the_log_is_read() -> None:
    log = filled(MemoryLog())
    assert [e.id for e in log.read(1, 1)] == ["e2"]
    assert [e.id for e in log.read(0, until=2)] == ["e1", "e2"]


def test_what_was_dropped_is_refused_and_forgotten() -> None:
    log = filled(MemoryLog())
    log.drop_until(2)
    assert (log.floor, log.last, "e1" in log, log.has_batch("b1")) == (2, 3, False, False)
    assert [e.id for e in log.batch("b2")[2]] == ["e3"]
    with pytest.raises(HistoryPrunedError, match="event 2"):
        log.read(1)


def test_a_log_that_took_in_another_goes_on_where_that_ended() -> None:
    log = MemoryLog()
    log.extend(list(filled(MemoryLog())))
    (written,) = log.append("b3", [event("e4")], ORIGIN)
    assert (written.seq, written.origin_seq) == (4, 4)
    assert log.batch("b1")[:2] == (1, 2)
