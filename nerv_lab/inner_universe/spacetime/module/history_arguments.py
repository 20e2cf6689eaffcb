"""A history of another store, as the module's reducers take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from nerv_lab.inner_universe.spacetime.bsatn import BYTES, I64, STRING, U32, U64, Array, Product
from nerv_lab.inner_universe.spacetime.module.arguments import (
    ENTITY_STATE,
    RELATION_STATE,
    VERSION_ARGS,
    EntityState,
    RelationState,
    VersionArgs,
)
from nerv_lab.inner_universe.spacetime.module.schema import OPTIONAL, EventRow

__all__ = [
    "DISCARD_HISTORY",
    "HISTORY_REDUCERS",
    "IMPORT_HISTORY",
    "STAGE_HISTORY",
    "BranchEntity",
    "BranchRelation",
    "DiscardHistory",
    "HistoryPart",
    "ImportHistory",
    "Pointer",
    "StageHistory",
    "StoredVersion",
]


class StoredVersion(NamedTuple):
    """A version, the place of its event in the log, and its delta."""

    version: VersionArgs
    seq: int
    delta: bytes


class BranchEntity(NamedTuple):
    """An entity in the rows of a branch."""

    branch: str
    entity: EntityState


class BranchRelation(NamedTuple):
    """A relation in the rows of a branch."""

    branch: str
    relation: RelationState


class Pointer(NamedTuple):
    """What a branch or a tag points at."""

    name: str
    version_id: str


class HistoryPart(NamedTuple):
    """A part of a history, small enough to be sent at once."""

    events: list[EventRow]
    versions: list[StoredVersion]
    entities: list[BranchEntity]
    relations: list[BranchRelation]
    branches: list[Pointer]
    tags: list[Pointer]


class StageHistory(NamedTuple):
    """Arguments of `stage_history`."""

    import_id: str
    number: int
    part: HistoryPart


class ImportHistory(NamedTuple):
    """Arguments of `import_history`."""

    import_id: str
    parts: int
    after: int
    last: int


class DiscardHistory(NamedTuple):
    """Arguments of `discard_history`."""

    import_id: str


_POINTERS = Array(Product(Pointer, STRING, STRING))
_PART = Product(
    HistoryPart,
    Array(
        Product(
            EventRow,
            U64,
            STRING,
            STRING,
            U64,
            STRING,
            OPTIONAL,
            I64,
            OPTIONAL,
            STRING,
            STRING,
            STRING,
        )
    ),
    Array(Product(StoredVersion, VERSION_ARGS, U64, BYTES)),
    Array(Product(BranchEntity, STRING, ENTITY_STATE)),
    Array(Product(BranchRelation, STRING, RELATION_STATE)),
    _POINTERS,
    _POINTERS,
)
STAGE_HISTORY: Final = Product(StageHistory, STRING, U32, _PART)
IMPORT_HISTORY: Final = Product(ImportHistory, STRING, U32, U64, U64)
DISCARD_HISTORY: Final = Product(DiscardHistory, STRING)

HISTORY_REDUCERS: Final[Mapping[str, Product[Any]]] = {
    "stage_history": STAGE_HISTORY,
    "import_history": IMPORT_HISTORY,
    "discard_history": DISCARD_HISTORY,
}
"""The arguments of each reducer that takes in a history."""
