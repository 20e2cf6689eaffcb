from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shared.spacetime_database import Database
from shared.spacetime_server import SpacetimeServer, the_server


@pytest.fixture
def database() -> Database:
    """Return an empty database with the module in it."""
    fresh = Database(the_server())
    fresh.publish()
    return fresh


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[SpacetimeServer]:
    """Return a server that the test may kill."""
    server = SpacetimeServer(tmp_path / "server")
    server.start()
    try:
        yield server
    finally:
        server.kill()
