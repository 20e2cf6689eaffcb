"""Keeping tokens in the keyring of the desktop or the operating system."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Final

from nerv_lab.core.errors import NERVPersistenceError
from nerv_lab.inner_universe.spacetime.tokens import Secret, TokenFile

__all__ = ["SERVICE", "KeyringTokens"]

SERVICE: Final = "nerv-lab"
"""The name under which tokens are found in the keyring; the user name is the server's address."""


@dataclass(frozen=True)
class KeyringTokens:
    """A keyring, through the package ``keyring``.

    A token that was kept in the file before stays there and stays in use, so that nobody becomes
    somebody else by turning the keyring on; new tokens go into the keyring. Where the keyring
    cannot be used that is an error: a token is never written to a file instead.

    Attributes
    ----------
    file : TokenFile
        Where tokens were kept before.
    """

    file: TokenFile = field(default_factory=TokenFile)

    @property
    def where(self) -> str:
        """What to call the place."""
        return f"the keyring (service {SERVICE!r}) or {self.file.where}"

    def get(self, server: str) -> Secret | None:
        """Return the token for a server, or None.

        Raises
        ------
        NERVPersistenceError
            When the keyring, or the file, cannot be read.
        """
        keyring = _keyring()
        try:
            found = keyring.get_password(SERVICE, server)
        except keyring.errors.KeyringError as error:
            raise _unusable("read", error) from None
        return self.file.get(server) if found is None else Secret(found)

    def put(self, server: str, token: Secret) -> None:
        """Keep the token for a server.

        Raises
        ------
        NERVPersistenceError
            When the keyring cannot be written.
        """
        keyring = _keyring()
        try:
            keyring.set_password(SERVICE, server, token.reveal())
        except keyring.errors.KeyringError as error:
            raise _unusable("written", error) from None


def _keyring() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise NERVPersistenceError(
            "NERV_TOKEN_KEYRING is set, but the package keyring is not installed; "
            "install nerv-lab[keyring], or unset it to keep tokens in a file"
        ) from None
    return keyring


def _unusable(done: str, error: Exception) -> NERVPersistenceError:
    # Its own words may hold what it was given.
    return NERVPersistenceError(
        f"the keyring cannot be {done} ({type(error).__name__}); unlock it or set one up, "
        f"or unset NERV_TOKEN_KEYRING to keep tokens in a file"
    )
