"""Labs that go on while their server is away, and what becomes of their work when it is back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from shared.offline_places import PATIENCE, Place, contents

import nerv_lab as nl
from nerv_lab.core.errors import OutboxFullError, ServerGoneError, ServerUnreachableError
from nerv_lab.inner_universe.outbox import Fork, QueuedWriteNotFoundError
from nerv_lab.inner_universe.spacetime import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.module import calls


def test_what_is_done_offline_is_there_at_once_and_on_the_server_later(place: Place) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        first = lab.commit("first")
        seen: list[str] = []
        lab.bus.subscribe("*", lambda message: seen.append(message.id))
        place.cut()
        lab.update("ada", name="Ada", properties={"born": 1815})
        lab.add_entity("text", id="note")
        lab.relate("ada", "wrote", "note", id="wrote")
        second = lab.commit("offline")
        lab.delete("note", cascade=True)
        lab.bus.publish("said", {"what": "hello"})
        assert lab.status.state == "reconnecting"
        assert contents(lab) == {"ada": ("Ada", {"born": 1815})}
        assert lab.at(second).entity("note").id == "note"
        assert [c.kind for c in lab.diff(first, second)] == ["changed", "added", "added"]
        assert len(lab.outbox.pending) == lab.status.queued == 6
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        assert lab.head == lab.versions[-1]
        assert lab.head.id == second.id
        assert lab.head.data_hash == second.data_hash
        assert len(seen) == len(set(seen)) == 7  # each event once, though it came again
        assert lab.verify().ok
        assert lab.health().balance.pending == 0
        with place.other() as other:
            assert lab.verify(against=other).ok
            assert [e.type for e in other.events][-1] == "said"


def test_a_short_cut_is_bridged_without_going_offline(place: Place) -> None:
    with place.open(offline_after=30.0) as lab:
        place.cut()
        place.mend()
        lab.add_entity("person", id="ada")
        assert lab.status.state == "connected"
        assert lab.outbox.pending == ()


def test_who_waits_for_what_is_queued_does_not_wait_for_the_next_attempt(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    hastened: list[int] = []
    monkeypatch.setattr(SpacetimeInnerUniverse, "hasten", lambda _: hastened.append(1))
    with place.open() as lab:
        place.cut()
        lab.add_entity("person", id="ada")
        assert hastened == []
        assert not lab.outbox.wait(0.5)
        assert len(hastened) == 1
        place.mend()
        assert lab.outbox.wait(PATIENCE)


def test_what_needs_the_server_says_so_while_it_is_away(place: Place) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        lab.access.claim()
        place.cut()
        lab.add_entity("person", id="bob")
        # Who may do what is decided where it holds at once, or not at all.
        for ask in (
            lambda: lab.access.grant("*", "viewer"),
            lambda: lab.access.revoke("*", "viewer"),
            lab.access.claim,
            lab.verify,
        ):
            with pytest.raises(ServerGoneError, match="needs the server"):
                ask()
        with pytest.raises(nl.EntityNotFoundError):
            lab.update("nobody", name="x")
        assert len(lab.outbox.pending) == 1
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        lab.access.grant("*", "viewer")


def test_what_was_queued_and_is_too_much_for_a_server_is_set_aside_and_the_rest_goes_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        place.cut()
        with lab.transaction("three at once"):
            for id in ("a", "b", "c"):
                lab.add_entity("person", id=id)
        lab.update("ada", name="Ada")
        monkeypatch.setattr(calls, "MAX_SENT_CHANGES", 2)
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        (refused,) = lab.outbox.rejected
        assert "changes: has 3 changes; a server takes at most 2 at once" in str(refused.error)
        lab.refresh()
        assert contents(lab) == {"ada": ("Ada", {})}
        monkeypatch.undo()
        lab.outbox.retry(refused.id)
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        assert contents(lab).keys() == {"ada", "a", "b", "c"}


def test_work_that_does_not_meet_that_of_others_is_sent_as_it_is(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada", properties={"a": 1, "b": 1})
        lab.commit("first")
        place.cut()
        lab.update("ada", properties={"a": 2})
        lab.add_entity("person", id="ours")
        other.refresh()
        other.update("ada", properties={"b": 2})
        other.add_entity("person", id="theirs")
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        assert contents(lab)["ada"] == (None, {"a": 2, "b": 2})
        assert contents(lab).keys() == {"ada", "ours", "theirs"}
        assert list(lab.branches) == ["main"]
        other.refresh()
        assert lab.verify(against=other).ok


def test_versions_of_both_sides_are_merged_where_nothing_conflicts(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada", properties={"a": 1, "b": 1})
        lab.commit("first")
        place.cut()
        lab.update("ada", properties={"a": 2})
        mine = lab.commit("ours")
        lab.add_entity("person", id="loose")
        other.refresh()
        other.update("ada", properties={"b": 2})
        other.commit("theirs")
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        assert contents(lab)["ada"] == (None, {"a": 2, "b": 2})
        assert "loose" in contents(lab)
        assert lab.head is not None
        assert len(lab.head.parents) == 2
        assert mine.id in {v.id for v in lab.versions}
        assert list(lab.branches) == ["main"]
        assert lab.outbox.conflicts == ()
        assert lab.verify().ok
        other.refresh()
        assert lab.verify(against=other).ok


def test_what_conflicts_waits_on_a_branch_for_the_user(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada", name="Ada")
        lab.add_entity("person", id="before")  # not committed when the server goes away
        place.cut()
        lab.update("ada", name="Ada Lovelace")
        lab.add_entity("person", id="ours")
        other.refresh()
        other.update("ada", name="Augusta Ada")
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        assert lab.entity("ada").name == "Augusta Ada"
        assert "ours" not in lab.entities
        (fork,) = lab.outbox.conflicts
        assert isinstance(fork, Fork)
        assert fork.branch == "main"
        assert fork.name in lab.branches
        assert "to be merged" in repr(lab.outbox)
        result = lab.preview(fork.name)
        assert [c.path for c in result.conflicts] == [("name",)]
        result.resolve("theirs").commit("decided")
        lab.outbox.drop(fork.name)
        assert lab.entity("ada").name == "Ada Lovelace"
        assert contents(lab).keys() == {"ada", "before", "ours"}
        assert lab.outbox.conflicts == ()
        assert lab.verify().ok
        assert lab.health().balance.holds


def test_a_branch_that_waits_is_resolved_in_one_step(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        lab.add_entity("person", id="ada", name="Ada", properties={"born": 1})
        lab.commit("first")
        place.cut()
        lab.update("ada", name="Ada Lovelace", properties={"born": 1815})
        other.refresh()
        other.update("ada", name="Augusta Ada", properties={"born": 1816})
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        (fork,) = lab.outbox.conflicts
        assert isinstance(fork, Fork)
        name, born = (c.place for c in lab.preview(fork.name).conflicts)
        with pytest.raises(QueuedWriteNotFoundError, match="'nothing'"):
            lab.outbox.resolve("nothing", "theirs")
        with pytest.raises(nl.ConflictError, match="1 conflict left"):
            lab.outbox.resolve(fork, {name: "theirs"})
        lab.switch(fork.name)
        with pytest.raises(nl.ValidationError, match="was made on 'main'"):
            lab.outbox.resolve(fork, "theirs")
        lab.switch("main")
        assert lab.outbox.conflicts == (fork,)
        version = lab.outbox.resolve(fork, {name: "theirs", born: "ours"}, "decided")
        assert lab.head == version
        assert contents(lab) == {"ada": ("Ada Lovelace", {"born": 1816})}
        assert list(lab.branches) == ["main"]
        assert len(lab.outbox) == 0
        assert lab.verify().ok


def test_a_lab_can_be_opened_without_its_server_and_sends_later(place: Place) -> None:
    with place.open() as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
    place.cut()
    with place.open(connect_timeout=3.0) as lab:
        assert contents(lab) == {"ada": (None, {})}
        lab.update("ada", name="Ada")
        lab.commit("second")
        assert [v.description for v in lab.versions] == ["first", "second"]
    with place.open(connect_timeout=3.0) as again:
        assert contents(again) == {"ada": ("Ada", {})}
        again.add_entity("person", id="bob")
        place.mend()
        assert again.outbox.wait(PATIENCE)
        assert [v.description for v in again.versions] == ["first", "second"]
        assert again.verify().ok
    with place.other() as other:
        assert contents(other).keys() == {"ada", "bob"}


def test_a_lab_that_was_never_on_the_server_says_that_it_is_away(place: Place) -> None:
    place.cut()
    with pytest.raises(ServerUnreachableError):
        place.open(connect_timeout=3.0)


def test_a_full_outbox_refuses_and_changes_nothing(place: Place) -> None:
    with place.open(outbox_writes=3) as lab:
        place.cut()
        for number in range(3):
            lab.add_entity("thing", id=str(number))
        with pytest.raises(OutboxFullError, match="at most 3"):
            lab.add_entity("thing", id="one too many")
        assert len(lab.entities) == 3
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        lab.add_entity("thing", id="now")


def test_what_the_server_refuses_is_set_aside_and_can_be_retried_or_dropped(place: Place) -> None:
    with place.open() as lab, place.other() as other:
        place.cut()
        lab.add_entity("thing", id="one")
        lab.add_entity("thing", id="two")
        other.access.claim()
        other.access.grant("*", "viewer")
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        first, second = lab.outbox.rejected
        assert "PermissionDeniedError" in str(first.error)
        assert lab.health().balance.rejected == 2
        assert len(lab.entities) == 0
        other.access.grant("*", "editor")
        lab.outbox.retry(first.id)
        lab.outbox.drop(second.id)
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        assert list(lab.entities) == ["one"]
        assert len(lab.outbox) == 0


def test_what_was_committed_offline_is_signed_when_it_has_its_place(
    place: Place, tmp_path: Path
) -> None:
    key = nl.generate_signing_key(tmp_path / "key.pem")
    with nl.open(place.uri, config=place.config(), offline="queue", signing_key=key) as lab:
        lab.add_entity("person", id="ada")
        lab.commit("first")
        with place.other() as other:
            place.cut()
            lab.update("ada", name="Ada")
            second = lab.commit("second")
            other.refresh()
            other.add_entity("person", id="bob")  # so that the version gets another place
        place.mend()
        assert lab.outbox.wait(PATIENCE)
        lab.refresh()
        assert second.id in {v.id for v in lab.versions}
        assert lab.verify(trusted=[key]).ok


KILLED = """
import sys
import nerv_lab as nl
from nerv_lab.inner_universe import InnerUniverseConfig

uri, tokens, outboxes, count = sys.argv[1:]
config = InnerUniverseConfig(
    token_file=tokens, outbox_folder=outboxes, offline_after=0.1, connect_timeout=3.0
)
lab = nl.open(uri, config=config, offline="queue")
for number in range(int(count)):
    lab.add_entity("thing", id=f"thing-{number}", properties={"n": number})
lab.commit("of the dead")
print("done", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_had_queued_is_sent_once_by_the_next_lab(place: Place) -> None:
    place.open().close()  # the graph is known here
    place.cut()
    arguments = [place.uri, str(place._tokens), str(place.outboxes), "50"]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "done\n"
    process.kill()
    process.wait()
    process.stdout.close()
    process.stdin.close()
    place.mend()
    for _ in range(2):
        with place.open() as lab:
            assert lab.outbox.wait(PATIENCE)
            lab.refresh()
            assert len(lab.entities) == 50
            assert [v.description for v in lab.versions] == ["of the dead"]
            assert len(list(lab.events)) == 51
            assert lab.verify().ok
            assert len(lab.outbox) == 0
