"""The changes of a batch as the module's reducers take them, as types."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from nerv_lab.inner_universe.spacetime.bsatn import (
    BOOL,
    F64,
    I64,
    STRING,
    U64,
    Codec,
    Option,
    Product,
    Sum,
)
from nerv_lab.inner_universe.spacetime.module.schema import (
    ENTITY_META,
    OPTIONAL,
    PATCHES,
    RELATION_META,
    TEXTS,
    EntityMeta,
    Patch,
    RelationMeta,
)

__all__ = ["CHANGE", "ChangeCall"]


class _CreateEntity(NamedTuple):
    id: str
    entity_type: str
    metadata: EntityMeta


class _UpdateEntity(NamedTuple):
    id: str
    entity_type: str | None
    name: Any
    description: Any
    tags: list[str] | None
    properties: list[Patch]


class _DeleteEntity(NamedTuple):
    id: str
    cascade: bool


class _CreateRelation(NamedTuple):
    id: str
    from_entity: str
    to_entity: str
    relation_type: str
    metadata: RelationMeta


class _UpdateRelation(NamedTuple):
    id: str
    relation_type: str | None
    description: Any
    strength: float | None
    bidirectional: bool | None
    tags: list[str] | None
    properties: list[Patch]


class _DeleteRelation(NamedTuple):
    id: str


class _RestoreEntity(NamedTuple):
    id: str
    entity_type: str
    metadata: EntityMeta
    created_at: int
    revision: int


class _RestoreRelation(NamedTuple):
    id: str
    from_entity: str
    to_entity: str
    relation_type: str
    metadata: RelationMeta
    created_at: int
    revision: int


class ChangeCall:
    """The alternatives of a change, in the module's order."""

    CREATE_ENTITY, UPDATE_ENTITY, DELETE_ENTITY = 0, 1, 2
    CREATE_RELATION, UPDATE_RELATION, DELETE_RELATION = 3, 4, 5
    RESTORE_ENTITY, RESTORE_RELATION = 6, 7


# An optional field whose new value may be None: the inner option is kept as a tuple of one.
class _Given(Codec[Any]):
    __slots__ = ()

    _inner: Codec[str | None] = OPTIONAL

    def __init__(self) -> None:
        self.least = 1

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        if data[at]:
            return None, at + 1
        value, at = self._inner.read(data, at + 1)
        return (value,), at

    def write(self, out: bytearray, value: Any) -> None:
        out.append(1 if value is None else 0)
        if value is not None:
            self._inner.write(out, value[0])

    def shape(self) -> Any:
        return Option(self._inner).shape()


_GIVEN = _Given()
CHANGE: Final = Sum(
    CreateEntity=Product(_CreateEntity, STRING, STRING, ENTITY_META),
    UpdateEntity=Product(_UpdateEntity, STRING, OPTIONAL, _GIVEN, _GIVEN, Option(TEXTS), PATCHES),
    DeleteEntity=Product(_DeleteEntity, STRING, BOOL),
    CreateRelation=Product(_CreateRelation, STRING, STRING, STRING, STRING, RELATION_META),
    UpdateRelation=Product(
        _UpdateRelation,
        STRING,
        OPTIONAL,
        _GIVEN,
        Option(F64),
        Option(BOOL),
        Option(TEXTS),
        PATCHES,
    ),
    DeleteRelation=Product(_DeleteRelation, STRING),
    RestoreEntity=Product(_RestoreEntity, STRING, STRING, ENTITY_META, I64, U64),
    RestoreRelation=Product(
        _RestoreRelation, STRING, STRING, STRING, STRING, RELATION_META, I64, U64
    ),
)
