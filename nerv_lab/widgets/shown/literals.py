"""Values as texts that a person can read, type and send back, each with the kind it is of."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import orjson

from nerv_lab.core.errors import ValidationError, ValueRefusedError
from nerv_lab.core.values import decode, encode, freeze

__all__ = ["KINDS", "kind_of", "read_literal", "write_literal"]

_MAX_LINE: Final = 60
_JSON: Final = "json"
_TRUTH: Final = {"true": True, "false": False}


def _truth(text: str) -> bool:
    return _TRUTH[text.lower()]


def _nothing(text: str) -> None:
    if text not in ("", "None"):
        raise ValueError(text)


# What a text is read as, and what to say where it cannot be.
_READERS: Final[dict[str, tuple[Callable[[str], Any], str]]] = {
    "str": (str, "any text"),
    "int": (int, "a whole number, such as 1815"),
    "float": (float, "a number, such as 0.5"),
    "bool": (_truth, "true or false"),
    "None": (_nothing, "nothing: leave it empty"),
    "date": (dt.date.fromisoformat, "a date, such as 1815-12-10"),
    "datetime": (dt.datetime.fromisoformat, "a moment, such as 1843-09-01T12:00:00+00:00"),
    "Decimal": (Decimal, "a decimal number, such as 12.50"),
    "UUID": (uuid.UUID, "a UUID"),
}
KINDS: Final = (*_READERS, _JSON)


def kind_of(value: object) -> str:
    """Return the kind of a value: one of `KINDS`, ``"json"`` for what is nested or bytes."""
    if value is None:
        return "None"
    name = type(value).__name__
    return name if name in _READERS else _JSON


def write_literal(value: object) -> str:
    """Return the text of a value, from which `read_literal` makes it again."""
    kind = kind_of(value)
    if kind == "None":
        return ""
    if kind == "bool":
        return str(value).lower()
    if kind in ("date", "datetime"):
        return value.isoformat()  # type: ignore[attr-defined, no-any-return]
    if kind != _JSON:
        return repr(value) if kind == "float" else str(value)
    line = encode(value).decode()
    if len(line) <= _MAX_LINE:
        return line
    return orjson.dumps(orjson.loads(line), option=orjson.OPT_INDENT_2).decode()


def read_literal(kind: object, text: object, field: str) -> Any:
    """Return the value that a text of a kind stands for.

    Parameters
    ----------
    kind : str
        One of `KINDS`. ``"json"`` takes the canonical encoding of any value.
    text : str
        What was typed.
    field : str
        Whose value it is, for the error.

    Raises
    ------
    ValidationError
        The text is not one of this kind, or the value is outside the type table.
    """
    if not isinstance(text, str) or kind not in KINDS:
        raise ValidationError(field, f"needs a text and one of the kinds {', '.join(KINDS)}")
    if kind == _JSON:
        return _read_json(text, field)
    read, wanted = _READERS[str(kind)]
    try:
        value = read(text if kind == "str" else text.strip())
    except (ValueError, KeyError, ArithmeticError):
        raise ValidationError(field, f"{text!r} is not {wanted}") from None
    return freeze(value, field)


def _read_json(text: str, field: str) -> Any:
    try:
        return freeze(decode(text), field)
    except ValueRefusedError as error:
        raise ValidationError(field, f"is not JSON: {error.reason}") from None
