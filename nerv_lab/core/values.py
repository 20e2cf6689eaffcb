"""Values: what a property may hold, and its one canonical encoding.

=====================  ==============================================================
given                  kept and given back as
=====================  ==============================================================
``None``, ``bool``     the same
``int``                ``int``, from -2**63 to 2**63 - 1
``float``              ``float``, finite; ``1.0`` stays a float and ``-0.0`` negative
``str``                ``str``, without lone surrogates
``dict``               dict with string keys, read-only
``list``               list, read-only
``tuple``              ``tuple``
``set``, frozenset     ``frozenset``
``datetime``           ``datetime``; a named zone is kept as its offset from UTC then
``date``               ``date``
``bytes``, bytearray   ``bytes``
``Decimal``            ``Decimal``, finite, with its trailing zeros
``UUID``               ``uuid.UUID``
``Encrypted``          ``Encrypted``, the envelope of a value that is kept encrypted
=====================  ==============================================================

Anything else is refused with the path to it. Subclasses are kept as the type they extend: a
``StrEnum`` member as its string, an ``IntEnum`` member as its number, a named tuple as a tuple, a
``pandas.Timestamp`` without nanoseconds as a datetime. NumPy's booleans, integers and floats are
kept as the Python number of the same value. Missing values (``NaN``, ``NaT``, ``NA``) are refused:
``None`` says it. Containers nest 32 deep.

The encoding is JSON in UTF-8 with sorted keys and no white space, its floats as ``repr`` writes
them. What JSON lacks is written as ``{"$nerv": TAG, "value": …}``; a user's dict that has a
``"$nerv"`` key is itself tagged ``dict``, so that nothing is mistaken for a tag.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import math
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from nerv_lab.core.encrypted import Encrypted
from nerv_lab.core.errors import ValueRefusedError
from nerv_lab.core.limits import MAX_DEPTH, TOO_DEEP

__all__ = [
    "ReadOnlyDict",
    "ReadOnlyList",
    "decode",
    "encode",
    "encode_plain",
    "freeze",
    "json_hash",
    "plain",
    "thaw",
]

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_INFINITE = math.inf
_TAG = "$nerv"
# A record or a delta wraps a value of full depth, and a tagged level takes up to three of JSON.
_MAX_JSON_DEPTH = 3 * (MAX_DEPTH + 8)


def _refuse_mutation(self: object, *args: object, **kwargs: object) -> NoReturn:
    raise TypeError(
        "this value belongs to the recorded state and is read-only; "
        "copy it with nerv_lab.thaw(value) and pass the copy to lab.update(...)"
    )


class ReadOnlyDict(dict[str, Any]):
    """A dict that equals, prints and serialises as a dict, and refuses to change."""

    __slots__ = ()
    __setitem__ = __delitem__ = clear = pop = popitem = _refuse_mutation
    setdefault = update = __ior__ = _refuse_mutation

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[ReadOnlyDict], tuple[dict[str, Any]]]:
        return ReadOnlyDict, (dict(self),)

    def __deepcopy__(self, memo: object) -> ReadOnlyDict:
        return self

    def copy(self) -> dict[str, Any]:
        """Return a plain, mutable, shallow copy."""
        return dict(self)


class ReadOnlyList(list[Any]):
    """A list that equals, prints and serialises as a list, and refuses to change."""

    __slots__ = ()
    __setitem__ = __delitem__ = append = extend = insert = _refuse_mutation
    pop = remove = clear = sort = reverse = __iadd__ = __imul__ = _refuse_mutation

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self) -> tuple[type[ReadOnlyList], tuple[list[Any]]]:
        return ReadOnlyList, (list(self),)

    def __deepcopy__(self, memo: object) -> ReadOnlyList:
        return self

    def copy(self) -> list[Any]:
        """Return a plain, mutable, shallow copy."""
        return list(self)


class _RefusedError(Exception):
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
    except _RefusedError as refusal:
        where = path + "".join(reversed(refusal.steps))
        raise ValueRefusedError(where, refusal.reason) from None


def _freeze(value: Any, room: int) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _freeze_str(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return _freeze_int(value)
    if kind is float:
        return _freeze_float(value)
    if kind is dict and room:
        return _freeze_dict(value, room - 1)
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        if room == 0:
            raise _RefusedError(TOO_DEEP)
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
    except _RefusedError as refusal:
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
    except _RefusedError as refusal:
        refusal.steps.append(f".{key}" if isinstance(key, str) else f".{key!r}")
        raise
    return ReadOnlyDict(out)


def _freeze_key(key: object) -> str:
    if not isinstance(key, str):
        raise _RefusedError(f"a key must be a string, not {type(key).__name__}")
    return _freeze_str(key)


def _freeze_str(value: str) -> str:
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _RefusedError(
            f"holds a lone surrogate at character {error.start}, which is not valid text"
        ) from None
    return text


def _freeze_int(value: int) -> int:
    if not _INT_MIN <= value <= _INT_MAX:
        raise _RefusedError(f"{value} does not fit into 64 bits; use a Decimal or a string")
    return value


def _freeze_float(value: float) -> float:
    if not math.isfinite(value):
        raise _RefusedError(f"{value} is not a finite number; use None instead")
    return value


def _freeze_other(value: Any) -> Any:
    if type(value).__name__ in ("NaTType", "NAType"):
        raise _RefusedError(f"{value} is the missing value of pandas; use None instead")
    for kind, frozen in _FREEZERS:
        if isinstance(value, kind):
            return frozen(value)
    return _freeze_numpy(value)


def _freeze_datetime(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is not None and value.utcoffset() is None:
        raise _RefusedError("the time zone gives no offset from UTC")
    if getattr(value, "nanosecond", 0):
        raise _RefusedError("has nanoseconds, which a datetime cannot hold; use .floor('us')")
    return dt.datetime.fromisoformat(value.isoformat())


def _freeze_decimal(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise _RefusedError(f"{value} is not a finite number; use None instead")
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
    raise _RefusedError(f"{kind.__module__}.{kind.__qualname__} is not in the type table; {hint}")


# datetime comes before date, of which it is a subclass.
_FREEZERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (dt.datetime, _freeze_datetime),
    (dt.date, lambda v: dt.date(v.year, v.month, v.day)),
    ((bytes, bytearray), bytes),
    (Encrypted, lambda v: v),
    (Decimal, _freeze_decimal),
    (uuid.UUID, lambda v: uuid.UUID(int=v.int)),
    (str, _freeze_str),
    (int, lambda v: _freeze_int(int(v))),
    (float, lambda v: _freeze_float(float(v))),
)


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
    raise TypeError(f"{type(value).__name__} is not in the type table")


def _plain_dict(value: dict[str, Any]) -> Any:
    if _TAG in value:
        return {_TAG: "dict", "value": [[k, plain(value[k])] for k in sorted(value)]}
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
    return lambda value: {_TAG: tag, "value": write(value)}


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


def decode(data: bytes | str) -> Any:
    """Return the frozen value of an encoding.

    White space and the order of keys do not matter; whatever would come back as another value
    is refused, such as a key given twice or an integer beyond 64 bits.

    Raises
    ------
    ValueRefusedError
        When the data is not the encoding of a value.
    """
    raw = data.encode() if isinstance(data, str) else data
    try:
        loaded = orjson.loads(raw)
        if orjson.dumps(loaded, option=orjson.OPT_SORT_KEYS) != raw:
            loaded = _loaded_strictly(raw)
        return _revive(loaded, _MAX_JSON_DEPTH)
    except _RefusedError as refusal:
        raise ValueRefusedError("value", f"not an encoded value: {refusal.reason}") from None
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise ValueRefusedError("value", f"not an encoded value: {error}") from None


def _loaded_strictly(raw: bytes) -> Any:
    """Load JSON that orjson accepts but may have changed: twin keys, integers beyond 64 bits."""
    return json.loads(
        raw, object_pairs_hook=_without_twins, parse_int=lambda digits: _freeze_int(int(digits))
    )


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError("a key is given twice")
    return found


def _revive(value: Any, room: int) -> Any:
    read = _READERS.get(type(value))
    return value if read is None else read(value, room)


def _read_dict(value: dict[str, Any], room: int) -> Any:
    if room == 0:
        raise _RefusedError(TOO_DEEP)
    if _TAG in value:
        return _read_tagged(value, room - 1)
    find = _READERS.get
    return ReadOnlyDict(
        {k: v if (r := find(type(v))) is None else r(v, room - 1) for k, v in value.items()}
    )


def _read_list(value: list[Any], room: int) -> ReadOnlyList:
    if room == 0:
        raise _RefusedError(TOO_DEEP)
    return ReadOnlyList([_revive(v, room - 1) for v in value])


def _read_tagged(value: dict[str, Any], room: int) -> Any:
    tag, content = value[_TAG], value["value"]
    if type(content) not in (str, list):
        raise _RefusedError(f"the content of a {tag} is no {type(content).__name__}")
    if type(content) is str:
        revived = _FROM_TEXT[tag](content)
        # Several texts may read as one value: only the one that it is written as is accepted.
        whole = plain(revived) == value
    else:
        revived = _FROM_LIST[tag](_read_list(content, room))
        whole = len(value) == 2 and len(revived) == len(content)
    if not whole:
        raise _RefusedError(f"{content!r} is not the content of a {tag}")
    return revived


def _dict_of_pairs(pairs: ReadOnlyList) -> ReadOnlyDict:
    whole = (p for p in pairs if type(p) is ReadOnlyList and len(p) == 2 and type(p[0]) is str)
    return ReadOnlyDict(whole)


_READERS: dict[type, Callable[[Any, int], Any]] = {
    dict: _read_dict,
    list: _read_list,
    int: lambda value, room: _freeze_int(value),
}
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "bytes": base64.b64decode,
    "decimal": lambda text: _freeze_decimal(Decimal(text)),
    "uuid": uuid.UUID,
    "encrypted": Encrypted,
}
_FROM_LIST: dict[str, Callable[[ReadOnlyList], Any]] = {
    "tuple": tuple,
    "set": frozenset,
    "dict": _dict_of_pairs,
}


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
