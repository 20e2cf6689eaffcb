"""The view comes to what the store holds, whatever happens to the messages on their way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shared.effort import EFFORT

import nerv_lab as nl
from nerv_lab.widgets.sending import frames

TOMORROW = datetime.now(UTC) + timedelta(days=1)
BOUND_MS = 60_000  # of the page's clock, within which a view is where the store is
FAULTS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "dropped": lambda sent: [m for i, m in enumerate(sent) if i % 2],
    "reordered": lambda sent: sent[::-1],
    "duplicated": lambda sent: [m for message in sent for m in (message, message)],
    "delayed": lambda sent: [*sent[3:], *sent[:3]],
}


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open() as opened:
        opened.add_entity("thing", name="start", id="start")
        opened.commit("start")
        yield opened


@pytest.fixture
def clocked(bench: Callable[..., Any]) -> Callable[..., Any]:
    """A bench whose page has a clock that the test can put forward."""

    def made(lab: Any, **options: Any) -> Any:
        table = bench(lab, **options)
        table.page.clock.install()
        table.load()
        return table

    return made


def shown_nodes(table: Any) -> set[str]:
    return set(table.root.evaluate("root => Object.keys(root.nerv.positions())"))


@pytest.mark.parametrize("fault", FAULTS)
def test_it_converges(bench: Callable[..., Any], lab: Any, fault: str) -> None:
    table = bench(lab)
    for number in range(12):
        lab.add_entity("thing", name=f"thing {number}")
    lab.delete("start")
    table._outbox = FAULTS[fault](table._outbox)
    table.flush()
    lab.commit("after the fault")
    table.flush()
    table.wait(seq=lab.seq, nodes=12, version="v2", uncommitted=0)
    assert shown_nodes(table) == set(lab.state.entities)
    gaps = int(table.root.get_attribute("data-gaps") or 0)
    assert (gaps > 0) == (fault != "duplicated")


def change(lab: Any, chance: random.Random) -> None:
    things = sorted(lab.entities)
    if len(things) > 6 and chance.random() < 0.4:
        lab.delete(chance.choice(things), cascade=True)
    elif things and chance.random() < 0.5:
        lab.relate(chance.choice(things), "knows", chance.choice(things))
    else:
        lab.add_entity("thing", name=f"thing {chance.random():.3f}")
    if chance.random() < 0.2:
        lab.commit("some changes")


@pytest.mark.parametrize("seed", range(2 * EFFORT))
def test_it_converges_after_a_storm_of_faults_in_both_directions(
    clocked: Callable[..., Any], lab: Any, seed: int
) -> None:
    chance = random.Random(seed)
    table = clocked(lab)
    late: list[Any] = []
    for _ in range(40):
        change(lab, chance)
        sent = [*late, *table._outbox]
        late = [message for message in sent if chance.random() < 0.1]
        sent = [message for message in sent if message not in late and chance.random() < 0.8]
        sent += [message for message in sent if chance.random() < 0.2]
        if chance.random() < 0.3:
            chance.shuffle(sent)
        table._outbox = sent
        table.unheard = chance.randrange(3)
        table.flush()
    table.unheard = 0
    # The last frames may be among the lost: the page's own sign of life finds that out.
    table.page.clock.fast_forward(BOUND_MS)
    label = f"v{len(lab.versions)}"
    table.wait(seq=lab.seq, nodes=len(lab.entities), edges=len(lab.relations), version=label)
    assert shown_nodes(table) == set(lab.state.entities)
    digest = table.widget._feed.board.digest.to_bytes(8, "little")
    is_at = "(root, digest) => root.nerv.store.isAt(Uint8Array.from(digest))"
    assert table.root.evaluate(is_at, list(digest))


def test_a_view_that_shows_something_else_notices_and_asks_for_all(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    lab.add_entity("thing", id="other")
    table.flush()
    table.wait(nodes=2)
    table.root.evaluate("root => root.nerv.store.graph.dropNode('start')")
    lab.add_entity("thing", id="third")
    table.flush()
    table.wait(nodes=3, gaps=1)
    assert shown_nodes(table) == {"start", "other", "third"}


@pytest.mark.parametrize("lost", ["unheard", "unsaid"])
def test_a_command_or_reply_that_is_lost_is_made_up_for_and_done_once(
    clocked: Callable[..., Any], lab: Any, lost: str
) -> None:
    table = clocked(lab)
    table.loses = "command"
    setattr(table, lost, 1)
    table.page.clock.pause_at(TOMORROW)
    table.root.get_by_label("Description of the commit").fill("once")
    table.button("Commit").click()
    table.page.clock.fast_forward(500)
    table.root.get_by_text("Committing…").wait_for()
    table.page.clock.fast_forward(3_000)
    table.wait(version="v2")
    table.root.get_by_text("Committing…").wait_for(state="hidden")
    assert [version.description for version in lab.versions] == ["start", "once"]


def test_a_page_that_is_loaded_again_shows_the_store(bench: Callable[..., Any], lab: Any) -> None:
    table = bench(lab)
    first = table.root.get_attribute("data-view")
    lab.add_entity("thing", id="meanwhile")
    table._outbox.clear()  # nobody is there to take it
    table.load()
    table.wait(nodes=2, seq=lab.seq)
    assert table.root.get_attribute("data-view") != first


def test_a_tab_that_slept_catches_up_when_it_is_seen_again(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    for number in range(5):
        lab.add_entity("thing", name=f"thing {number}")
    table._outbox.clear()
    table.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    table.wait(nodes=6, seq=lab.seq)


def test_a_kernel_that_is_gone_is_told_and_one_that_comes_back_is_followed(
    clocked: Callable[..., Any], lab: Any
) -> None:
    table = clocked(lab)
    table.silent = True
    lab.add_entity("thing", id="meanwhile")
    table._outbox.clear()
    table.page.clock.fast_forward(20_000)
    table.page.clock.fast_forward(10_000)
    table.root.get_by_text("The kernel does not answer").wait_for()
    table.wait(away="true", nodes=1)
    table.silent = False
    table.button("Ask again").click()
    table.wait(away="false", nodes=2)
    table.root.get_by_text("The kernel does not answer").wait_for(state="hidden")


def test_a_page_of_another_version_is_told_what_to_do(
    bench: Callable[..., Any], lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = bench(lab)
    monkeypatch.setattr(frames, "PROTOCOL", 9)
    lab.add_entity("thing", id="other")
    table.flush()
    alert = table.root.get_by_role("alert")
    alert.get_by_text("the kernel speaks protocol 9, this page 2").wait_for()
    table.wait(nodes=1)
    monkeypatch.undo()
    table.button("Try again").click()
    table.wait(nodes=2)
    alert.get_by_text("protocol 9").wait_for(state="hidden")


def test_an_error_while_painting_is_told_in_place_and_tried_again(
    bench: Callable[..., Any], lab: Any
) -> None:
    table = bench(lab)
    table.root.evaluate(
        """root => {
            const { graph } = root.nerv, apply = graph.apply.bind(graph);
            graph.apply = () => { graph.apply = apply; throw new Error("no canvas"); };
        }"""
    )
    lab.add_entity("thing", id="other")
    table.flush()
    table.root.get_by_role("alert").get_by_text("no canvas").wait_for()
    table.button("Try again").click()
    table.wait(nodes=2)
    assert shown_nodes(table) == {"start", "other"}
