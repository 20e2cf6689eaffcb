"""The journal keeps queued writes through everything that may happen to its process."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from nerv_lab.core.errors import ForeignStoreError, OutboxFullError, StoreInUseError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import CreateEntity
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.thinning import BranchMark, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.outbox import Standing, State
from nerv_lab.inner_universe.outbox.folders import OutboxFolder
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.states import Outbox
from nerv_lab.inner_universe.outbox.writes import QueuedWrite


def write(id: str) -> QueuedWrite:
    return QueuedWrite(id, "apply", changes=(CreateEntity(f"of-{id}", "thing"),), count=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "client.outbox"


def test_writes_are_there_again_in_their_order_and_state(path: Path) -> None:
    journal = Journal(path, "me")
    for id in "abcd":
        journal.add(write(id))
    journal.outbox.send(["a", "b"])
    journal.accept([("a", 1)])
    journal.outbox.lost()
    journal.set_aside("c", State.REJECTED, "no")
    journal.close()
    again = Journal(path)
    assert (again.origin_id, again.cursor) == ("me", 1)
    assert [w.id for w in again.writes(State.PENDING)] == ["b", "d"]
    assert [w.id for w in again.writes(State.ACCEPTED)] == ["a"]
    assert again.outbox.entry("c").error == "no"
    assert again.write("b") == write("b")
    again.retry("c")
    assert [w.id for w in again.writes(State.PENDING)] == ["b", "d", "c"]
    again.drop("d", State.PENDING)
    again.close()


def test_nobody_else_opens_a_journal_that_is_in_use(path: Path) -> None:
    journal = Journal(path, "me")
    with pytest.raises(StoreInUseError, match="another Lab"):
        Journal(path)
    journal.add(write("a"))
    journal.close()
    Journal(path).close()


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another matter there")
def test_only_the_user_may_read_it(path: Path, tmp_path: Path) -> None:
    journal = OutboxFolder(tmp_path, "spacetimedb://h/db", "secret").new("me", Outbox())
    journal.add(write("a"))
    folder = journal.path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}
    assert "secret" not in str(folder)
    journal.close()


def test_a_file_of_something_else_is_refused(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + bytes(84))
    with pytest.raises(ForeignStoreError):
        Journal(path)


def test_what_the_server_lost_waits_again(path: Path) -> None:
    journal = Journal(path, "me")
    journal.add_all([write("a"), write("b"), write("c")])
    journal.accept([("a", 1), ("b", 2)])
    assert journal.heard(1) == ("b",)
    assert [w.id for w in journal.writes(State.PENDING)] == ["b", "c"]
    assert journal.lost
    journal.close()
    again = Journal(path)
    assert again.cursor == 1
    assert again.lost
    again.close()


def test_several_writes_are_kept_together_or_not_at_all(path: Path) -> None:
    journal = Journal(path, "me", Outbox(most_writes=2))
    with pytest.raises(OutboxFullError):
        journal.add_all([write("a"), write("b"), write("c")])
    assert len(journal.outbox) == 0
    journal.close()
    assert not path.exists()


def test_a_branch_of_its_own_takes_the_place_of_what_waited(path: Path) -> None:
    journal = Journal(path, "me")
    journal.add_all([write("a"), write("b")])
    journal.accept([("a", 1)])
    journal.rewrite(["b"], [write("before"), write("b")])
    journal.fork("offline-1", "main")
    journal.close()
    again = Journal(path)
    assert [w.id for w in again.writes(State.PENDING)] == ["before", "b"]
    assert again.forks() == {"offline-1": "main"}
    assert not again.idle
    again.merged("offline-1")
    assert again.forks() == {}
    again.close()


def test_what_has_been_durable_for_long_is_forgotten(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "nerv_lab.inner_universe.outbox.journal"
    monkeypatch.setattr(f"{module}._KEPT_WRITES", 8)
    monkeypatch.setattr(f"{module}._DURABLE_AFTER", -1)
    journal = Journal(path, "me")
    for number in range(12):
        journal.add(write(str(number)))
        journal.accept([(str(number), number + 1)])
    assert [e.id for e in journal.outbox] == [str(n) for n in range(3, 12)][-len(journal.outbox) :]
    assert len(journal.outbox) <= 8
    journal.close()


def test_where_a_lab_stood_comes_back(path: Path) -> None:
    ada = Entity("ada", "person", created_at=1, updated_at=2)
    change = ItemChange("e:ada", None, ada)
    event = Event("b.0", "ENTITY_CREATED", change.data(), 1.0, None, 7, "me", 1, "who")
    event = Event(*(getattr(event, f) for f in event.__struct_fields__[:-1]), batch_id="b")
    standing = Standing(
        7,
        {"main": GraphState.build([ada])},
        {"main": "v1"},
        {"main": 3},
        (Version("v1", ()),),
        {"tag": "v1"},
        Retention(2, 1, "v1", {"main": BranchMark("v1", 1, 1)}, frozenset({"v0"}), {"v1": "v0"}),
        6,
        (event,),
    )
    journal = Journal(path, "me")
    assert journal.standing() is None
    journal.add(write("a"))
    journal.stand(standing)
    journal.close()
    again = Journal(path)
    assert again.standing() == (1, standing)
    again.close()


def test_outboxes_of_clients_that_are_gone_are_found_the_oldest_first(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path, "spacetimedb://h:1/db", "secret")
    for origin in ("2", "1", "3"):
        journal = folder.new(origin, Outbox())
        journal.add(write("a"))
        if origin != "3":
            journal.close()
        else:
            alive = journal
    adopted = folder.adopt()
    assert [j.origin_id for j in adopted] == ["1", "2"]
    for journal in (*adopted, alive):
        journal.close()


def test_of_outboxes_in_which_nothing_waits_only_the_newest_are_kept(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path, "spacetimedb://h:1/db", "secret")
    for number in range(7):
        journal = folder.new(str(number), Outbox())
        journal.add(write("a"))
        journal.accept([("a", 1)])
        journal.close()
    for journal in folder.adopt():
        journal.close()
    assert sorted(p.name for p in folder.path.iterdir()) == [f"{n}.outbox" for n in (3, 4, 5, 6)]


def test_where_the_graph_stood_last_is_remembered_for_each_identity(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path, "spacetimedb://h:1/db", "secret")
    assert folder.last() is None
    folder.remember(Standing(5))
    assert folder.last() == Standing(5)
    assert OutboxFolder(tmp_path, "spacetimedb://h:1/db", "other").last() is None
