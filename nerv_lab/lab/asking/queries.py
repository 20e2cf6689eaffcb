"""Questions to one state of a graph: lazy, in a fixed order, and asked of the past as well."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar, cast, overload

from nerv_lab.core.errors import NotFoundError, ValidationError
from nerv_lab.core.graph.conditions import (
    ENTITY_FIELDS,
    RELATION_FIELDS,
    Predicate,
    all_of,
    value_of,
)
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.names import naming
from nerv_lab.core.graph.ordering import ordered
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values.encrypted import Reveal
from nerv_lab.lab.asking.hints import Asked, asked_of, hints
from nerv_lab.lab.asking.item_tables import as_html, as_lines
from nerv_lab.lab.asking.paths import Direction, Path, steps
from nerv_lab.lab.delegates import delegated

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EntityQuery", "Part", "RelationQuery", "call_text", "entity_query", "relation_query"]

_I = TypeVar("_I", Entity, Relation)
_T = TypeVar("_T")
# What a question yields: a path for each entity, or a relation as it is.
_A = TypeVar("_A", Path, Relation)
# What a part of the graph is seen through; only the reader that is asked knows it.
_V = TypeVar("_V", covariant=True)
Part = Callable[[Iterable[str], str], _V]
"""Gives, from ids of entities and a label, the part of a graph that lies between them."""
_Ask: TypeAlias = Callable[[], Iterator[_T]]


class _Query(Sequence[_I], Generic[_I, _A, _V]):
    """What questions for entities and for relations have in common.

    Nothing is looked up before the answer is used, and then once: the state does not change.
    """

    def __init__(
        self,
        state: GraphState,
        part: Part[_V],
        text: str,
        ask: _Ask[_A],
        reveal: Reveal | None = None,
        asked: tuple[Asked, ...] = (),
    ) -> None:
        self._state = state
        self._reveal = reveal
        self._part = part
        self._text = text
        self._ask: _Ask[_A] = ask
        self._asked = asked

    @abstractmethod
    def _items(self) -> Iterator[_I]:
        """Yield the answer."""

    @cached_property
    def _answer(self) -> tuple[_I, ...]:
        return tuple(self._items())

    def __iter__(self) -> Iterator[_I]:
        return iter(self._answer) if "_answer" in self.__dict__ else self._items()

    def __len__(self) -> int:
        return len(self._answer)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @overload
    def __getitem__(self, index: int) -> _I: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[_I, ...]: ...
    def __getitem__(self, index: int | slice) -> _I | tuple[_I, ...]:
        return self._answer[index]

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids, in order."""
        return tuple(item.id for item in self)

    def first(self) -> _I | None:
        """Return the first, or None; looks no further."""
        return next(iter(self), None)

    def one(self) -> _I:
        """Return the only one.

        Raises
        ------
        NotFoundError
            There is none.
        ValidationError
            There is more than one.
        """
        found = tuple(islice(self, 2))
        if not found:
            raise NotFoundError(self._text, "nothing meets all of its conditions")
        if len(found) > 1:
            raise ValidationError(self._text, f"finds more than one: {found[0]!r}, {found[1]!r}")
        return found[0]

    @property
    def graph(self) -> _V:
        """The part of the graph that the answer passes, read-only; see `GraphReader.subgraph`."""
        return self._part(self._passed(), self._text)

    @abstractmethod
    def _passed(self) -> Iterator[str]:
        """Yield the ids of the entities that the answer passes."""

    def _then(self, ask: _Ask[_A], text: str, asked: tuple[Asked, ...] = ()) -> Self:
        told, known = f"{self._text}.{text}", (*self._asked, *asked)
        return type(self)(self._state, self._part, told, ask, self._reveal, known)

    def limit(self, count: int) -> Self:
        """Keep the first so many; what comes after is not looked up."""
        checked = _count(count)
        return self._then(lambda: islice(self._ask(), checked), f"limit({count})")

    def _hints(self) -> list[str]:
        return [] if self._answer else list(hints(self._state, self._asked))

    def __repr__(self) -> str:
        return "\n".join(as_lines(self._answer, self._text, naming(self._state), self._hints()))

    def _repr_html_(self) -> str:
        return as_html(self._answer, self._text, naming(self._state), self._hints())


