"""A history of another store, by the module's reducers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from shared.spacetime_database import Database, RefusedError, entity_meta, some, version_wire

from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.core.history.versions import Version, version_digest

NONE = some(None)
TABLES = ["entity", "event_log", "state_version", "version_delta", "branch", "tag", "batch"]
TABLES += ["origin_cursor"]


def event(seq: int, kind: str = "MINE", batch: str = "b", **fields: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "event_id": f"{batch}.{seq}",
        "origin_id": "o",
        "origin_seq": seq,
        "event_type": kind,
        "source": NONE,
        "timestamp": 1_000_000 + seq,
        "data": some("{}"),
        "actor": "",
        "branch": "main",
        "batch_id": batch,
    } | fields


def part(**rows: list[Any]) -> dict[str, list[Any]]:
    names = ("events", "versions", "entities", "relations", "branches", "tags")
    return {name: rows.get(name, []) for name in names}


def version(version_id: str, event_seq: int, *parents: str) -> dict[str, Any]:
    made = Version(version_id, parents, event_seq=event_seq, author="ann")
    sealed = replace(made, digest=version_digest(made, b"[]"))
    return {"version": version_wire(sealed), "seq": event_seq + 1, "delta": b"[]".hex()}


def pointer(name: str, version_id: str) -> dict[str, str]:
    return {"name": name, "version_id": version_id}


ENTITY = {
    "branch": "main",
    "entity": {
        "id": "a",
        "entity_type": "thing",
        "metadata": entity_meta(EntityMetadata()),
        "created_at": 5,
        "updated_at": 6,
        "revision": 7,
    },
}
EVENTS = part(events=[event(1), event(2), event(3, "STATE_VERSION_COMMITTED", "v1")])
REST = part(
    versions=[version("v1", 2)],
    entities=[ENTITY],
    branches=[pointer("main", "v1")],
    tags=[pointer("t", "v1")],
)


def _content(database: Database) -> dict[str, list[str]]:
    return {table: sorted(map(repr, database.rows(table))) for table in TABLES}


def _refused(database: Database, *parts: dict[str, Any], after: int = 0, last: int = 3) -> str:
    """Return how a history is refused, which must have left everything as it was."""
    before = _content(database)
    for number, staged in enumerate(parts):
        database.call("stage_history", "bad", number, staged)
    with pytest.raises(RefusedError) as refused:
        database.call("import_history", "bad", len(parts), after, last)
    assert _content(database) == before
    return f"{refused.value.name} {refused.value.fields}"


def _imported(database: Database) -> None:
    database.call("stage_history", "i", 1, REST)
    database.call("stage_history", "i", 0, EVENTS)
    assert database.log() == []
    database.call("import_history", "i", 2, 0, 3)


def test_a_history_is_taken_in_with_its_places_times_and_authors(database: Database) -> None:
    _imported(database)
    log = database.log()
    assert [(row["seq"], row["event_id"], row["batch_id"]) for row in log] == [
        (1, "b.1", "b"),
        (2, "b.2", "b"),
        (3, "v1.3", "v1"),
    ]
    assert (log[0]["timestamp"], log[0]["actor"]) == (1_000_001, "")
    (entity,) = database.rows("entity")
    assert (entity["created_at"], entity["updated_at"], entity["revision"]) == (5, 6, 7)
    assert database.rows("branch") == [{"name": "main", "version_id": "v1"}]
    assert database.rows("tag") == [{"name": "t", "version_id": "v1"}]
    assert database.rows("origin_cursor") == [{"origin_id": "o", "origin_seq": 3, "event_seq": 3}]
    receipts = {row["batch_id"]: row for row in database.rows("batch")}
    assert (receipts["b"]["first_seq"], receipts["b"]["last_seq"]) == (1, 2)


def test_the_log_goes_on_where_the_history_ends(database: Database) -> None:
    _imported(database)
    database.apply(CreateEntity("z", "thing"))
    assert [row["seq"] for row in database.log()] == [1, 2, 3, 4]


def test_the_same_import_again_changes_nothing(database: Database) -> None:
    _imported(database)
    before = _content(database)
    database.call("import_history", "i", 2, 0, 3)
    assert _content(database) == before


def test_a_history_that_is_not_all_there_is_refused(database: Database) -> None:
    database.call("stage_history", "bad", 1, REST)
    with pytest.raises(RefusedError, match="send them again"):
        database.call("import_history", "bad", 2, 0, 3)
    assert database.log() == []


def test_a_history_that_was_discarded_is_gone(database: Database) -> None:
    database.call("stage_history", "i", 0, EVENTS)
    database.call("discard_history", "i")
    with pytest.raises(RefusedError, match="0 of 1 parts"):
        database.call("import_history", "i", 1, 0, 3)


def test_a_history_for_another_place_is_refused(database: Database) -> None:
    database.apply(CreateEntity("z", "thing"))
    assert _refused(database, EVENTS, REST).startswith("LogMoved")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([part(events=[event(2)])], "belongs"),
        ([part(events=[event(1), event(1, event_id="x")])], "belongs"),
        ([part(events=[event(1), event(2, event_id="b.1")])], "DuplicateId"),
        ([part(events=[event(1), event(2, batch="c"), event(3)])], "DuplicateId"),
        ([part(events=[event(1)])], "end at 1"),
        ([part(events=[event(1, data=some("{ }"))])], "canonical"),
        ([part(events=[event(1, origin_id="")])], "origin_id"),
        ([EVENTS, part(versions=[version("v1", 2) | {"delta": b"{}".hex()}])], "digest"),
        ([EVENTS, part(versions=[version("v1", 2, "nowhere")])], "VersionNotFound"),
        ([EVENTS, part(branches=[pointer("main", "nowhere")])], "VersionNotFound"),
        ([EVENTS, part(tags=[pointer("t", "nowhere")])], "VersionNotFound"),
        ([EVENTS, part(entities=[ENTITY | {"branch": ""}])], "branch"),
    ],
)
def test_a_history_that_makes_no_sense_is_refused_as_a_whole(
    database: Database, parts: list[dict[str, Any]], why: str
) -> None:
    assert why in _refused(database, *parts)


def test_the_rows_of_a_beginning_give_way_to_those_of_the_whole(database: Database) -> None:
    _imported(database)
    renamed = ENTITY | {"entity": ENTITY["entity"] | {"entity_type": "other"}}
    more = part(events=[event(4, batch="c")], entities=[renamed], branches=REST["branches"])
    database.call("stage_history", "j", 0, more)
    database.call("import_history", "j", 1, 3, 4)
    assert [row["entity_type"] for row in database.rows("entity")] == ["other"]
    assert database.rows("tag") == [{"name": "t", "version_id": "v1"}]
