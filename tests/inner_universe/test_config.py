from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe import (
    EmbeddedInnerUniverse,
    InnerUniverseClient,
    InnerUniverseConfig,
    MockInnerUniverse,
    client_for,
)
from nerv_lab.inner_universe.connect import SCHEMES


def test_the_defaults_are_durable_and_in_memory() -> None:
    config = InnerUniverseConfig()
    assert (config.uri, config.synchronous, config.busy_timeout) == (":memory:", "FULL", 5.0)


def test_the_environment_gives_what_was_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NERV_ACTOR", "ada")
    monkeypatch.setenv("NERV_BUSY_TIMEOUT", "1.5")
    config = InnerUniverseConfig(busy_timeout=3)
    assert (config.actor, config.busy_timeout) == ("ada", 3.0)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"urll": "x"}, "urll"),
        ({"busy_timeout": -1}, "busy_timeout"),
        ({"busy_timeout": float("inf")}, "busy_timeout"),
        ({"synchronous": "OFF"}, "synchronous"),
        ({"poll_interval": 0}, "poll_interval"),
        ({"uri": 7}, "uri"),
    ],
)
def test_what_is_no_setting_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        InnerUniverseConfig(**fields)
    assert caught.value.field == field
    assert caught.value.reason


def test_a_wrong_setting_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NERV_SYNCHRONOUS", "sometimes")
    with pytest.raises(ValidationError, match="synchronous"):
        InnerUniverseConfig()


@pytest.mark.parametrize(
    ("uri", "kind", "name"),
    [
        (":memory:", EmbeddedInnerUniverse, ":memory:"),
        ("team.nerv", EmbeddedInnerUniverse, "team.nerv"),
        (Path("some") / "team.nerv", EmbeddedInnerUniverse, "some/team.nerv"),
        ("/a/team.nerv", EmbeddedInnerUniverse, "/a/team.nerv"),
        ("C:\\team.nerv", EmbeddedInnerUniverse, "C:\\team.nerv"),
        ("file:team.nerv", EmbeddedInnerUniverse, "team.nerv"),
        ("file:///a/team.nerv", EmbeddedInnerUniverse, "/a/team.nerv"),
        ("~/team.nerv", EmbeddedInnerUniverse, str(Path.home() / "team.nerv")),
        ("mock://", MockInnerUniverse, "mock://"),
    ],
)
def test_an_address_has_its_client(
    uri: str | Path, kind: type[InnerUniverseClient], name: str
) -> None:
    client = client_for(uri)
    assert type(client) is kind
    assert client.uri == name
    assert not client.connected


@pytest.mark.parametrize("uri", ["", "gopher://hole", "http://127.0.0.1"])
def test_an_unknown_address_is_refused(uri: str) -> None:
    with pytest.raises(ValidationError) as caught:
        client_for(uri)
    assert caught.value.field == "uri"


async def test_the_settings_reach_the_client() -> None:
    client = client_for("mock://", InnerUniverseConfig(actor="ada"))
    await client.connect()
    await client.publish_event("hello")
    assert (await client.events())[0].actor == "ada"


def test_another_scheme_can_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEMES, "far", lambda uri, config: MockInnerUniverse(actor=uri))
    assert isinstance(client_for("far://away"), MockInnerUniverse)
