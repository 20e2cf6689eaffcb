"""Encrypted connections: a server that cannot prove who it is is not talked to."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from shared.fake_spacetime import FakeServer

from nerv_lab.core.errors import ServerUnreachableError
from nerv_lab.inner_universe.spacetime import Limits, SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.tokens import FixedToken, Secret


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a new self-signed certificate of localhost, and its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    path = tmp_path / "both.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(path), "-out", str(path.with_suffix(".crt"))),
        ],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    fake = FakeServer(ssl_options=context)
    uri = f"spacetimedbs://localhost:{fake.port}/fake"
    limits = Limits(request=5.0, connect=5.0)
    client = SpacetimeInnerUniverse(uri, tokens=FixedToken(Secret("mine")), limits=limits)
    with pytest.raises(ServerUnreachableError, match=r"(?i)certificate"):
        await client.connect()
    assert fake.tokens == []
    await fake.close()


async def test_a_certificate_that_the_system_trusts_is_accepted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    fake = FakeServer(ssl_options=context)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_suffix(".crt")))
    uri = f"spacetimedbs://localhost:{fake.port}/fake"
    client = SpacetimeInnerUniverse(uri, tokens=FixedToken(Secret("mine")))
    await client.connect()
    await client.publish_event("hello")
    assert set(fake.tokens) == {"Bearer mine"}
    await client.close()
    await fake.close()
