"""Whatever is changed in a store file behind its back, verify finds it and says where.

Each cell of each table is changed, and each byte of the file; what goes unnoticed must have left
everything that a state is rebuilt from as it was.

A bit that is turned unnoticed is harmless by its place. Such places are:

- fields of the file's header that SQLite only counts in or passes over (see `HEADER`);
- a letter of the SQL that made a table, in page 1, in the other case: SQLite's names have no case;
- room that no row takes: between the cells of a page, and in pages that are free;
- the second of two ways to write the same compressed bytes;
- a cell that nothing else says again (`SAID_ONCE`), which `verify(against=…)` compares.

Only the last changes what is read, so it is proven of every bit that goes unnoticed that each cell
of each table reads as before, but for those.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shared.effort import EFFORT

import nerv_lab as nl
from nerv_lab.core.errors import NervError
from nerv_lab.core.values import decode, encode, json_hash
from nerv_lab.inner_universe import EmbeddedInnerUniverse, Problem
from nerv_lab.inner_universe.embedded.schema import CREATE
from nerv_lab.lab.driving import run_inline

Row = dict[str, Any]

TABLES = ("entity", "relation", "event_log", "state_version", "branch", "tag", "origin_cursor")

# Nothing else in the file says these again: who wrote an event of the log and why, a user's own
# events, what a tag stands for. They are checked against another store.
SAID_ONCE = {
    *(("event_log", column) for column in ("event_id", "event_type", "branch", "batch_id")),
    *(("event_log", column) for column in ("source", "timestamp", "data", "actor")),
    ("tag", "name"),
    ("tag", "version"),
    *(("permission", column) for column in ("identity", "action", "item_type")),
    *(("config", column) for column in ("name", "value")),
    ("schema_version", "applied_at"),
}
# By SQLite's file format: which versions write and read it, the change counter, the schema's cookie
# and format, the size of the cache, the encoding of texts, the mode
# of shrinking, what is reserved for later, and which SQLite wrote when.
HEADER = {
    *(18, 19),
    *range(24, 28),
    *range(40, 52),
    *range(56, 60),
    *range(64, 68),
    *range(72, 100),
}
TAGS = {"tag"}


def columns_of(connection: apsw.Connection, table: str) -> list[tuple[str, bool]]:
    """Return each column, and whether it is a part of the key."""
    # As bytes: in a damaged file a name may be no text any more.
    rows = connection.execute(f"SELECT CAST(name AS BLOB), pk FROM pragma_table_info('{table}')")
    return [(name.decode(errors="replace"), bool(pk)) for name, pk in rows]


def all_columns() -> list[tuple[str, str]]:
    with contextlib.closing(apsw.Connection(":memory:")) as connection:
        for statement in CREATE:
            connection.execute(statement)
        return [(t, name) for t in TABLES for name, _ in columns_of(connection, t)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sound file with something of everything, which nobody may write to."""
    path = tmp_path_factory.mktemp("sound") / "store.nerv"
    with nl.open(path, author="ada") as lab:
        lab.add_entity("person", "Ada", id="ada", tags=["x"], properties={"born": 1815})
        lab.commit("one")
        with lab.transaction("why"):
            lab.add_entity("text", "Note", id="note")
            lab.relate("ada", "wrote", "note", id="wrote", properties={"in": 1843})
            lab.update("ada", name="Ada Lovelace")
        lab.bus.publish("mine", {"n": 1}, source="me")
        lab.commit("two")
        with lab.branch("aside"):
            lab.update("ada", properties={"died": 1852})
            lab.commit("death")
            lab.update("note", name="G")
        lab.update("note", name="Note G")
        lab.commit("three")
        lab.merge("aside")
        lab.rollback("v2")
        lab.tag("release", "v2")
        lab.delete("wrote")
        state = {"x": 1}
        lab._run(
            lab.client.commit_state_version(None, "json", json_hash(state), delta=encode(state))
        )
        assert repr(lab.verify()).startswith("verified")
    return path


