"""Encrypted connections: a server that cannot prove who it is is not talked to."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from shared.breaking_proxy import breaking_proxy
from shared.certificates import Authority
from shared.fake_spacetime import FakeServer
from shared.spacetime_server import SpacetimeServer, new_database

import nerv_lab as nl
from nerv_lab.core.errors import NervError, ServerUnreachableError, ValidationError
from nerv_lab.inner_universe import InnerUniverseConfig, client_for
from nerv_lab.inner_universe.spacetime import Limits, SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.publish import publish
from nerv_lab.inner_universe.spacetime.tokens import FixedToken, Secret, TokenFile
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.handshake import open_session
from nerv_lab.inner_universe.spacetime.wire.http import tls_context

MINE = FixedToken(Secret("mine"))
LIMITS = Limits(request=5.0, connect=5.0)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def fake(authority: Authority) -> AsyncIterator[FakeServer]:
    """Return a server at localhost that its authority vouches for."""
    server = FakeServer(ssl_options=authority.serving("localhost"))
    yield server
    await server.close()


@pytest.fixture
async def impostor(authority: Authority) -> AsyncIterator[FakeServer]:
    """Return a server at localhost whose certificate is of another name."""
    server = FakeServer(ssl_options=authority.serving("elsewhere.example"))
    yield server
    await server.close()


def _uri(server: FakeServer) -> str:
    return f"spacetimedbs://localhost:{server.port}/fake"


async def _works(client: SpacetimeInnerUniverse, server: FakeServer) -> None:
    await client.connect()
    await client.publish_event("hello")
    assert set(server.tokens) == {"Bearer mine"}
    await client.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused(fake: FakeServer) -> None:
    client = SpacetimeInnerUniverse(_uri(fake), tokens=MINE, limits=LIMITS)
    with pytest.raises(ServerUnreachableError, match=r"(?i)certificate"):
        await client.connect()
    assert fake.tokens == []


async def test_a_certificate_that_the_system_trusts_is_accepted(
    fake: FakeServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    await _works(SpacetimeInnerUniverse(_uri(fake), tokens=MINE), fake)


async def test_an_authority_of_ones_own_may_be_named(
    fake: FakeServer, authority: Authority
) -> None:
    config = InnerUniverseConfig(token="mine", ca_file=authority.path)
    await _works(client_for(_uri(fake), config), fake)


async def test_the_environment_may_name_it(
    fake: FakeServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NERV_CA_FILE", str(authority.path))
    monkeypatch.setenv("NERV_TOKEN", "mine")
    await _works(client_for(_uri(fake)), fake)


async def test_a_named_authority_stands_in_place_of_those_of_the_system(
    fake: FakeServer, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    other = Authority(tmp_path, "another")
    client = SpacetimeInnerUniverse(_uri(fake), tokens=MINE, limits=LIMITS, ca_file=other.path)
    with pytest.raises(ServerUnreachableError, match=r"(?i)certificate"):
        await client.connect()
    assert fake.tokens == []


async def test_a_certificate_of_another_name_is_refused(
    impostor: FakeServer, authority: Authority
) -> None:
    client = SpacetimeInnerUniverse(
        _uri(impostor), tokens=MINE, limits=LIMITS, ca_file=authority.path
    )
    with pytest.raises(ServerUnreachableError, match=r"(?i)hostname"):
        await client.connect()
    # The socket checks for itself, though nobody gets there.
    address = Address.parse(_uri(impostor), ca_file=authority.path)
    with pytest.raises(ServerUnreachableError, match=r"(?i)hostname"):
        await open_session(address, Secret("mine"), "", lambda update: None, 5.0)
    assert impostor.tokens == []


async def test_a_module_is_given_to_who_proves_its_name_alone(
    impostor: FakeServer, authority: Authority
) -> None:
    with pytest.raises(ServerUnreachableError, match=r"(?i)hostname"):
        await publish(_uri(impostor), tokens=MINE, ca_file=authority.path)
    assert impostor.tokens == []


@pytest.mark.parametrize("text", [None, "", "no certificate"])
async def test_a_file_without_certificates_is_said(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    address = Address.parse("spacetimedbs://localhost/fake", ca_file=path)
    with pytest.raises(ValidationError, match="ca_file"):
        tls_context(address)


def test_no_setting_turns_the_checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONHTTPSVERIFY", "NERV_VERIFY", "NERV_TLS_VERIFY", "CURL_INSECURE"):
        monkeypatch.setenv(name, "0")
    context = tls_context(Address.parse("spacetimedbs://localhost/fake"))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    for field in ("verify", "insecure", "tls_verify"):
        with pytest.raises(NervError, match="is not a setting"):
            InnerUniverseConfig(**{field: False})
    with pytest.raises(NervError):
        Address.parse("spacetimedbs://localhost/fake?verify=0")


def test_without_tls_nobody_is_to_vouch(tmp_path: Path) -> None:
    plain = Address.parse("spacetimedb://localhost/fake", ca_file=tmp_path / "not there")
    assert plain.ca_file is None


def test_a_lab_works_on_a_real_server_behind_tls(
    server: SpacetimeServer, authority: Authority, tmp_path: Path
) -> None:
    with breaking_proxy(server.port, keeping=True, serving=authority.serving("localhost")) as proxy:
        url = f"spacetimedbs://localhost:{proxy.port}"
        tokens = TokenFile(tmp_path / "tokens.json")
        uri = nl.publish_module(url, new_database(), tokens=tokens, ca_file=authority.path)
        assert uri.startswith("spacetimedbs://")
        config = InnerUniverseConfig(token_file=tokens.path, ca_file=authority.path)
        with nl.open(uri, config=config) as here, nl.open(uri, config=config) as there:
            ada = here.add_entity("person", name="Ada")
            here.commit("first")
            there.refresh()
            assert there.entity(ada.id).name == "Ada"
            assert there.verify().ok
        passed = len(proxy.kept)
        with pytest.raises(ServerUnreachableError, match=r"(?i)certificate"):
            nl.open(uri, config=InnerUniverseConfig(token_file=tokens.path, connect_timeout=5))
        assert not any(asked for asked, _ in proxy.kept[passed:])
