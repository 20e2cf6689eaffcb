"""Keys that sign versions (Ed25519), and where they are kept."""

from __future__ import annotations

import base64
import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from nerv_lab.core.errors import MissingLibraryError, NERVPersistenceError, ValidationError
from nerv_lab.core.history.signatures import SignedHead
from nerv_lab.inner_universe.keys.keyring_keys import keyring_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = [
    "SIGNING_KEY_SERVICE",
    "SigningKey",
    "SigningKeySource",
    "checked_public_keys",
    "generate_signing_key",
    "is_genuine",
    "signing_key_of",
]

logger = logging.getLogger(__name__)

SIGNING_KEY_SERVICE: Final = "nerv-lab signing key"
"""The name under which such keys are found in the keyring; the user name is one of your own."""

_PREFIX: Final = "ed25519:"
_KEYRING: Final = "keyring:"
_BYTES: Final = 32


def _library() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ModuleNotFoundError:
        raise MissingLibraryError(
            "signing needs cryptography, which is not installed; pip install 'nerv-lab[crypto]'"
        ) from None
    return ed25519


class SigningKey:
    """A private key that shows itself nowhere; `public` is for everybody.

    Attributes
    ----------
    public : str
        The public key: ``ed25519:`` and 32 bytes in base64.
    """

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        raw = private.public_key().public_bytes_raw()
        self.public = _PREFIX + base64.b64encode(raw).decode()

    def sign(self, head: SignedHead) -> SignedHead:
        """Return a head with its signature."""
        from dataclasses import replace

        signature = base64.b64encode(self._private.sign(head.message)).decode()
        return replace(head, signature=signature)

    def pem(self) -> bytes:
        """Return the private key as PEM (PKCS 8), as OpenSSL reads it: keep it to yourself."""
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def __repr__(self) -> str:
        return f"<SigningKey {self.public}: private part hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not pickled")


SigningKeySource: TypeAlias = "SigningKey | str | os.PathLike[str]"
"""A key, the path of its file, or ``"keyring:NAME"``."""


def generate_signing_key(where: str | os.PathLike[str] | None = None) -> SigningKey:
    """Return a new key to sign versions with, and keep it.

    Parameters
    ----------
    where : str or path, optional
        A file, which only you can read and which must not be there yet, or ``"keyring:NAME"``;
        by default it is not kept.

    Raises
    ------
    NERVPersistenceError
        It cannot be kept there.
    """
    key = SigningKey(_library().Ed25519PrivateKey.generate())
    if where is not None:
        name = os.fspath(where)
        if name.startswith(_KEYRING):
            _keep_in_keyring(name.removeprefix(_KEYRING), key)
        else:
            _keep_in_file(Path(name), key)
    return key


def _keep_in_file(path: Path, key: SigningKey) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NERVPersistenceError(
            f"{path} is there already; a key is not written over, so choose another name"
        ) from None
    except OSError as error:
        raise NERVPersistenceError(
            f"the key cannot be kept in {path} ({type(error).__name__}: {error.strerror})"
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.pem())
        file.flush()
        os.fsync(file.fileno())


def _keep_in_keyring(name: str, key: SigningKey) -> None:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise MissingLibraryError(
            "keeping a key in the keyring needs keyring, which is not installed; "
            "pip install 'nerv-lab[keyring]'"
        ) from None
    try:
        if keyring.get_password(SIGNING_KEY_SERVICE, name) is not None:
            raise NERVPersistenceError(
                f"the keyring keeps a key under {name!r} already; choose another name"
            )
        keyring.set_password(SIGNING_KEY_SERVICE, name, key.pem().decode())
    except keyring.errors.KeyringError as error:
        # Its own words may hold what it was given.
        raise NERVPersistenceError(
            f"the keyring cannot be written ({type(error).__name__}); unlock it or set one up"
        ) from None


def signing_key_of(source: SigningKeySource) -> SigningKey:
    """Return the key of a source.

    Raises
    ------
    NERVPersistenceError
        It is not there, or cannot be read.
    ValidationError
        What is there is no Ed25519 key.
    """
    if isinstance(source, SigningKey):
        return source
    name = os.fspath(source)
    if not name.startswith(_KEYRING):
        _close_to_others(Path(name))
    ed25519 = _library()
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        # No variable holds what was read: tracebacks may show them.
        found = load_pem_private_key(_stored(name), None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, ed25519.Ed25519PrivateKey):
        raise ValidationError(
            "signing_key",
            f"{name} holds no Ed25519 key in PEM; nl.generate_signing_key({name!r}) makes one",
        )
    return SigningKey(found)


def _stored(name: str) -> bytes:
    if name.startswith(_KEYRING):
        return keyring_secret(SIGNING_KEY_SERVICE, name.removeprefix(_KEYRING)).encode()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise NERVPersistenceError(
            f"the signing key {name} cannot be read ({type(error).__name__}); "
            f"nl.generate_signing_key({name!r}) makes one"
        ) from None


def _close_to_others(path: Path) -> None:
    if os.name != "posix" or not path.is_file():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        logger.warning("%s was open to others (mode %o); closing it", path, mode)
        path.chmod(0o600)


def checked_public_keys(keys: Iterable[str | SigningKey]) -> frozenset[str]:
    """Return public keys, as `SigningKey.public` gives them.

    Raises
    ------
    ValidationError
        One is none.
    """
    if isinstance(keys, (str, SigningKey)):
        raise ValidationError("trusted", "must be a list of public keys")
    found = [key.public if isinstance(key, SigningKey) else key for key in keys]
    given: list[Any] = found
    for key in given:
        if not isinstance(key, str) or _raw(key) is None:
            raise ValidationError(
                "trusted", f"{key!r} is no public key; those begin with {_PREFIX!r}"
            )
    return frozenset(found)


def _raw(key: str) -> bytes | None:
    try:
        raw = base64.b64decode(key.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return None
    return raw if key.startswith(_PREFIX) and len(raw) == _BYTES else None


def is_genuine(head: SignedHead) -> bool:
    """Return whether the signature of a head is that of its key."""
    from cryptography.exceptions import InvalidSignature

    raw = _raw(head.key)
    if raw is None:
        return False
    try:
        signature = base64.b64decode(head.signature, validate=True)
        _library().Ed25519PublicKey.from_public_bytes(raw).verify(signature, head.message)
    except (InvalidSignature, ValueError):
        return False
    return True
