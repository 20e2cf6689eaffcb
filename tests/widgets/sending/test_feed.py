from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nerv_lab as nl
from nerv_lab.widgets.sending.feed import Feed
from nerv_lab.widgets.shown import columns
from nerv_lab.widgets.shown.digest import digest_of

PARTS = ("graph", "history")


@pytest.fixture
def feed(lab: Any, hop: Any, wire: Any) -> Any:
    made = Feed(lab, PARTS, wire.send, hop=hop, clock=lambda: hop.now)
    wire.feed = made
    return made


def _line(lab: Any, size: int) -> list[Any]:
    entities = [lab.add_entity("thing", name=f"thing {i}") for i in range(size)]
    for a, b in pairwise(entities):
        lab.relate(a, "next", b)
    return entities


def test_nothing_is_sent_before_a_view_is_ready(lab: Any, feed: Feed, hop: Any, wire: Any) -> None:
    _line(lab, 3)
    hop.advance(10)
    assert wire.sent == []


def test_a_view_that_is_ready_gets_the_whole_graph(lab: Any, feed: Feed, wire: Any) -> None:
    _line(lab, 3)
    version = lab.commit("three")
    view = wire.join()
    assert view.shows(lab.state)
    assert [row["id"] for row in view.versions] == [version.id]
    assert view.meta["head_label"] == "v1"
    assert view.meta["uncommitted"] == 0
    assert sum(view.counts.values()) == len(lab.events)


def test_changing_one_node_sends_that_node_alone(lab: Any, feed: Feed, hop: Any, wire: Any) -> None:
    things = _line(lab, 200)
    view = wire.join()
    hop.advance(1)
    before = view.bytes
    lab.update(things[5], name="renamed")
    hop.advance(1)
    assert view.shows(lab.state)
    assert view.payloads[-1]["graph"]["nodes"]["ids"] == [things[5].id]
    assert view.bytes - before < 1_000


