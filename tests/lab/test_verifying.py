"""A Lab verifies its store, alone and against another that is to hold the same history."""

from __future__ import annotations

import pytest
from shared.universes import Universe

from nerv_lab.inner_universe.memory import MockInnerUniverse
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "Ada", id="ada")
    lab.commit("one")
    return lab


def test_another_look_at_the_same_store_finds_no_difference(lab: Lab, universe: Universe) -> None:
    with lab.branch("aside"):
        lab.update("ada", name="A.")
        lab.commit("two")
    lab.bus.publish("mine", {"n": 1})
    lab.tag("release")
    with Lab(universe.client()) as again:
        assert repr(lab.verify(against=again)).startswith("verified")


def test_a_store_with_another_history_differs_where_the_logs_part(lab: Lab) -> None:
    with Lab(MockInnerUniverse()) as another:
        another.add_entity("person", "Ada", id="ada")
        report = lab.verify(against=another)
        places = [problem.where for problem in report.problems]
        assert places[0] == "event 1"
        assert f"version {lab.version('v1').id}" in places
        assert "main e:ada" in places
        assert "branch main" in places
        assert not report.ok
