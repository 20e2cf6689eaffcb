"""Versions and tags, by the module's reducers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shared.spacetime_database import Database, RefusedError, some, versions

from nerv_lab.core.history.versions import Version, from_micros, version_digest
from nerv_lab.core.values import decode, encode

DELTA = b"\x00\xffdelta"
FIRST = Version("v1", (), "main", 0, from_micros(1_700_000_000_123_456), "first ü", "me", "ab")


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


def test_a_version_is_at_a_place_of_the_log(database: Database) -> None:
    early = _sealed(replace(FIRST, event_seq=1))
    refused = _refusal(database, early)
    assert (refused.name, refused.fields) == (
        "ValidationError",
        {"field": "event_seq", "reason": "1 is not in the log, which ends at 0"},
    )
    assert database.log() == []
    database.call("publish_event", "e", "mine", some(None), some(None))
    database.commit(early, DELTA)
    assert _heads(database) == {"main": "v1"}


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