def test_many_changes_become_at_most_thirty_frames_a_second(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    view = wire.join()
    sent = len(wire.sent)
    for i in range(500):
        lab.add_entity("thing", name=str(i))
        hop.advance(1 / 500)
    hop.advance(1)
    assert len(wire.sent) - sent <= 31
    assert view.shows(lab.state)


def test_a_view_that_does_not_acknowledge_is_slowed_down(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    feed.hear("mute", "ready", 0)
    for _ in range(300):
        lab.add_entity("thing")
        hop.advance(1 / 30)
    frames = [m for m in wire.sent if m["type"] == "frame"]
    assert 30 <= len(frames) <= 42


def test_a_silent_view_is_forgotten_and_welcomed_when_it_speaks(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    view = wire.join()
    wire.front_ends.clear()
    lab.add_entity("thing")
    hop.advance(300)
    pings = [m for m in wire.sent if m["type"] == "ping"]
    assert len(pings) == 5
    sent = len(wire.sent)
    lab.add_entity("thing")
    hop.advance(60)
    assert len(wire.sent) == sent
    wire.front_ends.append(view)
    feed.hear(view.view, "hello", view.seq)
    assert view.shows(lab.state)


def test_a_dropped_delta_is_made_up_for_at_the_next_one(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    view = wire.join()
    hop.advance(1)
    wire.drop = 1
    lab.add_entity("thing")
    hop.advance(1)
    assert not view.shows(lab.state)
    lab.add_entity("thing")
    hop.advance(1)
    assert view.shows(lab.state)


def test_a_dropped_last_delta_is_made_up_for_without_another_change(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    view = wire.join()
    hop.advance(1)
    wire.drop = 1
    lab.add_entity("thing")
    hop.advance(5)
    assert view.shows(lab.state)


def test_each_view_has_a_stream_of_its_own(lab: Any, feed: Feed, hop: Any, wire: Any) -> None:
    _line(lab, 2)
    first = wire.join("first")
    hop.advance(1)
    second = wire.join("second")
    lab.add_entity("thing")
    hop.advance(1)
    assert first.shows(lab.state)
    assert second.shows(lab.state)
    assert (first.seq, second.seq) == (2, 2)


def test_a_view_that_says_goodbye_gets_nothing_more(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    wire.join()
    feed.hear("view", "bye", 1)
    sent = len(wire.sent)
    lab.add_entity("thing")
    hop.advance(100)
    assert len(wire.sent) == sent


def test_the_past_stays_while_the_present_moves_on(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    things = _line(lab, 3)
    version = lab.commit("three")
    past = lab.state
    lab.delete(things[0], cascade=True)
    view = wire.join()
    hop.advance(1)
    feed.show(lab.at(version))
    hop.advance(1)
    assert view.shows(past)
    assert view.meta["shown"]["label"] == "v1"
    lab.add_entity("later")
    hop.advance(1)
    assert view.shows(past)
    assert view.meta["seq"] == lab.seq
    feed.show(None)
    hop.advance(1)
    assert view.shows(lab.state)
    assert view.meta["shown"] is None


def test_back_from_a_version_that_was_restored_a_new_view_agrees_with_the_kernel(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    thing = lab.add_entity("thing", properties={"size": 1})
    version = lab.commit("small")
    lab.update(thing, properties={"size": 2})
    feed.show(lab.at(version))
    lab.rollback(version)  # equal in content, but of another revision
    feed.show(None)
    hop.advance(1)
    assert feed.board.digest == digest_of(feed.board.scene)


def test_uncommitted_changes_are_counted_by_item(lab: Any, feed: Feed, hop: Any, wire: Any) -> None:
    view = wire.join()

    def told() -> Any:
        hop.advance(1)
        return view.meta["uncommitted"]

    thing = lab.add_entity("thing", name="a")
    lab.update(thing, name="b")
    assert told() == 1
    lab.commit("one")
    assert told() == 0
    lab.update(thing, name="c")
    lab.update(thing, name="b")
    assert told() == 0


def test_a_closed_lab_is_told_and_what_is_shown_stays(
    lab: Any, feed: Feed, hop: Any, wire: Any
) -> None:
    lab.on_close(feed.source_closed)
    _line(lab, 2)
    view = wire.join()
    lab.close()
    hop.advance(1)
    assert view.meta["closed"] is True
    assert len(view.nodes) == 2


def test_a_closed_feed_hears_and_sends_nothing(lab: Any, feed: Feed, hop: Any, wire: Any) -> None:
    wire.join()
    feed.close()
    sent = len(wire.sent)
    lab.add_entity("thing")
    feed.hear("view", "resync", 0)
    hop.advance(100)
    assert len(wire.sent) == sent
    assert hop.timers == []


@contextmanager
def _parts_of(size: int) -> Iterator[None]:
    """Have graphs travel in parts of so many entities or relations."""
    with (
        patch.object(columns, "_PART_NODES", size),
        patch.object(columns, "_PART_EDGES", size),
    ):
        yield


class _Holding:
    """Between a feed and a front end; holds what is sent until it is let through."""

    def __init__(self, feed: Feed, front_end: Any) -> None:
        self.feed = feed
        self.front_end = front_end
        self.held: list[tuple[dict[str, Any], list[bytes]]] = []

    def let_through(self) -> None:
        said = self.front_end.hear(*self.held.pop(0))
        self.feed.hear(self.front_end.view, said, self.front_end.seq)


@pytest.fixture
def holding(lab: Any, hop: Any, front_end_class: Any) -> Iterator[Any]:
    """A view of a line of ten, which comes in parts of two."""
    _line(lab, 10)
    made: list[_Holding] = []
    with _parts_of(2):
        feed = Feed(
            lab, PARTS, lambda *sent: made[0].held.append(sent), hop=hop, clock=lambda: hop.now
        )
        made.append(_Holding(feed, front_end_class()))
        feed.hear("view", "ready", 0)
        yield made[0]


def test_a_large_graph_comes_in_parts_as_the_view_takes_them_up(holding: Any, hop: Any) -> None:
    hop.advance(0.1)
    assert len(holding.held) == 3
    loads = []
    while holding.held:
        holding.let_through()
        hop.advance(0.1)
        assert len(holding.held) <= 3
        loads.append(holding.front_end.payloads[-1]["load"])
    assert [load["nodes_here"] for load in loads] == [2, 4, 6, 8, 10, 10, 10, 10, 10, 10]
    assert [load["edges_here"] for load in loads] == [0, 0, 0, 0, 0, 2, 4, 6, 8, 9]
    assert {(load["nodes"], load["edges"]) for load in loads} == {(10, 9)}
    assert holding.front_end.shows(holding.feed.board.state)


def test_what_changes_while_a_large_graph_is_under_way_comes_after_it(
    lab: Any, holding: Any, hop: Any
) -> None:
    holding.let_through()
    gone = next(iter(lab.entities))
    lab.delete(gone, cascade=True)
    lab.add_entity("thing", name="new")
    while holding.held:
        holding.let_through()
        hop.advance(0.1)
    assert holding.front_end.shows(lab.state)
    assert holding.front_end.payloads[-1]["graph"]["gone_nodes"] == [gone]


def test_a_view_that_has_enough_gets_no_more_parts_but_still_what_changes(
    lab: Any, holding: Any, hop: Any
) -> None:
    holding.let_through()
    holding.front_end.halted = True
    holding.feed.hear("view", "halt", holding.front_end.seq)
    while holding.held:
        holding.let_through()
        hop.advance(0.1)
    assert len(holding.front_end.nodes) == 6
    new = lab.add_entity("thing")
    hop.advance(0.1)
    holding.let_through()
    assert new.id in holding.front_end.nodes
    holding.feed.hear("view", "resync", holding.front_end.seq)
    while holding.held:
        holding.let_through()
        hop.advance(0.1)
    assert holding.front_end.shows(lab.state)


def _steps() -> st.SearchStrategy[list[tuple[str, int]]]:
    names = ["add", "relate", "rename", "delete", "commit", "rollback", "past", "live"]
    wire = ["drop", "resync", "hello", "wait", "join"]
    return st.lists(st.tuples(st.sampled_from(names + wire), st.integers(0, 5)), max_size=30)


def _step(lab: Any, feed: Feed, hop: Any, wire: Any, name: str, n: int) -> None:
    things = sorted(lab.entities)
    versions = lab.versions
    if name == "add":
        lab.add_entity("thing", name=str(n))
    elif name == "relate" and things:
        lab.relate(things[n % len(things)], f"kind {n}", things[-1], strength=n / 4)
    elif name == "rename" and things:
        lab.update(things[n % len(things)], name=f"renamed {n}")
    elif name == "delete" and things:
        lab.delete(things[n % len(things)], cascade=True)
    elif name == "commit":
        lab.commit(f"step {n}")
    elif name == "rollback" and versions:
        lab.rollback(versions[n % len(versions)])
    elif name == "past" and versions:
        feed.show(lab.at(versions[n % len(versions)]))
    elif name == "live":
        feed.show(None)
    else:
        _wire_step(feed, hop, wire, name, n)


def _wire_step(feed: Feed, hop: Any, wire: Any, name: str, n: int) -> None:
    view = wire.front_ends[n % len(wire.front_ends)]
    if name == "drop":
        wire.drop += n
    elif name in ("resync", "hello"):
        feed.hear(view.view, name, view.seq)
    elif name == "wait":
        hop.advance(n / 20)
    elif name == "join" and len(wire.front_ends) < 3:
        wire.join(f"view {len(wire.front_ends)}")


@settings(max_examples=120, deadline=None)
@given(_steps(), st.sampled_from([64, 1_000_000]), st.sampled_from([2, 24_000]))
def test_whatever_is_changed_dropped_and_asked_for_all_views_end_alike(
    hop_class: Callable[[], Any],
    wire_class: Callable[[], Any],
    steps: list[tuple[str, int]],
    chunk_bytes: int,
    part: int,
) -> None:
    hop, wire = hop_class(), wire_class()
    with nl.open(":memory:") as lab, _parts_of(part):
        feed = Feed(lab, PARTS, wire.send, hop=hop, clock=lambda: hop.now, chunk_bytes=chunk_bytes)
        wire.feed = feed
        wire.join()
        for name, n in steps:
            _step(lab, feed, hop, wire, name, n)
        wire.drop = 0
        hop.advance(200)
        for view in wire.front_ends:
            feed.hear(view.view, "hello", view.seq)
        hop.advance(200)
        for view in wire.front_ends:
            assert view.shows(feed.board.state)
            assert view.meta == feed.board.meta
            assert view.versions == feed.board.versions
            assert view.counts == feed.board.density.counts
        if feed.shown is None:
            assert feed.board.state == lab.state


def test_views_follow_the_lab_to_another_branch(lab: Any, feed: Feed, hop: Any, wire: Any) -> None:
    things = _line(lab, 3)
    lab.commit("three")
    lab.create_branch("aside")
    lab.update(things[0], name="renamed")
    view = wire.join()
    hop.advance(1)
    assert (view.meta["branch"], view.meta["uncommitted"]) == ("main", 1)
    lab.switch("aside")
    hop.advance(1)
    assert view.shows(lab.state)
    assert (view.meta["branch"], view.meta["uncommitted"]) == ("aside", 0)
    assert view.meta["head_label"] == "v1"


def test_views_follow_a_reset(lab: Any, feed: Feed, hop: Any, wire: Any) -> None:
    _line(lab, 2)
    lab.commit("two")
    lab.add_entity("thing")
    lab.commit("three")
    view = wire.join()
    lab.reset("v1", force=True)
    hop.advance(1)
    assert view.shows(lab.state)
    assert (view.meta["head_label"], view.meta["uncommitted"]) == ("v1", 0)


def test_a_tag_is_shown_whoever_sets_it(tmp_path: Path, hop_class: Any, wire: Any) -> None:
    path = tmp_path / "team.nerv"
    hop = hop_class()
    with nl.open(path) as lab, nl.open(path) as elsewhere:
        _line(lab, 1)
        first = lab.commit("one")
        feed = wire.feed = Feed(lab, PARTS, wire.send, hop=hop, clock=lambda: hop.now)
        view = wire.join()
        lab.tag("mine", first)
        hop.advance(1)
        assert view.tags == {"mine": first.id}
        told = threading.Event()
        lab.client.on_tags(lambda tags: told.set())
        elsewhere.refresh()
        elsewhere.tag("theirs", first)
        assert told.wait(10)
        hop.advance(1)
        assert view.tags == {"mine": first.id, "theirs": first.id}
        feed.close()


def test_a_feed_of_the_graph_alone_watches_no_tags(lab: Any, hop: Any, wire: Any) -> None:
    with patch.object(lab.client, "on_tags") as watched:
        Feed(lab, ("graph",), wire.send, hop=hop, clock=lambda: hop.now).close()
    watched.assert_not_called()
