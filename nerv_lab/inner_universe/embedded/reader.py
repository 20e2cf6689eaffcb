"""Reading working rows inside a write transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import apsw

from nerv_lab.core.graph.model import Entity, Relation, entity_key, relation_key
from nerv_lab.inner_universe.embedded.rows import (
    ENTITY_COLUMNS,
    RELATION_COLUMNS,
    entity_from_row,
    relation_from_row,
)
from nerv_lab.inner_universe.embedded.tip import Tip

__all__ = ["BranchReader", "find_entity", "find_relation"]

_ENTITY = f"SELECT {ENTITY_COLUMNS} FROM entity WHERE branch = ? AND entity_id = ?"
_RELATION = f"SELECT {RELATION_COLUMNS} FROM relation WHERE branch = ? AND relation_id = ?"
_RELATIONS_OF = f"""
    SELECT {RELATION_COLUMNS} FROM relation WHERE branch = ?1 AND from_entity = ?2
    UNION
    SELECT {RELATION_COLUMNS} FROM relation WHERE branch = ?1 AND to_entity = ?2
"""


def find_entity(connection: apsw.Connection, branch: str, id: str) -> Entity | None:
    """Return the entity of a row, or None."""
    row = connection.execute(_ENTITY, (branch, id)).fetchone()
    return None if row is None else entity_from_row(row)


def find_relation(connection: apsw.Connection, branch: str, id: str) -> Relation | None:
    """Return the relation of a row, or None."""
    row = connection.execute(_RELATION, (branch, id)).fetchone()
    return None if row is None else relation_from_row(row)


_NOT_LATE: Final = object()


class BranchReader:
    """The working rows of one branch, as the rules read them.

    Parameters
    ----------
    connection : apsw.Connection
        Has begun a transaction.
    branch : str
        The branch.
    tip : Tip
        Knows items that are at hand, and what the rows do not hold yet.
    """

    def __init__(self, connection: apsw.Connection, branch: str, tip: Tip) -> None:
        self._connection = connection
        self._branch = branch
        self._tip = tip

    def entity(self, id: str, /) -> Entity | None:
        """Return the entity, or None."""
        key = entity_key(id)
        late: Any = self._tip.behind.items.get((self._branch, key), _NOT_LATE)
        if late is _NOT_LATE:
            cached = self._tip.cache.get(self._branch, key)
            if isinstance(cached, Entity):
                return cached
            return find_entity(self._connection, self._branch, id)
        self._tip.cache.hit()
        return late if isinstance(late, Entity) else None

    def relation(self, id: str, /) -> Relation | None:
        """Return the relation, or None."""
        key = relation_key(id)
        late: Any = self._tip.behind.items.get((self._branch, key), _NOT_LATE)
        if late is _NOT_LATE:
            cached = self._tip.cache.get(self._branch, key)
            if isinstance(cached, Relation):
                return cached
            return find_relation(self._connection, self._branch, id)
        self._tip.cache.hit()
        return late if isinstance(late, Relation) else None

    def relations_of(self, entity_id: str, /) -> Iterator[Relation]:
        """Yield the relations that start or end at the entity, each once."""
        self._tip.spread(self._connection)
        rows = self._connection.execute(_RELATIONS_OF, (self._branch, entity_id)).fetchall()
        return map(relation_from_row, rows)
