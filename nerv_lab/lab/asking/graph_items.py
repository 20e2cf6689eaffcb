"""The entities and the relations of one state, as mappings that can be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from nerv_lab.core.errors import (
    EntityNotFoundError,
    NotFoundError,
    RelationNotFoundError,
    ValidationError,
)
from nerv_lab.core.graph.conditions import Predicate
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.text import counted, one_line
from nerv_lab.lab.asking.queries import EntityQuery, RelationQuery
from nerv_lab.lab.asking.tables import html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Entities", "Relations", "id_of", "near_id"]

_I = TypeVar("_I", Entity, Relation)
_D = TypeVar("_D")
_V = TypeVar("_V", covariant=True)
_SHOWN_TYPES = 12
# Looking for near names is for people; a large graph must not make an error slow.
_SEARCHED_FOR_HINT = 20_000


def id_of(item: Item | str, field: str = "id") -> str:
    """Return the id of an item, or the id itself; an error names the field."""
    if isinstance(item, (Entity, Relation)):
        return item.id
    if isinstance(item, str):
        return item
    raise ValidationError(field, f"must be an item or its id, not {type(item).__name__}")


def near_id(asked: str, known: Iterable[str]) -> str:
    """Say which of the known ids may have been meant."""
    some = [*islice(known, _SEARCHED_FOR_HINT)]
    near = get_close_matches(asked, some, n=1) or [id for id in some if id.endswith(f":{asked}")]
    return f"did you mean {near[0]!r}?" if near else "look into .entities and .relations"


class _Items(Mapping[str, _I], Generic[_I]):
    _noun, _plural = "item", "items"
    _missing: type[NotFoundError] = NotFoundError

    def __init__(self, by_id: Mapping[str, _I]) -> None:
        self._by_id: Mapping[str, _I] = by_id

    def __getitem__(self, id: str | Item) -> _I:
        try:
            return self._by_id[id]  # type: ignore[index]
        except KeyError:
            asked = id_of(id)
            if asked in self._by_id:
                return self._by_id[asked]
            raise self._missing(asked, near_id(asked, self._by_id)) from None

    @overload
    def get(self, id: str | Item, /) -> _I | None: ...

    @overload
    def get(self, id: str | Item, /, default: _I | _D) -> _I | _D: ...

    def get(self, id: Any, /, default: Any = None) -> Any:
        """Return an item, or the default; without looking for a near id, which takes a while."""
        return self._by_id.get(id.id if isinstance(id, (Entity, Relation)) else id, default)

    def __contains__(self, id: object) -> bool:
        return (id.id if isinstance(id, (Entity, Relation)) else id) in self._by_id

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def types(self) -> dict[str, int]:
        """How many there are of each type, the most frequent first."""
        counts = Counter(item.type for item in self._by_id.values())
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(self._by_id)

    def __repr__(self) -> str:
        types = [f"{count} {one_line(type)}" for type, count in self.types.items()]
        if len(types) > _SHOWN_TYPES:
            types[_SHOWN_TYPES:] = [counted(len(types) - _SHOWN_TYPES, "more type")]
        return f"<{self._counted}{': ' if types else ''}{', '.join(types)}>"

    @property
    def _counted(self) -> str:
        return counted(len(self), self._noun, self._plural)

    def _repr_html_(self) -> str:
        return html_table(self._counted, ("type", "count"), [*self.types.items()])


class Entities(_Items[Entity], Generic[_V]):
    """The entities of one state by id, in no order.

    Parameters
    ----------
    by_id : mapping of str to Entity
        Those of the state.
    ask : callable
        Begins a question.
    """

    _noun, _plural = "entity", "entities"
    _missing = EntityNotFoundError

    def __init__(self, by_id: Mapping[str, Entity], ask: Callable[[], EntityQuery[_V]]) -> None:
        super().__init__(by_id)
        self._ask = ask

    def where(
        self,
        *predicates: Predicate[Entity],
        properties: Mapping[str, Any] | None = None,
        **conditions: Any,
    ) -> EntityQuery[_V]:
        """Return the entities that meet every condition; see `EntityQuery.where`."""
        return self._ask().where(*predicates, properties=properties, **conditions)

    @property
    def df(self) -> pd.DataFrame:
        """The entities as a data frame, by id, their properties as columns."""
        return self._ask().df


class Relations(_Items[Relation], Generic[_V]):
    """The relations of one state by id, in no order.

    Parameters
    ----------
    by_id : mapping of str to Relation
        Those of the state.
    ask : callable
        Begins a question.
    """

    _noun, _plural = "relation", "relations"
    _missing = RelationNotFoundError

    def __init__(self, by_id: Mapping[str, Relation], ask: Callable[[], RelationQuery[_V]]) -> None:
        super().__init__(by_id)
        self._ask = ask

    def where(
        self,
        *predicates: Predicate[Relation],
        properties: Mapping[str, Any] | None = None,
        **conditions: Any,
    ) -> RelationQuery[_V]:
        """Return the relations that meet every condition; see `EntityQuery.where`."""
        return self._ask().where(*predicates, properties=properties, **conditions)

    @property
    def df(self) -> pd.DataFrame:
        """The relations as a data frame, by id, their properties as columns."""
        return self._ask().df
