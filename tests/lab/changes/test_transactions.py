from __future__ import annotations

import threading

import pytest

from nerv_lab.core.errors import DuplicateIdError, EntityNotFoundError, TransactionError
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.lab import Lab


def test_a_transaction_is_one_batch_of_events(lab: Lab) -> None:
    batches: list[int] = []
    lab.watch(lambda batch: batches.append(len(batch.events)))
    with lab.transaction("the beginning"):
        ada = lab.add_entity("person", "Ada")
        lab.relate(ada, "is", ada)
    assert batches == [2]
    assert {e.data["reason"] for e in lab.events if e.data} == {"the beginning"}


def test_the_block_sees_what_it_wrote_and_nobody_else_does(lab: Lab) -> None:
    seen: list[int] = []
    with lab.transaction():
        lab.add_entity("person", id="ada")
        assert lab.entity("ada").id == "ada"
        reader = threading.Thread(target=lambda: seen.append(len(lab.entities)))
        reader.start()
        reader.join()
    assert (seen, len(lab.entities)) == ([0], 1)


def test_an_error_in_the_block_discards_all_of_it(lab: Lab) -> None:
    with pytest.raises(KeyError), lab.transaction():  # noqa: PT012
        lab.add_entity("person", id="ada")
        raise KeyError
    assert (len(lab.entities), lab.seq) == (0, 0)


def test_a_broken_rule_shows_at_its_line(lab: Lab) -> None:
    with lab.transaction():
        lab.add_entity("person", id="ada")
        with pytest.raises(DuplicateIdError):
            lab.add_entity("person", id="ada")
    assert list(lab.entities) == ["ada"]


def test_transactions_do_not_nest(lab: Lab) -> None:
    with lab.transaction(), pytest.raises(TransactionError), lab.transaction():
        pass


def test_an_empty_transaction_writes_nothing(lab: Lab) -> None:
    with lab.transaction("nothing"):
        pass
    assert lab.seq == 0


def test_versions_are_not_made_inside_a_transaction(lab: Lab) -> None:
    lab.commit("zero")
    with lab.transaction():
        with pytest.raises(TransactionError):
            lab.commit("inside")
        with pytest.raises(TransactionError):
            lab.rollback("v1")
        with pytest.raises(TransactionError):
            lab.bus.publish("mine")


def test_a_transaction_that_another_writer_made_impossible_changes_nothing(
    lab: Lab, client: MockInnerUniverse
) -> None:
    lab.add_entity("person", id="ada")

    def delete_elsewhere() -> None:
        lab.delete("ada")

    with pytest.raises(EntityNotFoundError), lab.transaction():  # noqa: PT012
        lab.add_entity("text", id="note")
        lab.update("ada", name="Ada")
        other = threading.Thread(target=delete_elsewhere)
        other.start()
        other.join()
    assert list(lab.entities) == []


def test_another_thread_may_write_while_a_transaction_is_open(lab: Lab) -> None:
    with lab.transaction():
        lab.add_entity("person", id="ada")
        other = threading.Thread(target=lambda: lab.add_entity("person", id="eve"))
        other.start()
        other.join(timeout=120)
        assert not other.is_alive()
    assert sorted(lab.entities) == ["ada", "eve"]


def test_the_difference_inside_the_block_is_that_of_the_block(lab: Lab) -> None:
    lab.commit("empty")
    with lab.transaction():
        lab.add_entity("person", id="ada")
        assert [c.key for c in lab.diff()] == [c.key for c in lab.diff("v1")] == ["e:ada"]


def test_a_transaction_may_end_in_a_version_of_its_own(lab: Lab) -> None:
    batches: list[tuple[int, int]] = []
    lab.watch(lambda batch: batches.append((len(batch.changes), len(batch.versions))))
    with lab.transaction("because", commit="the beginning"):
        lab.add_entity("person", id="ada")
    assert lab.head is not None
    assert lab.head.description == "the beginning"
    assert lab.at("head").state == lab.state
    assert batches == [(1, 1)]
    assert lab.verify().ok


def test_a_version_that_cannot_be_made_undoes_the_changes_too(
    lab: Lab, client: MockInnerUniverse
) -> None:
    lab.commit("one")
    with pytest.raises(DuplicateIdError), lab.transaction(commit="two"):  # noqa: PT012
        lab.add_entity("person", id="ada")
        other = threading.Thread(target=lambda: lab.add_entity("person", id="ada"))
        other.start()
        other.join()
    assert [v.description for v in lab.versions] == ["one"]
    assert lab.verify().ok


def test_a_transaction_that_somebody_overtook_is_committed_on_what_they_did(lab: Lab) -> None:
    lab.commit("one")
    with lab.transaction(commit="three"):
        lab.add_entity("person", id="ada")
        other = threading.Thread(target=lambda: lab.commit("two"))
        other.start()
        other.join()
    assert [v.description for v in lab.versions] == ["one", "two", "three"]
    assert lab.verify().ok


def test_inside_a_transaction_no_version_is_named(lab: Lab) -> None:
    with lab.transaction(), pytest.raises(TransactionError):
        lab.apply([], commit="inside")
