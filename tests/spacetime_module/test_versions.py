"""Versions, tags and branches, by the module's reducers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shared.spacetime_database import Database, RefusedError, some, versions

from nerv_lab.core.changes import CreateEntity, CreateRelation, DeleteEntity, ItemChange
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.state import GraphState
from nerv_lab.core.values import decode, encode
from nerv_lab.core.versions import Version, from_micros, version_digest
from nerv_lab.inner_universe.writing import change_of

DELTA = b"\x00\xffdelta"
FIRST = Version("v1", (), "main", 0, from_micros(1_700_000_000_123_456), "first ü", "me", "ab")
A, B = CreateEntity("a", "thing"), CreateEntity("b", "thing")
R = CreateRelation("r", "a", "b", "knows")


def _sealed(version: Version, delta: bytes = DELTA) -> Version:
    return replace(version, digest=version_digest(version, delta))


def _second(version_id: str = "v2", **fields: object) -> Version:
    return _sealed(replace(FIRST, id=version_id, **{"parents": ("v1",), **fields}))


def _refusal(database: Database, version: Version, delta: bytes = DELTA) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        database.commit(version, delta)
    return refused.value


def _heads(database: Database) -> dict[str, str | None]:
    return {row["name"]: row["version_id"] for row in database.rows("branch")}


def test_a_version_is_kept_with_its_delta_head_and_event(database: Database) -> None:
    version = _sealed(FIRST)
    database.commit(version, DELTA, origin_seq=1)
    (row,) = versions(database)
    assert row.pop("seq") == 1
    assert Version.from_record(row) == version
    assert database.rows("version_delta") == [{"version_id": "v1", "delta": DELTA.hex()}]
    assert _heads(database) == {"main": "v1"}
    (event,) = database.log()
    assert event["data"].encode() == encode(version.record())
    assert (event["event_id"], event["event_type"], event["source"], event["batch_id"]) == (
        "v1.0",
        "STATE_VERSION_COMMITTED",
        "me",
        "v1",
    )


def test_an_author_may_be_missing(database: Database) -> None:
    version = _sealed(replace(FIRST, author=None))
    database.commit(version, DELTA)
    assert decode(database.log()[0]["data"]) == version.record()


def test_the_same_version_again_writes_nothing(database: Database) -> None:
    for _ in range(2):
        database.commit(_sealed(FIRST), DELTA, origin_seq=1)
    database.commit(_second(), DELTA)
    database.commit(_sealed(FIRST), DELTA)
    assert _heads(database) == {"main": "v2"}
    assert len(database.log()) == 2


def test_a_version_must_follow_the_head(database: Database) -> None:
    assert _refusal(database, _second()).fields == {
        "branch": "main",
        "expected": "v1",
        "actual": None,
    }
    database.commit(_sealed(FIRST), DELTA)
    late = _refusal(database, _sealed(replace(FIRST, id="late")))
    assert (late.name, late.fields) == (
        "HeadMoved",
        {"branch": "main", "expected": None, "actual": "v1"},
    )
    assert len(versions(database)) == len(database.log()) == 1


def test_another_version_under_the_same_id_is_refused(database: Database) -> None:
    database.commit(_sealed(FIRST), DELTA)
    twin = _sealed(replace(FIRST, description="twin"))
    assert _refusal(database, twin).fields == {"kind": "version", "id": "v1"}


def test_a_second_parent_must_exist(database: Database) -> None:
    database.commit(_sealed(FIRST), DELTA)
    lost = _refusal(database, _second(parents=("v1", "nowhere")))
    assert (lost.name, lost.fields) == ("VersionNotFound", {"asked": "nowhere", "hint": ""})
    database.commit(_sealed(replace(FIRST, id="x", branch="aside")), DELTA)
    database.commit(_second(parents=("v1", "x")), DELTA)
    assert _heads(database) == {"main": "v2", "aside": "x"}


@pytest.mark.parametrize(
    ("version", "field"),
    [
        (FIRST, "digest"),
        (_sealed(FIRST, b"another"), "digest"),
        (_sealed(replace(FIRST, id="")), "version_id"),
        (_sealed(replace(FIRST, branch="")), "branch"),
        (_sealed(replace(FIRST, parents=("a", "b", "c"))), "parents"),
        (_sealed(replace(FIRST, event_seq=2**63)), "version.event_seq"),
    ],
)
def test_a_version_that_is_not_whole_is_refused(
    database: Database, version: Version, field: str
) -> None:
    assert _refusal(database, version).fields["field"] == field
    assert database.log() == []


def test_an_event_id_that_is_taken_is_refused(database: Database) -> None:
    database.call("publish_event", "v1.0", "mine", some(None), some(None))
    assert _refusal(database, _sealed(FIRST)).fields == {"kind": "event", "id": "v1.0"}


def test_a_tag_names_a_version_moves_and_goes(database: Database) -> None:
    database.commit(_sealed(FIRST), DELTA)
    database.commit(_second(), DELTA)
    for version_id in ("v1", "v2"):
        database.call("set_tag", "release", version_id)
        assert database.rows("tag") == [{"name": "release", "version_id": version_id}]
    with pytest.raises(RefusedError) as refused:
        database.call("set_tag", "lost", "nowhere")
    assert refused.value.fields["asked"] == "nowhere"
    with pytest.raises(RefusedError):
        database.call("set_tag", "", "v1")
    for _ in range(2):
        database.call("delete_tag", "release")
    assert database.rows("tag") == []


def _replayed(database: Database, branch: str) -> GraphState:
    """Return the state of a branch as the log tells it."""
    state = GraphState.empty()
    for row in database.log():
        if row["branch"] == branch:
            change = change_of(Event("", row["event_type"], decode(row["data"])))
            state = state.apply([change] if change else [])
    return state


def _keys(database: Database, branch: str) -> set[str]:
    where = f" WHERE branch = '{branch}'"
    entities = {f"e:{row['entity_id']}" for row in database.rows("entity", where)}
    return entities | {f"r:{row['relation_id']}" for row in database.rows("relation", where)}


def test_a_branch_starts_with_the_rows_of_its_version(database: Database) -> None:
    database.apply(A, B, R)
    database.commit(_sealed(FIRST), DELTA)
    for _ in range(2):
        database.call("create_branch", "what-if", some("v1"))
    assert _heads(database) == {"main": "v1", "what-if": "v1"}
    database.apply(DeleteEntity("a", cascade=True), branch="what-if")
    assert _keys(database, "what-if") == {"e:b"}
    assert _keys(database, "main") == {"e:a", "e:b", "r:r"}
    for branch in ("main", "what-if"):
        assert {item.key for item in _replayed(database, branch).items()} == _keys(database, branch)
    database.commit(_second(branch="what-if"), DELTA)
    assert _heads(database) == {"main": "v1", "what-if": "v2"}
    moved = [row for row in database.log() if row["event_type"] == EventType.BRANCH_MOVED]
    assert [decode(row["data"]) for row in moved] == [
        {"branch": "what-if", "old": None, "new": "v1"}
    ]


def test_a_copied_row_keeps_its_history(database: Database) -> None:
    database.apply(A)
    database.commit(_sealed(FIRST), DELTA)
    database.call("create_branch", "copy", some("v1"))
    old, new = sorted(database.rows("entity"), key=lambda row: row["branch"] != "main")
    assert {**new, "key": old["key"], "branch": "main"} == old
    copied = ItemChange.from_data(decode(database.log()[-1]["data"]))
    assert copied.item.created_at == old["created_at"]


def test_a_branch_may_start_empty(database: Database) -> None:
    database.call("create_branch", "empty", some(None))
    assert _heads(database) == {"empty": None}
    database.commit(_sealed(replace(FIRST, branch="empty")), DELTA)
    assert _heads(database) == {"empty": "v1"}


def test_a_branch_that_is_there_is_not_started_again(database: Database) -> None:
    database.commit(_sealed(FIRST), DELTA)
    with pytest.raises(RefusedError) as refused:
        database.call("create_branch", "main", some(None))
    assert refused.value.fields == {"kind": "branch", "id": "main"}
    database.apply(A, branch="rows")
    with pytest.raises(RefusedError):
        database.call("create_branch", "rows", some("v1"))
    with pytest.raises(RefusedError) as refused:
        database.call("create_branch", "lost", some("nowhere"))
    assert refused.value.name == "VersionNotFound"


def test_a_deleted_branch_leaves_its_history(database: Database) -> None:
    database.commit(_sealed(FIRST), DELTA)
    database.apply(A, B, R, branch="aside")
    for _ in range(2):
        database.call("delete_branch", "aside")
    assert _keys(database, "aside") == set()
    assert len(_replayed(database, "aside").entities) == 0
    assert [row["seq"] for row in database.log()] == list(range(1, 9))
    database.call("create_branch", "aside", some("v1"))
    database.call("delete_branch", "aside")
    assert _heads(database) == {"main": "v1"}


def test_main_stays(database: Database) -> None:
    with pytest.raises(RefusedError) as refused:
        database.call("delete_branch", "main")
    assert refused.value.fields["field"] == "branch"
