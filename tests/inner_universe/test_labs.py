"""What a Lab answers must not depend on where it keeps its graph."""

from __future__ import annotations

import pytest

from nerv_lab.core.merge import Take
from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.lab import Lab


@pytest.fixture
def lab(universe: object) -> Lab:
    client: InnerUniverseClient = universe.client()  # type: ignore[attr-defined]
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
