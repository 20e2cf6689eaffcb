"""Giving a server our module; no Rust is needed for it."""

from __future__ import annotations

import asyncio
import logging
import os
from importlib import resources
from pathlib import Path

from nerv_lab.core.errors import (
    ModuleMismatchError,
    NERVPersistenceError,
    PermissionDeniedError,
    ValidationError,
)
from nerv_lab.inner_universe.portal import portal
from nerv_lab.inner_universe.spacetime.module.checking import check_schema, newer_module
from nerv_lab.inner_universe.spacetime.module.schema import MODULE_VERSION
from nerv_lab.inner_universe.spacetime.tokens import Tokens
from nerv_lab.inner_universe.spacetime.tokens.identity import tokens_of
from nerv_lab.inner_universe.spacetime.wire.address import SCHEMES, Address
from nerv_lab.inner_universe.spacetime.wire.http import HttpApi

__all__ = ["module_bytes", "publish", "publish_module"]

logger = logging.getLogger(__name__)

_PLAIN = {"http": "spacetimedb", "https": "spacetimedbs"}
_TIMEOUT = 120.0
_Path = str | os.PathLike[str]


def module_bytes(path: str | Path | None = None) -> bytes:
    """Return the module that ships with the package, or the one in a file.

    Raises
    ------
    NERVPersistenceError
        When it is not there.
    """
    source = resources.files(__package__) / "module.wasm" if path is None else Path(path)
    try:
        return source.read_bytes()
    except OSError as error:
        raise NERVPersistenceError(
            f"the module cannot be read ({error}); install nerv-lab again, or build it from "
            f"spacetime_module"
        ) from None


def _address(url: str, name: str | None, ca_file: _Path | None) -> Address:
    scheme, separator, rest = url.partition("://")
    scheme = _PLAIN.get(scheme, scheme)
    if not separator or scheme not in SCHEMES:
        raise ValidationError("url", "must be the address of a server, such as http://HOST:3000")
    return Address.parse(f"{scheme}://{rest}", database=name, ca_file=ca_file)


async def publish(
    url: str,
    name: str | None = None,
    *,
    tokens: Tokens | None = None,
    module: str | Path | None = None,
    ca_file: _Path | None = None,
) -> Address:
    """Publish the module, as `publish_module` does."""
    from nerv_lab.inner_universe.config import InnerUniverseConfig  # slow to import

    settings = InnerUniverseConfig()
    address = _address(url, name, settings.ca_file if ca_file is None else ca_file)
    kept = tokens_of(settings) if tokens is None else tokens
    wasm = module_bytes(module)
    token = await asyncio.to_thread(kept.get, address.server)
    async with HttpApi(address, token, token_place=kept.where, timeout=_TIMEOUT) as api:
        if token is None:
            _, token = await api.new_identity()
            await asyncio.to_thread(kept.put, address.server, token)
    async with HttpApi(address, token, token_place=kept.where, timeout=_TIMEOUT) as api:
        if module is None:
            await _check_not_newer(api, address)
        await api.publish(wasm)
        check_schema(await api.schema(), address.uri)
        await _migrate(api, address)
    return address


async def _check_not_newer(api: HttpApi, address: Address) -> None:
    """Refuse to put our module in the place of a newer one, whose rows it might not understand."""
    try:
        versions = await api.schema_versions()
    except NERVPersistenceError:
        return  # there is no database yet, or it runs another module, which the server judges
    if (newer := newer_module(versions, address.uri)) is not None:
        raise ModuleMismatchError(f"{address.uri}: {newer}; the module was left as it is")


async def _migrate(api: HttpApi, address: Address) -> None:
    """Have the database record which schema its tables have now."""
    if (await api.schema_versions()).get("module", 0) >= MODULE_VERSION:
        return
    try:
        await api.call("migrate")
    except PermissionDeniedError:
        logger.warning("%s: its owner has yet to call the reducer migrate", address.uri)


def publish_module(
    url: str,
    name: str | None = None,
    *,
    tokens: Tokens | None = None,
    module: str | Path | None = None,
    ca_file: _Path | None = None,
) -> str:
    """Make a database run the nerv-lab module, or update the one it runs.

    Parameters
    ----------
    url : str
        The server, such as ``"http://127.0.0.1:3000"`` or ``"spacetimedb://127.0.0.1:3000"``.
    name : str, optional
        The database; may also be the last part of a ``spacetimedb://`` address.
    tokens : Tokens, optional
        Where the token is kept that says who we are; by default where the settings say.
        Whoever publishes a database first owns it.
    module : path, optional
        Another module than the one that ships with the package.
    ca_file : path, optional
        Certificates, in PEM, of who may vouch for the server; by default what the settings say.

    Returns
    -------
    str
        What to open it with.

    Raises
    ------
    NERVPersistenceError
        When the server cannot be reached, does not accept the token, or refuses the module; or
        when the database runs a newer one.
    """
    return portal().run(publish(url, name, tokens=tokens, module=module, ca_file=ca_file)).uri
