"""What a style reads of an item: a field, a property, the degree, or what a function says."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Protocol, TypeAlias

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Item

__all__ = ["Degrees", "Read", "is_number", "is_time", "number_of", "reader"]


class Degrees(Protocol):
    """What tells how many relations an entity has."""

    def degree(self, entity_id: str, /) -> int:
        """Return the number of relations that start or end at an entity."""


Read: TypeAlias = Callable[[Degrees, Item], Any]
_ENTITY: Final = ("name", "type", "id", "description", "created_at", "updated_at", "revision")
_RELATION: Final = (
    "type", "strength", "id", "description", "bidirectional", "from_entity", "to_entity",
    "created_at", "updated_at", "revision",
)  # fmt: skip


def reader(of: str, field: object, where: str) -> Read:
    """Return what reads a value of an item; None where it has none.

    Parameters
    ----------
    of : "node" or "edge"
        What is read of.
    field : str or callable
        The name of a field or else of a property, with dots into dicts; ``"degree"``;
        ``"tag"``, the first of them; or a function of the entity or relation.
    where : str
        What to call the field in errors.

    Raises
    ------
    ValidationError
        It is neither text nor callable, or it is the degree of a relation. When the function
        fails, on being read.
    """
    if callable(field):
        return _called(field, where)
    if not isinstance(field, str) or not field:
        raise ValidationError(where, f"names a field or gives a function, not {field!r}")
    if field == "degree":
        if of == "edge":
            raise ValidationError(where, "a relation has no degree")
        return lambda state, item: state.degree(item.id)
    if field == "tag":
        return lambda state, item: item.tags[0] if item.tags else None
    if field in (_ENTITY if of == "node" else _RELATION):
        return lambda state, item: getattr(item, field)
    return lambda state, item: _property(item.properties, field)


def _called(function: Callable[[Any], Any], where: str) -> Read:
    def read(state: Degrees, item: Item) -> Any:
        try:
            return function(item)
        except Exception as error:
            noun = "entity" if isinstance(item, Entity) else "relation"
            reason = f"the function failed on {noun} {item.id}: {type(error).__name__}: {error}"
            raise ValidationError(where, reason) from error

    return read


def _property(properties: Mapping[str, Any], name: str) -> Any:
    if name in properties or "." not in name:
        return properties.get(name)
    found: Any = properties
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def is_time(value: object) -> bool:
    """Whether this is a date or a moment."""
    return isinstance(value, dt.date)


def is_number(value: object) -> bool:
    """Whether this can be put on a line: a number that is no bool, a date or a moment."""
    return isinstance(value, (int, float, Decimal, dt.date)) and not isinstance(value, bool)


def number_of(value: Any) -> float | None:
    """Return a value as a number, times as seconds since 1970; None for what is none."""
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp()
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC).timestamp()
    if not is_number(value):
        return None
    number = float(value)
    return number if math.isfinite(number) else None
