"""A value that is kept encrypted: what stands in its place, which everybody may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

__all__ = ["Encrypted", "Reveal", "any_envelopes"]

# Algorithm, key, and a nonce of 12 bytes with what is sealed, in base64.
_FORM: Final = re.compile(r"([A-Z0-9]{1,16}):([0-9a-f]{16}):([A-Za-z0-9+/=]+)")
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_SHORTEST: Final = 40
_made = False


class Encrypted(str):
    """The envelope of a value that is kept encrypted: ``ALGORITHM:KEY:BASE64``.

    It is a value as others are: it is stored, hashed, compared and exported as what it is, a
    ciphertext. Whoever has the key opens it with `Lab.reveal`.

    Parameters
    ----------
    text : str
        The envelope.

    Raises
    ------
    ValueError
        It is none.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Encrypted:
        """Return the envelope that a text is."""
        found = _FORM.fullmatch(text)
        if not found or len(found[3]) < _SHORTEST or not _BASE64.fullmatch(found[3]):
            raise ValueError("not the envelope of an encrypted value")
        global _made
        _made = True
        return super().__new__(cls, text)

    @property
    def algorithm(self) -> str:
        """What it is encrypted with."""
        return self.partition(":")[0]

    @property
    def key_id(self) -> str:
        """Which key opens it; it says nothing about the key itself."""
        return self.split(":", 2)[1]

    @property
    def sealed(self) -> str:
        """Nonce and ciphertext, in base64."""
        return self.split(":", 2)[2]

    def __repr__(self) -> str:
        return f"<encrypted with key {self.key_id}>"


def any_envelopes() -> bool:
    """Return whether this process ever held an envelope; most never do."""
    return _made


Reveal: TypeAlias = Callable[[str, str, Encrypted], tuple[Any] | None]
"""Opens an envelope, given the key of its item and the name of its property; None if it cannot."""
