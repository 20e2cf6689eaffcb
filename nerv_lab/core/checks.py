"""Checks of single fields: each returns the value as it is kept, or says why it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.limits import MAX_NAME
from nerv_lab.core.values import ReadOnlyDict, freeze

__all__ = [
    "check_names",
    "checked_name",
    "checked_properties",
    "checked_tags",
    "checked_text",
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def checked_name(value: object, field_name: str) -> str:
    """Return an id or type name, or refuse it.

    Raises
    ------
    ValidationError
        When it is not a string of 1 to 512 characters without control characters.
    """
    if (
        type(value) is str
        and value.isascii()
        and value.isprintable()
        and 0 < len(value) <= MAX_NAME
    ):
        return value  # as all but a few are
    if not isinstance(value, str):
        raise ValidationError(field_name, f"must be a string, not {type(value).__name__}")
    if not 0 < len(value) <= MAX_NAME:
        raise ValidationError(field_name, f"must have 1 to {MAX_NAME} characters, has {len(value)}")
    if _CONTROL.search(value):
        raise ValidationError(field_name, "must not hold control characters")
    return str(freeze(value, field_name))


def check_names(item: object, *fields: str) -> None:
    """Check the names of a frozen dataclass, and keep each as a plain string."""
    for name in fields:
        given = getattr(item, name)
        checked = checked_name(given, name)
        if checked is not given:  # a string of a subclass, such as a StrEnum
            object.__setattr__(item, name, checked)


def checked_text(value: object, field_name: str) -> str | None:
    """Return a text or None, or refuse the value."""
    if value is None or (type(value) is str and value.isascii()):
        return value
    if not isinstance(value, str):
        raise ValidationError(field_name, f"must be a string or None, not {type(value).__name__}")
    return str(freeze(value, field_name))


def checked_tags(value: Iterable[object]) -> tuple[str, ...]:
    """Return tags in the order given, or refuse them."""
    if type(value) is tuple and not value:
        return value
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValidationError("tags", "must be a list of strings, such as ['draft']")
    return tuple(checked_name(tag, f"tags[{i}]") for i, tag in enumerate(value))


def checked_properties(value: object) -> ReadOnlyDict:
    """Return properties, frozen, or refuse them."""
    if type(value) is ReadOnlyDict:
        return value  # was checked when it was made
    if not isinstance(value, Mapping):
        raise ValidationError("properties", f"must be a dict, not {type(value).__name__}")
    frozen = freeze(dict(value), "properties")
    assert isinstance(frozen, ReadOnlyDict)
    return frozen
