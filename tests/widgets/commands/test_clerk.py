from __future__ import annotations

import threading
from typing import Any

import pytest

from nerv_lab.core.walking import followed
from nerv_lab.widgets.commands import commands
from nerv_lab.widgets.commands.clerk import Clerk


class Loop:
    """A loop that the test turns; calls may come from any thread."""

    has_loop = True

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self._there = threading.Condition()

    def call(self, run: Any) -> None:
        with self._there:
            self.calls.append(run)
            self._there.notify()

    def turn(self) -> None:
        """Wait for the next call and run it here."""
        with self._there:
            assert self._there.wait_for(lambda: self.calls, timeout=120)
            run = self.calls.pop(0)
        run()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def clerk(explorer: Any, loop: Loop, sent: list[dict[str, Any]]) -> Clerk:
    return Clerk(explorer, sent.append, loop, clock=lambda: 0.0)  # type: ignore[arg-type]


def command(id: str, name: str, **args: Any) -> dict[str, Any]:
    return {"type": "command", "id": id, "name": name, "args": args}


def test_a_command_that_comes_twice_is_done_once_and_answered_twice(
    lab: Any, clerk: Clerk, sent: list[dict[str, Any]]
) -> None:
    clerk.hear(command("1", "commit", description="once"))
    clerk.hear(command("1", "commit", description="once"))
    assert len(lab.versions) == 1
    assert sent[0] == sent[1]
    assert sent[0]["result"]["label"] == "v1"


def test_a_long_look_leaves_the_loop_free(
    lab: Any, explorer: Any, clerk: Clerk, loop: Loop, sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    first = lab.commit("one")
    lab.add_entity("person")
    go, here = threading.Event(), threading.get_ident()
    looked: list[int] = []

    def slow(widget: Any, args: Any) -> None:
        go.wait(120)
        looked.append(threading.get_ident())

    monkeypatch.setitem(commands.LOOKS, "at", slow)
    clerk.hear(command("1", "at", version=first.id))
    clerk.hear(command("1", "at", version=first.id))  # asked again meanwhile: nothing new begins
    clerk.hear(command("2", "commit", description="meanwhile"))
    assert [reply["id"] for reply in sent] == ["2"]
    go.set()
    loop.turn()
    assert looked != [here]
    assert len(looked) == 1
    assert explorer.version == first.id
    assert [reply["id"] for reply in sent] == ["2", "1"]


def test_a_look_tells_how_far_it_is_and_is_stopped(
    lab: Any, explorer: Any, loop: Loop, sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lab.commit("one")
    monkeypatch.setitem(
        commands.LOOKS, "at", lambda widget, args: list(followed(range(1_000), 1_000))
    )
    ticks = iter(range(10_000))
    clerk = Clerk(explorer, sent.append, loop, clock=lambda: float(next(ticks)))  # type: ignore[arg-type]
    clerk.hear(command("1", "at", version="v1"))
    while not any(message["type"] == "progress" for message in sent):
        loop.turn()
    told = next(message for message in sent if message["type"] == "progress")
    assert told["id"] == "1"
    assert 0 <= told["done"] < told["total"] == 1_000
    while sent[-1]["type"] != "reply":
        loop.turn()
    assert explorer.version == lab.version("v1").id


def test_what_was_stopped_says_so_and_changes_nothing(
    lab: Any, explorer: Any, clerk: Clerk, loop: Loop, sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lab.commit("one")
    go = threading.Event()
    monkeypatch.setitem(commands.LOOKS, "at", lambda widget, args: go.wait(120))
    clerk.hear(command("1", "at", version="v1"))
    clerk.hear({"type": "stop", "id": "1"})
    go.set()
    loop.turn()
    assert sent[-1]["error"]["kind"] == "Stopped"
    assert explorer.version is None


def test_the_newest_place_that_was_asked_for_is_shown(
    lab: Any, explorer: Any, clerk: Clerk, loop: Loop, sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lab.commit("one")
    lab.add_entity("person")
    lab.commit("two")
    go = threading.Event()
    monkeypatch.setitem(
        commands.LOOKS, "at", lambda widget, args: args["version"] == "v1" and go.wait(120)
    )
    clerk.hear(command("1", "at", version="v1"))
    clerk.hear(command("2", "at", version="v2"))
    loop.turn()
    go.set()
    loop.turn()
    assert explorer.version == lab.version("v2").id
    assert {reply["id"]: reply["ok"] for reply in sent} == {"1": False, "2": True}


def test_a_look_that_fails_is_told_by_the_command(
    clerk: Clerk, loop: Loop, sent: list[dict[str, Any]]
) -> None:
    clerk.hear(command("1", "at", version="v99"))
    loop.turn()
    assert sent[-1]["error"]["kind"] == "VersionNotFoundError"


def diverge(lab: Any) -> None:
    lab.add_entity("person", id="ada")
    lab.commit("first")
    with lab.branch("aside"):
        lab.add_entity("person", id="eve")
        lab.commit("theirs")
    lab.add_entity("person", id="mary")
    lab.commit("ours")


def both_sides(lab: Any) -> dict[str, str]:
    return {"ours": lab.head.id, "theirs": lab.branches["aside"].id}


def test_a_merge_is_worked_out_once_and_beside_the_loop(
    lab: Any, clerk: Clerk, loop: Loop, sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    diverge(lab)
    threads: list[int] = []
    preview = lab.preview

    def watched(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.get_ident())
        return preview(*args, **kwargs)

    monkeypatch.setattr(lab, "preview", watched)
    clerk.hear(command("1", "merge", source="aside", **both_sides(lab)))
    loop.turn()
    assert sent[-1]["ok"]
    assert len(lab.head.parents) == 2
    assert len(threads) == 1
    assert threads != [threading.get_ident()]


@pytest.mark.parametrize("name", ["merge", "preview"])
def test_a_merge_that_is_stopped_is_not_worked_out_further_and_changes_nothing(
    lab: Any, clerk: Clerk, loop: Loop, sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch, name: str,
) -> None:  # fmt: skip
    diverge(lab)
    before = lab.versions, lab.head, lab.state, len(lab.events)
    go, work_out = threading.Event(), commands.LOOKS[name]
    ended: list[type[BaseException] | None] = []

    def late(widget: Any, args: Any) -> object:
        go.wait(120)
        try:
            found = work_out(widget, args)
        except Exception as error:
            ended.append(type(error))
            raise
        ended.append(None)
        return found

    monkeypatch.setitem(commands.LOOKS, name, late)
    clerk.hear(command("1", name, source="aside", **both_sides(lab)))
    clerk.hear({"type": "stop", "id": "1"})
    go.set()
    loop.turn()
    assert ended != [None]
    assert sent[-1]["error"]["kind"] == "Stopped"
    assert (lab.versions, lab.head, lab.state, len(lab.events)) == before


def test_a_merge_into_a_branch_that_has_moved_since_it_was_worked_out_is_refused(
    lab: Any, clerk: Clerk, loop: Loop, sent: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    diverge(lab)
    work_out = commands.LOOKS["merge"]

    def and_moved(widget: Any, args: Any) -> object:
        found = work_out(widget, args)
        lab.add_entity("person", id="late")
        lab.commit("meanwhile")
        return found

    monkeypatch.setitem(commands.LOOKS, "merge", and_moved)
    clerk.hear(command("1", "merge", source="aside", **both_sides(lab)))
    loop.turn()
    assert sent[-1]["error"]["kind"] == "HeadMovedError"
    assert lab.head.description == "meanwhile"
