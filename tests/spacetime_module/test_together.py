"""Changes and the version they lead to, by the module's reducer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from shared.spacetime_database import Database, RefusedError, some, versions

from nerv_lab.core.graph.changes import Change, CreateEntity, DeleteEntity, UpdateEntity
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.core.values import decode

A, B = CreateEntity("a", "thing"), CreateEntity("b", "thing")
DELTA = b"\x00delta"
TABLES = ["entity", "event_log", "state_version", "version_delta", "branch", "batch"]
TABLES += ["origin_cursor"]


def _version(version_id: str, event_seq: int, *parents: str, branch: str = "main") -> Version:
    version = Version(version_id, parents, branch, event_seq)
    return replace(version, digest=version_digest(version, DELTA))


def _content(database: Database) -> dict[str, list[str]]:
    return {table: sorted(map(repr, database.rows(table))) for table in TABLES}


def _refusal(
    database: Database, changes: list[Change], expected_seq: int, version: Version, **fields: Any
) -> RefusedError:
    """Return the refusal of a call, which must have left everything as it was."""
    before = _content(database)
    with pytest.raises(RefusedError) as refused:
        database.apply_and_commit(changes, expected_seq, version, DELTA, **fields)
    assert _content(database) == before
    return refused.value


def test_changes_and_their_version_are_written_together(database: Database) -> None:
    version = _version("v1", 2)
    fields = {"batch_id": "b", "reason": "why", "source": "me", "origin_id": "o", "origin_seq": 1}
    database.apply_and_commit([A, B], 0, version, DELTA, **fields)
    log = database.log()
    assert [row["event_id"] for row in log] == ["b.0", "b.1", "v1.0"]
    assert [(row["seq"], row["origin_id"], row["origin_seq"]) for row in log] == [
        (1, "o", 1),
        (2, "o", 2),
        (3, "o", 3),
    ]
    assert [row["batch_id"] for row in log] == ["b", "b", "v1"]
    assert [row["source"] for row in log] == ["me", "me", None]
    assert decode(log[0]["data"])["reason"] == "why"
    assert decode(log[2]["data"]) == version.record()
    (row,) = versions(database)
    assert (row["seq"], row["event_seq"]) == (3, 2)
    assert database.rows("version_delta") == [{"version_id": "v1", "delta": DELTA.hex()}]
    assert database.rows("branch") == [{"name": "main", "version_id": "v1"}]
    (receipt,) = database.rows("batch")
    assert (receipt["batch_id"], receipt["first_seq"], receipt["last_seq"]) == ("b", 1, 2)
    assert database.rows("origin_cursor") == [{"origin_id": "o", "origin_seq": 3, "event_seq": 3}]
    database.apply_and_commit([UpdateEntity("a", name="A")], 3, _version("v2", 4, "v1"), DELTA)
    assert database.rows("branch") == [{"name": "main", "version_id": "v2"}]


def test_they_may_be_on_a_branch(database: Database) -> None:
    database.apply_and_commit([A], 0, _version("v1", 1, branch="aside"), DELTA, branch="aside")
    assert database.rows("branch") == [{"name": "aside", "version_id": "v1"}]
    assert [row["branch"] for row in database.rows("entity")] == ["aside"]


def test_the_same_again_changes_nothing(database: Database) -> None:
    database.apply_and_commit([A], 0, _version("v1", 1), DELTA, batch_id="b", origin_seq=1)
    database.apply(B)
    before = _content(database)
    database.apply_and_commit([A], 0, _version("v1", 1), DELTA, batch_id="b", origin_seq=1)
    assert _content(database) == before


def test_one_of_the_two_alone_is_not_the_same_again(database: Database) -> None:
    database.apply(A, batch_id="b")
    refused = _refusal(database, [A], 1, _version("v1", 1), batch_id="b")
    assert (refused.name, refused.fields) == ("DuplicateId", {"kind": "batch", "id": "b"})
    database.commit(_version("v1", 1), DELTA)
    refused = _refusal(database, [B], 2, _version("v1", 1), batch_id="c")
    assert refused.fields == {"kind": "version", "id": "v1"}


def test_a_log_that_moved_on_is_told(database: Database) -> None:
    database.call("publish_event", "e", "mine", some(None), some(None))
    for expected in (0, 2):
        refused = _refusal(database, [A], expected, _version("v1", expected + 1))
        assert (refused.name, refused.fields) == ("LogMoved", {"expected": expected, "actual": 1})


def test_a_version_must_be_where_its_changes_end(database: Database) -> None:
    for wrong in (0, 2):
        refused = _refusal(database, [A], 0, _version("v1", wrong))
        reason = f"{wrong} is not where the changes end, which is 1"
        assert (refused.name, refused.fields) == (
            "ValidationError",
            {"field": "event_seq", "reason": reason},
        )


def test_a_plan_that_came_out_otherwise_is_refused(database: Database) -> None:
    database.apply(A)
    refused = _refusal(database, [UpdateEntity("a", name=None)], 1, _version("v1", 2))
    assert refused.fields["field"] == "event_seq"
    database.apply_and_commit([UpdateEntity("a", name=None)], 1, _version("v1", 1), DELTA)
    assert [row["event_type"] for row in database.log()] == [
        "ENTITY_CREATED",
        "STATE_VERSION_COMMITTED",
    ]


def test_changes_that_are_refused_leave_no_version(database: Database) -> None:
    refused = _refusal(database, [A, DeleteEntity("nobody")], 0, _version("v1", 2))
    assert refused.name == "EntityNotFound"
    refused = _refusal(database, [A], 0, _version("v1", 1), origin_seq=2)
    assert refused.name == "OriginGap"
    refused = _refusal(database, [A], 0, _version("v1", 1), batch_id="\n")
    assert refused.fields["field"] == "batch_id"


def test_a_version_that_is_refused_leaves_no_changes(database: Database) -> None:
    refused = _refusal(database, [A], 0, _version("v2", 1, "v1"))
    assert (refused.name, refused.fields) == (
        "HeadMoved",
        {"branch": "main", "expected": "v1", "actual": None},
    )
    refused = _refusal(database, [A], 0, replace(_version("v1", 1), digest="00"))
    assert refused.fields["field"] == "digest"
    database.commit(_version("v1", 0), DELTA)
    refused = _refusal(database, [A], 1, _version("v2", 2, "v1", "nowhere"))
    assert refused.name == "VersionNotFound"
    database.call("publish_event", "v2.0", "mine", some(None), some(None))
    refused = _refusal(database, [A], 2, _version("v2", 3, "v1"))
    assert refused.fields == {"kind": "event", "id": "v2.0"}
