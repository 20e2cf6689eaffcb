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

How they are checked and kept is in :mod:`nerv_lab.core.values.freezing`, their encoding in
:mod:`nerv_lab.core.values.encoding`.
"""

from __future__ import annotations

import hashlib
import json

from nerv_lab.core.errors import ValueRefusedError
from nerv_lab.core.values.decoding import decode
from nerv_lab.core.values.encoding import encode, encode_plain, plain
from nerv_lab.core.values.freezing import freeze
from nerv_lab.core.values.read_only import ReadOnlyDict, ReadOnlyList, thaw

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
