"""Settings of the Inner Universe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.defaults import PREFIX, Offline, Synchronous
from nerv_lab.inner_universe.defaults import DefaultSettings as Default

__all__ = ["InnerUniverseConfig", "Offline"]


class InnerUniverseConfig(BaseSettings):
    """Where the graph is kept and how.

    What is not given is taken from the environment, from ``NERV_URI``, ``NERV_ACTOR`` and so on,
    and else from the defaults.

    Attributes
    ----------
    uri : str
        A file, ``":memory:"``, or an address with a scheme that `client_for` knows.
    actor : str or None
        The identity recorded in what is written.
    busy_timeout : float
        Seconds to wait while another writer holds the store.
    synchronous : {"FULL", "EXTRA", "NORMAL"}
        How hard the embedded store presses the disk; ``"NORMAL"`` may lose the last commits when
        the power fails.
    poll_interval : float
        Seconds between two looks for what other processes wrote.
    key : str or None
        What encrypts a store file, or opens one that is encrypted.
    key_keyring : bool
        Whether to ask the keyring of the desktop for the key; needs ``nerv-lab[keyring]``.
    field_key : str or None
        What encrypts and opens properties: 32 bytes in base64; several with commas between, of
        which the first encrypts.
    field_key_keyring : bool
        Whether to ask the keyring of the desktop for it; needs ``nerv-lab[keyring]``.
    signing_key : str or None
        What signs versions: the file of a key, or ``keyring:NAME``.
    stop_timeout : float
        Seconds that `InnerUniverseController.stop` may take.
    token : str or None
        Says to a server who we are; by default one that the server gave us before.
    token_file : path or None
        Where such tokens are kept, if not in the user's configuration folder.
    token_keyring : bool
        Whether new ones go into the keyring of the desktop instead; needs ``nerv-lab[keyring]``.
    ca_file : path or None
        Certificates, in PEM, of who may vouch for a server with TLS, in place of whom the system
        trusts; for a server whose certificate is of an authority of your own.
    connect_timeout, request_timeout : float
        Seconds that a server may take to let us in, and to do one thing, reconnecting included.
    cache_seconds : float
        How long an item that was read from a server is remembered; it is forgotten at once when
        it changes.
    local_events : tuple of str
        Types of events, such as ``"cursor.*"``, that `SpacetimeEventBus` delivers here and does
        not write.
    batch_events : int
        How many events `SpacetimeEventBus` gathers before it writes them; 1 writes each at once.
    batch_seconds : float
        How long an event waits for others at most.
    offline : {"refuse", "queue"}
        What becomes of writes while a server is away: they raise, or are queued on this machine
        and sent later.
    offline_after : float
        Seconds that a lost connection may take to come back before work goes on without it.
    outbox_folder : path or None
        Where outboxes lie, if not in the user's folder for state.
    outbox_writes, outbox_bytes : int
        How many writes, and how many bytes of them, may wait for a server at most.
    outbox_wait : float
        Seconds that a write waits for room in a full outbox before it is refused.

    Raises
    ------
    ValidationError
        When a field is unknown or its value is refused.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    uri: str = Default.uri
    actor: str | None = Default.actor
    busy_timeout: float = Field(Default.busy_timeout, ge=0, le=3600, allow_inf_nan=False)
    synchronous: Synchronous = Default.synchronous
    poll_interval: float = Field(Default.poll_interval, gt=0, le=60, allow_inf_nan=False)
    stop_timeout: float = Field(Default.stop_timeout, gt=0, le=3600, allow_inf_nan=False)
    key: SecretStr | None = Default.key
    key_keyring: bool = Default.key_keyring
    field_key: SecretStr | None = Default.field_key
    field_key_keyring: bool = Default.field_key_keyring
    signing_key: str | None = Default.signing_key
    token: SecretStr | None = Default.token
    token_file: Path | None = Default.token_file
    token_keyring: bool = Default.token_keyring
    ca_file: Path | None = Default.ca_file
    connect_timeout: float = Field(Default.connect_timeout, gt=0, le=3600, allow_inf_nan=False)
    request_timeout: float = Field(Default.request_timeout, gt=0, le=86_400, allow_inf_nan=False)
    cache_seconds: float = Field(Default.cache_seconds, ge=0, allow_inf_nan=False)
    local_events: tuple[str, ...] = Default.local_events
    batch_events: int = Field(Default.batch_events, ge=1, le=10_000)
    batch_seconds: float = Field(Default.batch_seconds, ge=0, le=60, allow_inf_nan=False)
    offline: Offline = Default.offline
    offline_after: float = Field(Default.offline_after, ge=0, le=3600, allow_inf_nan=False)
    outbox_folder: Path | None = Default.outbox_folder
    outbox_writes: int = Field(Default.outbox_writes, ge=1)
    outbox_bytes: int = Field(Default.outbox_bytes, ge=1)
    outbox_wait: float = Field(Default.outbox_wait, ge=0, le=86_400, allow_inf_nan=False)

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except pydantic.ValidationError as error:
            fields = {}  # tracebacks may show what variables hold
            raise _refusal(error) from None

    def __reduce__(self) -> Any:
        secrets = [name for name, value in self if isinstance(value, SecretStr)]
        if secrets:
            raise TypeError(f"settings that hold secrets ({', '.join(secrets)}) are not pickled")
        return super().__reduce__()


def _refusal(error: pydantic.ValidationError) -> ValidationError:
    first = error.errors(include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "config"
    return ValidationError(field, _reason(first["type"], first["msg"]))


def _reason(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"is not a setting; use one of {', '.join(InnerUniverseConfig.model_fields)}"
    return message
