"""From an address to a client."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.defaults import DefaultSettings, Offline
from nerv_lab.inner_universe.embedded.client import EmbeddedInnerUniverse
from nerv_lab.inner_universe.embedded.connecting import MEMORY
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse
from nerv_lab.inner_universe.keys.keyring_keys import key_of
from nerv_lab.inner_universe.keys.store_keys import KeySource
from nerv_lab.inner_universe.settings import Settings, settings_of

__all__ = ["SCHEMES", "client_for"]

ClientFactory = Callable[[str, Settings], InnerUniverseClient]

# A scheme has two letters or more, so that a drive such as C: is the beginning of a path.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?://)?")


def _embedded(path: str, config: Settings, key: KeySource | None = None) -> InnerUniverseClient:
    path = path if path == MEMORY else str(Path(path).expanduser())
    return EmbeddedInnerUniverse(
        path,
        actor=config.actor,
        busy_timeout=config.busy_timeout,
        synchronous=config.synchronous,
        poll_interval=config.poll_interval,
        key=key_of(path, config) if key is None else key,
    )


def _mock(uri: str, config: Settings) -> InnerUniverseClient:
    return MockInnerUniverse(actor=config.actor)


def _spacetime(uri: str, config: Settings) -> InnerUniverseClient:
    from nerv_lab.inner_universe.spacetime.client import client_with  # slow to import

    client = client_with(uri, config)
    if config.offline == "refuse":
        return client
    from nerv_lab.inner_universe.spacetime.queueing import QueuedUniverse, QueueLimits

    limits = QueueLimits(
        config.outbox_folder,
        config.outbox_writes,
        config.outbox_bytes,
        config.outbox_wait,
        config.offline_after,
    )
    return QueuedUniverse(client, limits)


SCHEMES: dict[str, ClientFactory] = {
    "file": _embedded,
    "mock": _mock,
    "spacetimedb": _spacetime,
    "spacetimedbs": _spacetime,
}
"""What makes the client of an address, by its scheme; each is given the address and settings."""


def client_for(
    uri: str | os.PathLike[str],
    config: Settings | None = None,
    *,
    key: KeySource | None = None,
    offline: Offline | None = None,
) -> InnerUniverseClient:
    """Return a client, not yet connected.

    Parameters
    ----------
    uri : str or path
        The path of a store file, ``":memory:"``, ``"file:PATH"``, ``"mock://"`` or
        ``"spacetimedb://HOST:PORT/DATABASE"`` (``"spacetimedbs://"`` for TLS).
    config : InnerUniverseConfig, optional
        Settings, apart from its ``uri``; by default those of the environment.
    key : str, bytes or callable, optional
        Encrypts a store file, or opens one that is encrypted; by default that of the settings.
    offline : {"refuse", "queue"}, optional
        What becomes of writes while a server is away; by default that of the settings.

    Raises
    ------
    ValidationError
        When the scheme is unknown, or a key is given for what is no file.
    """
    uri = os.fspath(uri)
    if not uri:
        raise ValidationError("uri", "must be the path of a store file, ':memory:' or an address")
    settings = settings_of(uri, config)
    if offline is not None:
        if offline not in get_args(Offline):
            raise ValidationError("offline", f"must be 'refuse' or 'queue', not {offline!r}")
        settings = _changed(settings, offline)
    found = _SCHEME.match(uri)
    if found is None or uri == MEMORY:
        return _embedded(uri, settings, key)
    scheme = found[1].lower()
    if SCHEMES.get(scheme) is _embedded:
        return _embedded(_SCHEME.sub("", uri, count=1), settings, key)
    if key is not None:
        raise ValidationError("key", f"only a store file can be encrypted, which {uri!r} is not")
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}:" for name in sorted(SCHEMES))
        raise ValidationError(
            "uri", f"{uri!r} has the unknown scheme {scheme!r}; use a path, ':memory:' or {known}"
        )
    return SCHEMES[scheme](uri, settings)


def _changed(settings: Settings, offline: Offline) -> Settings:
    if isinstance(settings, DefaultSettings):
        return replace(settings, offline=offline)
    return settings.model_copy(update={"offline": offline})
