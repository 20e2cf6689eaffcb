"""Damage that SQLite itself would not notice."""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path
from typing import Any

import apsw
import pytest

from nerv_lab.core.graph.changes import CreateEntity, CreateRelation, UpdateEntity
from nerv_lab.core.values import encode, json_hash
from nerv_lab.inner_universe import EmbeddedInnerUniverse, Problem


@pytest.fixture
async def store(store_path: Path, commit: Any) -> Path:
    client = EmbeddedInnerUniverse(store_path)
    await client.connect()
    await client.apply([CreateEntity("a", "thing"), CreateEntity("b", "thing")])
    first = await commit(client, "first")
    await client.apply([CreateRelation("r", "a", "b", "links"), UpdateEntity("a", name="x")])
    await commit(client, "second")
    await client.set_tag("start", first.id)
    await client.commit_state_version(None, "json", json_hash({"x": 1}), delta=encode({"x": 1}))
    assert await client.verify() == []
    await client.close()
    return store_path


async def _problems_after(path: Path, *damage: str, bindings: Any = ()) -> list[Problem]:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        for statement in damage:
            connection.execute(statement, bindings)
    client = EmbeddedInnerUniverse(path)
    await client.connect()
    problems = await client.verify()
    await client.close()
    return problems


@pytest.mark.parametrize(
    ("damage", "where", "what"),
    [
        ("DELETE FROM event_log WHERE seq = 2", "event 3", "gap"),
        ("DELETE FROM entity WHERE entity_id = 'b'", "main e:b", "not in the rows"),
        ("DELETE FROM relation", "main r:r", "not in the rows"),
        (
            (
                "INSERT INTO entity VALUES ('main', 'c', 'thing', "
                """'{"description":null,"name":null,"properties":{},"tags":[]}', 0, 0, 1)"""
            ),
            "main e:c",
            "not in the log",
        ),
        ("UPDATE entity SET entity_type = 'other' WHERE entity_id = 'b'", "main e:b", "log says"),
        ("UPDATE entity SET revision = 9 WHERE entity_id = 'b'", "main e:b", "log says"),
        ("UPDATE entity SET metadata = 'x' WHERE entity_id = 'b'", "main", "cannot be read"),
        ("UPDATE event_log SET data = 'x' WHERE seq = 1", "event 1", "cannot be read"),
        (
            """UPDATE event_log SET data = replace(data, '"thing"', '"other"') WHERE seq = 1""",
            "main e:a",
            "",
        ),
        (
            "UPDATE state_version SET description = 'forged' WHERE description = 'first'",
            "version",
            "digest",
        ),
        (
            "UPDATE state_version SET parents = 'x' WHERE description = 'second'",
            "state_version",
            "damaged",
        ),
        ("UPDATE branch SET version = 'nowhere' WHERE name = 'main'", "branch main", "head"),
        ("DELETE FROM branch WHERE name = 'state'", "branch state", "head"),
        ("UPDATE tag SET version = 'nowhere'", "tag start", "nowhere"),
        ("DELETE FROM state_version WHERE description = 'second'", "event 6", "not stored"),
        ("UPDATE state_version SET delta = x'00' WHERE branch = 'main'", "version", "damaged"),
    ],
)
async def test_damage_is_found_and_named(store: Path, damage: str, where: str, what: str) -> None:
    problems = await _problems_after(store, damage)
    assert any(p.where.startswith(where) and what in p.what for p in problems), problems


async def test_another_delta_does_not_pass(store: Path) -> None:
    packed = zlib.compress(b"[]")
    problems = await _problems_after(
        store,
        "UPDATE state_version SET delta = ? WHERE description = 'first'",
        bindings=(packed,),
    )
    assert any("digest" in p.what for p in problems)
    assert any("data_hash" in p.what for p in problems)
