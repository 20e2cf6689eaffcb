"""Keys that sign versions, and where they are kept."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import nerv_lab as nl
from nerv_lab.core.errors import NERVPersistenceError
from nerv_lab.core.history.signatures import SignedHead
from nerv_lab.inner_universe.keys.signing import is_genuine, signing_key_of

HEAD = SignedHead("", 1, "", "main", "v", "d", "c")


def test_a_key_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    key = nl.generate_signing_key(path)
    assert signing_key_of(path).public == key.public
    assert signing_key_of(str(path)).public == key.public
    assert path.read_bytes() == key.pem()


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_nobody_else_can_read_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "key.pem"
    nl.generate_signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    signing_key_of(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "was open to others" in caplog.text


def test_a_key_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    nl.generate_signing_key(path)
    before = path.read_bytes()
    with pytest.raises(NERVPersistenceError, match="not written over"):
        nl.generate_signing_key(path)
    assert path.read_bytes() == before
    with pytest.raises(NERVPersistenceError, match="cannot be kept"):
        nl.generate_signing_key(tmp_path / "no folder" / "key.pem")


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nQUJD\n"])
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key.pem"
    path.write_text(text)
    with pytest.raises(nl.ValidationError, match="Ed25519"):
        signing_key_of(path)
    with pytest.raises(NERVPersistenceError, match="generate_signing_key"):
        signing_key_of(tmp_path / "not there")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(nl.ValidationError, match="Ed25519"):
        signing_key_of(path)


def test_a_signature_is_that_of_its_key_and_head() -> None:
    key, other = nl.generate_signing_key(), nl.generate_signing_key()
    signed = key.sign(replace(HEAD, key=key.public))
    assert is_genuine(signed)
    assert not is_genuine(replace(signed, key=other.public))
    assert not is_genuine(replace(signed, number=2))
    assert not is_genuine(replace(signed, signature=""))
    assert not is_genuine(replace(signed, signature="*"))
    assert not is_genuine(replace(signed, key="ed25519:*"))


def test_a_key_shows_itself_nowhere() -> None:
    key = nl.generate_signing_key()
    inside = key.pem().decode().splitlines()[1]
    assert inside not in repr(key)
    assert key.public in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_a_lab_takes_its_key_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = nl.generate_signing_key(tmp_path / "key.pem")
    monkeypatch.setenv("NERV_SIGNING_KEY", str(tmp_path / "key.pem"))
    with nl.open() as lab:
        lab.commit("signed")
        assert lab.verify(trusted=[key]).ok
        assert [head.key for head in lab.signed_heads] == [key.public]


def test_a_key_is_one_that_openssl_reads(tmp_path: Path) -> None:
    nl.generate_signing_key(tmp_path / "key.pem")
    command = ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-noout", "-text"]
    try:
        done = subprocess.run(command, capture_output=True, check=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no openssl")
    assert "ED25519" in done.stdout


def test_the_keyring_may_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    monkeypatch.setattr(
        keyring, "set_password", lambda service, name, text: kept.update({(service, name): text})
    )
    key = nl.generate_signing_key("keyring:olga")
    assert list(kept) == [("nerv-lab signing key", "olga")]
    assert signing_key_of("keyring:olga").public == key.public
    with pytest.raises(NERVPersistenceError, match="already"):
        nl.generate_signing_key("keyring:olga")
    with pytest.raises(NERVPersistenceError, match="keeps no key"):
        signing_key_of("keyring:mika")


def test_a_keyring_that_fails_says_so_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")

    def fail(*given: str) -> str:
        raise keyring.errors.KeyringLocked("hunter2")

    monkeypatch.setattr(keyring, "get_password", fail)
    for act in (lambda: nl.generate_signing_key("keyring:x"), lambda: signing_key_of("keyring:x")):
        with pytest.raises(NERVPersistenceError) as failed:
            act()
        assert "hunter2" not in str(failed.value)
