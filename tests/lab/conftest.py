"""Labs in memory, so that a test of the Lab is a test of the Lab alone.

What is marked with ``pytest.mark.every_backend`` runs on one universe of each backend, or on
those that the mark names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shared.universes import KINDS, UNIVERSES, Universe

from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.lab import Lab


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "universe" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("every_backend")
        names = (mark.args or KINDS) if mark else KINDS[:1]
        metafunc.parametrize("universe", names, indirect=True)


@pytest.fixture
def universe(request: pytest.FixtureRequest, tmp_path: Path) -> Universe:
    return UNIVERSES[request.param](tmp_path)


@pytest.fixture
def client(universe: Universe) -> InnerUniverseClient:
    return universe.client()


@pytest.fixture
def lab(client: InnerUniverseClient) -> Iterator[Lab]:
    with Lab(client) as opened:
        yield opened


@pytest.fixture
def other(universe: Universe, lab: Lab) -> Iterator[Lab]:
    """Return a second Lab on the graph of the first."""
    with Lab(universe.client()) as opened:
        yield opened
