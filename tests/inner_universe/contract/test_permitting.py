"""Who may do what: the same on every store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from shared.universes import Universe

from nerv_lab.core.errors import PermissionDeniedError, ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import CreateEntity, DeleteEntity, UpdateEntity
from nerv_lab.core.graph.permissions import SIGNED, Grant
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.thinning import Retention
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.inner_universe.contract.contract import InnerUniverseContract
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.records import BranchMove, StoredHistory

pytestmark = pytest.mark.several_clients

# Needed for connecting and reading, which no store refuses.
FREE = {
    "bridge branch_head branches close connect connected delta events identity last_seq on_status",
    "on_tags",
    "permissions refresh release retention retention_policy snapshot status subscribe tags top",
    "verify version versions",
}
OWNER, EDITOR, COMMITTER = {"owner"}, {"owner", "editor"}, {"owner", "editor", "committer"}
ROLES = ("owner", "editor", "committer", "viewer", "nobody")


def _version(head: str | None, seq: int) -> tuple[Version, bytes]:
    version = Version(new_id(), () if head is None else (head,), event_seq=seq)
    return replace(version, digest=version_digest(version, b"[]")), b"[]"


async def _commit(client: InnerUniverseClient) -> None:
    await client.commit_version(*_version(await client.branch_head(), await client.last_seq()))


async def _apply_and_commit(client: InnerUniverseClient) -> None:
    head = await client.branch_head()
    seal = lambda done, seq: _version(head, seq)  # noqa: E731
    await client.apply_and_commit([UpdateEntity("a", name=new_id())], seal)


async def _tag(client: InnerUniverseClient) -> None:
    head = await client.branch_head()
    assert head is not None
    await client.set_tag("t", head)


async def _move(client: InnerUniverseClient) -> None:
    head, seq = await client.branch_head(), await client.last_seq()
    await client.move_branch(BranchMove(new_id(), new_id(), None, head, "main", read_at=seq))


async def _prune(client: InnerUniverseClient) -> None:
    now: Retention = await client.retention()
    seq = await client.last_seq()
    await client.prune(PruneStep(seq, now.generation, (), (), None, (), now.floor, {}))


async def _load(client: InnerUniverseClient) -> None:
    snapshot = await client.snapshot()
    last = await client.last_seq()
    heads = {name: b.head for name, b in (await client.branches()).items() if b.head}
    rows = {"main": GraphState.build(snapshot.items)}
    nothing = StoredHistory(
        last, last, lambda: iter(()), (), lambda id: b"", rows, heads, await client.tags()
    )
    await client.load_history(nothing)


async def _revoke(client: InnerUniverseClient) -> None:
    grants = (await client.permissions()).grants
    await client.revoke(next(g.id for g in grants if g.grantee == "*"))


Call = Callable[[InnerUniverseClient], Awaitable[Any]]
# One call of each method that writes, and the roles that may.
CALLS: dict[str, tuple[set[str], Call]] = {
    "apply": (EDITOR, lambda c: c.apply([UpdateEntity("a", name=new_id())])),
    "apply_and_commit": (EDITOR, _apply_and_commit),
    "publish": (EDITOR, lambda c: c.publish([Event(new_id(), "greeted")])),
    "commit_version": (COMMITTER, _commit),
    "set_tag": (COMMITTER, _tag),
    "move_branch": (EDITOR, _move),
    "load_history": (OWNER, _load),
    "prune": (OWNER, _prune),
    "set_retention_policy": (OWNER, lambda c: c.set_retention_policy(RetentionPolicy(keep_last=9))),
    "claim": (OWNER, lambda c: c.claim()),
    "grant": (OWNER, lambda c: c.grant(Grant("*", "viewer"))),
    "revoke": (OWNER, _revoke),
}


@pytest.fixture
async def owner(universe: Universe) -> AsyncIterator[InnerUniverseClient]:
    client = universe.somebody("olga")
    await client.connect()
    await client.apply([CreateEntity("a", "thing"), CreateEntity("b", "person")])
    await _commit(client)
    yield client
    await client.close()


@pytest.fixture
async def member(
    universe: Universe, owner: InnerUniverseClient
) -> AsyncIterator[InnerUniverseClient]:
    client = universe.somebody("mika")
    await client.connect()
    yield client
    await client.close()


async def _content(client: InnerUniverseClient) -> Any:
    return (
        await client.snapshot(),
        await client.last_seq(),
        await client.branches(),
        await client.tags(),
        await client.retention_policy(),
        await client.permissions(),
    )


def test_the_matrix_holds_every_method_that_writes() -> None:
    free = set(" ".join(FREE).split())
    assert free.isdisjoint(CALLS)
    assert InnerUniverseContract.__abstractmethods__ == free | CALLS.keys()


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_do_what_it_says_and_nothing_else(
    owner: InnerUniverseClient, member: InnerUniverseClient, role: str
) -> None:
    await owner.claim()
    await owner.grant(Grant("*", action="set_tag", item_type="unused"))
    if role != "nobody":
        await owner.grant(Grant(str(member.identity), role))
    before = await _content(member)
    for allowed, call in CALLS.values():
        if role not in allowed:
            with pytest.raises(PermissionDeniedError) as refused:
                await call(member)
            assert refused.value.identity == member.identity
    assert await _content(member) == before
    for allowed, call in CALLS.values():
        if role in allowed:
            await call(member)


async def test_before_the_claim_everybody_may_all_but_give_lasting_rights(
    owner: InnerUniverseClient, member: InnerUniverseClient
) -> None:
    for name, (_, call) in CALLS.items():
        if name == "grant":
            with pytest.raises(PermissionDeniedError):
                await call(member)
        elif name != "revoke" and name != "claim":
            await call(member)
    with pytest.raises(PermissionDeniedError):
        await member.revoke(1)
    assert not (await owner.permissions()).grants


async def test_the_first_to_claim_is_the_owner(
    owner: InnerUniverseClient, member: InnerUniverseClient
) -> None:
    for _ in range(2):
        await owner.claim()
    with pytest.raises(PermissionDeniedError):
        await member.claim()
    (grant,) = (await member.permissions()).grants
    assert (grant.grantee, grant.role) == (owner.identity, "owner")


async def test_the_last_owner_stays(
    owner: InnerUniverseClient, member: InnerUniverseClient
) -> None:
    await owner.claim()
    (own,) = (await owner.permissions()).grants
    with pytest.raises(ValidationError, match="last owner"):
        await owner.revoke(own.id)
    await owner.grant(Grant(str(member.identity), "owner"))
    await owner.revoke(own.id)
    with pytest.raises(PermissionDeniedError):
        await owner.grant(Grant("*", "viewer"))
    await member.grant(Grant("*", "viewer"))
    with pytest.raises(ValidationError, match="last owner"):
        await member.revoke(2)


@pytest.mark.parametrize("item_type", ["thing", "*"])
async def test_a_single_grant_holds_for_its_action_and_type(
    owner: InnerUniverseClient, member: InnerUniverseClient, item_type: str
) -> None:
    await owner.claim()
    await owner.grant(Grant(str(member.identity), "", "update_entity", item_type))
    await member.apply([UpdateEntity("a", name="A")])
    wrong = [DeleteEntity("a"), CreateEntity("new", "thing")]
    if item_type == "thing":
        wrong += [UpdateEntity("b", name="B"), UpdateEntity("a", type="person")]
    before = await _content(owner)
    for change in wrong:
        with pytest.raises(PermissionDeniedError):
            await member.apply([UpdateEntity("a", name="again"), change])
    assert await _content(owner) == before


async def test_who_may_commit_may_sign(
    owner: InnerUniverseClient, member: InnerUniverseClient
) -> None:
    await owner.claim()
    await owner.grant(Grant(str(member.identity), "committer"))
    await member.publish([Event(new_id(), SIGNED)])
    with pytest.raises(PermissionDeniedError):
        await member.publish([Event(new_id(), SIGNED), Event(new_id(), "greeted")])


@pytest.mark.parametrize(
    ("grant", "field"),
    [
        (Grant("*", "owner"), "grantee"),
        (Grant("", "editor"), "grantee"),
        (Grant("*", "king"), "role"),
        (Grant("*", "editor", "create_entity"), "action"),
        (Grant("*", "editor", "", "*"), "action"),
        (Grant("*", "", "grant", "*"), "action"),
        (Grant("*", "", "", "*"), "action"),
        (Grant("*", "", "create_entity", ""), "item_type"),
    ],
)
async def test_a_grant_that_makes_no_sense_is_refused(
    owner: InnerUniverseClient, grant: Grant, field: str
) -> None:
    await owner.claim()
    with pytest.raises(ValidationError) as refused:
        await owner.grant(grant)
    assert refused.value.field == field
    assert len((await owner.permissions()).grants) == 1


async def test_the_same_grant_again_is_one(owner: InnerUniverseClient) -> None:
    await owner.claim()
    for _ in range(2):
        await owner.grant(Grant("*", "", "create_entity", "thing"))
    assert len((await owner.permissions()).grants) == 2
    with pytest.raises(ValidationError, match="no permission"):
        await owner.revoke(99)
