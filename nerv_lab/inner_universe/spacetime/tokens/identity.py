"""Where the settings say that our tokens are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nerv_lab.inner_universe.spacetime.tokens import FixedToken, Secret, TokenFile, Tokens
from nerv_lab.inner_universe.spacetime.tokens.keyring import KeyringTokens

if TYPE_CHECKING:
    from nerv_lab.inner_universe.settings import Settings

__all__ = ["tokens_of"]


def tokens_of(config: Settings) -> Tokens:
    """Return the place where the settings say that tokens are kept.

    A token that was given comes first, then the keyring where it is turned on, then the file.
    """
    if config.token is not None:
        return FixedToken(Secret(config.token.get_secret_value()))
    file = TokenFile() if config.token_file is None else TokenFile(config.token_file)
    return KeyringTokens(file) if config.token_keyring else file
