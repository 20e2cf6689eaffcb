"""A branch is made of rows as they were read, or not at all: somebody may write in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from shared.graphs import ADA, NOTE

from nerv_lab.core.errors import HeadMovedError, IntegrityError, LogMovedError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.changes import CreateEntity, DeleteEntity, UpdateEntity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.inner_universe.contract.client import BranchMove
from nerv_lab.inner_universe.contract.ids import new_id

Commit = Callable[..., Awaitable[Version]]
Write = Callable[[InnerUniverseClient], Awaitable[object]]


async def prepared(
    client: InnerUniverseClient, to: str | None, name: str = "aside", rows_of: str = "main"
) -> BranchMove:
    """Return a move from the rows of a branch, as they are now, to those it has now."""
    snapshot = await client.snapshot(rows_of)
    head = await client.branch_head(name)
    return BranchMove(new_id(), name, head, to, rows_of, (), read_at=snapshot.seq)


async def _adds(client: InnerUniverseClient) -> None:
    await client.apply([CreateEntity("late", "text")])


async def _changes_and_takes_back(client: InnerUniverseClient) -> None:
    """Leave every item as it was, but for its revision."""
    await client.apply([UpdateEntity("ada", name="Somebody else")])
    await client.apply([UpdateEntity("ada", name="Ada")])


async def _deletes(client: InnerUniverseClient) -> None:
    await client.apply([DeleteEntity("ada")])


WRITES: list[Write] = [_adds, _changes_and_takes_back, _deletes]


@pytest.mark.parametrize("write", WRITES)
async def test_rows_that_others_changed_since_they_were_read_make_no_branch(
    client: InnerUniverseClient, commit: Commit, write: Write
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    move = await prepared(client, version.id)
    await write(client)
    last = await client.last_seq()
    with pytest.raises(LogMovedError) as refused:
        await client.move_branch(move)
    assert (refused.value.expected, refused.value.actual) == (move.read_at, last)
    assert list(await client.branches()) == ["main"]
    assert (await client.last_seq(), (await client.snapshot("aside")).items) == (last, ())
    assert await client.verify() == []


async def test_rows_that_another_client_changed_have_to_be_read_again(
    client: InnerUniverseClient, other: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    move = await prepared(client, version.id)
    receipt = await other.apply([NOTE])
    with pytest.raises(LogMovedError):
        await client.move_branch(move)
    back = tuple(change.inverse() for change in receipt.changes)
    await client.move_branch(replace(move, changes=back, read_at=receipt.last_seq))
    assert [item.id for item in (await client.snapshot("aside")).items] == ["ada"]
    assert await client.verify() == []


async def test_rows_of_a_branch_that_was_moved_meanwhile_make_no_branch(
    client: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    await client.move_branch(await prepared(client, version.id))
    await client.apply([NOTE], branch="aside")
    for to in (version.id, None):
        third = await prepared(client, version.id, "third", rows_of="aside")
        rows = GraphState.build((await client.snapshot("aside")).items)
        back = rows.diff(GraphState.build((await client.snapshot()).items), exact=True)
        move = await prepared(client, to, rows_of="aside")
        await client.move_branch(replace(move, changes=back if to else ()))
        with pytest.raises(LogMovedError):
            await client.move_branch(third)
    assert list(await client.branches()) == ["main"]
    assert await client.verify() == []


async def test_steps_that_do_not_start_from_the_rows_make_no_branch(
    client: InnerUniverseClient, commit: Commit
) -> None:
    receipt = await client.apply([ADA])
    version = await commit(client)
    move = await prepared(client, version.id)
    with pytest.raises(IntegrityError, match="e:ada"):
        await client.move_branch(replace(move, changes=receipt.changes))
    assert list(await client.branches()) == ["main"]
    assert await client.verify() == []


async def test_what_happens_elsewhere_does_not_keep_a_branch_from_being_made(
    client: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    await client.move_branch(await prepared(client, version.id, "elsewhere"))
    move = await prepared(client, version.id)
    await client.apply([NOTE], branch="elsewhere")
    await client.move_branch(await prepared(client, version.id, "more"))
    await client.publish([Event(new_id(), "GREETING", {"text": "hello"}, 1.0)])
    await commit(client, "of the same rows")
    await client.set_tag("start", version.id)
    await client.move_branch(move)
    assert (await client.snapshot("aside")).items == (await client.snapshot()).items
    assert await client.verify() == []


async def test_rows_cannot_have_been_read_at_a_place_that_the_log_has_not_reached(
    client: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    move = await prepared(client, version.id)
    with pytest.raises(LogMovedError):
        await client.move_branch(replace(move, read_at=move.read_at + 1))
    assert list(await client.branches()) == ["main"]


async def test_rows_read_before_what_is_left_of_the_log_make_no_branch(
    client: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    old = await prepared(client, None)
    await client.apply([NOTE])
    version = await commit(client)
    now = await client.retention()
    seq = await client.last_seq()
    await client.prune(PruneStep(seq, now.generation, (), (), None, (), 2, now.marks))
    with pytest.raises(LogMovedError):
        await client.move_branch(replace(old, to=version.id))
    assert list(await client.branches()) == ["main"]


async def test_a_move_that_is_repeated_after_others_wrote_is_still_done(
    client: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    move = await prepared(client, version.id)
    await client.move_branch(move)
    await client.apply([NOTE])
    seq = await client.last_seq()
    await client.move_branch(move)
    assert await client.last_seq() == seq
    assert await client.verify() == []


async def test_a_branch_that_is_not_where_it_is_expected_is_told_before_its_rows_are(
    client: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    move = await prepared(client, version.id, "main")
    await client.apply([NOTE])
    await commit(client)
    with pytest.raises(HeadMovedError):
        await client.move_branch(move)


async def test_a_branch_is_deleted_whatever_was_read(
    client: InnerUniverseClient, commit: Commit
) -> None:
    await client.apply([ADA])
    version = await commit(client)
    await client.move_branch(await prepared(client, version.id))
    move = await prepared(client, None, rows_of="aside")
    await client.apply([NOTE], branch="aside")
    await client.move_branch(move)
    assert list(await client.branches()) == ["main"]
    events = await client.events()
    assert [e.type for e in events].count(EventType.BRANCH_MOVED) == 2
    assert await client.verify() == []
