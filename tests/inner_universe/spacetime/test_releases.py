"""Databases of earlier modules are upgraded in place; those of later ones are only read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from shared.releases import RELEASES
from shared.spacetime_database import Database, own_event
from shared.spacetime_server import SpacetimeServer, the_server

import nerv_lab as nl
from nerv_lab.core.errors import ModuleMismatchError
from nerv_lab.core.graph.changes import Change, CreateEntity, CreateRelation, UpdateEntity
from nerv_lab.core.graph.item_changes import encode_delta
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version, from_micros, version_digest
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.module.schema import MODULE_VERSION
from nerv_lab.inner_universe.spacetime.tokens import Secret, TokenFile
from nerv_lab.lab import Lab

MODULES = {int(path.stem.removeprefix("module-")): path for path in RELEASES.glob("module-*.wasm")}
FIRST = 1_700_000_000_000_000
STEPS: list[list[Change]] = [
    [
        CreateEntity("ada", "person", EntityMetadata("Ada", tags=("a",), properties={"n": 2**62})),
        CreateEntity("note", "text", EntityMetadata(properties={"pages": [1.5, None]})),
        CreateRelation("wrote", "ada", "note", "wrote", RelationMetadata(strength=0.5)),
    ],
    [UpdateEntity("ada", name="Ada Lovelace", properties={"born": 1815})],
]


def fill(database: Database) -> list[Version]:
    """Write through reducers that every module has had; returns the versions."""
    state, seq, made = GraphState.empty(), 0, list[Version]()
    for number, changes in enumerate(STEPS):
        moment = FIRST + number
        done = plan(state, changes, moment)
        state, delta = state.apply(done), encode_delta(done)
        version = Version(
            f"version-{number}",
            tuple(v.id for v in made[-1:]),
            "main",
            seq + len(done),
            from_micros(moment),
            f"step {number}",
            "kim",
            state.data_hash,
        )
        version = _sealed(version, delta)
        database.apply_and_commit(changes, seq, version, delta, origin_seq=seq + 1)
        seq += len(done) + 1
        made.append(version)
    event = own_event("hello", "GREETING", '{"text":"hello"}')
    database.call("publish_events", "batch", "tests", seq + 1, "main", [event])
    database.call("set_tag", "start", "version-0")
    return made


def _sealed(version: Version, delta: bytes) -> Version:
    from dataclasses import replace

    return replace(version, digest=version_digest(version, delta))


class Kept:
    """A database that was filled, and the tokens of who owns it."""

    def __init__(self, server: SpacetimeServer, wasm: bytes | None, folder: Path) -> None:
        self.server = server
        self.database = Database(server)
        self.database.publish(wasm)
        self.versions = fill(self.database)
        self.tokens = TokenFile(folder / "tokens.json")
        self.tokens.put(server.url, Secret(self.database.token))
        self.uri = f"{server.url.replace('http', 'spacetimedb')}/{self.database.name}"

    def lab(self) -> Lab:
        return Lab(SpacetimeInnerUniverse(self.uri, tokens=self.tokens))

    def publish(self) -> str:
        return nl.publish_module(self.server.url, self.database.name, tokens=self.tokens)

    def record(self, component: str, version: int) -> None:
        """Let the database say that it has another schema."""
        self.database.sql(
            f"UPDATE schema_version SET version = {version} WHERE component = '{component}'"
        )


def _tables(database: Database, names: Sequence[str]) -> dict[str, Any]:
    return {name: sorted(database.rows(name), key=repr) for name in names}


TABLES = [
    *("entity", "relation", "event_log", "state_version", "version_delta", "branch", "tag"),
    *("origin_cursor", "batch", "permission", "config"),
]


def test_there_is_a_module_of_every_earlier_schema() -> None:
    assert set(range(1, MODULE_VERSION)) <= set(MODULES)


@pytest.mark.parametrize("old", sorted(MODULES))
def test_a_module_is_upgraded_in_place_and_everything_is_kept(old: int, tmp_path: Path) -> None:
    kept = Kept(the_server(), MODULES[old].read_bytes(), tmp_path)
    before = _tables(kept.database, TABLES)
    assert kept.publish() == kept.uri
    assert _tables(kept.database, TABLES) == before
    recorded = {r["component"]: r["version"] for r in kept.database.rows("schema_version")}
    assert recorded["module"] == MODULE_VERSION
    with kept.lab() as lab:
        assert list(lab.versions) == kept.versions
        assert lab.data_hash == kept.versions[-1].data_hash
        assert lab.at("start").entity("ada").name == "Ada"
        assert lab.entity("ada").properties == {"n": 2**62, "born": 1815}
        assert lab.verify().ok
        lab.update("ada", properties={"died": 1852})
        lab.commit("by the nerv-lab of now")
        assert lab.verify().ok


def test_a_client_refuses_a_module_that_is_too_old(tmp_path: Path) -> None:
    kept = Kept(the_server(), MODULES[1].read_bytes(), tmp_path)
    with pytest.raises(ModuleMismatchError, match="publish"):
        kept.lab()


def test_who_may_not_migrate_is_told_that_the_owner_has_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(the_server(), MODULES[1].read_bytes(), tmp_path)
    kept.database.other().call("claim")
    with caplog.at_level(logging.WARNING, "nerv_lab.inner_universe.spacetime.publish"):
        kept.publish()
    assert "its owner has yet to call the reducer migrate" in caplog.text


@pytest.fixture
def present(tmp_path: Path) -> Kept:
    return Kept(the_server(), None, tmp_path)


def test_a_database_of_a_newer_module_is_read_and_never_written(present: Kept) -> None:
    present.record("module", MODULE_VERSION + 1)
    before = _tables(present.database, TABLES)
    with present.lab() as lab:
        assert lab.entity("ada").name == "Ada Lovelace"
        assert lab.at("start").entity("ada").name == "Ada"
        assert lab.verify().ok
        assert lab.status.read_only is not None
        assert "upgrade nerv-lab to write it" in lab.status.read_only
        writes: list[Callable[[], object]] = [
            lambda: lab.add_entity("person"),
            lambda: lab.commit("no"),
            lambda: lab.tag("no"),
            lambda: lab.bus.publish("GREETING"),
            lambda: lab.create_branch("aside"),
        ]
        for write in writes:
            with pytest.raises(ModuleMismatchError, match="nothing was changed"):
                write()
    assert _tables(present.database, TABLES) == before


def test_a_database_of_a_newer_module_that_we_cannot_read_is_refused(present: Kept) -> None:
    for component in ("module", "reader"):
        present.record(component, MODULE_VERSION + 1)
    with pytest.raises(ModuleMismatchError, match="upgrade nerv-lab to open it"):
        present.lab()


def test_a_newer_module_is_not_replaced_by_an_older_one(present: Kept) -> None:
    present.record("module", MODULE_VERSION + 1)
    with pytest.raises(ModuleMismatchError, match="the module was left as it is"):
        present.publish()
