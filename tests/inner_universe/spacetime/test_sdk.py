"""Code in the words of spacetimedb-sdk, over our transport, against a real server."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.spacetime_server import SpacetimeServer

import nerv_lab as nl
from nerv_lab.core.errors import DatabaseNotFoundError, VersionNotFoundError
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.inner_universe.spacetime.sdk import (
    Address,
    Identity,
    ReducerEvent,
    SpacetimeDBClient,
    TransactionUpdateMessage,
)
from nerv_lab.inner_universe.spacetime.tokens import TokenFile


@pytest.fixture
def sdk(database: str, server: SpacetimeServer) -> Iterator[SpacetimeDBClient]:
    SpacetimeDBClient.init(None, f"127.0.0.1:{server.port}", database.rsplit("/", 1)[1], False)
    client = SpacetimeDBClient.instance
    yield client
    client.close()


@pytest.fixture
def lab(database: str, tokens: TokenFile) -> Iterator[nl.Lab]:
    with nl.open(database, config=InnerUniverseConfig(token_file=tokens.path)) as lab:
        yield lab


def _update_until(sdk: SpacetimeDBClient, seen: list[Any], count: int) -> list[Any]:
    while len(seen) < count:
        first = sdk.message_queue.get(timeout=120)
        sdk.message_queue.queue.appendleft(first)  # only waited for; update takes it
        sdk.update()
    return seen


def test_the_identity_is_told(database: str, server: SpacetimeServer) -> None:
    told: list[Any] = []
    connected: list[bool] = []
    SpacetimeDBClient.init(
        None,
        f"127.0.0.1:{server.port}",
        database.rsplit("/", 1)[1],
        False,
        on_connect=lambda: connected.append(True),
        on_identity=lambda *what: told.append(what),
    )
    client = SpacetimeDBClient.instance
    client.update()
    client.close()
    ((token, identity, address),) = told
    assert connected == [True]
    assert isinstance(identity, Identity)
    assert isinstance(address, Address)
    assert len(token) > 20
    assert len(str(identity)) == 64


def test_rows_are_followed_with_the_reducer_that_changed_them(
    sdk: SpacetimeDBClient, lab: nl.Lab
) -> None:
    seen: list[tuple[str, Any, Any, ReducerEvent | None]] = []
    sdk.register_row_update("entity", lambda *what: seen.append(what))
    lab.add_entity("person", name="Ada", id="ada")
    sdk.subscribe(["SELECT * FROM entity"])
    _update_until(sdk, seen, 1)
    lab.update("ada", name="Lovelace")
    lab.delete("ada")
    _update_until(sdk, seen, 3)
    assert [op for op, *_ in seen] == ["insert", "update", "delete"]
    assert seen[0][3] is None
    _, old, new, reducer = seen[1]
    assert (old.entity_id, old.revision, new.revision) == ("ada", 1, 2)
    assert reducer is not None
    assert (reducer.reducer_name, reducer.status) == ("apply_batch", "committed")


def test_transactions_and_reducers_are_told_of(sdk: SpacetimeDBClient, lab: nl.Lab) -> None:
    events: list[TransactionUpdateMessage] = []
    reduced: list[tuple[Any, ...]] = []
    sdk.register_on_event(events.append)
    sdk.register_reducer("set_tag", lambda *what: reduced.append(what))
    sdk.subscribe(["SELECT * FROM tag"])
    version = lab.commit("first")
    sdk.call_reducer("set_tag", "release", version.id)
    _update_until(sdk, reduced, 1)
    (_, _, status, message, *args) = reduced[0]
    assert (status, message, args) == ("committed", "", ["release", version.id])
    assert lab.tags == {"release": version.id}
    assert events[-1].reducer_event.reducer_name == "set_tag"


def test_a_refused_call_is_told_of_and_raised(sdk: SpacetimeDBClient) -> None:
    reduced: list[tuple[Any, ...]] = []
    sdk.register_reducer("set_tag", lambda *what: reduced.append(what))
    with pytest.raises(VersionNotFoundError):
        sdk.call_reducer("set_tag", "lost", "nowhere")
    _update_until(sdk, reduced, 1)
    assert reduced[0][2] == "failed"


def test_code_that_was_generated_for_the_sdk_reads_the_rows(
    database: str, server: SpacetimeServer, lab: nl.Lab, tmp_path: Path
) -> None:
    package = tmp_path / "autogen_for_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "tag.py").write_text(
        "class Tag:\n"
        "    is_table_class = True\n"
        "    primary_key = 'name'\n"
        "    def __init__(self, data):\n"
        "        self.data = {'name': str(data[0]), 'version_id': str(data[1])}\n"
    )
    (package / "set_tag_reducer.py").write_text(
        "reducer_name = 'set_tag'\n"
        "def _decode_args(data):\n"
        "    return [str(data[0]), str(data[1])]\n"
    )
    generated = types.ModuleType("autogen_for_test")
    generated.__path__ = [str(package)]
    sys.modules["autogen_for_test"] = generated
    try:
        name = database.rsplit("/", 1)[1]
        SpacetimeDBClient.init(None, f"127.0.0.1:{server.port}", name, False, generated)
        client = SpacetimeDBClient.instance
        seen: list[tuple[Any, ...]] = []
        client._register_row_update("Tag", lambda *what: seen.append(what))
        client.subscribe(["SELECT * FROM tag"])
        client._reducer_call("set_tag", "t", lab.commit("first").id)
        _update_until(client, seen, 1)
        client.close()
    finally:
        for module in [name for name in sys.modules if name.startswith("autogen_for_test")]:
            del sys.modules[module]
    assert type(seen[0][2]).__name__ == "Tag"
    assert seen[0][2].data["name"] == "t"


def test_what_goes_wrong_is_told_or_raised(server: SpacetimeServer) -> None:
    told: list[str] = []
    where = (None, f"127.0.0.1:{server.port}", "no-such-database", False)
    with pytest.raises(DatabaseNotFoundError):
        SpacetimeDBClient.init(*where)
    SpacetimeDBClient.init(*where, on_error=told.append)
    assert "no-such-database" in told[0]
