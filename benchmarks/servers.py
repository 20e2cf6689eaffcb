"""A SpacetimeDB server of the benchmarks' own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import from_tests  # noqa: F401
from shared.spacetime_server import SpacetimeServer, new_database

from nerv_lab.inner_universe.spacetime import publish_module
from nerv_lab.inner_universe.spacetime.tokens import TokenFile

__all__ = ["Running", "spacetime_server"]


@dataclass(frozen=True)
class Running:
    """A server that runs.

    Attributes
    ----------
    url : str
        Where it listens.
    tokens : TokenFile
        Who we are there.
    """

    url: str
    tokens: TokenFile

    def database(self) -> str:
        """Make a database with our module, and return its address."""
        return publish_module(self.url, new_database(), tokens=self.tokens)


@contextmanager
def spacetime_server() -> Iterator[Running]:
    """Start the server that NERV_SPACETIMEDB or the cache has, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="nerv-bench-") as folder:
        server = SpacetimeServer(Path(folder) / "server")
        server.start()
        try:
            yield Running(server.url, TokenFile(Path(folder) / "tokens.json"))
        finally:
            server.stop()
