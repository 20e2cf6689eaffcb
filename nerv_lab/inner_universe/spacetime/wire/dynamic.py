"""Codecs for tables that we know only from a server's description of them."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from nerv_lab.core.errors import ModuleMismatchError
from nerv_lab.inner_universe.spacetime.bsatn import (
    BOOL,
    BYTES,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    STRING,
    U8,
    U16,
    U32,
    U64,
    Array,
    Codec,
    Fixed,
    Option,
    Product,
    Sum,
)

__all__ = ["codec_of", "is_option", "legacy"]

# Not a type that can be written down: the server says which columns there are.
_ROW: Any = namedtuple
_SIMPLE: dict[str, Codec[Any]] = {
    "Bool": BOOL,
    "String": STRING,
    "U8": U8,
    "U16": U16,
    "U32": U32,
    "U64": U64,
    "I8": I8,
    "I16": I16,
    "I32": I32,
    "I64": I64,
    "F32": F32,
    "F64": F64,
    "U128": Fixed("U128", 16),
    "I128": Fixed("I128", 16),
    "U256": Fixed("U256", 32),
    "I256": Fixed("I256", 32),
}
_IDS = {"__identity__": "__identity_bytes", "__connection_id__": "__address_bytes"}


def is_option(shape: Any) -> bool:
    """Return whether a type is a value or None."""
    return shape[0] == "Sum" and [name for name, _ in shape[1]] == ["some", "none"]


def codec_of(shape: Any) -> Codec[Any]:
    """Return the codec of a type: rows are named tuples, options a value or None.

    Raises
    ------
    ModuleMismatchError
        When the type is of a kind that is not known.
    """
    if isinstance(shape, str):
        if shape not in _SIMPLE:
            raise ModuleMismatchError(f"columns of type {shape} are not known; update nerv-lab")
        return _SIMPLE[shape]
    kind, inner = shape
    if kind == "Array":
        return BYTES if inner == "U8" else Array(codec_of(inner))
    if is_option(shape):
        return Option(codec_of(inner[0][1]))
    if kind == "Sum":
        return Sum(**{name: codec_of(member) for name, member in inner})
    row = _ROW("Row", [name for name, _ in inner], rename=True)
    return Product(row, *(codec_of(member) for _, member in inner))


def legacy(shape: Any, value: Any) -> Any:
    """Return a value as the JSON of `spacetimedb-sdk` has it, which generated code reads.

    Rows are lists, an alternative is a dict of its number, bytes are hexadecimal.
    """
    if isinstance(shape, str):
        return value[::-1].hex() if isinstance(value, bytes) else value
    kind, inner = shape
    if kind == "Array":
        return value.hex() if inner == "U8" else [legacy(inner, item) for item in value]
    if is_option(shape):
        return {"1": []} if value is None else {"0": legacy(inner[0][1], value)}
    if kind == "Sum":
        return {str(value.tag): legacy(inner[value.tag][1], value.value)}
    if len(inner) == 1 and inner[0][0] in _IDS:
        return {_IDS[inner[0][0]]: legacy(inner[0][1], value[0])}
    return [legacy(member, item) for (_, member), item in zip(inner, value, strict=True)]
