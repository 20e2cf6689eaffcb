"""For the tests of those who build on nerv-lab.

Import the fixture into a ``conftest.py``::

    from nerv_lab.testing import mock_inner_universe
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab.driving import run_inline

__all__ = ["MockInnerUniverse", "mock_inner_universe"]


@pytest.fixture
def mock_inner_universe() -> Iterator[MockInnerUniverse]:
    """Give a client of an Inner Universe in memory, connected.

    It does all that a client does. ``await mock_inner_universe.simulate_event(type, data)`` lets
    an event arrive that somebody else wrote; ``mock_inner_universe.fail_next(error)`` lets the
    next operation fail.
    """
    client = MockInnerUniverse()
    run_inline(client.connect())
    yield client
    run_inline(client.close())
