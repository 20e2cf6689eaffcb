"""Encrypted properties are plain neither on the way to a server nor on its disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from shared.breaking_proxy import breaking_proxy
from shared.spacetime_server import SpacetimeServer
from shared.wire import readable

import nerv_lab as nl
from nerv_lab.inner_universe.spacetime.tokens import TokenFile

SECRET, OTHER, PLAIN = "078-05-1120", "a second secret", "plain as day"
POLICY = {"person": ["ssn"], "knows": ["how"]}


def _work(lab: nl.Lab) -> None:
    lab.add_entity("person", id="ada", name=PLAIN, properties={"ssn": SECRET})
    lab.commit("first")
    with lab.transaction("more", commit="second"):
        lab.update("ada", properties={"ssn": [SECRET, OTHER]})
        lab.add_entity("person", id="bob")
        lab.relate("ada", "knows", "bob", properties={"how": OTHER})
    lab.create_branch("aside")
    lab.rollback("v1")
    assert lab.search("1120")
    assert lab.reveal("ada", "ssn") == SECRET


@pytest.mark.parametrize("offline", ["refuse", "queue"])
def test_nothing_plain_is_on_the_wire_or_on_the_disks_of_server_and_client(
    mortal_server: SpacetimeServer,
    lasting_database: str,
    tokens: TokenFile,
    tmp_path: Path,
    offline: str,
) -> None:
    outbox = tmp_path / "outbox"
    token = tokens.get(mortal_server.url)
    assert token is not None
    database = lasting_database.rpartition("/")[2]
    with breaking_proxy(mortal_server.port, keeping=True) as proxy:
        config = nl.InnerUniverseConfig(token=token.reveal(), offline=offline, outbox_folder=outbox)
        uri = f"spacetimedb://127.0.0.1:{proxy.port}/{database}"
        key = nl.generate_field_key()
        with nl.open(uri, config=config, encrypt=POLICY, field_key=key) as lab:
            _work(lab)
        with nl.open(uri, config=config) as stranger:
            assert "encrypted" in repr(stranger.entity("ada").properties)
            assert stranger.verify().ok
    mortal_server.stop()
    wire = readable(proxy.kept)
    disk = b"".join(p.read_bytes() for p in mortal_server.folder.rglob("*") if p.is_file())
    for place in (wire, disk):
        assert PLAIN.encode() in place  # what is plain is there, so that the search means something
        for hidden in (SECRET, OTHER, key):
            assert hidden.encode() not in place
    kept = b"".join(p.read_bytes() for p in outbox.rglob("*") if p.is_file())
    assert (PLAIN.encode() in kept) is (offline == "queue")
    for hidden in (SECRET, OTHER, key, token.reveal()):
        assert hidden.encode() not in kept
    # Both ways, and unmasked.
    assert wire.count(PLAIN.encode()) > 2
