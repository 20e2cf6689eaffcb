"""Tokens in a keyring: in one place, in a clear order, and shown nowhere."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordSetError
from shared.fake_spacetime import FakeServer

from nerv_lab.core.errors import NERVPersistenceError
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.tokens import FixedToken, Secret, TokenFile
from nerv_lab.inner_universe.spacetime.tokens.identity import tokens_of
from nerv_lab.inner_universe.spacetime.tokens.keyring import SERVICE, KeyringTokens

SERVER = "http://a"


class Ring(KeyringBackend):
    """A keyring in memory, which may be locked."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked(f"locked: {self.kept}")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise PasswordSetError(f"cannot keep {password}")
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def kept(tmp_path: Path) -> KeyringTokens:
    return KeyringTokens(TokenFile(tmp_path / "tokens.json"))


def test_a_new_token_goes_into_the_keyring_and_into_no_file(
    ring: Ring, kept: KeyringTokens
) -> None:
    assert kept.get(SERVER) is None
    kept.put(SERVER, Secret("one"))
    assert kept.get(SERVER) == Secret("one")
    assert ring.kept == {(SERVICE, SERVER): "one"}
    assert not kept.file.path.exists()


def test_a_token_that_the_file_holds_stays_in_use(ring: Ring, kept: KeyringTokens) -> None:
    kept.file.put(SERVER, Secret("from before"))
    assert kept.get(SERVER) == Secret("from before")
    assert ring.kept == {}


def test_the_keyring_comes_before_the_file(ring: Ring, kept: KeyringTokens) -> None:
    kept.file.put(SERVER, Secret("file"))
    ring.kept[SERVICE, SERVER] = "ring"
    assert kept.get(SERVER) == Secret("ring")


def test_a_locked_keyring_is_said_and_the_token_written_nowhere_else(
    ring: Ring, kept: KeyringTokens
) -> None:
    secrets = [Secret(f"hush-{number}") for number in range(2)]
    kept.put(SERVER, secrets[0])
    ring.locked = True
    with pytest.raises(NERVPersistenceError, match="unlock") as reading:
        kept.get(SERVER)
    with pytest.raises(NERVPersistenceError, match="unlock") as writing:
        kept.put(SERVER, secrets[1])
    for caught in (reading, writing):
        shown = "".join(traceback.format_exception(caught.value))
        assert not any(secret.reveal() in shown for secret in secrets)
    assert not kept.file.path.exists()


def test_without_the_package_it_says_how_to_get_it(
    kept: KeyringTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(NERVPersistenceError, match=r"nerv-lab\[keyring\]"):
        kept.get(SERVER)


def test_a_given_token_comes_before_the_keyring_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = TokenFile(tmp_path / "t.json")
    monkeypatch.setenv("NERV_TOKEN_FILE", str(file.path))
    assert tokens_of(InnerUniverseConfig()) == file
    monkeypatch.setenv("NERV_TOKEN_KEYRING", "1")
    assert tokens_of(InnerUniverseConfig()) == KeyringTokens(file)
    monkeypatch.setenv("NERV_TOKEN", "hush-hush")
    config = InnerUniverseConfig()
    assert tokens_of(config) == FixedToken(Secret("hush-hush"))
    assert "hush" not in repr(config)


async def test_a_client_gets_its_token_once_and_shows_it_nowhere(
    ring: Ring, kept: KeyringTokens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake = FakeServer()
    client = SpacetimeInnerUniverse(fake.uri, tokens=kept)
    for _ in range(2):
        await client.connect()
        shown = f"{client!r} {client.uri} {client.status!r} {kept!r} {kept.where}"
        await client.close()
    await fake.close()
    assert list(ring.kept.values()) == ["fake-token"]
    assert fake.tokens[0] is None
    assert set(fake.tokens[1:]) == {"Bearer fake-token"}
    assert all("fake-token" not in url for url in fake.urls)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("nerv_lab")]
    assert "fake-token" not in shown + " ".join(ours)
