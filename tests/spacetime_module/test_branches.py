"""Making, moving and deleting branches, by the module's reducer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from shared.spacetime_database import Database, RefusedError

from nerv_lab.core.events import EventType
from nerv_lab.core.graph.changes import CreateEntity, CreateRelation, DeleteEntity, UpdateEntity
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.core.values import decode

A, B = CreateEntity("a", "thing"), CreateEntity("b", "thing")
R = CreateRelation("r", "a", "b", "knows")
OLD_A, NEW_A = Entity("a", "thing"), Entity("a", "person", EntityMetadata("Ada"), 7, 8, 9)
OLD_R = Relation("r", "a", "b", "knows")
CONTENT = ["branch", "entity", "relation", "event_log"]


def _commit(database: Database, version_id: str, *parents: str, branch: str = "main") -> None:
    version = Version(version_id, parents, branch)
    database.commit(replace(version, digest=version_digest(version, b"")), b"")


@pytest.fixture
def filled(database: Database) -> Database:
    """Return a database with a graph of three items, committed as v1."""
    database.apply(A, B, R)
    _commit(database, "v1")
    return database


def _heads(database: Database) -> dict[str, str | None]:
    return {row["name"]: row["version_id"] for row in database.rows("branch")}


def _keys(database: Database, branch: str) -> set[str]:
    where = f" WHERE branch = '{branch}'"
    entities = {f"e:{row['entity_id']}" for row in database.rows("entity", where)}
    return entities | {f"r:{row['relation_id']}" for row in database.rows("relation", where)}


def _moves(database: Database) -> list[dict[str, Any]]:
    return [row for row in database.log() if row["event_type"] == EventType.BRANCH_MOVED]


def _content(database: Database) -> list[list[str]]:
    return [sorted(map(repr, database.rows(table))) for table in CONTENT]


def _refusal(database: Database, call: Callable[[], None]) -> RefusedError:
    """Return the refusal of a call, which must have left everything as it was."""
    before = _content(database)
    with pytest.raises(RefusedError) as refused:
        call()
    assert _content(database) == before
    return refused.value


def _item(old: Entity | Relation | None, new: Entity | Relation | None) -> ItemChange:
    item = old or new
    assert item is not None
    return ItemChange(item.key, old, new)


def test_a_branch_begins_with_the_rows_of_another(filled: Database) -> None:
    filled.move("aside", None, "v1")
    assert _heads(filled) == {"main": "v1", "aside": "v1"}
    for table in ("entity", "relation"):
        rows = {
            branch: filled.rows(table, f" WHERE branch = '{branch}'") for branch in _heads(filled)
        }
        ids = {branch: [_without_keys(row) for row in listed] for branch, listed in rows.items()}
        assert sorted(map(repr, ids["aside"])) == sorted(map(repr, ids["main"]))
    filled.apply(DeleteEntity("a", cascade=True), branch="aside")
    assert _keys(filled, "aside") == {"e:b"}
    assert _keys(filled, "main") == {"e:a", "e:b", "r:r"}
    _commit(filled, "v2", "v1", branch="aside")
    assert _heads(filled) == {"main": "v1", "aside": "v2"}


def _without_keys(row: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in row.items() if name != "branch" and not name.endswith("key")}


def test_a_move_is_one_event(filled: Database) -> None:
    filled.move("aside", None, "v1", move_id="m", origin_id="o", origin_seq=1)
    (event,) = _moves(filled)
    assert event == filled.log()[-1]
    assert decode(event["data"]) == {"branch": "aside", "old": None, "new": "v1"}
    assert (event["event_id"], event["batch_id"], event["branch"]) == ("m.0", "m", "aside")
    assert (event["origin_id"], event["origin_seq"], event["source"]) == ("o", 1, None)
    assert event["seq"] == 5
    assert filled.rows("event_log", " WHERE event_type = 'BRANCH_MOVED'") == [event]


def test_the_rows_take_the_changes_as_they_are(filled: Database) -> None:
    c = Entity("c", "thing", EntityMetadata(properties={"n": 1}), 1, 2, 3)
    loop = Relation("loop", "c", "a", "knows", RelationMetadata(strength=0.5), 4, 5, 6)
    changes = [_item(OLD_R, None), _item(OLD_A, NEW_A), _item(None, loop), _item(None, c)]
    filled.move("aside", None, "v1", *changes)
    assert _keys(filled, "aside") == {"e:a", "e:b", "e:c", "r:loop"}
    rows = {row["key"]: row for row in filled.rows("entity")}
    row = rows["aside\x1fa"]
    assert (row["entity_type"], row["metadata"]["name"]) == ("person", "Ada")
    assert (row["created_at"], row["updated_at"], row["revision"]) == (7, 8, 9)
    assert rows["aside\x1fc"]["metadata"]["properties"] == [{"name": "n", "value": "1"}]
    (row,) = filled.rows("relation", " WHERE branch = 'aside'")
    assert (row["from_key"], row["to_key"]) == ("aside\x1fc", "aside\x1fa")
    assert (row["created_at"], row["updated_at"], row["revision"]) == (4, 5, 6)
    assert _keys(filled, "main") == {"e:a", "e:b", "r:r"}


def test_a_branch_moves_within_its_own_rows(filled: Database) -> None:
    filled.apply(UpdateEntity("a", type="person"))
    _commit(filled, "v2", "v1")
    filled.move("main", "v2", "v1", _item(replace(OLD_A, type="person"), OLD_A))
    assert _heads(filled) == {"main": "v1"}
    assert {row["entity_type"] for row in filled.rows("entity")} == {"thing"}
    assert _keys(filled, "main") == {"e:a", "e:b", "r:r"}


def test_a_branch_drops_its_own_rows_for_those_of_another(filled: Database) -> None:
    filled.move("aside", None, "v1")
    filled.apply(CreateEntity("own", "thing"), UpdateEntity("b", name="B"), branch="aside")
    filled.move("aside", "v1", "v1")
    assert _keys(filled, "aside") == {"e:a", "e:b", "r:r"}
    assert {row["metadata"]["name"] for row in filled.rows("entity")} == {None}
    filled.move("aside", "v1", "v1", rows_of="nowhere")
    assert _keys(filled, "aside") == set()


def test_a_deleted_branch_leaves_its_events_and_may_come_again(filled: Database) -> None:
    filled.move("aside", None, "v1")
    filled.apply(CreateEntity("c", "thing"), branch="aside")
    filled.move("aside", "v1", None)
    assert (_heads(filled), _keys(filled, "aside")) == ({"main": "v1"}, set())
    assert [decode(row["data"])["new"] for row in _moves(filled)] == ["v1", None]
    assert [row["seq"] for row in filled.log()] == list(range(1, 8))
    filled.move("aside", None, "v1")
    assert _keys(filled, "aside") == {"e:a", "e:b", "r:r"}


def test_rows_without_a_version_are_deleted_too(filled: Database) -> None:
    filled.apply(A, branch="aside")
    filled.move("aside", None, None)
    assert _keys(filled, "aside") == set()


def test_the_same_move_again_changes_nothing(filled: Database) -> None:
    filled.move("aside", None, "v1", move_id="m", origin_seq=1 + _count(filled))
    filled.apply(CreateEntity("c", "thing"), branch="aside")
    before = _content(filled)
    filled.move("aside", None, "v1", move_id="m", origin_seq=1)
    assert _content(filled) == before
    other = _refusal(filled, lambda: filled.move("aside", "v1", None, move_id="m"))
    assert (other.name, other.fields) == ("DuplicateId", {"kind": "event", "id": "m.0"})


def _count(database: Database) -> int:
    return sum(row["origin_id"] == "tests" for row in database.log())


def test_a_branch_must_be_where_it_is_expected(filled: Database) -> None:
    refused = _refusal(filled, lambda: filled.move("aside", "v1", None))
    assert (refused.name, refused.fields) == (
        "HeadMoved",
        {"branch": "aside", "expected": "v1", "actual": None},
    )
    refused = _refusal(filled, lambda: filled.move("main", None, "v1"))
    assert refused.fields == {"branch": "main", "expected": None, "actual": "v1"}


def test_the_version_must_exist(filled: Database) -> None:
    refused = _refusal(filled, lambda: filled.move("aside", None, "nowhere"))
    assert (refused.name, refused.fields) == ("VersionNotFound", {"asked": "nowhere", "hint": ""})


def test_main_stays(filled: Database) -> None:
    refused = _refusal(filled, lambda: filled.move("main", "v1", None))
    assert refused.fields == {"field": "branch", "reason": "'main' cannot be deleted"}


@pytest.mark.parametrize(
    "change",
    [
        _item(replace(OLD_A, type="other"), NEW_A),
        _item(None, NEW_A),
        _item(replace(OLD_R, to_entity="a"), None),
        _item(Entity("nobody", "thing"), None),
    ],
)
def test_changes_must_start_from_the_rows(filled: Database, change: ItemChange) -> None:
    added = _item(None, Entity("c", "thing"))
    refused = _refusal(filled, lambda: filled.move("aside", None, "v1", added, change))
    assert (refused.name, refused.fields) == (
        "Integrity",
        {"reason": f"{change.key}: the rows are not what the changes start from"},
    )


def test_rows_must_be_as_they_were_read(filled: Database) -> None:
    last = filled.log()[-1]["seq"]
    filled.apply(CreateEntity("late", "thing"))
    refused = _refusal(filled, lambda: filled.move("aside", None, "v1", read_at=last))
    assert (refused.name, refused.fields) == ("LogMoved", {"expected": last, "actual": last + 1})
    filled.move("aside", None, "v1", read_at=last + 1)
    assert _keys(filled, "aside") == _keys(filled, "main")


def test_a_client_that_does_not_say_when_it_read_the_rows_goes_on_as_before(
    filled: Database,
) -> None:
    filled.apply(CreateEntity("late", "thing"))
    filled.move("aside", None, "v1")
    assert _heads(filled) == {"main": "v1", "aside": "v1"}


def test_no_relation_is_left_without_its_ends(filled: Database) -> None:
    refused = _refusal(filled, lambda: filled.move("aside", None, "v1", _item(OLD_A, None)))
    assert (refused.name, refused.fields) == (
        "EntityInUse",
        {"entity_id": "a", "relations": ["r"]},
    )
    lost = _item(None, Relation("s", "a", "nobody", "knows"))
    refused = _refusal(filled, lambda: filled.move("aside", None, "v1", lost))
    assert refused.name == "DanglingRelation"
    assert refused.fields == {"relation_id": "s", "end": "to_entity", "entity_id": "nobody"}


@pytest.mark.parametrize(
    ("name", "fields", "field"),
    [
        ("", {}, "branch"),
        ("a\x1fb", {}, "branch"),
        ("aside", {"rows_of": ""}, "branch"),
        ("aside", {"move_id": "\n"}, "move_id"),
        ("aside", {"origin_id": ""}, "origin_id"),
    ],
)
def test_names_are_checked(filled: Database, name: str, fields: dict[str, str], field: str) -> None:
    refused = _refusal(filled, lambda: filled.move(name, None, "v1", **fields))
    assert (refused.name, refused.fields["field"]) == ("ValidationError", field)


def test_a_client_that_lost_some_of_its_events_is_refused(filled: Database) -> None:
    refused = _refusal(
        filled, lambda: filled.move("aside", None, "v1", origin_id="o", origin_seq=2)
    )
    assert (refused.name, refused.fields) == ("OriginGap", {"expected": 1, "got": 2})
