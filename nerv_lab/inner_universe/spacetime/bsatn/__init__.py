"""BSATN, the binary encoding of SpacetimeDB: strict, bounded, and symmetrical.

A codec describes one type, reads it from bytes and appends it to bytes. Whatever bytes come in,
decoding ends with a value or with `ProtocolError`: sizes are checked against what is there before
anything is made of them, and types are finite, so that there is nothing to recurse into for ever.
"""

from nerv_lab.inner_universe.spacetime.bsatn.codec import Codec
from nerv_lab.inner_universe.spacetime.bsatn.composites import (
    UNIT,
    Array,
    Option,
    Product,
    Sum,
    Variant,
)
from nerv_lab.inner_universe.spacetime.bsatn.scalars import (
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
    Fixed,
)

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
    "Sum",
    "Variant",
]
