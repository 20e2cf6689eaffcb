"""Queued writes are the same after they were written down and read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.graphs import changes, values

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import Change, RestoreEntity, RestoreRelation
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import freeze
from nerv_lab.inner_universe.contract.records import BranchMove
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, decode_write, encode_write


def again(write: QueuedWrite) -> QueuedWrite:
    return decode_write(encode_write(write), write.delta)


@given(st.lists(changes, max_size=4), st.none() | st.text(max_size=5))
def test_changes_come_back_as_they_were(wanted: list[Change], reason: str | None) -> None:
    write = QueuedWrite("b", "apply", "aside", tuple(wanted), reason, "kim", count=3)
    assert again(write) == write


@given(st.dictionaries(st.text(max_size=4), values, max_size=3))
def test_events_come_back_as_they_were(data: dict[str, object]) -> None:
    event = Event("e", "said", freeze(data), 12.5, "kim", branch="aside")
    write = QueuedWrite("b", "publish", "aside", events=(event,))
    assert again(write) == write


def test_whatever_else_a_write_has_comes_back_too() -> None:
    ada = Entity("ada", "person", EntityMetadata(properties={"x": (1, b"y")}), 1, 2, 3)
    knows = Relation("k", "ada", "ada", "knows")
    move = BranchMove("m", "aside", None, "v1", "main")
    for write in (
        QueuedWrite("b", "apply", changes=(RestoreEntity(ada), RestoreRelation(knows))),
        QueuedWrite("b", "apply", befores={"e:ada": ada, "e:bob": None}, added=True),
        QueuedWrite("v", "version", version=Version("v", ("u",)), delta=b"\x00delta"),
        QueuedWrite("m", "move", "aside", move=move),
    ):
        assert again(write) == write


def test_what_is_no_write_is_refused() -> None:
    with pytest.raises(ValidationError, match="not that of an outbox"):
        decode_write(b'{"id":"b"}', b"")


@pytest.mark.parametrize(
    ("write", "title"),
    [
        (QueuedWrite("v", "version", version=Version("v", (), description="x")), "version 'x'"),
        (QueuedWrite("b", "publish", events=(Event("e", "said"), Event("f", "x"))), "said and 1"),
        (QueuedWrite("m", "move", move=BranchMove("m", "b", None, None, "b")), "branch 'b'"),
        (QueuedWrite("b", "apply", changes=(RestoreEntity(Entity("a", "t")),)), "entity 'a'"),
    ],
)
def test_a_write_says_what_it_is(write: QueuedWrite, title: str) -> None:
    assert title in write.title