@contextlib.contextmanager
def copied(sound: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copy(sound, Path(folder) / "store.nerv"))


def rows_of(path: Path, table: str) -> list[Row]:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        names = [name for name, _ in columns_of(connection, table)]
        return [
            dict(zip(names, row, strict=True))
            for row in connection.execute(f"SELECT * FROM {table}")
        ]


def write(path: Path, table: str, row: Row, column: str | None, value: Any = None) -> bool:
    """Change a cell, or remove the row; return whether the file's own rules let it happen."""
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        keys = [name for name, is_key in columns_of(connection, table) if is_key]
        where = " AND ".join(f"{name} = ?" for name in keys)
        verb = f"DELETE FROM {table}" if column is None else f"UPDATE {table} SET {column} = ?"
        bindings = [row[name] for name in keys]
        try:
            connection.execute(
                f"{verb} WHERE {where}", bindings if column is None else [value, *bindings]
            )
        except apsw.ConstraintError:
            return False
        return True


def look(path: Path) -> tuple[list[Problem], Any]:
    """Return what verify finds, and everything that a state is rebuilt from."""
    client = EmbeddedInnerUniverse(path)
    try:
        run_inline(client.connect())
        problems = run_inline(client.verify())
        return problems, None if problems else run_inline(_facts(client))
    except NervError as error:
        return [Problem("file", str(error))], None
    finally:
        run_inline(client.close())


async def _facts(client: EmbeddedInnerUniverse) -> Any:
    versions = await client.versions()
    branches = await client.branches()
    return (
        versions,
        [await client.delta(version.id) for version in versions],
        {b.name: (b.head, (await client.snapshot(b.name)).items) for b in branches.values()},
    )


def changed(value: Any) -> st.SearchStrategy[Any]:
    """Return other values that a column of this type may hold."""
    if value is None:
        return st.sampled_from(["", "x"])
    if isinstance(value, int):
        bits = st.integers(0, 62).map(lambda bit: value ^ (1 << bit))
        return bits | st.sampled_from([0, value + 1, value - 1])
    if isinstance(value, bytes):
        flips = st.tuples(st.integers(0, len(value) - 1), st.integers(0, 7)).map(
            lambda at: value[: at[0]] + bytes([value[at[0]] ^ 1 << at[1]]) + value[at[0] + 1 :]
        )
        return flips | st.sampled_from([b"", value[:-1], value + b"\0"])
    edits: st.SearchStrategy[Any] = st.sampled_from(["", value + " ", value[:-1], value.upper()])
    if value:
        edits |= st.tuples(st.integers(0, len(value) - 1), st.sampled_from('x0"}')).map(
            lambda at: value[: at[0]] + at[1] + value[at[0] + 1 :]
        )
    return edits


def names_of(table: str, row: Row) -> list[str]:
    """Return by which names a row may be told of."""
    match table:
        case "entity" | "relation":
            return [f"{table[0]}:{row[f'{table}_id']}", f"{table} {row[f'{table}_id']!r}"]
        case "state_version":
            return [row["version_id"]]
        case "branch" | "tag":
            return [f"{table} {row['name']}"]
        case "origin_cursor":
            return [f"origin {row['origin_id']}"]
    seq, names = row["seq"], [f"event {row['seq']}", f"event {row['seq'] + 1}"]
    with contextlib.suppress(NervError):
        told = decode(row["data"]) or {}
        item = told.get("new") or told.get("old") or {}
        kind = "r" if "from_entity" in item else "e"
        names += [f"{kind}:{item['id']}"] if isinstance(item, dict) and "id" in item else []
        names += [told[name] for name in ("version_id", "branch") if name in told]
    return [*names, f"origin {row['origin_id']}"] if seq else names


def is_named(problems: list[Problem], table: str, *rows: Row) -> bool:
    said = [f"{problem.where}: {problem.what}" for problem in problems]
    return any(name in text for row in rows for name in names_of(table, row) for text in said)


