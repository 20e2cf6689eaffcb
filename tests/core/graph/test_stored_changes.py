from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared.items import ENTITIES, RELATIONS, TEXT

from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Item, Relation
from nerv_lab.core.graph.stored_changes import read_change
from nerv_lab.core.values import decode, encode

ADA = Entity("ada", "person", EntityMetadata("Ada", properties={"born": 1815, "height": 1.6}))
ELDER = Entity("ada", "person", EntityMetadata("Ada Lovelace", tags=("maths",)), 1, 2, 3)
WROTE = Relation("w", "ada", "note", "wrote")


def written(change: ItemChange, reason: str | None = None) -> bytes:
    """Return the payload of a change as a log keeps it."""
    return encode(dict(change.data(reason)))


@given(ENTITIES | RELATIONS, st.none() | TEXT, st.booleans())
def test_what_is_read_is_what_the_general_way_reads(
    item: Item, reason: str | None, gone: bool
) -> None:
    change = ItemChange(item.key, item if gone else None, None if gone else item)
    read = read_change(written(change, reason), of_entity=isinstance(item, Entity))
    if read is not None:
        assert read == (ItemChange.from_data(decode(written(change))), reason)
        assert read[0].data(reason) == decode(written(change, reason))


@pytest.mark.parametrize(
    "change",
    [
        ItemChange("e:ada", None, ADA),
        ItemChange("e:ada", ADA, ELDER),
        ItemChange("e:ada", ELDER, None),
        ItemChange("r:w", None, WROTE),
    ],
)
@pytest.mark.parametrize("reason", [None, "", "because"])
def test_changes_of_flat_items_are_read_at_once(change: ItemChange, reason: str | None) -> None:
    read = read_change(written(change, reason), of_entity=change.key[0] == "e")
    assert read == (change, reason)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'{"new":null,"old":null}',
        written(ItemChange("r:w", None, WROTE)),
        written(ItemChange("e:ada", None, ADA)).replace(b":1815", b':{"$nerv":"date"}'),
        written(ItemChange("e:ada", None, ADA)).replace(b'"born"', b'"$nerv"'),
        written(ItemChange("e:ada", None, ADA)).replace(b":1815", b":18446744073709551616"),
        written(ItemChange("e:ada", None, ADA)).replace(b'"born":1815', b'"born":1815,"born":1816'),
        written(ItemChange("e:ada", None, ADA)).replace(b'"id":"ada"', b'"id":""'),
        written(ItemChange("e:ada", None, ADA)).replace(b'"old":null', b'"old":null,"x":1'),
        written(ItemChange("e:ada", ADA, ELDER)).replace(b'"id":"ada"', b'"id":"bob"', 1),
        written(ItemChange("e:ada", None, ADA)) + b" ",
    ],
)
def test_all_else_is_left_to_the_general_way(payload: bytes) -> None:
    assert read_change(payload, of_entity=True) is None
