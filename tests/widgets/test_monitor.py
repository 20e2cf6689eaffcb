from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator

import pytest

import nerv_lab as nl
from nerv_lab.core.errors import EntityNotFoundError, ValidationError
from nerv_lab.core.graph.changes import DeleteEntity
from nerv_lab.widgets import Monitor


@pytest.fixture
def monitor(lab: nl.Lab) -> Iterator[Monitor]:
    monitor = lab.monitor()
    yield monitor
    monitor.close()


def shown(monitor: Monitor) -> dict[str, str]:
    rows: list[tuple[str, str]] = re.findall(
        r"<tr><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>", monitor.value
    )
    return dict(rows)


def test_it_shows_nothing_but_zeros_at_first(monitor: Monitor) -> None:
    assert shown(monitor)["published"] == "0"
    assert shown(monitor)["latency (median, 99 %)"] == "none yet"


def test_it_follows_what_happens(lab: nl.Lab, monitor: Monitor) -> None:
    lab.add_entity("person", id="ada")
    lab.commit("one")
    seen = shown(monitor)
    assert (seen["published"], seen["accepted"], seen["pending"]) == ("2", "2", "0")
    assert (seen["delivered"], seen["balance"]) == ("2", "holds")
    assert seen["latency (median, 99 %)"].endswith(" ms")


def test_what_is_refused_is_shown(lab: nl.Lab, monitor: Monitor) -> None:
    with pytest.raises(EntityNotFoundError):
        lab.apply([DeleteEntity("nobody")])
    assert shown(monitor)["rejected"] == "1"


async def test_in_a_loop_a_burst_is_drawn_twice_a_second_at_most(lab: nl.Lab) -> None:
    monitor = lab.monitor()
    drawn: list[str] = []
    settled = asyncio.Event()

    def see(change: object) -> None:
        drawn.append(monitor.value)
        if shown(monitor)["accepted"] == "20":
            settled.set()

    monitor.observe(see, "value")
    start = time.monotonic()
    for number in range(20):
        lab.add_entity("person", id=f"p{number}")
    await asyncio.wait_for(settled.wait(), 120)
    halves = (time.monotonic() - start) // 0.5
    assert len(drawn) <= 2 + halves
    monitor.close()


def test_a_lab_that_closes_is_shown_as_closed(lab: nl.Lab, monitor: Monitor) -> None:
    lab.close()
    assert "closed" in monitor.value


def test_a_closed_monitor_follows_no_more(lab: nl.Lab) -> None:
    monitor = lab.monitor()
    monitor.close()
    before = monitor.value
    lab.add_entity("person")
    assert monitor.value == before


def test_what_is_shown_is_text_and_never_markup() -> None:
    with nl.open() as lab:
        monitor = lab.monitor()
        lab.bus.publish("<script>")
        assert "<script>" not in monitor.value
        monitor.close()


def test_it_takes_a_layout_and_nothing_else(lab: nl.Lab) -> None:
    with pytest.raises(ValidationError, match="colour"):
        lab.monitor(colour="red")


def test_pages_without_widgets_show_the_table(lab: nl.Lab, monitor: Monitor) -> None:
    lab.add_entity("person")
    data, _ = monitor._repr_mimebundle_()
    assert data["text/html"] == monitor.value
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_browser_is_given_texts(lab: nl.Lab, monitor: Monitor) -> None:
    lab.add_entity("person")
    table = monitor.get_state()["_table"]
    assert dict(table["rows"]) == shown(monitor)
    assert table["caption"] == f"{lab.uri}: connected"
