"""Labs that keep their graph in memory, so that a test of the Lab is a test of the Lab alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nerv_lab.inner_universe.memory import MockInnerUniverse
from nerv_lab.lab import Lab


@pytest.fixture
def client() -> MockInnerUniverse:
    return MockInnerUniverse()


@pytest.fixture
def lab(client: MockInnerUniverse) -> Iterator[Lab]:
    with Lab(client) as opened:
        yield opened
