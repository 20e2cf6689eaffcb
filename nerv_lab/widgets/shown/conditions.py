"""Searching a graph by words and conditions, such as ``ada type:person born>=1815 degree>2``."""

from __future__ import annotations

import operator
import re
import shlex
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.shown.literals import write_literal

__all__ = ["conditions_of", "find_entities"]

Condition = Callable[[GraphState, Entity], bool]
_COMPARISON: Final = re.compile(r"([^\s<>=!:]+)(>=|<=|!=|=|>|<)(.*)", re.DOTALL)
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


def find_entities(state: GraphState, query: str) -> Iterator[str]:
    """Yield the ids of the entities that fulfil every part of a query.

    Parameters
    ----------
    state : GraphState
        Where to look.
    query : str
        Parts between blanks, quoted where they hold blanks themselves: a word, found in name,
        id, type, description, tags and texts; ``type:`` or ``tag:`` with a type or a tag, or
        several between ``|``; ``has:`` with the name of a property; a comparison of ``degree``,
        a field or a property, such as ``born>=1815``. A part that begins with ``-`` must not be
        fulfilled.

    Raises
    ------
    ValidationError
        A degree is compared with something else than a number.
    """
    conditions = conditions_of(query)
    for entity in state.entities.values():
        if all(condition(state, entity) for condition in conditions):
            yield entity.id


def conditions_of(query: str) -> list[Condition]:
    """Return the parts of a query as conditions of an entity and how many relations it has.

    Parameters
    ----------
    query : str
        See `find_entities`.

    Raises
    ------
    ValidationError
        A degree is compared with something else than a number.
    """
    return [_condition(part) for part in _parts(query)]


def _parts(query: str) -> list[str]:
    try:
        return shlex.split(query)
    except ValueError:  # a quotation that is not closed yet, since it is being typed
        return query.split()


def _condition(part: str) -> Condition:
    if part.startswith("-") and len(part) > 1:
        positive = _condition(part[1:])
        return lambda state, entity: not positive(state, entity)
    name, colon, wanted = part.partition(":")
    if colon and wanted and name in _NAMED:
        return _NAMED[name](wanted)
    if found := _COMPARISON.fullmatch(part):
        return _comparison(*found.groups())
    return _word(part.casefold())


def _any_of(wanted: str) -> frozenset[str]:
    return frozenset((wanted, *wanted.split("|")))


def _is_one_of(types: frozenset[str]) -> Condition:
    return lambda state, entity: entity.type in types


def _has_one_of(tags: frozenset[str]) -> Condition:
    return lambda state, entity: not tags.isdisjoint(entity.tags)


_NAMED: Final[dict[str, Callable[[str], Condition]]] = {
    "type": lambda wanted: _is_one_of(_any_of(wanted)),
    "tag": lambda wanted: _has_one_of(_any_of(wanted)),
    "has": lambda wanted: lambda state, entity: wanted in entity.properties,
}


def _word(word: str) -> Condition:
    return lambda state, entity: any(word in text.casefold() for text in _texts(entity))


def _texts(entity: Entity) -> Iterator[str]:
    yield from (entity.name or "", entity.id, entity.type, entity.description or "", *entity.tags)
    yield from (value for value in entity.properties.values() if isinstance(value, str))


def _comparison(name: str, sign: str, wanted: str) -> Condition:
    holds, number = _OPERATORS[sign], _number(wanted)
    if name == "degree":
        if number is None:
            raise ValidationError("query", f"a degree is a number, not {wanted!r}")
        return lambda state, entity: holds(state.degree(entity.id), number)

    def compared(state: GraphState, entity: Entity) -> bool:
        found, value = _value(entity, name)
        if not found:
            return sign == "!="
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            return holds(value, number) if number is not None else sign == "!="
        return holds(write_literal(value).casefold(), wanted.casefold())

    return compared


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _value(entity: Entity, name: str) -> tuple[bool, Any]:
    if name in entity.properties:
        return True, entity.properties[name]
    value = {"name": entity.name, "type": entity.type, "description": entity.description}.get(name)
    return value is not None, value
