"""Opening a Lab."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nerv_lab.core.errors import KeyMissingError
from nerv_lab.inner_universe import client_for
from nerv_lab.inner_universe.bundles import Bundle, BundleReport
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption, field_keys_of, hide_all
from nerv_lab.inner_universe.keys.signing import signing_key_of
from nerv_lab.inner_universe.keys.store_keys import hide
from nerv_lab.inner_universe.settings import settings_of
from nerv_lab.lab.bundling import take_in
from nerv_lab.lab.driving import run
from nerv_lab.lab.lab import Lab
from nerv_lab.lab.security.encrypting import Vault

if TYPE_CHECKING:
    from nerv_lab.core.history.retention import RetentionPolicy
    from nerv_lab.inner_universe import InnerUniverseConfig
    from nerv_lab.inner_universe.defaults import Offline
    from nerv_lab.inner_universe.keys.field_keys import FieldKeySource
    from nerv_lab.inner_universe.keys.signing import SigningKeySource
    from nerv_lab.inner_universe.keys.store_keys import Key, KeySource
    from nerv_lab.inner_universe.settings import Settings
from nerv_lab.inner_universe.contract.progress import Progress, told

__all__ = ["import_bundle", "open"]


def open(
    uri: str | os.PathLike[str] = ":memory:",
    *,
    author: str | None = None,
    config: InnerUniverseConfig | None = None,
    key: KeySource | None = None,
    retention: RetentionPolicy | Mapping[str, Any] | None = None,
    encrypt: FieldEncryption | Mapping[str, Iterable[str]] | None = None,
    field_key: FieldKeySource | None = None,
    signing_key: SigningKeySource | None = None,
    offline: Offline | None = None,
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
    encrypt : FieldEncryption or mapping, optional
        Properties that are encrypted before they leave this process, by type of item, such as
        ``{"person": ["ssn"]}``. The graph remembers it from the first such value on: whoever
        opens it later with the key goes on so, and without it cannot write them.
    field_key : str, bytes, callable or a list of them, optional
        What encrypts them: 32 bytes, also in base64, as `nerv_lab.generate_field_key` makes them.
        Of several the first encrypts and all of them open. By default that of
        ``NERV_FIELD_KEY``, or of the keyring where ``NERV_FIELD_KEY_KEYRING`` is set.
    signing_key : SigningKey, str or path, optional
        Signs every version that is committed: a key, its file, or ``"keyring:NAME"``. By default
        what ``NERV_SIGNING_KEY`` names; without any, nothing is signed.
    offline : {"refuse", "queue"}, optional
        What becomes of writes while a server is away. ``"refuse"``: they wait for it a while, and
        raise. ``"queue"``: every write goes into a file on this machine first; while the server is
        away the Lab goes on with what it knows, and all is sent, once and in order, when it is
        back, if need be by the next Lab. See `Lab.outbox`. By default that of the settings, which
        is ``"refuse"``. Of no meaning for files.

    Returns
    -------
    Lab
        Close it, or use it in a ``with`` statement.

    Raises
    ------
    NERVPersistenceError
        The store cannot be opened; the subclass and the message say why and what to do.
    """
    # Tracebacks may show what variables hold.
    hidden, hidden_field = hide(key), hide_all(field_key)
    key = field_key = None
    settings = settings_of(os.fspath(uri), config)
    named = settings.signing_key if signing_key is None else signing_key
    lab = Lab(
        client_for(os.fspath(uri), settings, key=hidden, offline=offline),
        author=author,
        vault=_vault(os.fspath(uri), settings, encrypt, hidden_field),
        signing_key=None if named is None else signing_key_of(named),
    )
    if retention is not None:
        try:
            lab.retention = retention
        except BaseException:
            lab.close()
            raise
    return lab


def _vault(
    uri: str,
    settings: Settings,
    encrypt: FieldEncryption | Mapping[str, Iterable[str]] | None,
    keys: list[Key] | None,
) -> Vault:
    wanted = encrypt if isinstance(encrypt, FieldEncryption) else FieldEncryption(encrypt or {})
    found = field_keys_of(uri, settings, keys, wanted.purpose)
    if wanted.properties and found is None:
        raise KeyMissingError(
            "properties are to be encrypted, and there is no key; give field_key=..., such as "
            "one that nl.generate_field_key() made, or set NERV_FIELD_KEY"
        )
    return Vault(wanted, found)


def import_bundle(
    path: str | os.PathLike[str],
    uri: str | os.PathLike[str],
    *,
    config: InnerUniverseConfig | None = None,
    progress: Progress = None,
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
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in records.

    Raises
    ------
    BundleError
        It is no bundle, or not as it was written; nothing was changed.
    ConflictError
        The store has a history of its own; nothing was changed.
    """
    with told(progress) as meter, Bundle(path, meter=meter) as bundle:
        # No Lab is opened, since nobody wants to follow what is taken in.
        client = client_for(os.fspath(uri), config)
        run(client, client.connect())
        try:
            new_events = take_in(bundle, client, partial(run, client))
        finally:
            run(client, client.close())
        return bundle.report(new_events)