class EntityQuery(_Query[Entity, Path, _V]):
    """Entities that are asked for, with the paths that lead to them.

    A sequence of entities, in a fixed order: those at which the paths begin by id, then step by
    step by the ids of the relations. An entity to which several paths lead is in it several
    times; see `distinct`.
    """

    def _items(self) -> Iterator[Entity]:
        return (path.end for path in self._ask())

    def _passed(self) -> Iterator[str]:
        return (entity.id for path in self.path for entity in path.entities)

    @cached_property
    def path(self) -> tuple[Path, ...]:
        """The path to each of the entities, in the same order."""
        return tuple(self._ask())

    def where(
        self,
        *predicates: Predicate[Entity],
        properties: Mapping[str, Any] | None = None,
        **conditions: Any,
    ) -> Self:
        """Keep the entities that meet every condition.

        Parameters
        ----------
        *predicates : callable
            Each is given the entity.
        properties : mapping, optional
            Conditions on properties whose names are those of fields, or hold two underscores.
        **conditions
            Fields and properties: ``type="person"``, ``tag="maths"``, ``born=1815``,
            ``died=None``, ``died=...`` (there is any), ``name=callable``, ``address__city="Rome"``
            inside a dict, and after two underscores ``ne``, ``gt``, ``gte``, ``lt``, ``lte``,
            ``in``, ``contains``, ``icontains``, ``startswith``, ``endswith``, ``regex`` or
            ``exists``, as in ``born__gt=1800``.

        Raises
        ------
        ValidationError
            A condition cannot be used; or, when the answer is looked up, a callable failed.
        """
        meets = all_of(ENTITY_FIELDS, predicates, properties, conditions, self._reveal)
        text = call_text("where", predicates, conditions, properties)
        asked = asked_of("entity", (), conditions, properties)
        return self._then(lambda: (p for p in self._ask() if meets(p.end)), text, asked)

    def out(self, *types: str, **conditions: Any) -> Self:
        """Go along relations to where they lead; one that is bidirectional leads both ways.

        Parameters
        ----------
        *types : str
            Types of relations to follow; all by default.
        **conditions
            Of the relations, as in `where`.
        """
        return self._step("out", types, conditions)

    def in_(self, *types: str, **conditions: Any) -> Self:
        """Go along relations to where they come from; see `out`."""
        return self._step("in_", types, conditions)

    def both(self, *types: str, **conditions: Any) -> Self:
        """Go along relations, whichever way they point; see `out`."""
        return self._step("both", types, conditions)

    def _step(self, direction: Direction, types: tuple[str, ...], given: dict[str, Any]) -> Self:
        follows = all_of(RELATION_FIELDS, (), None, _typed(types) | given, self._reveal)
        text = call_text(direction, types, given)
        asked = asked_of("relation", types, given)
        return self._then(lambda: steps(self._state, self._ask(), direction, follows), text, asked)

    def order_by(self, name: str, *, descending: bool = False) -> Self:
        """Put the entities in the order of a field or property; those without it come last.

        Parameters
        ----------
        name : str
            As in `where`: ``"name"``, ``"born"``, ``"address__city"``.
        descending : bool
            Whether the greatest comes first.
        """
        value = value_of(ENTITY_FIELDS, name, self._reveal)
        text = call_text("order_by", (name,), {"descending": True} if descending else {})
        return self._then(
            lambda: iter(ordered(self._ask(), lambda p: value(p.end), descending=descending)), text
        )

    def distinct(self) -> Self:
        """Keep the first path to each entity."""

        def once() -> Iterator[Path]:
            seen: set[str] = set()
            for path in self._ask():
                if path.end.id not in seen:
                    seen.add(path.end.id)
                    yield path

        return self._then(once, "distinct()")

    @property
    def df(self) -> pd.DataFrame:
        """The entities as a data frame, their properties as columns."""
        return cast("pd.DataFrame", delegated("exchange", "entity_frame")(self))


class RelationQuery(_Query[Relation, Relation, _V]):
    """Relations that are asked for; a sequence, by id."""

    def _items(self) -> Iterator[Relation]:
        return self._ask()

    def _passed(self) -> Iterator[str]:
        return (end for relation in self for end in (relation.from_entity, relation.to_entity))

    def where(
        self,
        *predicates: Predicate[Relation],
        properties: Mapping[str, Any] | None = None,
        **conditions: Any,
    ) -> Self:
        """Keep the relations that meet every condition; see `EntityQuery.where`."""
        meets = all_of(RELATION_FIELDS, predicates, properties, conditions, self._reveal)
        text = call_text("where", predicates, conditions, properties)
        asked = asked_of("relation", (), conditions, properties)
        return self._then(lambda: (r for r in self._ask() if meets(r)), text, asked)

    def order_by(self, name: str, *, descending: bool = False) -> Self:
        """Put the relations in the order of a field or property; see `EntityQuery.order_by`."""
        value = value_of(RELATION_FIELDS, name, self._reveal)
        text = call_text("order_by", (name,), {"descending": True} if descending else {})
        return self._then(lambda: iter(ordered(self._ask(), value, descending=descending)), text)

    @property
    def df(self) -> pd.DataFrame:
        """The relations as a data frame, their properties as columns."""
        return cast("pd.DataFrame", delegated("exchange", "relation_frame")(self))


def entity_query(
    state: GraphState,
    part: Part[_V],
    types: tuple[str, ...] = (),
    reveal: Reveal | None = None,
    ids: Iterable[str] | None = None,
) -> EntityQuery[_V]:
    """Return the entities of a state, or those of some types, or at most those of some ids."""
    among = None if ids is None else sorted(set(ids))

    def ask() -> Iterator[Path]:
        wanted = frozenset(types)
        for id in sorted(state.entities) if among is None else among:
            entity = state.entity(id)
            if entity is not None and (not wanted or entity.type in wanted):
                yield Path((entity,))

    text = call_text("match", _typed(types) and types, {})
    return EntityQuery(state, part, text, ask, reveal, asked_of("entity", types))


def relation_query(
    state: GraphState, part: Part[_V], reveal: Reveal | None = None
) -> RelationQuery[_V]:
    """Return the relations of a state."""
    by_id = state.relations

    def ask() -> Iterator[Relation]:
        return (by_id[id] for id in sorted(by_id))

    return RelationQuery(state, part, "relations", ask, reveal)


def _typed(types: tuple[str, ...]) -> dict[str, Any]:
    for type in types:
        if not isinstance(type, str):
            raise ValidationError("type", f"must be text, not {type!r}")
    return {"type__in": types} if types else {}


def _count(count: object) -> int:
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValidationError("limit", f"must be a number from 0 on, not {count!r}")
    return count


def call_text(
    name: str,
    arguments: Iterable[object],
    conditions: Mapping[str, Any],
    properties: Mapping[str, Any] | None = None,
) -> str:
    """Return a call as it may have been written."""
    given = [_shown(argument) for argument in arguments]
    if properties is not None:
        given.append(f"properties={properties!r}")
    given += [f"{keyword}={_shown(wanted)}" for keyword, wanted in conditions.items()]
    return f"{name}({', '.join(given)})"


def _shown(value: object) -> str:
    if value is ...:
        return "..."
    return getattr(value, "__name__", "callable") if callable(value) else repr(value)
