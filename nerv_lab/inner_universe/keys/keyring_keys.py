"""Where the key of a store file comes from, when it is not given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from nerv_lab.core.errors import KeyMissingError, NERVPersistenceError
from nerv_lab.inner_universe.embedded.connecting import MEMORY
from nerv_lab.inner_universe.keys.store_keys import KeySource

if TYPE_CHECKING:
    from nerv_lab.inner_universe.settings import Settings

__all__ = ["KEY_SERVICE", "key_of", "keyring_key", "keyring_secret"]

KEY_SERVICE: Final = "nerv-lab key"
"""The name under which keys are found in the keyring; the user name is the path of the store."""


def key_of(path: str, config: Settings) -> KeySource | None:
    """Return what gives the key of a store, by the settings; None where it is in plain text."""
    if path == MEMORY:
        return None
    if config.key is not None:
        return config.key.get_secret_value
    if config.key_keyring:
        return lambda: keyring_key(path)
    return None


def keyring_key(path: str) -> str:
    """Return the key that the keyring keeps for a store.

    Raises
    ------
    KeyMissingError
        It keeps none.
    NERVPersistenceError
        It cannot be read.
    """
    return keyring_secret(KEY_SERVICE, str(Path(path).resolve()))


def keyring_secret(service: str, name: str) -> str:
    """Return what the keyring keeps for a service under a name.

    Raises
    ------
    KeyMissingError
        It keeps nothing.
    NERVPersistenceError
        It cannot be read.
    """
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise NERVPersistenceError(
            "the key is to come from the keyring, but the package keyring is not installed; "
            "install nerv-lab[keyring], or give the key in another way"
        ) from None
    try:
        found = keyring.get_password(service, name)
    except keyring.errors.KeyringError as error:
        # Its own words may hold what it was given.
        raise NERVPersistenceError(
            f"the keyring cannot be read ({type(error).__name__}); unlock it or set one up, "
            f"or give the key in another way"
        ) from None
    if found is None:
        raise KeyMissingError(
            f"the keyring keeps no key for {name}; "
            f"put it there with: keyring set '{service}' '{name}'"
        )
    return found
