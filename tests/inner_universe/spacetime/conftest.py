"""Servers to talk to: a real one, one that may be killed, and one that lies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from shared.breaking_proxy import breaking_proxy
from shared.offline_places import Place
from shared.spacetime_server import SpacetimeServer, new_database, the_server

from nerv_lab.inner_universe.spacetime import Limits, SpacetimeInnerUniverse, publish_module
from nerv_lab.inner_universe.spacetime.tokens import TokenFile

QUICK = Limits(request=120.0, connect=20.0, first_retry=0.02, last_retry=0.2)

Connect = Callable[..., Awaitable[SpacetimeInnerUniverse]]


@pytest.fixture
def server() -> SpacetimeServer:
    """Return the server that all tests share."""
    return the_server()


@pytest.fixture
def mortal_server(tmp_path: Path) -> Iterator[SpacetimeServer]:
    """Return a server of the test's own, which it may kill."""
    server = SpacetimeServer(tmp_path / "server")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def lasting_database(mortal_server: SpacetimeServer, tokens: TokenFile) -> str:
    """Return the address of a database that a kill of the server does not undo.

    The server says that a database is made up to half a second before it is on disk.
    """
    name = new_database()
    while True:
        uri = publish_module(mortal_server.url, name, tokens=tokens)
        mortal_server.kill()
        mortal_server.start()
        if httpx.get(f"{mortal_server.url}/v1/database/{name}").status_code == 200:
            return uri


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens.json")


@pytest.fixture
def database(server: SpacetimeServer, tokens: TokenFile) -> str:
    """Return the address of a new database."""
    return publish_module(server.url, new_database(), tokens=tokens)


@pytest.fixture
async def connect(tokens: TokenFile) -> AsyncIterator[Connect]:
    """Return what connects clients, and closes them at the end."""
    async with AsyncExitStack() as stack:

        async def connect(
            uri: str, *, tokens: TokenFile = tokens, limits: Limits = QUICK
        ) -> SpacetimeInnerUniverse:
            client = SpacetimeInnerUniverse(uri, tokens=tokens, limits=limits)
            await client.connect()
            stack.push_async_callback(client.close)
            return client

        yield connect


@pytest.fixture
def place(server: SpacetimeServer, database: str, tmp_path: Path) -> Iterator[Place]:
    with breaking_proxy(server.port) as proxy:
        yield Place(database, proxy, tmp_path)
