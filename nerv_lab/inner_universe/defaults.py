"""The default of each setting, without what checks settings and reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

__all__ = ["PREFIX", "DefaultSettings", "Offline", "Synchronous"]

Offline: TypeAlias = Literal["refuse", "queue"]
Synchronous: TypeAlias = Literal["FULL", "EXTRA", "NORMAL"]
PREFIX: Final = "NERV_"
"""What the names of settings begin with in the environment."""


@dataclass(frozen=True)
class DefaultSettings:
    """The default of each setting; `InnerUniverseConfig` says what they mean."""

    uri: str = ":memory:"
    actor: str | None = None
    busy_timeout: float = 5.0
    synchronous: Synchronous = "FULL"
    poll_interval: float = 0.02
    stop_timeout: float = 5.0
    key: SecretStr | None = None
    key_keyring: bool = False
    field_key: SecretStr | None = None
    field_key_keyring: bool = False
    signing_key: str | None = None
    token: SecretStr | None = None
    token_file: Path | None = None
    token_keyring: bool = False
    ca_file: Path | None = None
    connect_timeout: float = 10.0
    request_timeout: float = 60.0
    cache_seconds: float = 300.0
    local_events: tuple[str, ...] = ()
    batch_events: int = 1
    batch_seconds: float = 0.05
    offline: Offline = "refuse"
    offline_after: float = 2.0
    outbox_folder: Path | None = None
    outbox_writes: int = 100_000
    outbox_bytes: int = 256 * 1024 * 1024
    outbox_wait: float = 0.0
