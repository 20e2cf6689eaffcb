"""Keys of encrypted properties, and what they do."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import (
    KeyMissingError,
    MissingLibraryError,
    SealBrokenError,
    ValidationError,
)
from nerv_lab.core.values import decode, encode
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.inner_universe.keys.keyring_keys import keyring_secret
from nerv_lab.inner_universe.keys.store_keys import Key, KeySource

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from pydantic import SecretStr

    from nerv_lab.inner_universe.settings import Settings

__all__ = [
    "FIELD_KEY_SERVICE",
    "FieldEncryption",
    "FieldKeySource",
    "FieldKeys",
    "field_keys_of",
    "generate_field_key",
    "hide_all",
]

FieldKeySource: TypeAlias = "KeySource | Sequence[KeySource]"
"""A key, or several: the first encrypts, all of them open."""

FIELD_KEY_SERVICE: Final = "nerv-lab field key"
"""The name under which such keys are found in the keyring; the user name is the store's address."""

_ALGORITHM: Final = "A256GCM"
_DOMAIN: Final = b"nerv/property/1"
_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE: Final = 12
_ANY: Final = "*"


def generate_field_key() -> str:
    """Return a new key for encrypted properties: 32 random bytes, in base64.

    Keep it where the data is not: without it what was encrypted is lost.
    """
    return base64.b64encode(os.urandom(_BYTES)).decode()


@dataclass(frozen=True)
class FieldEncryption:
    """Which properties are kept encrypted.

    Attributes
    ----------
    properties : mapping of str to collection of str
        By type of entity or relation, ``"*"`` for all types, the names of the properties.
    purpose : str
        What the store is for. It goes into the seal: what was encrypted for one purpose is not
        accepted for another, though the key be the same.

    Raises
    ------
    ValidationError
        It is not so.
    """

    properties: Mapping[str, Iterable[str]] = field(default_factory=dict)
    purpose: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.properties, Mapping):
            raise ValidationError(
                "encrypt", "must name properties by type, such as {'person': ['ssn']}"
            )
        if not isinstance(self.purpose, str):
            raise ValidationError("purpose", "must be a text")
        named: dict[str, frozenset[str]] = {}
        for kind, names in self.properties.items():
            if isinstance(names, str) or not isinstance(names, Iterable):
                raise ValidationError(f"encrypt.{kind}", "must be a list of names of properties")
            checked = (checked_name(name, f"encrypt.{kind}") for name in names)
            named[checked_name(kind, "encrypt")] = frozenset(checked)
        object.__setattr__(self, "properties", named)

    def names(self, item_type: str) -> frozenset[str]:
        """Return the names of the properties that items of a type keep encrypted."""
        if not self.properties:
            return frozenset()
        found = (frozenset(self.properties.get(kind, ())) for kind in (item_type, _ANY))
        return frozenset().union(*found)


