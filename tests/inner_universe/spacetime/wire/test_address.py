"""Addresses of databases."""

from __future__ import annotations

import pytest

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe import client_for
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.wire.address import Address


def test_an_address_names_server_and_database() -> None:
    address = Address.parse("spacetimedb://127.0.0.1:3001/inner-universe/")
    assert address == Address("127.0.0.1", 3001, "inner-universe", False)
    assert address.server == "http://127.0.0.1:3001"
    assert address.uri == "spacetimedb://127.0.0.1:3001/inner-universe"
    assert address.socket() == (
        "ws://127.0.0.1:3001/v1/database/inner-universe/subscribe?compression=None&light=true"
    )


def test_tls_has_a_scheme_and_a_port_of_its_own() -> None:
    address = Address.parse("spacetimedbs://example.org/db")
    assert address.server == "https://example.org:443"
    assert address.socket(light=False).startswith("wss://example.org:443/")
    assert Address.parse("spacetimedb://example.org/db").port == 3000


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("example.org", False)],
)
def test_what_stays_on_this_machine_is_known(host: str, local: bool) -> None:
    assert Address.parse(f"spacetimedb://{host}/db").is_local is local


@pytest.mark.parametrize(
    "uri",
    [
        "spacetimedb://",
        "spacetimedb://host",
        "spacetimedb://host/a/b",
        "spacetimedb://host/a b",
        "spacetimedb://host/a?token=secret",
        "spacetimedb://host/a#secret",
        "spacetimedb://user:secret@host/a",
        "spacetimedb://secret@host/a",
        "spacetimedb://host:99999/a",
        "spacetimedb://host:port/a",
        "http://host/a",
        "spacetimedb://[::1/a",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_a_secret(uri: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Address.parse(uri)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["spacetimedb", "spacetimedbs", "SpacetimeDB"])
def test_an_address_leads_to_a_client(scheme: str) -> None:
    client = client_for(f"{scheme}://example.org/db")
    assert isinstance(client, SpacetimeInnerUniverse)
    assert not client.connected
