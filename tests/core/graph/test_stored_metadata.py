from __future__ import annotations

import pytest
from hypothesis import given
from shared.items import ENTITIES, RELATIONS

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.stored_metadata import read_entity_metadata, read_relation_metadata
from nerv_lab.core.values import decode, encode
from nerv_lab.core.values.read_only import ReadOnlyDict

FLAT = b'{"description":null,"name":"Ada","properties":%b,"tags":[]}'
BETWEEN = b'{"bidirectional":false,"description":null,"properties":%b,"strength":1.0,"tags":[]}'


@given(ENTITIES | RELATIONS)
def test_metadata_come_back_as_they_were_written(item: Entity | Relation) -> None:
    read = read_entity_metadata if isinstance(item, Entity) else read_relation_metadata
    back = read(encode(item.metadata.as_dict()))
    assert type(back) is type(item.metadata)
    assert back == item.metadata
    assert encode(back.as_dict()) == encode(item.metadata.as_dict())


def test_properties_that_were_read_refuse_to_change() -> None:
    properties = read_entity_metadata(FLAT % b'{"born":1815}').properties
    assert type(properties) is ReadOnlyDict
    assert type(properties["born"]) is int


@pytest.mark.parametrize("data", [FLAT % b'{"a":1,"a":2}', FLAT % b'{"a":9223372036854775808}'])
def test_what_would_come_back_as_another_value_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        read_entity_metadata(data)


@pytest.mark.parametrize(
    "data", [b"[]", b"{", b'{"x":1}', b"\xff", FLAT % b"{}" + b"x", FLAT % b"[]"]
)
def test_bytes_that_are_no_metadata_are_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        read_entity_metadata(data)
    with pytest.raises(ValidationError):
        read_relation_metadata(data)


def test_fields_that_nobody_knows_are_refused() -> None:
    more = (BETWEEN % b"{}").replace(b'"tags"', b'"since":1,"tags"')
    with pytest.raises(ValidationError, match="since"):
        read_relation_metadata(more)


def test_white_space_and_the_order_of_keys_do_not_matter() -> None:
    plain, spaced = FLAT % b'{"a":1,"b":2}', FLAT % b'{ "b": 2, "a": 1 }'
    assert read_entity_metadata(spaced) == read_entity_metadata(plain)
    assert decode(spaced) == decode(plain)
