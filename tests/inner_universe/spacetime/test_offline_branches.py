"""Branches and tags that are made while the server is away, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shared.interleaving import before_next
from shared.offline_places import PATIENCE, Place, contents

import nerv_lab as nl
from nerv_lab.core.errors import ServerGoneError, ValidationError
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.inner_universe.outbox import Queued
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.queueing import QueuedUniverse, QueueLimits
from nerv_lab.inner_universe.spacetime.tokens import TokenFile
from nerv_lab.lab import Lab


def sent(place: Place, lab: nl.Lab) -> None:
    place.mend()
    assert lab.outbox.wait(PATIENCE)
    lab.refresh()


def waiting(lab: nl.Lab) -> list[Queued]:
    return [found for found in lab.outbox.conflicts if isinstance(found, Queued)]


def test_branches_and_tags_are_there_at_once_and_on_the_server_later(place: Place) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        lab.create_branch("old")
        place.cut()
        lab.update("ada", name="Ada")
        second = lab.commit("second")
        lab.tag("mark", second)
        lab.tag("start", first)
        with lab.branch("what-if"):
            lab.add_entity("person", id="eve")
            third = lab.commit("third")
        lab.delete_branch("old")
        assert set(lab.branches) == {"main", "what-if"}
        assert lab.tags == {"mark": second.id, "start": first.id}
        titles = [queued.title for queued in lab.outbox.pending]
        assert titles[2:5] == ["tag 'mark'", "tag 'start'", "branch 'what-if'"]
        assert titles[-1] == "delete branch 'old'"
        sent(place, lab)
        assert len(lab.outbox) == 0
        with place.other() as other:
            for each in (lab, other):
                assert each.tags == {"mark": second.id, "start": first.id}
                assert {n: v and v.id for n, v in each.branches.items()} == {
                    "main": second.id,
                    "what-if": third.id,
                }
                assert contents(each) == {"ada": ("Ada", {})}
                assert each.at(third).entity("eve").id == "eve"
            assert lab.verify(against=other).ok
        assert lab.health().balance.holds


def test_a_branch_that_was_reset_offline_is_where_it_was_put(place: Place) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        lab.add_entity("person", id="bob")
        lab.commit("second")
        place.cut()
        lab.reset(first, force=True)
        lab.add_entity("person", id="eve")
        last = lab.commit("after")
        sent(place, lab)
        with place.other() as other:
            assert lab.head == other.head
            for each in (lab, other):
                assert each.head.id == last.id
                assert contents(each).keys() == {"ada", "eve"}
        assert lab.verify().ok


def test_a_branch_is_moved_and_merged_offline(place: Place) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        place.cut()
        with lab.branch("what-if"):
            lab.update("ada", properties={"born": 1815})
            lab.commit("aside")
        lab.update("ada", name="Ada")
        lab.commit("here")
        lab.merge("what-if")
        lab.delete_branch("what-if")
        sent(place, lab)
        assert len(lab.outbox) == 0
        with place.other() as other:
            assert contents(other) == {"ada": ("Ada", {"born": 1815})}
            assert list(other.branches) == ["main"]
            assert len(other.head.parents) == 2
        assert lab.verify().ok


@pytest.fixture
def taken(place: Place) -> Any:
    """Return a Lab whose branch got a name that somebody else has taken meanwhile."""
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        place.cut()
        with lab.branch("ideas"):
            lab.add_entity("person", id="ours")
            lab.commit("our idea")
        lab.add_entity("person", id="bob")
        other.refresh()
        with other.branch("ideas"):
            other.add_entity("person", id="theirs")
            other.commit("their idea")
        sent(place, lab)
        yield lab, other


def test_a_name_that_others_have_taken_waits_for_a_decision(taken: tuple[nl.Lab, nl.Lab]) -> None:
    lab, other = taken
    made, changed, committed = waiting(lab)
    assert (made.title, made.error) == (
        "branch 'ideas'",
        "others have made a branch 'ideas' meanwhile",
    )
    assert {changed.error, committed.error} == {"waits for branch 'ideas'"}
    assert contents(lab).keys() == {"ada", "bob"}  # what was done elsewhere does not wait
    other.refresh()
    assert other.at("ideas").entities.keys() == {"ada", "theirs"}
    assert lab.health().balance.holds


def test_a_branch_gets_another_name_with_all_that_was_made_on_it(
    taken: tuple[nl.Lab, nl.Lab],
) -> None:
    lab, other = taken
    made = waiting(lab)[0]
    with pytest.raises(ValidationError, match="already means a version"):
        lab.outbox.rename(made.id, "head")
    lab.outbox.rename(made.id, "our-ideas")
    assert lab.outbox.wait(PATIENCE)
    lab.refresh()
    other.refresh()
    assert len(lab.outbox) == 0
    for each in (lab, other):
        assert each.at("our-ideas").entities.keys() == {"ada", "ours"}
        assert each.at("ideas").entities.keys() == {"ada", "theirs"}
    assert lab.branches["our-ideas"].description == "our idea"
    assert lab.verify().ok


def test_a_branch_is_tried_again_when_its_name_is_free(taken: tuple[nl.Lab, nl.Lab]) -> None:
    lab, other = taken
    made = waiting(lab)[0]
    lab.outbox.retry(made.id)
    assert lab.outbox.wait(PATIENCE)
    assert len(waiting(lab)) == 3  # it is as it was
    other.delete_branch("ideas")
    lab.outbox.retry(made.id)
    assert lab.outbox.wait(PATIENCE)
    lab.refresh()
    assert lab.at("ideas").entities.keys() == {"ada", "ours"}
    assert len(lab.outbox) == 0


def test_a_branch_that_is_dropped_leaves_that_of_others_alone(
    taken: tuple[nl.Lab, nl.Lab],
) -> None:
    lab, _ = taken
    for queued in waiting(lab):
        lab.outbox.drop(queued.id)
    assert len(lab.outbox) == 0
    lab.refresh()
    assert lab.at("ideas").entities.keys() == {"ada", "theirs"}


def test_a_tag_that_others_set_meanwhile_waits_for_a_decision(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        lab.add_entity("person", id="bob")
        second = lab.commit("second")
        place.cut()
        lab.tag("best", second)
        other.refresh()
        other.tag("best", first.id)
        sent(place, lab)
        (tag,) = waiting(lab)
        assert (tag.title, tag.error) == ("tag 'best'", "tag 'best' was set by others meanwhile")
        assert lab.tags == {"best": first.id}
        lab.outbox.rename(tag.id, "mine")
        assert lab.outbox.wait(PATIENCE)
        assert lab.tags == {"best": first.id, "mine": second.id}


def test_tags_that_move_as_the_server_goes_away_follow_each_other(place: Place) -> None:
    with place.open() as lab:
        versions = []
        for id in ("ada", "bob", "eve"):
            lab.add_entity("person", id=id)
            versions.append(lab.commit(id))
        lab.tag("newest", versions[0])
        set_tag = lab._client.set_tag

        async def set_at_the_last_moment(name: str, version: str) -> None:
            await set_tag(name, version)
            place.cut()
            await asyncio.to_thread(lab.add_entity, "person", id="kim")

        lab._client.set_tag = set_at_the_last_moment  # type: ignore[method-assign]
        lab.tag("newest", versions[1])
        del lab._client.set_tag
        lab.tag("newest", versions[2])
        sent(place, lab)
        assert len(lab.outbox) == 0
        assert lab.tags == {"newest": versions[2].id}


def test_a_reset_that_others_overtook_becomes_a_branch_with_a_name(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        lab.add_entity("person", id="bob")
        lab.commit("second")
        place.cut()
        lab.reset(first, force=True)
        lab.add_entity("person", id="eve")
        lab.commit("after")
        other.refresh()
        other.add_entity("person", id="kim")
        theirs = other.commit("third")
        sent(place, lab)
        assert lab.head == theirs
        moved = waiting(lab)[0]
        assert moved.error == "branch 'main' was moved by others meanwhile"
        lab.outbox.rename(moved.id, "without-bob")
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        assert lab.at("without-bob").entities.keys() == {"ada", "eve"}
        assert contents(lab).keys() == {"ada", "bob", "kim"}
        assert lab.verify().ok


def test_work_aside_is_sent_though_the_branch_it_began_on_went_on(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        place.cut()
        lab.update("ada", name="Ada")
        lab.commit("ours")
        with lab.branch("what-if"):
            lab.add_entity("person", id="eve")
            aside = lab.commit("aside")
        other.refresh()
        other.add_entity("person", id="kim")
        other.commit("theirs")
        sent(place, lab)
        assert lab.at("what-if").version.id == aside.id
        assert lab.at("what-if").entities.keys() == {"ada", "eve"}
        assert contents(lab) == {"ada": ("Ada", {}), "kim": (None, {})}
        assert lab.verify().ok


def _made(lab: nl.Lab) -> None:
    lab.update("ada", name="Ada")
    lab.tag("mark", lab.commit("offline"))
    with lab.branch("what-if"):
        lab.add_entity("person", id="eve")
        lab.commit("aside")


@pytest.mark.parametrize("open_again", [True, False])
def test_the_next_lab_goes_on_with_branches_and_tags_and_sends_them(
    place: Place, open_again: bool
) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        place.cut()
        _made(lab)
        head, aside = lab.head, lab.branches["what-if"]
    if open_again:
        place.cut()
        with place.open() as lab:
            assert (lab.head, lab.branches["what-if"]) == (head, aside)
            assert lab.tags == {"mark": head.id}
    place.mend()
    with place.open() as lab:
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        # Their digests are of what the server made of them.
        assert (lab.head.id, lab.branches["what-if"].id) == (head.id, aside.id)
        assert lab.tags == {"mark": head.id}
        assert lab.verify().ok


CUTS: list[Callable[[nl.Lab], object]] = [
    lambda lab: lab.tag("mark"),
    lambda lab: lab.create_branch("what-if"),
    lambda lab: lab.delete_branch("old"),
]


@pytest.mark.parametrize("do", CUTS)
def test_what_was_under_way_when_the_network_went_is_done_once(
    place: Place,
    do: Callable[[nl.Lab], object],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    remote = SpacetimeInnerUniverse(place.uri, tokens=TokenFile(tmp_path / "tokens.json"))
    with Lab(QueuedUniverse(remote, QueueLimits(place.outboxes, patience=0.1))) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        lab.create_branch("old")
        connection = remote.connection
        call = connection.call

        async def done_and_cut(*args: Any) -> Any:
            await call(*args)
            place.cut()
            monkeypatch.undo()
            raise ServerGoneError("the answer got lost")

        monkeypatch.setattr(connection, "call", done_and_cut)
        do(lab)
        sent(place, lab)
        assert len(lab.outbox) == 0
        with place.other() as other:
            assert lab.verify(against=other).ok
            assert other.tags == lab.tags
            ids = [event.id for event in other.events]
            assert len(ids) == len(set(ids))
            assert [e.type for e in other.events].count("BRANCH_MOVED") <= 2


@pytest.mark.parametrize("times", [1, 30])
def test_a_branch_made_offline_has_the_rows_of_its_version_whatever_others_write_as_it_is_sent(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, times: int
) -> None:
    remote = SpacetimeInnerUniverse(place.uri, tokens=TokenFile(tmp_path / "tokens.json"))
    lab = Lab(QueuedUniverse(remote, QueueLimits(place.outboxes, patience=0.1)))
    with lab, place.other() as other:
        lab.add_entity("person", id="ada")
        version = lab.commit("first")
        place.cut()
        lab.create_branch("what-if")
        other.add_entity("person", id="bob")
        call, left = remote.connection.call, iter(range(times))

        async def after_others(reducer: str, args: bytes) -> Any:
            if reducer == "move_branch_as_read" and (n := next(left, None)) is not None:
                await other.client.apply([CreateEntity(f"late {n}", "person")])
            return await call(reducer, args)

        monkeypatch.setattr(remote.connection, "call", after_others)
        sent(place, lab)
        assert next(left, None) is None
        assert lab.switch("what-if").data_hash == version.data_hash
        assert lab.verify().ok


def test_rows_that_were_read_before_the_server_went_make_no_branch(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada")
        version = lab.commit("first")
        other.add_entity("person", id="bob")
        before_next(lab, "move_branch", place.cut)
        lab.create_branch("what-if", version)
        assert set(lab.branches) == {"main", "what-if"}
        sent(place, lab)
        assert len(lab.outbox) == 0
        assert lab.switch("what-if").data_hash == version.data_hash
        assert lab.verify().ok
        assert [e.type for e in other.events].count("BRANCH_MOVED") == 1
