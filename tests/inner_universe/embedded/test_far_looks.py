"""Looks far back into a file: what they read, and what they say of damage on the way."""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path
from typing import Any

import apsw
import pytest

import nerv_lab as nl
from nerv_lab.core.errors import CorruptStoreError, ValidationError
from nerv_lab.core.graph.item_changes import decode_delta, encode_delta
from nerv_lab.core.history.versions import Version

VERSIONS = 40
DAMAGED = 30


@pytest.fixture
def versions(store_path: Path) -> tuple[Version, ...]:
    """Return the versions of a store, each of which gives an entity the number of the version."""
    with nl.open(store_path) as lab:
        lab.add_entity("thing", id="a", properties={"n": 0})
        lab.add_entity("thing", id="b", properties={"n": 0})
        for number in range(VERSIONS):
            lab.update("a", properties={"n": number})
            lab.commit(str(number))
        return lab.versions


def execute(path: Path, statement: str, *bindings: Any) -> Any:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        return connection.execute(statement, bindings).get


def test_a_look_far_back_asks_the_file_once_for_the_deltas_on_the_way(
    store_path: Path, versions: tuple[Version, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with nl.open(store_path) as lab:
        asked: list[int] = []
        given = lab.client.deltas

        async def counted(ids: Any) -> Any:
            asked.append(len(ids))
            return await given(ids)

        monkeypatch.setattr(lab.client, "deltas", counted)
        assert lab.at(versions[30].id).entity("a").properties == {"n": 30}
        assert asked == [VERSIONS - 31]
        assert len(lab.diff(versions[5].id, versions[15].id).changes) == 1
        assert asked == [VERSIONS - 31, 6, 10]  # from nothing to one, and on to the other


def test_every_version_is_as_it_was_committed_in_whatever_order_it_is_looked_at(
    store_path: Path, versions: tuple[Version, ...]
) -> None:
    with nl.open(store_path) as lab:
        for number in (3, 39, 20, 21, 0, 30, 2):
            view = lab.at(versions[number].id)
            assert view.entity("a").properties == {"n": number}
            assert view.state.data_hash == versions[number].data_hash


def test_a_damaged_delta_is_named_by_who_meets_it_and_by_nobody_else(
    store_path: Path, versions: tuple[Version, ...]
) -> None:
    damaged = versions[DAMAGED].id
    execute(store_path, "UPDATE state_version SET delta = x'00' WHERE version_id = ?", damaged)
    with nl.open(store_path) as lab:
        assert lab.at(versions[DAMAGED].id).entity("a").properties == {"n": DAMAGED}
        with pytest.raises(CorruptStoreError, match=damaged):
            lab.at(versions[DAMAGED - 1].id)
        assert f"version {damaged}" in [problem.where for problem in lab.verify().problems]


def test_a_delta_that_is_not_the_one_committed_is_read_with_care_and_found(
    store_path: Path, versions: tuple[Version, ...]
) -> None:
    changed = versions[DAMAGED].id
    packed = execute(store_path, "SELECT delta FROM state_version WHERE version_id = ?", changed)
    (change,) = decode_delta(zlib.decompress(packed))
    other = encode_delta([change.inverse()])
    for delta in (other, other.replace(b'"n":29', b'"n":29,"n":28')):
        query = "UPDATE state_version SET delta = ? WHERE version_id = ?"
        execute(store_path, query, zlib.compress(delta), changed)
        with nl.open(store_path) as lab:
            assert any(changed in problem.where for problem in lab.verify().problems)
            if delta is not other:
                with pytest.raises(ValidationError, match="twice"):
                    lab.at(versions[DAMAGED - 1].id)
