"""What the owner of a database changes past every rule of the module is found, and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from shared.spacetime_database import Database
from shared.spacetime_server import SpacetimeServer

from nerv_lab.inner_universe.checking.comparing import differences, read_contents
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.tokens import TokenFile
from nerv_lab.lab import Lab

# The column that names a row, and those that are changed: all but lists and those that may be
# empty, which the server's SQL cannot write. Who wrote an event and why is said only once.
TABLES = {
    "entity": (
        "key",
        ("key", "branch", "entity_id", "entity_type", "created_at", "updated_at", "revision"),
    ),
    "relation": (
        "key",
        (
            *("key", "branch", "relation_id", "from_entity", "to_entity", "relation_type"),
            *("created_at", "updated_at", "revision", "from_key", "to_key"),
        ),
    ),
    "event_log": ("seq", ("seq", "event_type", "origin_id", "origin_seq", "branch")),
    "state_version": (
        "version_id",
        (
            *("version_id", "branch", "event_seq", "timestamp", "description"),
            *("data_hash", "algorithm", "digest"),
        ),
    ),
    "version_delta": ("version_id", ("version_id", "delta")),
    "branch": ("name", ("name",)),
    "tag": ("name", ("version_id",)),
}


def literal(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return "'" + value.replace("'", "''") + "'"


def other(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, int):
        return value + 1_000
    return value[:-1] + b"x" if isinstance(value, bytes) else value + "x"


class Tampering:
    """A database with some history, and its owner's way around the rules."""

    def __init__(self, server: SpacetimeServer, tokens: TokenFile) -> None:
        self.database = Database(server)
        self.database.publish()
        client = SpacetimeInnerUniverse(server.address(self.database.name), tokens=tokens)
        self.lab = Lab(client, author="ada")
        self.lab.add_entity("person", "Ada", id="ada")
        self.lab.commit("one")
        self.lab.add_entity("text", id="note")
        self.lab.relate("ada", "wrote", "note", id="wrote")
        self.lab.commit("two")
        self.lab.tag("release")
        with self.lab.branch("aside"):
            self.lab.update("ada", name="A.")
            self.lab.commit("three")

    def row(self, table: str, place: int) -> dict[str, Any]:
        rows = self.database.rows(table)
        key = TABLES[table][0]
        row = sorted(rows, key=lambda row: row[key])[place]
        if "delta" in row:
            row["delta"] = bytes.fromhex(row["delta"])
        return row

    def set(self, table: str, key: Any, column: str, value: Any) -> None:
        name = TABLES[table][0]
        self.database.sql(
            f"UPDATE {table} SET {column} = {literal(value)} WHERE {name} = {literal(key)}"
        )

    def delete(self, table: str, key: Any) -> None:
        self.database.sql(f"DELETE FROM {table} WHERE {TABLES[table][0]} = {literal(key)}")

    def problems(self) -> list[str]:
        """Return what the client that wrote all this finds, who may not trust its memory."""
        found = self.lab._run(self.lab.client.verify())
        return [f"{problem.where}: {problem.what}" for problem in found]


@pytest.fixture
def tampering(server: SpacetimeServer, tokens: TokenFile) -> Iterator[Tampering]:
    made = Tampering(server, tokens)
    assert made.problems() == []
    yield made
    made.lab.close()


def names_of(table: str, row: dict[str, Any]) -> list[str]:
    match table:
        case "entity" | "relation":
            return [f"{table[0]}:{row[f'{table}_id']}"]
        case "event_log":
            return [f"event {row['seq']}", f"event {row['seq'] + 1}"]
        case "state_version" | "version_delta":
            return [str(row["version_id"])]
    return [f"{table} {row['name']}"]


@pytest.mark.parametrize("table", TABLES)
def test_a_changed_cell_is_found_and_named_and_put_back_is_sound(
    tampering: Tampering, table: str
) -> None:
    key, columns = TABLES[table]
    for column in columns:
        row = tampering.row(table, 0)
        changed = {**row, column: other(row[column])}
        tampering.set(table, row[key], column, changed[column])
        problems = tampering.problems()
        names = {*names_of(table, row), *names_of(table, changed)}
        if table == "event_log":
            names |= {"e:ada", "branch main"}
        assert any(name in problem for problem in problems for name in names), (column, problems)
        tampering.set(table, changed[key], column, row[column])
        assert tampering.problems() == []


def test_what_is_said_only_once_is_compared_as_the_server_has_it(tampering: Tampering) -> None:
    lab = tampering.lab
    before = lab._run(read_contents(lab.client))
    tampering.set("event_log", 1, "actor", "somebody else")
    tampering.set("tag", "release", "version_id", lab.version("v1").id)
    after = lab._run(read_contents(lab.client))
    assert [p.where for p in differences(before, after, "later")] == ["event 1", "tag release"]


@pytest.mark.parametrize("table", [name for name in TABLES if name != "tag"])
def test_a_row_that_is_gone_is_found_and_named(tampering: Tampering, table: str) -> None:
    row = tampering.row(table, 0)
    tampering.delete(table, row[TABLES[table][0]])
    problems = tampering.problems()
    assert any(name in problem for problem in problems for name in names_of(table, row)), problems
