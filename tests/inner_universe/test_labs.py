"""What a Lab answers must not depend on where it keeps its graph."""

from __future__ import annotations

from typing import Any

import pytest

from nerv_lab.core.history.conflicts import Take
from nerv_lab.core.history.resolutions import ResolvedConflict
from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.lab import Lab


@pytest.fixture
def lab(universe: Any) -> Lab:
    client: InnerUniverseClient = universe.client()
    return Lab(client, author="ann")


def resolved(lab: Lab) -> Lab:
    """Let two branches disagree about Ada, and settle it."""
    lab.add_entity("person", "Ada", id="ada", properties={"born": 1815})
    lab.commit("one")
    with lab.branch("aside"):
        lab.update("ada", name="Ada Lovelace", properties={"born": 1})
        lab.commit("aside", author="eve")
    lab.update("ada", properties={"born": 2})
    lab.commit("main")
    lab.merge("aside").resolve(Take(1816)).commit("settled")
    return lab


def test_blame_names_the_version_that_made_each_change(lab: Lab) -> None:
    with resolved(lab):
        blame = lab.blame("ada")
        assert (blame["name"].version, blame["name"].author) == ("v2", "eve")
        assert (blame["properties.born"].version, blame["properties.born"].old) == ("v4", 2)
        assert [e.merged_from for e in lab.history("ada", property="name")] == [(), (), ("v2",)]


def test_how_conflicts_were_decided_is_read_from_the_version_by_anybody(
    lab: Lab, universe: Any, request: pytest.FixtureRequest
) -> None:
    with resolved(lab):
        path = ("properties", "born")
        decided = (ResolvedConflict("e:ada", path, Take(1816)),)
        assert lab.resolutions() == decided
        assert lab.resolutions("v3") == ()
        if "embedded-memory" not in request.node.name:  # which has one client only
            with Lab(universe.client()) as fresh:
                assert fresh.resolutions("v4") == decided
                assert fresh.log()[0].resolutions == decided
                assert repr(fresh.log()).startswith("v4 (head)  settled [1 conflict resolved]")
        assert lab.verify().ok


def test_a_merge_that_only_keeps_our_side_records_that(lab: Lab) -> None:
    with lab:
        lab.add_entity("person", id="ada", properties={"born": 1815})
        lab.commit("one")
        with lab.branch("aside"):
            lab.update("ada", properties={"born": 1})
            lab.commit("aside")
        lab.update("ada", properties={"born": 2})
        lab.commit("main")
        version = lab.merge("aside").resolve("ours").commit()
        assert [str(r) for r in lab.resolutions(version)] == ["e:ada.properties.born: ours"]
        assert lab.verify().ok
