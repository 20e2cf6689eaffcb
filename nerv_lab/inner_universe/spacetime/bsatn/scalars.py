"""Types that hold no others: numbers, texts and bytes."""

from __future__ import annotations

import struct
from typing import Any

from nerv_lab.core.errors import ProtocolError, ValidationError
from nerv_lab.inner_universe.spacetime.bsatn.codec import Codec

__all__ = [
    "BOOL",
    "BYTES",
    "F32",
    "F64",
    "I8",
    "I16",
    "I32",
    "I64",
    "STRING",
    "U8",
    "U16",
    "U32",
    "U64",
    "Fixed",
    "read_count",
    "write_count",
]

_COUNT = struct.Struct("<I")
_unpack_count = _COUNT.unpack_from
write_count = _COUNT.pack
"""Return the bytes of a length."""


def read_count(data: bytes, at: int) -> int:
    """Return the length at a place; it takes four bytes."""
    size: int = _unpack_count(data, at)[0]
    return size


class Number(Codec[Any]):
    """An integer or float of a fixed width.

    Parameters
    ----------
    name : str
        Name of the type, such as ``"U64"``.
    layout : str
        Its letter in `struct`.
    """

    __slots__ = ("_name", "_pack", "_unpack", "layout")

    def __init__(self, name: str, layout: str) -> None:
        self.layout = layout
        self._name = name
        packing = struct.Struct("<" + layout)
        self._pack = packing.pack
        self._unpack = packing.unpack_from
        self.least = packing.size

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        """Read one number."""
        return self._unpack(data, at)[0], at + self.least

    def write(self, out: bytearray, value: Any) -> None:
        """Append one number."""
        try:
            out += self._pack(value)
        except (struct.error, OverflowError):
            raise ValidationError(self._name, f"cannot hold {value!r}") from None

    def shape(self) -> Any:
        """Return a description of the type."""
        return self._name


class _Bool(Codec[bool]):
    __slots__ = ()

    def __init__(self) -> None:
        self.least = 1

    def read(self, data: bytes, at: int) -> tuple[bool, int]:
        byte = data[at]
        if byte > 1:
            raise ProtocolError(f"{byte} is neither true nor false")
        return byte == 1, at + 1

    def write(self, out: bytearray, value: bool) -> None:
        out.append(1 if value else 0)

    def shape(self) -> Any:
        return "Bool"


class _String(Codec[str]):
    __slots__ = ()

    def __init__(self) -> None:
        self.least = 4

    def read(self, data: bytes, at: int) -> tuple[str, int]:
        start = at + 4
        end = start + _unpack_count(data, at)[0]
        if end > len(data):
            raise _too_short(end - start, len(data) - start)
        try:
            return data[start:end].decode(), end
        except UnicodeDecodeError:
            raise ProtocolError("a text is not UTF-8") from None

    def write(self, out: bytearray, value: str) -> None:
        try:
            data = value.encode()
        except (UnicodeEncodeError, AttributeError):
            raise ValidationError("String", f"cannot hold {value!r}") from None
        out += write_count(len(data))
        out += data

    def shape(self) -> Any:
        return "String"


class _Bytes(Codec[bytes]):
    __slots__ = ()

    def __init__(self) -> None:
        self.least = 4

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        start = at + 4
        end = start + _unpack_count(data, at)[0]
        if end > len(data):
            raise _too_short(end - start, len(data) - start)
        return data[start:end], end

    def write(self, out: bytearray, value: bytes) -> None:
        out += write_count(len(value))
        out += value

    def shape(self) -> Any:
        return ("Array", "U8")


class Fixed(Codec[bytes]):
    """So many bytes, as they are: numbers too long for a machine word.

    Parameters
    ----------
    name : str
        Name of the type, such as ``"U256"``.
    size : int
        How many bytes.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self.least = size

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        """Read one value."""
        end = at + self.least
        if end > len(data):
            raise _too_short(self.least, len(data) - at)
        return data[at:end], end

    def write(self, out: bytearray, value: bytes) -> None:
        """Append one value."""
        if len(value) != self.least:
            raise ValidationError(self._name, f"takes {self.least} bytes, not {len(value)}")
        out += value

    def shape(self) -> Any:
        """Return a description of the type."""
        return self._name


def _too_short(size: int, left: int) -> ProtocolError:
    return ProtocolError(f"a value of {size} bytes was announced where {left} are left")


U8 = Number("U8", "B")
U16 = Number("U16", "H")
U32 = Number("U32", "I")
U64 = Number("U64", "Q")
I8 = Number("I8", "b")
I16 = Number("I16", "h")
I32 = Number("I32", "i")
I64 = Number("I64", "q")
F32 = Number("F32", "f")
F64 = Number("F64", "d")
BOOL = _Bool()
STRING = _String()
BYTES = _Bytes()
