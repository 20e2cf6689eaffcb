"""Who may call what: every reducer against every role."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from shared.spacetime_database import (
    Database,
    RefusedError,
    entity_meta,
    own_event,
    relation_meta,
    some,
    version_wire,
    wire,
)
from shared.spacetime_socket import socket_caller

from nerv_lab.core.graph.changes import (
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    UpdateEntity,
)
from nerv_lab.core.graph.model import Entity, EntityMetadata, RelationMetadata
from nerv_lab.core.graph.permissions import SIGNED
from nerv_lab.core.history.versions import Version, version_digest

NONE = some(None)
META, PLAIN = entity_meta(EntityMetadata()), relation_meta(RelationMetadata())
NOTHING: dict[str, list[Any]] = {
    name: [] for name in ("events", "versions", "entities", "relations", "branches", "tags")
}
BASE: list[Change] = [
    CreateEntity("a", "thing"),
    CreateEntity("b", "thing"),
    CreateEntity("person", "person"),
    CreateRelation("r", "a", "a", "knows"),
]


def _sealed(version_id: str, event_seq: int, *parents: str) -> tuple[dict[str, Any], str]:
    version = Version(version_id, parents, event_seq=event_seq)
    return version_wire(replace(version, digest=version_digest(version, b""))), ""


def _version(version_id: str, *parents: str) -> tuple[dict[str, Any], str, str, int]:
    return *_sealed(version_id, 0, *parents), "tests", 0


# One call of each reducer that succeeds for who may, and the roles that may.
OWNER, EDITOR, COMMITTER = {"owner"}, {"owner", "editor"}, {"owner", "editor", "committer"}
CALLS: dict[str, tuple[set[str], list[Any]]] = {
    "apply_batch": (EDITOR, ["x", "main", NONE, NONE, "o", 0, [wire(DeleteEntity("b"))]]),
    "create_entity": (EDITOR, ["new", "thing", META, "n"]),
    "update_entity": (EDITOR, ["a", NONE, some(some("A")), NONE, NONE, [], "n"]),
    "delete_entity": (EDITOR, ["b", False, "n"]),
    "create_relation": (EDITOR, ["new", "a", "b", "knows", PLAIN, "n"]),
    "update_relation": (EDITOR, ["r", NONE, NONE, some(0.5), NONE, NONE, [], "n"]),
    "delete_relation": (EDITOR, ["r", "n"]),
    "publish_events": (EDITOR, ["x", "o", 0, "main", [own_event("e", "greeted")]]),
    "publish_event": (EDITOR, ["e", "greeted", NONE, NONE]),
    "commit_version": (COMMITTER, [*_version("v2", "v1")]),
    "apply_and_commit": (
        EDITOR,
        ["x", "main", NONE, NONE, "o", 0, [wire(DeleteEntity("b"))], 6, *_sealed("v2", 7, "v1")],
    ),
    "set_tag": (COMMITTER, ["t", "v1"]),
    "delete_tag": (COMMITTER, ["t"]),
    "move_branch": (EDITOR, ["m", "new", NONE, some("v1"), "main", [], "o", 0]),
    "move_branch_as_read": (EDITOR, ["m", "new", NONE, some("v1"), "main", 6, [], "o", 0]),
    "stage_history": (OWNER, ["i", 0, NOTHING]),
    "import_history": (OWNER, ["i", 0, 6, 6]),
    "discard_history": (OWNER, ["i"]),
    "claim": (OWNER, []),
    "grant": (OWNER, ["*", "viewer", "", ""]),
    "revoke": (OWNER, [2]),
    "set_config": (OWNER, ["name", "value"]),
    "migrate": (OWNER, []),
    "prune": (OWNER, ["x", "o", 6, 0, [], [], NONE, [], 3, "{}"]),
}
ROLES = ["owner", "editor", "committer", "viewer", "nobody", "anonymous"]
CALLERS = [(r, reducer) for r in ROLES for reducer, (roles, _) in CALLS.items() if r in roles]
TABLES = ["entity", "relation", "event_log", "state_version", "branch", "tag", "batch"]
TABLES += ["permission", "config", "origin_cursor"]
TABLES += ["pruned_version", "version_bridge", "retention"]


def _filled(database: Database) -> None:
    database.apply(*BASE)
    database.apply(CreateEntity("z", "thing"), branch="aside")
    database.call("commit_version", *_version("v1"))


def _content(database: Database) -> dict[str, Any]:
    return {table: sorted(map(repr, database.rows(table))) for table in TABLES}


def _claimed(database: Database) -> None:
    _filled(database)
    database.call("claim")
    database.call("grant", "0" * 64, "viewer", "", "")  # number 2, to revoke


def _with_role(owner: Database, role: str) -> Database:
    member = owner.other(anonymous=role == "anonymous")
    if role not in ("nobody", "anonymous"):
        owner.call("grant", member.identity, role, "", "")
    return member


def _denied(call: Callable[[], None]) -> dict[str, Any]:
    with pytest.raises(RefusedError) as refused:
        call()
    assert refused.value.name == "PermissionDenied"
    return refused.value.fields


def test_the_matrix_holds_every_reducer(database: Database) -> None:
    assert database.reducers() == CALLS.keys()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("reducer", CALLS)
def test_a_role_may_do_what_it_says_and_nothing_else(
    database: Database, reducer: str, role: str
) -> None:
    _claimed(database)
    member = _with_role(database, role)
    allowed, args = CALLS[reducer]
    if role in allowed:
        member.call(reducer, *args)
        return
    before = _content(database)
    fields = _denied(lambda: member.call(reducer, *args))
    assert role == "anonymous" or fields["identity"] == member.identity
    assert _content(database) == before


@pytest.mark.parametrize(("role", "reducer"), CALLERS)
def test_a_role_may_do_over_a_socket_what_it_says(
    database: Database, role: str, reducer: str
) -> None:
    _claimed(database)
    with socket_caller(_with_role(database, role)) as caller:
        caller.call(reducer, *CALLS[reducer][1])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_nothing_else_over_a_socket(database: Database, role: str) -> None:
    _claimed(database)
    with socket_caller(_with_role(database, role)) as caller:
        before = _content(database)
        for reducer, (allowed, args) in CALLS.items():
            if role not in allowed:
                fields = _denied(partial(caller.call, reducer, *args))
                assert fields["identity"] == caller.identity
        assert _content(database) == before


@pytest.mark.parametrize("way", ["http", "anonymous http", "socket", "anonymous socket"])
@pytest.mark.parametrize("reducer", CALLS)
def test_before_the_claim_everybody_may_all_but_give_lasting_rights(
    database: Database, reducer: str, way: str
) -> None:
    _filled(database)
    stranger = database.other(anonymous="anonymous" in way)
    with socket_caller(stranger) if "socket" in way else nullcontext(stranger) as caller:
        if reducer in ("grant", "revoke"):
            _denied(lambda: caller.call(reducer, *CALLS[reducer][1]))
            assert database.rows("permission") == []
        else:
            caller.call(reducer, *CALLS[reducer][1])


def test_who_may_commit_may_sign_and_publish_nothing_else(database: Database) -> None:
    database.call("claim")
    committer = _with_role(database, "committer")
    committer.call("publish_event", "s", SIGNED, NONE, NONE)
    _denied(lambda: committer.call("publish_event", "e", "greeted", NONE, NONE))
    events = [own_event("t", SIGNED), own_event("u", "greeted")]
    _denied(lambda: committer.call("publish_events", "b", "o", 0, "main", events))
    assert [row["event_id"] for row in database.log()] == ["s"]


def test_the_first_to_claim_is_the_owner(database: Database) -> None:
    late = database.other()
    for _ in range(2):
        database.call("claim")
    _denied(lambda: late.call("claim"))
    (row,) = database.rows("permission")
    assert (row["grantee"], row["role"]) == (database.identity, "owner")


@pytest.mark.parametrize("role", ["editor", "committer", "viewer"])
def test_a_role_may_be_given_to_everybody(database: Database, role: str) -> None:
    database.call("claim")
    database.call("grant", "*", role, "", "")
    stranger = database.other()
    if role == "editor":
        stranger.apply(*BASE)
    else:
        _denied(lambda: stranger.apply(*BASE))


# Each with what only the grant lets through.
GRANTS: dict[str, tuple[str, list[Change]]] = {
    "create_entity": ("thing", [CreateEntity("new", "thing")]),
    "update_entity": ("thing", [UpdateEntity("a", name="A")]),
    "delete_entity": ("thing", [DeleteEntity("b")]),
    "create_relation": ("knows", [CreateRelation("new", "a", "b", "knows")]),
    "delete_relation": ("knows", [DeleteRelation("r")]),
}


def test_who_may_write_nothing_may_not_write_an_empty_batch(database: Database) -> None:
    _claimed(database)
    committer = _with_role(database, "committer")
    _denied(committer.apply)
    _denied(lambda: committer.call("publish_events", "x", "o", 0, "main", []))
    assert _denied(lambda: committer.apply(DeleteEntity("b")))["action"] == "delete_entity"


@pytest.mark.parametrize("item_type", [None, "*"])
@pytest.mark.parametrize("action", GRANTS)
def test_a_single_grant_holds_for_its_action_and_type(
    database: Database, action: str, item_type: str | None
) -> None:
    _claimed(database)
    member = database.other()
    fitting, changes = GRANTS[action]
    database.call("grant", member.identity, "", action, item_type or fitting)
    member.apply(*changes)
    for other, (_, wanted) in GRANTS.items():
        if other != action:
            assert _denied(lambda wanted=wanted: member.apply(*wanted))["action"] == other


@pytest.mark.parametrize(
    ("wanted", "action", "item_type"),
    [
        (CreateEntity("new", "person"), "create_entity", "person"),
        (UpdateEntity("person", name="P"), "update_entity", "person"),
        (UpdateEntity("person", type="thing"), "update_entity", "person"),
        (UpdateEntity("a", type="person"), "update_entity", "person"),
        (DeleteEntity("person"), "delete_entity", "person"),
        (DeleteEntity("a", cascade=True), "delete_relation", "knows"),
        (RestoreEntity(Entity("person", "thing")), "update_entity", "person"),
        (RestoreEntity(Entity("back", "person")), "create_entity", "person"),
    ],
)
def test_a_grant_for_one_type_is_none_for_another(
    database: Database, wanted: Change, action: str, item_type: str
) -> None:
    _claimed(database)
    member = database.other()
    for granted in ("create_entity", "update_entity", "delete_entity"):
        database.call("grant", member.identity, "", granted, "thing")
    before = _content(database)
    fields = _denied(lambda: member.apply(UpdateEntity("b", name="B"), wanted))
    assert fields == {"identity": member.identity, "action": action, "type": item_type}
    assert _content(database) == before


def test_a_grant_for_events_holds_for_their_type(database: Database) -> None:
    database.call("claim")
    member = database.other()
    database.call("grant", member.identity, "", "publish_event", "greeted")
    member.call("publish_event", "a", "greeted", NONE, NONE)
    events = [own_event("b", "greeted"), own_event("c", "insulted")]
    _denied(lambda: member.call("publish_events", "p", "o", 0, "main", events))
    assert [row["event_id"] for row in database.log()] == ["a"]


def test_a_grant_for_commits_holds_for_their_branch(database: Database) -> None:
    database.call("claim")
    member = database.other()
    database.call("grant", member.identity, "", "commit_version", "aside")
    _denied(lambda: member.call("commit_version", *_version("v1")))


def test_a_grant_for_moves_holds_for_their_branch(database: Database) -> None:
    _claimed(database)
    member = database.other()
    database.call("grant", member.identity, "", "move_branch", "new")
    assert _denied(lambda: member.move("aside", None, "v1")) == {
        "identity": member.identity,
        "action": "move_branch",
        "type": "aside",
    }
    member.move("new", None, "v1")


@pytest.mark.parametrize(
    ("granted", "missing"),
    [("delete_entity", "commit_version"), ("commit_version", "delete_entity")],
)
def test_changes_with_their_version_need_both_grants(
    database: Database, granted: str, missing: str
) -> None:
    _claimed(database)
    member = database.other()
    args = CALLS["apply_and_commit"][1]
    database.call("grant", member.identity, "", granted, "*")
    before = _content(database)
    assert _denied(lambda: member.call("apply_and_commit", *args))["action"] == missing
    assert _content(database) == before
    database.call("grant", member.identity, "", missing, "*")
    member.call("apply_and_commit", *args)


def test_a_version_beside_changes_of_a_forbidden_type_is_refused(database: Database) -> None:
    _claimed(database)
    member = database.other()
    database.call("grant", member.identity, "", "commit_version", "*")
    database.call("grant", member.identity, "", "delete_entity", "person")
    before = _content(database)
    args = CALLS["apply_and_commit"][1]
    assert _denied(lambda: member.call("apply_and_commit", *args))["type"] == "thing"
    assert _content(database) == before


def test_what_is_revoked_is_gone(database: Database) -> None:
    database.call("claim")
    member = _with_role(database, "editor")
    member.apply(*BASE)
    (number,) = (row["id"] for row in database.rows("permission") if row["role"] == "editor")
    database.call("revoke", number)
    _denied(lambda: member.apply(UpdateEntity("a", name="A")))
    with pytest.raises(RefusedError) as refused:
        database.call("revoke", number)
    assert refused.value.fields["field"] == "permission_id"


def test_the_last_owner_stays(database: Database) -> None:
    database.call("claim")
    (own,) = database.rows("permission")
    with pytest.raises(RefusedError) as refused:
        database.call("revoke", own["id"])
    assert refused.value.fields["field"] == "permission_id"
    heir = _with_role(database, "owner")
    database.call("revoke", own["id"])
    _denied(lambda: database.call("set_config", "a", "b"))
    heir.call("set_config", "a", "b")


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (["nobody", "editor", "", ""], "grantee"),
        (["A" * 64, "editor", "", ""], "grantee"),
        (["*", "owner", "", ""], "grantee"),
        (["*", "king", "", ""], "role"),
        (["*", "editor", "create_entity", ""], "action"),
        (["*", "editor", "", "*"], "action"),
        (["*", "", "grant", "*"], "action"),
        (["*", "", "", "*"], "action"),
        (["*", "", "create_entity", ""], "item_type"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    database: Database, args: list[str], field: str
) -> None:
    database.call("claim")
    with pytest.raises(RefusedError) as refused:
        database.call("grant", *args)
    assert (refused.value.name, refused.value.fields["field"]) == ("ValidationError", field)


def test_the_same_grant_again_is_one(database: Database) -> None:
    database.call("claim")
    for _ in range(2):
        database.call("grant", "*", "", "create_entity", "thing")
    assert len(database.rows("permission")) == 2


def test_a_setting_is_set_and_changed(database: Database) -> None:
    for value in ("one", "two"):
        database.call("set_config", "name", value)
        assert database.rows("config") == [{"name": "name", "value": value}]
    for args, field in ((["", "x"], "name"), (["x", "y" * 1_048_577], "value")):
        with pytest.raises(RefusedError) as refused:
            database.call("set_config", *args)
        assert refused.value.fields["field"] == field