@pytest.mark.parametrize(("table", "column"), all_columns())
@given(data=st.data())
@settings(max_examples=8 * EFFORT)
def test_a_cell_that_was_changed_is_found_and_named(
    sound: Path, table: str, column: str, data: st.DataObject
) -> None:
    row = data.draw(st.sampled_from(rows_of(sound, table)))
    value = data.draw(changed(row[column]))
    assume(value != row[column])
    with copied(sound) as path:
        assume(write(path, table, row, column, value))
        problems, facts = look(path)
    if problems:
        assert is_named(problems, table, row, {**row, column: value}), problems
    else:
        # A compressed delta may be written in more than one way.
        assert (table, column) in SAID_ONCE | {("state_version", "delta")}
        assert facts == look(sound)[1]


@pytest.mark.parametrize("table", [t for t in TABLES if t not in TAGS])
def test_a_row_that_is_gone_is_found_and_named(sound: Path, table: str) -> None:
    for row in rows_of(sound, table):
        with copied(sound) as path:
            assert write(path, table, row, None)
            problems, _ = look(path)
        last = table == "event_log" and row == rows_of(sound, table)[-1]
        assert is_named(problems, table, row) or (last and problems), (row, problems)


def every_table(path: Path) -> list[str]:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return [str(name) for (name,) in tables]


def changed_cells(before: Path, after: Path) -> set[tuple[str, str]]:
    """Return the columns in which two files differ; a row more or less is all of its columns."""
    different: set[tuple[str, str]] = set()
    for table in every_table(before):
        old, new = rows_of(before, table), rows_of(after, table)
        if len(old) != len(new):
            return {(table, column) for row in (*old, *new) for column in row}
        # By place: the case of a column's name makes no difference to SQLite.
        different |= {
            (table, c)
            for a, b in zip(old, new, strict=True)
            for (c, value), found in zip(a.items(), b.values(), strict=True)
            if value != found
        }
    return different


@given(data=st.data())
@settings(max_examples=200 * EFFORT)
def test_a_bit_that_was_turned_anywhere_in_the_file_is_found_or_harmless(
    sound: Path, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, sound.stat().st_size - 1))
    is_noticed_or_harmless(sound, place, data.draw(st.integers(0, 7)))


def is_noticed_or_harmless(sound: Path, place: int, bit: int) -> bool:
    """Turn a bit; return whether it is noticed, and fail where it is not, but changes a cell."""
    content = bytearray(sound.read_bytes())
    content[place] ^= 1 << bit
    with copied(sound) as path:
        path.write_bytes(content)
        problems, facts = look(path)
        if problems:
            return True
        assert facts == look(sound)[1], (place, bit)
        assert changed_cells(sound, path) <= SAID_ONCE, (place, bit)
        return False


def test_a_column_whose_name_is_no_text_any_more_is_found_or_harmless(sound: Path) -> None:
    place = sound.read_bytes().index(b" applied_at INTEGER")
    is_noticed_or_harmless(sound, place, 7)


def test_a_turned_bit_of_the_header_is_found_unless_nothing_is_read_from_it(sound: Path) -> None:
    for place in range(100):
        for bit in range(8) if EFFORT > 1 else (place % 8,):
            assert is_noticed_or_harmless(sound, place, bit) or place in HEADER, (place, bit)


def test_the_case_of_a_letter_in_the_sql_of_a_table_changes_nothing(sound: Path) -> None:
    # Bit 5 is the case of a letter, so that turning it may well go unnoticed.
    page = sound.read_bytes()[100:4096]
    letters = [place for place, byte in enumerate(page, 100) if chr(byte).isalpha()]
    unnoticed = 0
    for place in letters[:: max(1, len(letters) // (40 * EFFORT))]:
        unnoticed += not is_noticed_or_harmless(sound, place, 5)
    assert unnoticed > 20
