"""Reading the canonical encoding of values back; see :mod:`nerv_lab.core.values.encoding`."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson

from nerv_lab.core.errors import ValueRefusedError
from nerv_lab.core.limits import MAX_DEPTH, TOO_DEEP
from nerv_lab.core.values.encoding import TAG, plain
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.core.values.freezing import RefusedError, freeze_decimal, freeze_int
from nerv_lab.core.values.read_only import ReadOnlyDict, ReadOnlyList

__all__ = ["decode"]

# A record or a delta wraps a value of full depth, and a tagged level takes up to three of JSON.
_MAX_JSON_DEPTH = 3 * (MAX_DEPTH + 8)


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
    except RefusedError as refusal:
        raise ValueRefusedError("value", f"not an encoded value: {refusal.reason}") from None
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise ValueRefusedError("value", f"not an encoded value: {error}") from None


def _loaded_strictly(raw: bytes) -> Any:
    """Load JSON that orjson accepts but may have changed: twin keys, integers beyond 64 bits."""
    return json.loads(
        raw, object_pairs_hook=_without_twins, parse_int=lambda digits: freeze_int(int(digits))
    )


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedError("a key is given twice")
    return found


def _revive(value: Any, room: int) -> Any:
    read = _READERS.get(type(value))
    return value if read is None else read(value, room)


def _read_dict(value: dict[str, Any], room: int) -> Any:
    if room == 0:
        raise RefusedError(TOO_DEEP)
    if TAG in value:
        return _read_tagged(value, room - 1)
    find = _READERS.get
    return ReadOnlyDict(
        {k: v if (r := find(type(v))) is None else r(v, room - 1) for k, v in value.items()}
    )


def _read_list(value: list[Any], room: int) -> ReadOnlyList:
    if room == 0:
        raise RefusedError(TOO_DEEP)
    return ReadOnlyList([_revive(v, room - 1) for v in value])


def _read_tagged(value: dict[str, Any], room: int) -> Any:
    tag, content = value[TAG], value["value"]
    if type(content) not in (str, list):
        raise RefusedError(f"the content of a {tag} is no {type(content).__name__}")
    if type(content) is str:
        revived = _FROM_TEXT[tag](content)
        # Several texts may read as one value: only the one that it is written as is accepted.
        whole = plain(revived) == value
    else:
        revived = _FROM_LIST[tag](_read_list(content, room))
        whole = len(value) == 2 and len(revived) == len(content)
    if not whole:
        raise RefusedError(f"{content!r} is not the content of a {tag}")
    return revived


def _dict_of_pairs(pairs: ReadOnlyList) -> ReadOnlyDict:
    whole = (p for p in pairs if type(p) is ReadOnlyList and len(p) == 2 and type(p[0]) is str)
    return ReadOnlyDict(whole)


_READERS: dict[type, Callable[[Any, int], Any]] = {
    dict: _read_dict,
    list: _read_list,
    int: lambda value, room: freeze_int(value),
}
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "bytes": base64.b64decode,
    "decimal": lambda text: freeze_decimal(Decimal(text)),
    "uuid": uuid.UUID,
    "encrypted": Encrypted,
}
_FROM_LIST: dict[str, Callable[[ReadOnlyList], Any]] = {
    "tuple": tuple,
    "set": frozenset,
    "dict": _dict_of_pairs,
}
