"""BSATN, the binary encoding of SpacetimeDB: strict, bounded, and symmetrical.

A codec describes one type, reads it from bytes and appends it to bytes. Whatever bytes come in,
reading ends with a value or with `ProtocolError`: sizes are checked against what is there before
anything is made of them, and types are finite, so that there is nothing to recurse into for ever.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from nerv_lab.core.errors import ProtocolError, ValidationError

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
    "UNIT",
    "Array",
    "Codec",
    "Fixed",
    "Option",
    "Product",
    "Reader",
    "Sum",
    "Variant",
]

_T = TypeVar("_T")
_ROW = TypeVar("_ROW", bound=tuple[Any, ...])


class Reader:
    """A position in bytes that were received.

    Parameters
    ----------
    data : bytes or memoryview
        What to read.
    """

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = memoryview(data)
        self._at = 0
        self._end = len(data)

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return self._end - self._at

    def take(self, size: int) -> memoryview:
        """Return the next bytes."""
        start, stop = self._at, self._at + size
        if stop > self._end:
            raise ProtocolError(f"a value of {size} bytes was announced where {self.left} are left")
        self._at = stop
        return self._data[start:stop]

    def byte(self) -> int:
        """Return the next byte."""
        at = self._at
        if at >= self._end:
            raise ProtocolError("a value was announced where nothing is left")
        self._at = at + 1
        return self._data[at]

    def count(self) -> int:
        """Return the next length."""
        at = self._at
        if at + 4 > self._end:
            raise ProtocolError(f"a length was announced where {self.left} bytes are left")
        self._at = at + 4
        size: int = _COUNT(self._data, at)[0]
        return size


_U32 = struct.Struct("<I")
_COUNT = _U32.unpack_from


class Codec(ABC, Generic[_T]):
    """One type.

    Attributes
    ----------
    least : int
        The fewest bytes that a value takes.
    """

    __slots__ = ("least",)

    least: int

    @abstractmethod
    def read(self, reader: Reader) -> _T:
        """Read one value.

        Raises
        ------
        ProtocolError
            When the bytes are not one.
        """

    @abstractmethod
    def write(self, out: bytearray, value: _T) -> None:
        """Append one value.

        Raises
        ------
        ValidationError
            When it cannot be written as this type.
        """

    @abstractmethod
    def shape(self) -> Any:
        """Return a description of the type that equals that of an equal type."""

    def decode(self, data: bytes | memoryview) -> _T:
        """Return the one value that the bytes are.

        Raises
        ------
        ProtocolError
            When the bytes are not one value, or more than one.
        """
        reader = Reader(data)
        value = self.read(reader)
        if reader.left:
            raise ProtocolError(f"{reader.left} bytes follow the end of a value")
        return value

    def encode(self, value: _T) -> bytes:
        """Return the bytes of a value.

        Raises
        ------
        ValidationError
            When it cannot be written as this type.
        """
        out = bytearray()
        self.write(out, value)
        return bytes(out)


class _Number(Codec[Any]):
    __slots__ = ("_layout", "_name")

    def __init__(self, name: str, layout: str) -> None:
        self._name = name
        self._layout = struct.Struct("<" + layout)
        self.least = self._layout.size

    def read(self, reader: Reader) -> Any:
        return self._layout.unpack(reader.take(self.least))[0]

    def write(self, out: bytearray, value: Any) -> None:
        try:
            out += self._layout.pack(value)
        except (struct.error, OverflowError):
            raise ValidationError(self._name, f"cannot hold {value!r}") from None

    def shape(self) -> Any:
        return self._name


class _Bool(Codec[bool]):
    __slots__ = ()

    def __init__(self) -> None:
        self.least = 1

    def read(self, reader: Reader) -> bool:
        byte = reader.byte()
        if byte > 1:
            raise ProtocolError(f"{byte} is neither true nor false")
        return byte == 1

    def write(self, out: bytearray, value: bool) -> None:
        out.append(1 if value else 0)

    def shape(self) -> Any:
        return "Bool"


class _String(Codec[str]):
    __slots__ = ()

    def __init__(self) -> None:
        self.least = 4

    def read(self, reader: Reader) -> str:
        try:
            return str(reader.take(reader.count()), "utf-8")
        except UnicodeDecodeError:
            raise ProtocolError("a text is not UTF-8") from None

    def write(self, out: bytearray, value: str) -> None:
        try:
            data = value.encode()
        except (UnicodeEncodeError, AttributeError):
            raise ValidationError("String", f"cannot hold {value!r}") from None
        out += _U32.pack(len(data))
        out += data

    def shape(self) -> Any:
        return "String"


class _Bytes(Codec[bytes]):
    __slots__ = ()

    def __init__(self) -> None:
        self.least = 4

    def read(self, reader: Reader) -> bytes:
        return bytes(reader.take(reader.count()))

    def write(self, out: bytearray, value: bytes) -> None:
        out += _U32.pack(len(value))
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

    def read(self, reader: Reader) -> bytes:
        """Read one value."""
        return bytes(reader.take(self.least))

    def write(self, out: bytearray, value: bytes) -> None:
        """Append one value."""
        if len(value) != self.least:
            raise ValidationError(self._name, f"takes {self.least} bytes, not {len(value)}")
        out += value

    def shape(self) -> Any:
        """Return a description of the type."""
        return self._name


class Array(Codec[list[_T]]):
    """Any number of values of one type.

    Parameters
    ----------
    item : Codec
        Their type; it must take at least one byte.
    """

    __slots__ = ("_item",)

    def __init__(self, item: Codec[_T]) -> None:
        if item.least == 0:
            raise ValueError("an array of nothing has no bounded size")
        self._item = item
        self.least = 4

    def read(self, reader: Reader) -> list[_T]:
        """Read all values."""
        count = reader.count()
        if count * self._item.least > reader.left:
            raise ProtocolError(f"{count} values were announced where {reader.left} bytes are left")
        read = self._item.read
        return [read(reader) for _ in range(count)]

    def write(self, out: bytearray, value: Sequence[_T]) -> None:
        """Append all values."""
        out += _U32.pack(len(value))
        for item in value:
            self._item.write(out, item)

    def shape(self) -> Any:
        """Return a description of the type."""
        return ("Array", self._item.shape())


class Option(Codec[_T | None]):
    """A value or None.

    Parameters
    ----------
    item : Codec
        Type of the value.
    """

    __slots__ = ("_item",)

    def __init__(self, item: Codec[_T]) -> None:
        self._item = item
        self.least = 1

    def read(self, reader: Reader) -> _T | None:
        """Read one value or None."""
        tag = reader.byte()
        if tag == 0:
            return self._item.read(reader)
        if tag != 1:
            raise ProtocolError(f"an option has no alternative {tag}")
        return None

    def write(self, out: bytearray, value: _T | None) -> None:
        """Append one value or None."""
        if value is None:
            out.append(1)
        else:
            out.append(0)
            self._item.write(out, value)

    def shape(self) -> Any:
        """Return a description of the type."""
        return ("Sum", (("some", self._item.shape()), ("none", ("Product", ()))))


class Product(Codec[_ROW]):
    """A row: named values of several types, one after the other.

    Parameters
    ----------
    row : type
        The named tuple that it is read as.
    *columns : Codec
        Types of its fields.
    """

    __slots__ = ("_columns", "_row", "names")

    def __init__(self, row: type[_ROW], *columns: Codec[Any]) -> None:
        self.names: tuple[str, ...] = getattr(row, "_fields", ())
        if len(self.names) != len(columns):
            raise ValueError(f"{row.__name__} has {len(self.names)} fields, not {len(columns)}")
        self._row = row
        self._columns = columns
        self.least = sum(column.least for column in columns)

    def read(self, reader: Reader) -> _ROW:
        """Read one row."""
        return self._row(*[column.read(reader) for column in self._columns])

    def write(self, out: bytearray, value: _ROW) -> None:
        """Append one row."""
        for column, field in zip(self._columns, value, strict=True):
            column.write(out, field)

    def shape(self) -> Any:
        """Return a description of the type."""
        shapes = (column.shape() for column in self._columns)
        return ("Product", tuple(zip(self.names, shapes, strict=True)))


class Variant(NamedTuple):
    """One of several alternatives.

    Attributes
    ----------
    tag : int
        Which one, counted from 0.
    value : object
        What it holds.
    """

    tag: int
    value: Any


class Sum(Codec[Variant]):
    """One of several alternatives.

    Parameters
    ----------
    **variants : Codec
        Their names and types, in order.
    """

    __slots__ = ("_codecs", "_names")

    def __init__(self, **variants: Codec[Any]) -> None:
        self._names = tuple(variants)
        self._codecs = tuple(variants.values())
        self.least = 1 + min(codec.least for codec in self._codecs)

    def read(self, reader: Reader) -> Variant:
        """Read one alternative."""
        tag = reader.byte()
        if tag >= len(self._codecs):
            raise ProtocolError(f"there is no alternative {tag} of {', '.join(self._names)}")
        return Variant(tag, self._codecs[tag].read(reader))

    def write(self, out: bytearray, value: Variant) -> None:
        """Append one alternative."""
        out.append(value.tag)
        self._codecs[value.tag].write(out, value.value)

    def shape(self) -> Any:
        """Return a description of the type."""
        shapes = (codec.shape() for codec in self._codecs)
        return ("Sum", tuple(zip(self._names, shapes, strict=True)))


class _Unit(NamedTuple):
    pass


U8 = _Number("U8", "B")
U16 = _Number("U16", "H")
U32 = _Number("U32", "I")
U64 = _Number("U64", "Q")
I8 = _Number("I8", "b")
I16 = _Number("I16", "h")
I32 = _Number("I32", "i")
I64 = _Number("I64", "q")
F32 = _Number("F32", "f")
F64 = _Number("F64", "d")
BOOL = _Bool()
STRING = _String()
BYTES = _Bytes()
UNIT = Product(_Unit)
