"""Values: what a property may hold, and its one canonical encoding.

The type table is ``dict`` (string keys), ``list``, ``str``, ``int`` (64 bits, signed),
``float`` (finite), ``bool`` and ``None``, nested at will, and, through documented tags,
``datetime``, ``date``, ``bytes``, ``Decimal``, ``UUID``, ``tuple`` and ``set``. A tagged value is
written as ``{"$nerv": TAG, "value": …}``; a dict of the user's that has a ``"$nerv"`` key is
itself tagged ``dict``, so that nothing is mistaken for a tag.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import math
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from nerv_lab.core.errors import ValueRefusedError

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "ReadOnlyDict",
    "ReadOnlyList",
    "decode",
    "encode",
    "freeze",
    "json_hash",
    "thaw",
]

MAX_DEPTH = 32
MAX_BYTES = 1_048_576
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_TAG = "$nerv"


def _refuse_mutation(self: object, *args: object, **kwargs: object) -> NoReturn:
    raise TypeError(
        "this value belongs to the recorded state and is read-only; "
        "copy it with nerv_lab.thaw(value) and pass the copy to lab.update(...)"
    )


class ReadOnlyDict(dict[str, Any]):
    """A dict that equals, prints and serialises as a dict, and refuses to change."""

    __slots__ = ()
    __setitem__ = __delitem__ = clear = pop = popitem = _refuse_mutation  # type: ignore[assignment]
    setdefault = update = __ior__ = _refuse_mutation  # type: ignore[assignment]

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(encode(self))

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[list[tuple[str, Any]]]]:
        return dict, (list(self.items()),)

    def copy(self) -> dict[str, Any]:
        """Return a plain, mutable, shallow copy."""
        return dict(self)


class ReadOnlyList(list[Any]):
    """A list that equals, prints and serialises as a list, and refuses to change."""

    __slots__ = ()
    __setitem__ = __delitem__ = append = extend = insert = _refuse_mutation  # type: ignore[assignment]
    pop = remove = clear = sort = reverse = __iadd__ = __imul__ = _refuse_mutation  # type: ignore[assignment]

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(encode(self))

    def __reduce__(self) -> tuple[type[list[Any]], tuple[tuple[Any, ...]]]:
        return list, (tuple(self),)

    def copy(self) -> list[Any]:
        """Return a plain, mutable, shallow copy."""
        return list(self)


def freeze(value: object, path: str = "value") -> Any:
    """Check a value against the type table and return a read-only copy of it.

    Parameters
    ----------
    value : object
        The value to check.
    path : str
        What to call the value in an error.

    Returns
    -------
    object
        The same value, its dicts and lists read-only and shared with nobody.

    Raises
    ------
    ValueRefusedError
        When the value, or a value inside it, is outside the type table; ``field`` is its path.
    """
    return _freeze(value, path, 0)


def _freeze(value: object, path: str, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return _checked_str(value, path)  # type: ignore[arg-type]
    if value is None or kind is bool:
        return value
    if kind is int:
        return _checked_int(value, path)  # type: ignore[arg-type]
    if kind is float:
        return _checked_float(value, path)  # type: ignore[arg-type]
    if depth >= MAX_DEPTH:
        raise ValueRefusedError(path, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return _freeze_dict(value, path, depth)
    if kind is list or kind is ReadOnlyList:
        return ReadOnlyList(_freeze_each(value, path, depth))  # type: ignore[arg-type]
    if kind is tuple:
        return tuple(_freeze_each(value, path, depth))  # type: ignore[arg-type]
    if kind is set or kind is frozenset:
        return frozenset(_freeze_each(value, path, depth))  # type: ignore[arg-type]
    return _freeze_scalar(value, path)


def _freeze_each(values: Iterable[object], path: str, depth: int) -> list[Any]:
    return [_freeze(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(values)]


def _freeze_dict(value: Mapping[Any, object], path: str, depth: int) -> ReadOnlyDict:
    out: dict[str, Any] = {}
    for key, inner in value.items():
        if not isinstance(key, str):
            raise ValueRefusedError(
                f"{path}.{key!r}", f"a key must be a string, not {type(key).__name__}"
            )
        name = _checked_str(str(key), f"{path} (key)")
        out[name] = _freeze(inner, f"{path}.{name}", depth + 1)
    return ReadOnlyDict(out)


def _freeze_scalar(value: object, path: str) -> Any:
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None and value.utcoffset() is None:
            raise ValueRefusedError(path, "the time zone gives no offset from UTC")
        return dt.datetime.fromisoformat(value.isoformat())
    if isinstance(value, dt.date):
        return dt.date(value.year, value.month, value.day)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueRefusedError(path, f"{value} is not a finite number; use None instead")
        return value
    if isinstance(value, uuid.UUID):
        return uuid.UUID(int=value.int)
    if isinstance(value, str):
        return _checked_str(str.__str__(value), path)
    if isinstance(value, int):
        return _checked_int(int(value), path)
    if isinstance(value, float):
        return _checked_float(float(value), path)
    raise ValueRefusedError(
        path,
        f"{type(value).__module__}.{type(value).__qualname__} is not in the type table; "
        "convert it to dict, list, str, int, float, bool, None, datetime, date, bytes, "
        "Decimal, UUID, tuple or set",
    )


def _checked_str(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueRefusedError(
            path, f"holds a lone surrogate at character {error.start}, which is not valid text"
        ) from None
    return value


def _checked_int(value: int, path: str) -> int:
    if not _INT_MIN <= value <= _INT_MAX:
        raise ValueRefusedError(
            path, f"{value} does not fit into 64 bits; use a Decimal or a string"
        )
    return value


def _checked_float(value: float, path: str) -> float:
    if not math.isfinite(value):
        raise ValueRefusedError(path, f"{value} is not a finite number; use None instead")
    return value


def _default(value: Any) -> Any:
    """Give orjson the tagged form of a value that JSON lacks."""
    if isinstance(value, ReadOnlyDict):
        if _TAG in value:
            return {_TAG: "dict", "value": [[k, value[k]] for k in sorted(value)]}
        return dict(value)
    if isinstance(value, ReadOnlyList):
        return list(value)
    return {_TAG: (tag := _tag_of(value)), "value": _TO_JSON[tag](value)}


def _tag_of(value: object) -> str:
    for tag, kind in _KINDS.items():
        if isinstance(value, kind):
            return tag
    raise TypeError(f"{type(value).__name__} has no canonical form")


# datetime comes before date, of which it is a subclass.
_KINDS: dict[str, type] = {
    "datetime": dt.datetime,
    "date": dt.date,
    "bytes": bytes,
    "decimal": Decimal,
    "uuid": uuid.UUID,
    "tuple": tuple,
    "set": frozenset,
}
_TO_JSON: dict[str, Any] = {
    "datetime": dt.datetime.isoformat,
    "date": dt.date.isoformat,
    "bytes": lambda v: base64.b64encode(v).decode(),
    "decimal": str,
    "uuid": str,
    "tuple": list,
    "set": lambda v: sorted(v, key=lambda inner: encode(inner)),
}
_FROM_JSON: dict[str, Any] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "bytes": base64.b64decode,
    "decimal": Decimal,
    "uuid": uuid.UUID,
    "tuple": tuple,
    "set": frozenset,
    "dict": lambda pairs: ReadOnlyDict({k: v for k, v in pairs}),
}
_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)


def encode(frozen: object) -> bytes:
    """Return the canonical JSON bytes of a frozen value: sorted keys, no white space, UTF-8."""
    return orjson.dumps(_plain(frozen), default=_default, option=_OPTIONS)


def _plain(value: Any) -> Any:
    """Replace what orjson would write without asking: tuples, UUIDs and keys named as our tag."""
    kind = type(value)
    if kind is ReadOnlyDict or kind is dict:
        if _TAG in value:
            return {_TAG: "dict", "value": [[k, _plain(value[k])] for k in sorted(value)]}
        return {k: _plain(v) for k, v in value.items()}
    if kind is ReadOnlyList or kind is list:
        return [_plain(v) for v in value]
    if kind is tuple:
        return {_TAG: "tuple", "value": [_plain(v) for v in value]}
    if kind is frozenset:
        return {_TAG: "set", "value": sorted((_plain(v) for v in value), key=_sort_key)}
    if kind is uuid.UUID:
        return {_TAG: "uuid", "value": str(value)}
    return value


def _sort_key(plain: Any) -> bytes:
    return orjson.dumps(plain, default=_default, option=_OPTIONS)


def decode(data: bytes | str) -> Any:
    """Return the frozen value of canonical bytes.

    Raises
    ------
    ValueRefusedError
        When the bytes are not the encoding of a value.
    """
    try:
        return _revive(orjson.loads(data))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise ValueRefusedError("value", f"not an encoded value: {error}") from None


def _revive(value: Any) -> Any:
    if isinstance(value, dict):
        if _TAG in value:
            return _FROM_JSON[value[_TAG]](_revive(value["value"]))
        return ReadOnlyDict({k: _revive(v) for k, v in value.items()})
    if isinstance(value, list):
        return ReadOnlyList([_revive(v) for v in value])
    return value


def thaw(frozen: Any) -> Any:
    """Return a plain, mutable copy of a frozen value."""
    if isinstance(frozen, dict):
        return {k: thaw(v) for k, v in frozen.items()}
    if isinstance(frozen, list):
        return [thaw(v) for v in frozen]
    if isinstance(frozen, tuple):
        return tuple(thaw(v) for v in frozen)
    return set(frozen) if isinstance(frozen, frozenset) else frozen


def json_hash(state: object) -> str:
    """Return the SHA-256 (hex) of a plain JSON state, as the integration guide defines it.

    Raises
    ------
    ValueRefusedError
        When the state is not plain JSON.
    """
    freeze(state, "state")
    try:
        text = json.dumps(state, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueRefusedError("state", f"not plain JSON: {error}") from None
    return hashlib.sha256(text.encode()).hexdigest()
