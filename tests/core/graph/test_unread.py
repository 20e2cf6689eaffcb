from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from shared.items import ENTITIES, RELATIONS

from nerv_lab.core.errors import CorruptStoreError, ValidationError
from nerv_lab.core.graph.canonical import record_json
from nerv_lab.core.graph.model import Entity, EntityMetadata, Item, Relation
from nerv_lab.core.graph.unread import unread_item

ADA = Entity("ada", "person", EntityMetadata("Ada", properties={"born": 1815}), 1, 2, 3)
WROTE = Relation("w", "ada", "g", "wrote")
ITEMS = [ADA, WROTE]


def left(item: Item) -> Item:
    """Return an item of which the metadata were not read yet."""
    return unread_item(record_json(item))


@given(ENTITIES | RELATIONS)
def test_an_item_that_was_left_unread_is_the_item(item: Item) -> None:
    assert left(item) == item
    assert left(item).content == item.content
    assert left(item).record() == item.record()
    assert record_json(left(item)) == record_json(item)


@pytest.mark.parametrize("item", ITEMS)
def test_what_is_known_of_an_item_at_once_reads_no_more_of_it(item: Item) -> None:
    unread = left(item)
    assert isinstance(unread, type(item))
    assert (unread.key, unread.type, unread.revision) == (item.key, item.type, item.revision)
    assert unread.fingerprint == item.fingerprint
    assert type(unread) is not type(item)


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize(
    "ask",
    [
        lambda item: item.properties,
        lambda item: item.description,
        hash,
        repr,
        lambda item: dataclasses.replace(item, revision=9),
        copy.copy,
        copy.deepcopy,
        lambda item: pickle.loads(pickle.dumps(item)),
        lambda item: item.revised(item.type, item.metadata, 7),
    ],
)
def test_an_item_is_like_any_other_once_more_is_asked(
    item: Item, ask: Callable[[Item], object]
) -> None:
    unread = left(item)
    assert ask(unread) == ask(item)
    assert unread.metadata == item.metadata
    assert type(unread) is type(item)


@pytest.mark.parametrize("item", ITEMS)
def test_items_are_equal_whichever_of_them_was_read(item: Item) -> None:
    assert item == left(item)
    assert left(item) == left(item)
    assert left(item) != dataclasses.replace(item, revision=9)
    assert {left(item): "found"}[item] == "found"


def test_a_record_that_makes_no_sense_is_refused_at_once() -> None:
    for record in (b"", b"null", b'{"id":"ada"}', record_json(ADA)[:-1]):
        with pytest.raises(ValidationError, match="record"):
            unread_item(record)


def test_metadata_that_make_no_sense_are_named_when_they_are_met() -> None:
    unread = unread_item(record_json(ADA).replace(b'"Ada"', b"[]"))
    with pytest.raises(CorruptStoreError, match=r"e:ada.*verify"):
        _ = unread.name  # type: ignore[union-attr]
