"""Opening a Lab."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nerv_lab.inner_universe import client_for
from nerv_lab.lab.lab import Lab

if TYPE_CHECKING:
    from nerv_lab.inner_universe import InnerUniverseConfig

__all__ = ["open"]


def open(
    uri: str | os.PathLike[str] = ":memory:",
    *,
    author: str | None = None,
    config: InnerUniverseConfig | None = None,
) -> Lab:
    """Open a knowledge graph with its history.

    Parameters
    ----------
    uri : str or path
        A file such as ``"team.nerv"``, made where it does not exist, or ``":memory:"``.
    author : str, optional
        Recorded as the author of versions and the source of changes.
    config : InnerUniverseConfig, optional
        Settings of the store.

    Returns
    -------
    Lab
        Close it, or use it in a ``with`` statement.

    Raises
    ------
    NERVPersistenceError
        The store cannot be opened; the subclass and the message say why and what to do.
    """
    return Lab(client_for(os.fspath(uri), config), author=author)
