"""The flat layout: fields and properties of an item side by side, as columns or attributes.

A property keeps its name. Where that is empty, the name of a field, or begins with
``properties.``, it is written as ``properties.NAME``; reading takes one such prefix off again.
"""

from __future__ import annotations

from typing import Any

from nerv_lab.core.errors import ValidationError

__all__ = ["FIELDS", "TAG_SEPARATOR", "column_of", "plain", "property_of", "tags_of"]

FIELDS = frozenset(
    {
        "id",
        "type",
        "name",
        "description",
        "tags",
        "source",
        "target",
        "strength",
        "weight",
        "bidirectional",
        "relation_id",
        "created_at",
        "updated_at",
        "revision",
    }
)
TAG_SEPARATOR = ";"
_PREFIX = "properties."


def column_of(name: str) -> str:
    """Return the column or attribute that a property is written to."""
    clashes = name in FIELDS or name.startswith(_PREFIX) or not name
    return f"{_PREFIX}{name}" if clashes else name


def property_of(column: str) -> str:
    """Return the property that a column or attribute holds."""
    return column.removeprefix(_PREFIX)


def tags_of(value: object) -> tuple[Any, ...]:
    """Return tags given as a collection, or as text separated by semicolons.

    Raises
    ------
    ValidationError
        When the value is neither.
    """
    if isinstance(value, str):
        return tuple(tag for part in value.split(TAG_SEPARATOR) if (tag := part.strip()))
    if isinstance(value, (list, tuple)):
        return tuple(value)
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value))
    raise ValidationError(
        "tags", f"must be a list of strings or text such as 'a; b', not {type(value).__name__}"
    )


def plain(value: Any) -> Any:
    """Return a value of numpy or pandas as the value of Python that it stands for.

    Raises
    ------
    ValidationError
        When a time is finer than the microseconds that can be kept, or is a span of time.
    """
    if type(value).__module__ == "numpy":
        return _from_numpy(value)
    if getattr(value, "nanosecond", 0):
        raise ValidationError("value", f"{value} is finer than a microsecond; round it first")
    if type(value).__module__.startswith("pandas") and hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    return value


def _from_numpy(value: Any) -> Any:
    kind = value.dtype.kind
    if kind == "m":
        raise ValidationError("value", f"{value} is a span of time; give it as a number of seconds")
    if kind != "M":
        return value.tolist()
    coarse = value.astype("datetime64[us]")  # numpy turns finer times into bare integers
    if (coarse != value).any():
        raise ValidationError("value", f"{value} is finer than a microsecond; round it first")
    return coarse.tolist()
