from __future__ import annotations

import pytest

from nerv_lab.core.errors import ConflictError, TransactionError, UsageError
from nerv_lab.lab import Lab

pytestmark = pytest.mark.every_backend


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.add_entity("person", "Ada", id="ada", properties={"n": 0})
    lab.commit("one")
    return lab


def number(lab: Lab) -> object:
    return lab.entity("ada").properties["n"]


def test_undo_takes_back_the_last_batch_and_redo_does_it_again(lab: Lab) -> None:
    for n in (1, 2):
        lab.update("ada", properties={"n": n})
    lab.undo()
    assert number(lab) == 1
    lab.undo()
    assert number(lab) == 0
    lab.redo()
    lab.redo()
    assert number(lab) == 2
    assert lab.verify().ok


def test_a_transaction_is_undone_as_a_whole(lab: Lab) -> None:
    with lab.transaction():
        lab.add_entity("person", id="eve")
        lab.relate("eve", "knows", "ada", id="knows")
        lab.update("eve", name="Eve")
    changes = lab.undo()
    assert sorted(c.key for c in changes) == ["e:eve", "r:knows"]
    assert changes.summary == "before -> undone: 0 added, 0 changed, 2 removed"
    assert list(lab.entities) == ["ada"]
    assert lab.redo().summary == "before -> redone: 2 added, 0 changed, 0 removed"
    assert lab.entity("eve").name == "Eve"
    assert "knows" in lab.relations


def test_something_new_ends_what_can_be_redone(lab: Lab) -> None:
    lab.update("ada", properties={"n": 1})
    lab.undo()
    lab.update("ada", properties={"n": 2})
    with pytest.raises(UsageError, match="nothing to redo"):
        lab.redo()
    lab.undo()
    assert number(lab) == 0


def test_undo_stops_at_the_last_commit(lab: Lab) -> None:
    with pytest.raises(UsageError, match="nothing to undo"):
        lab.undo()
    lab.update("ada", properties={"n": 1})
    lab.commit("two")
    with pytest.raises(UsageError, match="nothing to undo"):
        lab.undo()


def test_the_log_tells_of_what_was_done_and_undone(lab: Lab) -> None:
    lab.update("ada", properties={"n": 1})
    lab.undo()
    assert [e.reason for e in lab.history("ada")] == [None, None, "undo"]


def test_what_others_did_is_not_undone(lab: Lab, other: Lab) -> None:
    lab.add_entity("person", id="bob")
    other.add_entity("person", id="eve")
    lab.refresh()
    lab.undo()
    assert sorted(lab.entities) == ["ada", "eve"]


def test_what_others_changed_since_is_not_taken_from_them(lab: Lab, other: Lab) -> None:
    lab.update("ada", name="A.")
    other.refresh()
    other.update("ada", name="Ada Lovelace")
    lab.refresh()
    with pytest.raises(ConflictError, match="e:ada was changed since"):
        lab.undo()
    assert lab.entity("ada").name == "Ada Lovelace"


def test_what_was_undone_stands_in_the_way_of_nothing(lab: Lab) -> None:
    with lab.branch("aside"):
        lab.update("ada", name="Ada Lovelace")
        lab.commit("name")
    lab.update("ada", properties={"n": 1})
    lab.undo()
    assert lab.merge("aside").version == lab.head
    assert (lab.entity("ada").name, number(lab)) == ("Ada Lovelace", 0)
    lab.add_entity("person", id="eve")
    lab.delete("eve")
    lab.tag("kept")
    assert lab.reset("v1") == lab.head
    assert lab.verify().ok


def test_inside_a_transaction_nothing_is_undone(lab: Lab) -> None:
    with lab.transaction(), pytest.raises(TransactionError):
        lab.undo()


def test_a_rollback_of_a_part_leaves_the_rest(lab: Lab) -> None:
    lab.update("ada", properties={"n": 1})
    lab.add_entity("person", id="eve")
    lab.commit("two")
    lab.rollback("v1", only=["ada"])
    assert number(lab) == 0
    assert "eve" in lab.entities
    assert lab.verify().ok
