"""Checking values against the type table, and keeping them so that they do not change.

The table is in :mod:`nerv_lab.core.values`.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from nerv_lab.core.errors import ValueRefusedError
from nerv_lab.core.limits import MAX_DEPTH, TOO_DEEP
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.core.values.read_only import ReadOnlyDict, ReadOnlyList

__all__ = ["RefusedError", "freeze", "freeze_decimal", "freeze_int"]

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_INFINITE = math.inf


class RefusedError(Exception):
    """Why a value is refused, and the steps from it outwards to the value that was given."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.steps: list[str] = []


def freeze(value: object, path: str = "value", *, max_depth: int = MAX_DEPTH) -> Any:
    """Check a value against the type table and return a read-only copy of it.

    Parameters
    ----------
    value : object
        The value to check.
    path : str
        What to call the value in an error.
    max_depth : int
        How many containers may nest.

    Returns
    -------
    object
        The same value, its dicts and lists read-only and shared with nobody.

    Raises
    ------
    ValueRefusedError
        When the value, or a value inside it, is outside the type table; ``field`` is its path.
    """
    try:
        return _freeze(value, max_depth)
    except RefusedError as refusal:
        where = path + "".join(reversed(refusal.steps))
        raise ValueRefusedError(where, refusal.reason) from None


def _freeze(value: Any, room: int) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _freeze_str(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return freeze_int(value)
    if kind is float:
        return _freeze_float(value)
    if kind is dict and room:
        return _freeze_dict(value, room - 1)
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        if room == 0:
            raise RefusedError(TOO_DEEP)
        return _freeze_container(value, room - 1)
    return _freeze_other(value)


def _freeze_container(value: Any, room: int) -> Any:
    if isinstance(value, dict):
        return _freeze_dict(value, room)
    if isinstance(value, list):
        return ReadOnlyList(_freeze_each(value, room))
    if isinstance(value, tuple):
        return tuple(_freeze_each(value, room))
    return frozenset(_freeze_each(value, room))


def _freeze_each(values: Iterable[object], room: int) -> list[Any]:
    out: list[Any] = []
    try:
        for value in values:
            out.append(_freeze(value, room))  # noqa: PERF401 - its length is the failing index
    except RefusedError as refusal:
        refusal.steps.append(f"[{len(out)}]")
        raise
    return out


def _freeze_dict(value: dict[Any, Any], room: int) -> ReadOnlyDict:
    out: dict[str, Any] = {}
    key: object = None
    try:
        for key, inner in value.items():
            if type(key) is not str or not key.isascii():
                key = _freeze_key(key)
            # Most values are short texts and numbers: what spares a call here spares it each time.
            kind = type(inner)
            if (
                (kind is str and inner.isascii())
                or (kind is int and _INT_MIN <= inner <= _INT_MAX)
                or (kind is float and -_INFINITE < inner < _INFINITE)
            ):
                out[key] = inner
            else:
                out[key] = _freeze(inner, room)
    except RefusedError as refusal:
        refusal.steps.append(f".{key}" if isinstance(key, str) else f".{key!r}")
        raise
    return ReadOnlyDict(out)


def _freeze_key(key: object) -> str:
    if not isinstance(key, str):
        raise RefusedError(f"a key must be a string, not {type(key).__name__}")
    return _freeze_str(key)


def _freeze_str(value: str) -> str:
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise RefusedError(
            f"holds a lone surrogate at character {error.start}, which is not valid text"
        ) from None
    return text


def freeze_int(value: int) -> int:
    """Return an integer that fits into 64 bits."""
    if not _INT_MIN <= value <= _INT_MAX:
        raise RefusedError(f"{value} does not fit into 64 bits; use a Decimal or a string")
    return value


def _freeze_float(value: float) -> float:
    if not math.isfinite(value):
        raise RefusedError(f"{value} is not a finite number; use None instead")
    return value


def _freeze_other(value: Any) -> Any:
    if type(value).__name__ in ("NaTType", "NAType"):
        raise RefusedError(f"{value} is the missing value of pandas; use None instead")
    for kind, frozen in _FREEZERS:
        if isinstance(value, kind):
            return frozen(value)
    return _freeze_numpy(value)


def _freeze_datetime(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is not None and value.utcoffset() is None:
        raise RefusedError("the time zone gives no offset from UTC")
    if getattr(value, "nanosecond", 0):
        raise RefusedError("has nanoseconds, which a datetime cannot hold; use .floor('us')")
    return dt.datetime.fromisoformat(value.isoformat())


def freeze_decimal(value: Decimal) -> Decimal:
    """Return a decimal that is a number."""
    if not value.is_finite():
        raise RefusedError(f"{value} is not a finite number; use None instead")
    return Decimal(value)


def _freeze_numpy(value: Any) -> Any:
    """Take a NumPy scalar as the Python number it stands for, without importing NumPy."""
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ != "ndarray":
        if value.dtype.kind in "biuf" and type(value.item()) in (bool, int, float):
            return _freeze(value.item(), 0)
        hint = "convert it to a Python value, such as with .item() or .tolist()"
    elif hasattr(value, "tolist"):
        hint = "use .tolist()"
    else:
        hint = (
            "convert it to dict, list, str, int, float, bool, None, datetime, date, bytes, "
            "Decimal, UUID, tuple or set"
        )
    raise RefusedError(f"{kind.__module__}.{kind.__qualname__} cannot be stored; {hint}")


# datetime comes before date, of which it is a subclass.
_FREEZERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (dt.datetime, _freeze_datetime),
    (dt.date, lambda v: dt.date(v.year, v.month, v.day)),
    ((bytes, bytearray), bytes),
    (Encrypted, lambda v: v),
    (Decimal, freeze_decimal),
    (uuid.UUID, lambda v: uuid.UUID(int=v.int)),
    (str, _freeze_str),
    (int, lambda v: freeze_int(int(v))),
    (float, lambda v: _freeze_float(float(v))),
)
