"""Items as documents: what a model, or a JSON schema, sees of an entity or a relation.

A document holds the properties and, where the model has a field of that name, the item's own
fields: ``id``, ``name``, ``description`` and ``tags`` of an entity; ``id``, ``from_entity``,
``to_entity``, ``description``, ``strength``, ``bidirectional`` and ``tags`` of a relation. An own
field that is None is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import orjson

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.text import value_text
from nerv_lab.core.values import thaw

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = [
    "OWN_FIELDS",
    "as_model",
    "document",
    "document_json",
    "field_names",
    "model_errors",
    "place_of",
]

_M = TypeVar("_M", bound="BaseModel")
_SHOWN = 40

OWN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "e": ("id", "name", "description", "tags"),
    "r": (
        *("id", "from_entity", "to_entity", "description"),
        *("strength", "bidirectional", "tags"),
    ),
}
"""Fields of an item that a model may ask for, by the first letter of the item's key."""


class _Item(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...


def document(item: _Item, names: Collection[str]) -> dict[str, Any]:
    """Return the document of an item.

    Parameters
    ----------
    item : Entity or Relation
        The item.
    names : collection of str
        Names of the fields that the model has.
    """
    own = {name: getattr(item, name) for name in OWN_FIELDS[item.key[0]] if name in names}
    if "tags" in own:
        own["tags"] = list(own["tags"])
    given = {name: value for name, value in own.items() if value is not None}
    return {**thaw(dict(item.properties)), **given}


def document_json(fields: Mapping[str, Any]) -> bytes:
    """Return a document as plain JSON, as a JSON schema of pydantic describes it.

    Dates, UUIDs and Decimals are texts, tuples and sets are lists, bytes are base64.
    """
    return orjson.dumps(fields, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return list(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)  # pragma: no cover - the type table has no other


@lru_cache(maxsize=256)
def field_names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names by which a model takes its fields."""
    names = set()
    for name, field in model.model_fields.items():
        taken = field.validation_alias or field.alias or name
        names.add(taken if isinstance(taken, str) else name)
    return frozenset(names)


def place_of(key: str, names: Collection[str], steps: Sequence[object]) -> str:
    """Return where in an item a step into its document leads, such as ``properties.born``."""
    if not steps:
        return "properties"
    own = steps[0] in OWN_FIELDS[key[0]] and steps[0] in names
    place = str(steps[0]) if own else f"properties.{steps[0]}"
    return place + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps[1:])


def model_errors(error: Any, key: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield field and reason of each thing that pydantic found wrong with a document."""
    for found in error.errors(include_url=False):
        given = found["input"]
        plain = given is None or isinstance(given, str | int | float)
        shown = f", not {value_text(given, _SHOWN)}" if plain and found["type"] != "missing" else ""
        yield place_of(key, names, found["loc"]), f"{found['msg']}{shown}"


def as_model(item: _Item, model: type[_M]) -> _M:
    """Return an item as an instance of a pydantic model.

    Raises
    ------
    ValidationError
        The item does not fit; ``field`` is where.
    """
    from pydantic import ValidationError as ModelError

    names = field_names(model)
    try:
        return model.model_validate(document(item, names))
    except ModelError as error:
        field, reason = next(model_errors(error, item.key, names))
        raise ValidationError(
            field, f"{reason} ({item.key[2:]!r} does not fit {model.__name__})"
        ) from None
