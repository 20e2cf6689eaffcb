"""Types made of others: arrays, options, rows and alternatives."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from nerv_lab.core.errors import ProtocolError
from nerv_lab.inner_universe.spacetime.bsatn.codec import Codec
from nerv_lab.inner_universe.spacetime.bsatn.scalars import Number, read_count, write_count

__all__ = ["UNIT", "Array", "Option", "Product", "Sum", "Variant"]

_T = TypeVar("_T")
_ROW = TypeVar("_ROW", bound=tuple[Any, ...])


class Array(Codec[list[_T]]):
    """Any number of values of one type.

    Parameters
    ----------
    item : Codec
        Their type; it must take at least one byte.
    """

    __slots__ = ("_item", "_layout", "_read", "_write")

    def __init__(self, item: Codec[_T]) -> None:
        if item.least == 0:
            raise ValueError("an array of nothing has no bounded size")
        self._item = item
        self._read = item.read
        self._write = item.write
        self._layout = item.layout if isinstance(item, Number) else None
        self.least = 4

    def read(self, data: bytes, at: int) -> tuple[list[_T], int]:
        """Read all values."""
        count = read_count(data, at)
        at += 4
        if count * self._item.least > len(data) - at:
            raise ProtocolError(
                f"{count} values were announced where {len(data) - at} bytes are left"
            )
        if self._layout is not None:
            numbers: tuple[Any, ...] = struct.unpack_from(f"<{count}{self._layout}", data, at)
            return list(numbers), at + count * self._item.least
        read, values = self._read, []
        for _ in range(count):
            value, at = read(data, at)
            values.append(value)
        return values, at

    def write(self, out: bytearray, value: Sequence[_T]) -> None:
        """Append all values."""
        out += write_count(len(value))
        write = self._write
        for item in value:
            write(out, item)

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

    __slots__ = ("_item", "_read", "_write")

    def __init__(self, item: Codec[_T]) -> None:
        self._item = item
        self._read = item.read
        self._write = item.write
        self.least = 1

    def read(self, data: bytes, at: int) -> tuple[_T | None, int]:
        """Read one value or None."""
        tag = data[at]
        if tag == 0:
            return self._read(data, at + 1)
        if tag != 1:
            raise ProtocolError(f"an option has no alternative {tag}")
        return None, at + 1

    def write(self, out: bytearray, value: _T | None) -> None:
        """Append one value or None."""
        if value is None:
            out.append(1)
        else:
            out.append(0)
            self._write(out, value)

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

    __slots__ = ("_columns", "_make", "_reads", "_writes", "names")

    def __init__(self, row: type[_ROW], *columns: Codec[Any]) -> None:
        self.names: tuple[str, ...] = getattr(row, "_fields", ())
        if len(self.names) != len(columns):
            raise ValueError(f"{row.__name__} has {len(self.names)} fields, not {len(columns)}")
        # Not by calling the row: there are as many values as fields, and no names to match.
        self._make: Callable[[list[Any]], _ROW] = partial(tuple.__new__, row)
        self._columns = columns
        self._reads = tuple(column.read for column in columns)
        self._writes = tuple(column.write for column in columns)
        self.least = sum(column.least for column in columns)

    def read(self, data: bytes, at: int) -> tuple[_ROW, int]:
        """Read one row."""
        values = []
        for read in self._reads:
            value, at = read(data, at)
            values.append(value)
        return self._make(values), at

    def write(self, out: bytearray, value: _ROW) -> None:
        """Append one row."""
        for write, field in zip(self._writes, value, strict=True):
            write(out, field)

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

    def read(self, data: bytes, at: int) -> tuple[Variant, int]:
        """Read one alternative."""
        tag = data[at]
        if tag >= len(self._codecs):
            raise ProtocolError(f"there is no alternative {tag} of {', '.join(self._names)}")
        value, at = self._codecs[tag].read(data, at + 1)
        return Variant(tag, value), at

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


UNIT = Product(_Unit)
