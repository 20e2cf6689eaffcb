"""Who may do what, shown and changed from the Lab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shared.universes import Universe

from nerv_lab.core.errors import PermissionDeniedError, ValidationError
from nerv_lab.core.graph.permissions import ACTIONS
from nerv_lab.lab import Lab
from nerv_lab.lab import open as open_lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(universe: Universe) -> Iterator[Lab]:
    """Return the Lab of somebody who will be the owner."""
    with Lab(universe.somebody("olga")) as opened:
        yield opened


@pytest.fixture
def other(universe: Universe, lab: Lab) -> Iterator[Lab]:
    with Lab(universe.somebody("mika")) as opened:
        yield opened


def test_before_the_claim_it_says_that_everybody_may_write(lab: Lab, other: Lab) -> None:
    assert not lab.access.claimed
    assert str(lab.access.identity) in repr(lab.access)
    assert "everybody may write" in repr(lab.access)
    assert "everybody may write" in lab.access._repr_html_()
    assert lab.access.to_pandas().empty
    assert lab.access.can("create_entity", "person")
    assert not lab.access.can("grant")
    other.add_entity("person")


def test_the_owner_grants_and_takes_back(lab: Lab, other: Lab) -> None:
    me, them = str(lab.access.identity), str(other.access.identity)
    assert me != them
    lab.access.claim()
    with pytest.raises(PermissionDeniedError, match=them):
        other.add_entity("person")
    lab.access.grant(them, "editor")
    assert other.access.roles == {me: ("owner",), them: ("editor",)}
    assert other.access.can("create_entity", "person")
    assert not other.access.can("grant")
    other.add_entity("person")
    lab.access.revoke(them)
    assert not any(other.access.can(action) for action in ACTIONS)
    with pytest.raises(PermissionDeniedError):
        other.add_entity("person")


def test_actions_may_be_granted_one_by_one(lab: Lab, other: Lab) -> None:
    them = str(other.access.identity)
    lab.access.claim()
    lab.access.grant(them, ["create_entity", "update_entity"], "person")
    ada = other.add_entity("person")
    other.update(ada, name="Ada")
    assert other.access.can("update_entity")
    assert not other.access.can("update_entity", "place")
    with pytest.raises(PermissionDeniedError):
        other.add_entity("place")
    lab.access.revoke(them, "update_entity", "person")
    assert other.access.can("create_entity", "person")
    assert not other.access.can("update_entity")


def test_all_is_shown_with_who_is_asking(lab: Lab, other: Lab) -> None:
    me = str(lab.access.identity)
    lab.access.claim()
    lab.access.grant("*", "viewer")
    lab.access.grant("*", "create_entity", "<b>")
    assert f"{me}: owner (you)" in repr(lab.access)
    assert "everybody: create_entity <b>" in repr(lab.access)
    assert "(you)" not in repr(other.access)
    assert "<b>" not in lab.access._repr_html_()
    found = lab.access.to_pandas()
    assert list(found["identity"]) == [me, "*", "*"]
    assert list(found["you"]) == [True, True, True]
    assert list(other.access.to_pandas()["you"]) == [False, True, True]


def test_nobody_locks_everybody_out(lab: Lab) -> None:
    me = str(lab.access.identity)
    lab.access.claim()
    lab.access.grant(me, "editor")
    with pytest.raises(ValidationError, match="last owner"):
        lab.access.revoke(me)
    assert lab.access.roles == {me: ("owner", "editor")}
    lab.access.revoke(me, "editor")
    assert lab.access.roles == {me: ("owner",)}


def test_what_makes_no_sense_is_refused_before_anything_is_granted(lab: Lab) -> None:
    lab.access.claim()
    for what, entity_type, field in (
        ("king", None, "what"),
        (["create_entity", "king"], None, "what"),
        ([], None, "what"),
        ("editor", "person", "entity_type"),
        ("owner", None, "grantee"),
    ):
        with pytest.raises(ValidationError) as refused:
            lab.access.grant("*", what, entity_type)
        assert refused.value.field == field
    with pytest.raises(ValidationError, match="no such thing"):
        lab.access.revoke("*")
    assert len(lab.access.grants) == 1


def test_a_commit_and_a_merge_ask_for_their_rights(lab: Lab, other: Lab) -> None:
    ada = lab.add_entity("person")
    lab.commit("first")
    lab.access.claim()
    lab.access.grant(str(other.access.identity), "committer")
    lab.update(ada, name="Ada")
    other.refresh()
    other.commit("by a committer")
    with pytest.raises(PermissionDeniedError, match="move_branch"):
        other.create_branch("aside")
    with pytest.raises(PermissionDeniedError):
        other.rollback("v1")


def test_a_store_of_this_process_needs_to_know_who_claims_it() -> None:
    with open_lab() as nobody:
        assert nobody.access.identity is None
        assert "NERV_ACTOR" in repr(nobody.access)
        with pytest.raises(ValidationError, match="NERV_ACTOR"):
            nobody.access.claim()
