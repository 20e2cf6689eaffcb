"""Opening a Lab."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nerv_lab.inner_universe import client_for
from nerv_lab.inner_universe.bundles import Bundle, BundleReport
from nerv_lab.lab.bundling import take_in
from nerv_lab.lab.driving import run
from nerv_lab.lab.lab import Lab

if TYPE_CHECKING:
    from nerv_lab.core.retention import RetentionPolicy
    from nerv_lab.inner_universe import InnerUniverseConfig
    from nerv_lab.inner_universe.bundles.writer import Progress
    from nerv_lab.inner_universe.embedded.keys import KeySource

__all__ = ["import_bundle", "open"]


def open(
    uri: str | os.PathLike[str] = ":memory:",
    *,
    author: str | None = None,
    config: InnerUniverseConfig | None = None,
    key: KeySource | None = None,
    retention: RetentionPolicy | Mapping[str, Any] | None = None,
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
    key : str, bytes or callable, optional
        Encrypts the file, or opens one that is encrypted; a callable gives it when it is needed.
        By default that of ``NERV_KEY``, or of the keyring where ``NERV_KEY_KEYRING`` is set.
    retention : RetentionPolicy or mapping, optional
        What to keep of the history from now on, such as ``{"keep_last": 100, "daily": 30}``; the
        store remembers it. By default it is left as it is, and at first all is kept.

    Returns
    -------
    Lab
        Close it, or use it in a ``with`` statement.

    Raises
    ------
    NERVPersistenceError
        The store cannot be opened; the subclass and the message say why and what to do.
    """
    lab = Lab(client_for(os.fspath(uri), config, key=key), author=author)
    if retention is not None:
        try:
            lab.retention = retention
        except BaseException:
            lab.close()
            raise
    return lab


def import_bundle(
    path: str | os.PathLike[str],
    uri: str | os.PathLike[str],
    *,
    config: InnerUniverseConfig | None = None,
    progress: Progress | None = None,
) -> BundleReport:
    """Take the history of a bundle into a store, as `Lab.import_bundle` does.

    Parameters
    ----------
    path : str or path
        The bundle; it is verified before the store is opened.
    uri : str or path
        The store: empty, not there yet, or with a beginning of the same history.
    config : InnerUniverseConfig, optional
        Settings of the store.
    progress : callable, optional
        Called as ``progress(section, done, total)``.

    Raises
    ------
    BundleError
        It is no bundle, or not as it was written; nothing was changed.
    ConflictError
        The store has a history of its own; nothing was changed.
    """
    with Bundle(path, progress=progress) as bundle:
        # No Lab is opened, since nobody wants to follow what is taken in.
        client = client_for(os.fspath(uri), config)
        run(client, client.connect())
        try:
            new_events = take_in(bundle, client, partial(run, client))
        finally:
            run(client, client.close())
        return bundle.report(new_events)
