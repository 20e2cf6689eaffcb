"""Keeping the tokens that say who we are.

A token of a 1.2 server never expires and whoever has it is us. It is kept where only this user can
read, travels in a header only, and is shown nowhere.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import platformdirs

from nerv_lab.core.errors import NERVPersistenceError

__all__ = ["FixedToken", "Secret", "TokenFile", "Tokens", "default_token_path"]

logger = logging.getLogger(__name__)


class Secret:
    """A text that is not shown by accident.

    Parameters
    ----------
    text : str
        The secret.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not pickled")


class Tokens(Protocol):
    """A place where tokens are kept, one for each server."""

    def get(self, server: str) -> Secret | None:
        """Return the token for a server, or None."""

    def put(self, server: str, token: Secret) -> None:
        """Keep the token for a server."""

    @property
    def where(self) -> str:
        """What to call the place."""


@dataclass(frozen=True)
class FixedToken:
    """A token that was given to us.

    Attributes
    ----------
    token : Secret
        Used for every server.
    """

    token: Secret

    @property
    def where(self) -> str:
        """What to call the place."""
        return "the settings (NERV_TOKEN)"

    def get(self, server: str) -> Secret | None:
        """Return the token."""
        return self.token

    def put(self, server: str, token: Secret) -> None:
        """Refuse: what was given is not replaced."""
        raise NERVPersistenceError("a token that was given in the settings is not replaced")


def default_token_path() -> Path:
    """Return where tokens are kept unless somebody says otherwise."""
    return platformdirs.user_config_path("nerv-lab") / "tokens.json"


@dataclass(frozen=True)
class TokenFile:
    """A file that only this user can read.

    Attributes
    ----------
    path : Path
        By default in the user's configuration folder.
    """

    path: Path = field(default_factory=default_token_path)

    @property
    def where(self) -> str:
        """What to call the place."""
        return str(self.path)

    def get(self, server: str) -> Secret | None:
        """Return the token for a server, or None.

        Raises
        ------
        NERVPersistenceError
            When the file cannot be read.
        """
        text = self._load().get(server)
        return Secret(text) if isinstance(text, str) else None

    def _load(self) -> dict[str, Any]:
        try:
            with self.path.open(encoding="utf-8") as file:
                self._close_to_others(file.fileno())
                loaded = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise NERVPersistenceError(
                f"the token file {self.path} cannot be read ({type(error).__name__}); mend or "
                f"remove it; without it the servers will know you under a new identity"
            ) from None
        return loaded if isinstance(loaded, dict) else {}

    def _close_to_others(self, descriptor: int) -> None:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if os.name == "posix" and mode & 0o077:
            logger.warning("%s was open to others (mode %o); closing it", self.path, mode)
            os.fchmod(descriptor, 0o600)

    def put(self, server: str, token: Secret) -> None:
        """Keep the token for a server.

        Raises
        ------
        NERVPersistenceError
            When the file cannot be written.
        """
        # Read first: a file that is damaged is not written over.
        self._load()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(self._with(server, token))
        except OSError as error:
            raise NERVPersistenceError(
                f"the token file {self.path} cannot be written ({error}); "
                f"choose another with NERV_TOKEN_FILE"
            ) from None

    def _with(self, server: str, token: Secret) -> str:
        known = {**self._load(), server: token.reveal()}
        return json.dumps(known, indent=1, sort_keys=True)

    def _replace(self, text: str) -> None:
        # mkstemp makes the file with mode 0600.
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".tokens-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
