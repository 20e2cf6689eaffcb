"""The one canonical encoding of values.

It is JSON in UTF-8 with sorted keys and no white space, its floats as ``repr`` writes them. What
JSON lacks is written as ``{"$nerv": TAG, "value": …}``; a user's dict that has a ``"$nerv"`` key is
itself tagged ``dict``, so that nothing is mistaken for a tag.
"""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import orjson

from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.core.values.read_only import ReadOnlyDict, ReadOnlyList

__all__ = ["TAG", "encode", "encode_plain", "plain"]

TAG: Final = "$nerv"


def encode(frozen: object) -> bytes:
    """Return the canonical bytes of a frozen value.

    Raises
    ------
    TypeError
        When the value was not frozen and is outside the type table.
    """
    return encode_plain(plain(frozen))


def encode_plain(value: object) -> bytes:
    """Return the canonical bytes of what `plain` returned, or of a dict of such."""
    written = orjson.dumps(value, default=_plain_subclass, option=_OPTIONS)
    # What orjson returns holds on to the 4 KB that it wrote into; what is kept here is kept long.
    return bytes(memoryview(written))


# Without these orjson would write types that the table lacks in forms of its own.
_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)


def plain(value: Any) -> Any:
    """Return a frozen value in the types of JSON, which `encode_plain` writes."""
    write = _WRITERS.get(type(value))
    return value if write is None else write(value)


def _plain_subclass(value: object) -> Any:
    if isinstance(value, ReadOnlyDict):
        return _plain_dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _plain_dict(value: dict[str, Any]) -> Any:
    if TAG in value:
        return {TAG: "dict", "value": [[k, plain(value[k])] for k in sorted(value)]}
    for v in value.values():
        kind = type(v)
        if kind is str or kind is int or (kind is float and 1e-4 <= v < 1e16):
            continue
        find = _WRITERS.get
        return {k: v if (w := find(type(v))) is None else w(v) for k, v in value.items()}
    return {**value}  # as that of most items is


def _plain_list(value: list[Any]) -> list[Any]:
    return [plain(v) for v in value]


def _plain_float(value: float) -> Any:
    # Releases of orjson differ in how they write an exponent, and hashes must not.
    return value if value == 0 or 1e-4 <= abs(value) < 1e16 else orjson.Fragment(repr(value))


def _plain_set(value: frozenset[Any]) -> list[Any]:
    return sorted(map(plain, value), key=lambda v: orjson.dumps(v, option=_OPTIONS))


def _tagged(tag: str, write: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {TAG: tag, "value": write(value)}


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


_WRITERS: dict[type, Callable[[Any], Any]] = {
    dict: _plain_dict,
    ReadOnlyDict: _plain_dict,
    list: _plain_list,
    ReadOnlyList: _plain_list,
    float: _plain_float,
    tuple: _tagged("tuple", _plain_list),
    frozenset: _tagged("set", _plain_set),
    dt.datetime: _tagged("datetime", dt.datetime.isoformat),
    dt.date: _tagged("date", dt.date.isoformat),
    bytes: _tagged("bytes", _base64),
    Decimal: _tagged("decimal", str),
    uuid.UUID: _tagged("uuid", str),
    Encrypted: _tagged("encrypted", str),
}
