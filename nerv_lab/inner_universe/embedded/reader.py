"""Reading working rows inside a write transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

import apsw

from nerv_lab.core.model import Entity, Item, Relation, entity_key, relation_key
from nerv_lab.inner_universe.embedded.rows import (
    ENTITY_COLUMNS,
    RELATION_COLUMNS,
    entity_from_row,
    relation_from_row,
)
from nerv_lab.inner_universe.records import CacheUse

if TYPE_CHECKING:
    from nerv_lab.inner_universe.embedded.tip import Tip

__all__ = ["BranchReader", "RowCache", "find_entity", "find_relation"]

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


class RowCache:
    """Items already built from rows, for as long as somebody else holds them.

    It is true of one position of the log; a write by anybody else empties it.
    Whoever calls holds the write lock.
    """

    def __init__(self) -> None:
        self._seq = -1
        self._items: WeakValueDictionary[tuple[str, str], Item] = WeakValueDictionary()
        self._hits = 0
        self._misses = 0

    @property
    def use(self) -> CacheUse:
        """How often an item that the rules asked for was at hand."""
        return CacheUse(self._hits, self._misses)

    def advance(self, found: int) -> None:
        """Forget everything unless the log is still where it was."""
        if found != self._seq:
            self._items = WeakValueDictionary()
            self._seq = found

    def skip(self, before: int, after: int) -> None:
        """Follow a write of our own that left the rows alone."""
        if self._seq == before:
            self._seq = after

    def add(self, branch: str, items: Iterable[Item]) -> None:
        """Remember items that are now in the rows."""
        for item in items:
            self._items[branch, item.key] = item

    def replace(self, items: Mapping[tuple[str, str], Item | None]) -> None:
        """Take in what a write of our own made of some items."""
        for at, item in items.items():
            if item is None:
                self._items.pop(at, None)
            else:
                self._items[at] = item

    def hit(self, count: int = 1) -> None:
        """Count items that were at hand elsewhere."""
        self._hits += count

    def get(self, branch: str, key: str) -> Item | None:
        """Return an item, or None where the rows have to be asked."""
        found = self._items.get((branch, key))
        if found is None:
            self._misses += 1
        else:
            self._hits += 1
        return found


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
