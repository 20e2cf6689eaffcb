"""The places a graph can be kept in; a test that takes a `universe` runs on each of them.

To hold another backend to the contract, add its universe to `UNIVERSES`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from shared.spacetime_server import new_database, the_server

from nerv_lab.inner_universe import EmbeddedInnerUniverse, InnerUniverseClient, MockInnerUniverse
from nerv_lab.inner_universe.metrics import ObservedUniverse
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse, publish_module
from nerv_lab.inner_universe.spacetime.queueing import QueuedUniverse, QueueLimits
from nerv_lab.inner_universe.spacetime.tokens import TokenFile


class Universe(Protocol):
    """A place where a graph is kept, empty at first.

    Attributes
    ----------
    place : tuple of str and str, or None
        Its address and the file of tokens, where another process may open it.
    """

    place: tuple[str, str] | None

    def client(self) -> InnerUniverseClient:
        """Return one more client of the same place."""

    def somebody(self, name: str) -> InnerUniverseClient:
        """Return a client of the same place that somebody else uses, always the same by name."""


class MockUniverse:
    place = None

    def __init__(self, folder: Path) -> None:
        self._first: MockInnerUniverse | None = None

    def client(self, actor: str | None = None) -> InnerUniverseClient:
        client = MockInnerUniverse(actor=actor, share=self._first)
        self._first = self._first or client
        return client

    def somebody(self, name: str) -> InnerUniverseClient:
        return self.client(name)


class ObservedUniverseOnMock(MockUniverse):
    def client(self, actor: str | None = None) -> InnerUniverseClient:
        return ObservedUniverse(super().client(actor))


class FileUniverse:
    def __init__(self, folder: Path) -> None:
        path = str(folder / "store.nerv")
        self.place: tuple[str, str] | None = path, ""

    def client(self) -> InnerUniverseClient:
        assert self.place is not None
        return EmbeddedInnerUniverse(self.place[0])

    def somebody(self, name: str) -> InnerUniverseClient:
        assert self.place is not None
        return EmbeddedInnerUniverse(self.place[0], actor=name)


class MemoryUniverse:
    place = None

    def __init__(self, folder: Path) -> None:
        pass

    def client(self) -> InnerUniverseClient:
        return EmbeddedInnerUniverse()

    def somebody(self, name: str) -> InnerUniverseClient:
        return EmbeddedInnerUniverse(actor=name)


class ServerUniverse:
    in_memory = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        server = the_server(in_memory=self.in_memory)
        tokens = server.folder / "tokens.json"
        self._tokens = TokenFile(tokens)
        self._address = publish_module(server.url, new_database(), tokens=self._tokens)
        self.place: tuple[str, str] | None = self._address, str(tokens)

    def client(self) -> InnerUniverseClient:
        return SpacetimeInnerUniverse(self._address, tokens=self._tokens)

    def somebody(self, name: str) -> InnerUniverseClient:
        tokens = TokenFile(self._folder / f"{name}.json")
        return SpacetimeInnerUniverse(self._address, tokens=tokens)


class QueuedServerUniverse(ServerUniverse):
    def client(self) -> InnerUniverseClient:
        return self._queued(self._tokens)

    def somebody(self, name: str) -> InnerUniverseClient:
        return self._queued(TokenFile(self._folder / f"{name}.json"))

    def _queued(self, tokens: TokenFile) -> InnerUniverseClient:
        remote = SpacetimeInnerUniverse(self._address, tokens=tokens)
        return QueuedUniverse(remote, QueueLimits(self._folder / "outboxes"))


class MemoryServerUniverse(ServerUniverse):
    in_memory = True


UNIVERSES: dict[str, Callable[[Path], Universe]] = {
    "mock": MockUniverse,
    "observed": ObservedUniverseOnMock,
    "embedded-file": FileUniverse,
    "embedded-memory": MemoryUniverse,
    "spacetimedb": ServerUniverse,
    "spacetimedb-memory": MemoryServerUniverse,
    "spacetimedb-queued": QueuedServerUniverse,
}


UNSHARED = {"embedded-memory"}
"""Where a second client would find another graph."""

KINDS = ("mock", "embedded-file", "spacetimedb")
"""One universe of each backend, for what need not be tried on every way to run it."""