class FieldKeys:
    """Keys that encrypt and open properties, and show themselves nowhere.

    Parameters
    ----------
    sources : sequence of str, bytes, callable or Key
        Each gives 32 bytes, as they are or in base64. The first encrypts, all of them open.
    purpose : str
        See `FieldEncryption`.

    Raises
    ------
    ValidationError
        There is none, or one is no key.
    """

    __slots__ = ("_first", "_known", "_purpose")

    def __init__(self, sources: Sequence[KeySource], purpose: str = "") -> None:
        self._first = ""
        self._purpose = purpose.encode()
        self._known: dict[str, AESGCM] = {}
        ids = [self._take(Key(source)) for source in sources]
        if not ids:
            raise ValidationError("field_key", "give at least one key")
        self._first = ids[0]

    def _take(self, key: Key) -> str:
        key_id, cipher = _derived(key)
        self._known[key_id] = cipher
        return key_id

    def for_purpose(self, purpose: str) -> FieldKeys:
        """Return the same keys, for another purpose."""
        keys = FieldKeys.__new__(FieldKeys)
        keys._first, keys._known, keys._purpose = self._first, self._known, purpose.encode()
        return keys

    @property
    def key_id(self) -> str:
        """Names the key that encrypts; it says nothing about the key itself."""
        return self._first

    def knows(self, sealed: Encrypted) -> bool:
        """Whether the key of an envelope is among these."""
        return sealed.key_id in self._known and sealed.algorithm == _ALGORITHM

    def seal(self, item_key: str, name: str, value: Any) -> Encrypted:
        """Return a value, encrypted for one property of one item.

        Parameters
        ----------
        item_key : str
            Such as ``"e:ada"``.
        name : str
            Of the property.
        value : object
            A frozen value.
        """
        nonce = os.urandom(_NONCE)
        bound = self._bound(item_key, name)
        sealed = nonce + self._known[self._first].encrypt(nonce, encode(value), bound)
        text = base64.b64encode(sealed).decode()
        return Encrypted(f"{_ALGORITHM}:{self._first}:{text}")

    def open(self, item_key: str, name: str, sealed: Encrypted) -> Any:
        """Return the value of an envelope.

        Raises
        ------
        KeyMissingError
            Its key is not among these.
        SealBrokenError
            It was encrypted for another item, property or purpose, or was changed.
        """
        from cryptography.exceptions import InvalidTag

        if not self.knows(sealed):
            raise KeyMissingError(
                f"{name} of {item_key} is encrypted with key {sealed.key_id}, which is not at "
                f"hand; open the store with field_key=..., or set NERV_FIELD_KEY"
            )
        raw = base64.b64decode(sealed.sealed)
        bound = self._bound(item_key, name)
        try:
            opened = self._known[sealed.key_id].decrypt(raw[:_NONCE], raw[_NONCE:], bound)
        except InvalidTag:
            raise SealBrokenError(
                f"{name} of {item_key} is not what was encrypted there: it comes from another "
                f"item, property or store, or was changed"
            ) from None
        return decode(opened)

    def _bound(self, item_key: str, name: str) -> bytes:
        framed = [_DOMAIN]
        for part in (self._purpose, item_key.encode(), name.encode()):
            framed += (len(part).to_bytes(8, "big"), part)
        return b"".join(framed)

    def __repr__(self) -> str:
        return f"<FieldKeys {self._first}: hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not pickled")


def _derived(key: Key) -> tuple[str, AESGCM]:
    """Return the name of a key, and what encrypts with it.

    Both are derived, each for itself, so that the name tells nothing about the key.
    """
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ModuleNotFoundError:
        raise MissingLibraryError(
            "encrypted properties need cryptography, which is not installed; "
            "pip install 'nerv-lab[crypto]'"
        ) from None

    def derive(length: int, purpose: bytes) -> bytes:
        return HKDF(SHA256(), length, None, purpose).derive(_raw(key))

    cipher = AESGCM(derive(_BYTES, b"nerv/property-key/1"))
    return derive(_ID_BYTES, b"nerv/property-key-id/1").hex(), cipher


def _raw(key: Key) -> bytes:
    """Return the 32 bytes of a key; what raises holds no part of it in a variable."""
    if _is_base64(key):
        return base64.b64decode(key.reveal().strip())
    # A passphrase has as many characters as it likes, and is no key.
    if len(key.reveal()) != _BYTES or key.reveal().isascii():
        raise ValidationError(
            "field_key",
            "must be 32 random bytes, or those in base64; nl.generate_field_key() makes one",
        )
    return key.reveal()


def _is_base64(key: Key) -> bool:
    try:
        return len(base64.b64decode(key.reveal().strip(), validate=True)) == _BYTES
    except binascii.Error:
        return False


def hide_all(given: FieldKeySource | None) -> list[Key] | None:
    """Return keys that may be held in a variable: a traceback that shows them shows nothing."""
    if given is None:
        return None
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        return [Key(source) for source in given]
    return [Key(given)]


def _keys_in(secret: SecretStr) -> list[Key]:
    return [Key(text) for text in secret.get_secret_value().replace(",", " ").split()]


def field_keys_of(
    uri: str, config: Settings, given: list[Key] | None, purpose: str = ""
) -> FieldKeys | None:
    """Return the keys that were given, or else those that the settings name; None without any."""
    if given is not None:
        return FieldKeys(given, purpose)
    if config.field_key is not None:
        return FieldKeys(_keys_in(config.field_key), purpose)
    if config.field_key_keyring:
        return FieldKeys([lambda: keyring_secret(FIELD_KEY_SERVICE, uri)], purpose)
    return None
