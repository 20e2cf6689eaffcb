"""Versions that were made elsewhere than where they are: what they lead to is what the log says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shared.offline_places import PATIENCE, Place
from shared.spacetime_server import SpacetimeServer

import nerv_lab as nl
from nerv_lab.inner_universe import InnerUniverseConfig


def came_back(place: Place, lab: nl.Lab) -> None:
    place.mend()
    assert lab.outbox.wait(PATIENCE)
    lab.refresh()


def test_a_branch_begins_with_the_rows_of_a_version_that_was_made_offline(place: Place) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        place.cut()
        lab.add_entity("person", id="bob")
        with lab.transaction("both", commit="second"):
            lab.update("ada", name="Ada")
            lab.update("bob", name="Bob")
        second = lab.versions[-1]
        lab.update("bob", name="Robert")
        lab.commit("third")
        came_back(place, lab)
        lab.create_branch("second", second)
        lab.create_branch("third")
        assert not lab.verify().problems
    with place.open() as again:
        again.create_branch("fourth")
        assert not again.verify().problems


def test_a_branch_that_is_made_while_the_server_comes_back_begins_with_its_rows(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        place.cut()
        lab.add_entity("person", id="bob")
        second = lab.commit("second")
        lab.update("bob", name="Bob")
        lab.commit("third")
        state_at = lab._history.state_at

        def and_back(version_id: str) -> Any:
            monkeypatch.undo()
            state = state_at(version_id)
            came_back(place, lab)
            return state

        monkeypatch.setattr(lab._history, "state_at", and_back)
        lab.create_branch("aside", second)
        assert not lab.verify().problems


@pytest.fixture
def rolled_back(
    mortal_server: SpacetimeServer, lasting_database: str, tmp_path: Path
) -> Callable[[], None]:
    """Return what puts the server's data back to where it was at first."""
    server, data, copy = mortal_server, mortal_server.folder / "data", tmp_path / "copy"
    server.kill()
    shutil.copytree(data, copy)
    server.start()

    def roll_back() -> None:
        server.kill()
        shutil.rmtree(data)
        shutil.copytree(copy, data)
        server.start()

    return roll_back


@pytest.fixture
def config(tmp_path: Path) -> InnerUniverseConfig:
    return InnerUniverseConfig(
        token_file=tmp_path / "tokens.json", outbox_folder=tmp_path / "outboxes", offline_after=0.1
    )


def test_a_branch_begins_with_the_rows_of_a_version_that_the_server_had_lost(
    rolled_back: Callable[[], None], lasting_database: str, config: InnerUniverseConfig
) -> None:
    with nl.open(lasting_database, config=config, offline="queue") as lab:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        lab.update("ada", name="Ada")
        lab.commit("second")
        rolled_back()
        lab.update("ada", name="Ada Lovelace")
        lab.commit("third")
        assert lab.outbox.wait(PATIENCE)
        lab.create_branch("first", first)
        lab.create_branch("third")
        assert not lab.verify().problems


def test_a_signed_version_that_the_server_had_lost_stays_as_it_was_signed(
    rolled_back: Callable[[], None],
    lasting_database: str,
    config: InnerUniverseConfig,
    tmp_path: Path,
) -> None:
    key = nl.generate_signing_key(tmp_path / "key.pem")
    with nl.open(lasting_database, config=config, offline="queue", signing_key=key) as lab:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        rolled_back()
        lab.update("ada", name="Ada Lovelace")
        lab.commit("second")
        assert lab.outbox.wait(PATIENCE)
        assert lab.at(first.id).version.digest == first.digest
        assert lab.verify(trusted=[key]).ok
