"""What every type's codec is."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from nerv_lab.core.errors import ProtocolError

__all__ = ["Codec"]

_T = TypeVar("_T")


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
    def read(self, data: bytes, at: int) -> tuple[_T, int]:
        """Read the value at a place, and return it with the place behind it.

        Raises
        ------
        ProtocolError
            When the bytes there are not one.
        struct.error, IndexError
            When the bytes end too soon; `decode` makes a `ProtocolError` of it.
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

    def decode(self, data: bytes, at: int = 0) -> _T:
        """Return the one value that the bytes are.

        Parameters
        ----------
        data : bytes
            What holds it, to its last byte.
        at : int
            Where it begins.

        Raises
        ------
        ProtocolError
            When the bytes are not one value, or more than one.
        """
        try:
            value, end = self.read(data, at)
        except (struct.error, IndexError):
            raise ProtocolError("a value was announced where the bytes end") from None
        if end != len(data):
            raise ProtocolError(f"{len(data) - end} bytes follow the end of a value")
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
