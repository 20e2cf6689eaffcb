"""Items as rows for files that know only text, numbers and truth values, and back.

A value that a file cannot hold is written as text, in the canonical encoding of
:mod:`nerv_lab.core.values`, under its name and ``@json``; so is a value whose name means something
else in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.values import decode, encode
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.exchange.tables.flat import TAG_SEPARATOR, column_of

__all__ = ["JSON_SUFFIX", "encoded", "entity_row", "read_row", "relation_row"]

JSON_SUFFIX: Final = "@json"


def entity_row(entity: Entity) -> dict[str, Any]:
    """Return the fields and properties of an entity, without its id and what is empty."""
    row: dict[str, Any] = {"type": entity.type, "name": entity.name}
    return _row(row, entity)


def relation_row(relation: Relation) -> dict[str, Any]:
    """Return the fields and properties of a relation, without ids, ends and what is empty."""
    row = {
        "type": relation.type,
        "weight": relation.strength,
        "bidirectional": relation.bidirectional,
    }
    return _row(row, relation)


def _row(fields: dict[str, Any], item: Entity | Relation) -> dict[str, Any]:
    row = fields | {"description": item.description, "tags": _tags(item.tags)}
    properties = {column_of(name): value for name, value in item.properties.items()}
    return {name: value for name, value in row.items() if value is not None} | properties


def _tags(tags: tuple[str, ...]) -> str | list[str] | None:
    """Return tags as text where that can be taken apart again."""
    simple = all(tag == tag.strip() and TAG_SEPARATOR not in tag for tag in tags)
    return (f"{TAG_SEPARATOR} ".join(tags) if simple else list(tags)) if tags else None


def encoded(row: Mapping[str, Any], fits: Callable[[str, Any], bool]) -> dict[str, Any]:
    """Return a row with what does not fit as text.

    Parameters
    ----------
    row : mapping
        From names to values.
    fits : callable
        Whether the file can hold a value under a name.
    """
    return {
        **{name: value for name, value in row.items() if _stays(name, value, fits)},
        **{
            f"{name}{JSON_SUFFIX}": encode(value).decode()
            for name, value in row.items()
            if not _stays(name, value, fits)
        },
    }


def _stays(name: str, value: Any, fits: Callable[[str, Any], bool]) -> bool:
    # An envelope is more than its text, and comes back as what it is.
    is_text = type(value) is not Encrypted and fits(name, value)
    return is_text and not name.endswith(JSON_SUFFIX)


def read_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its texts as the values that they stand for.

    Raises
    ------
    ValidationError
        What should stand for a value does not.
    """
    values: dict[str, Any] = {}
    for name, value in row.items():
        plain = name.removesuffix(JSON_SUFFIX)
        if plain in values:
            raise ValidationError(plain, f"is given twice, also as {plain + JSON_SUFFIX!r}")
        values[plain] = _decoded(name, value) if plain != name else value
    return values


def _decoded(name: str, text: object) -> Any:
    if not isinstance(text, str):
        raise ValidationError(name, f"must be the text of a value, not {text!r}")
    try:
        return decode(text)
    except ValidationError as error:
        raise ValidationError(name, error.reason) from None
