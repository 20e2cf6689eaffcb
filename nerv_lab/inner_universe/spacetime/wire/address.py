"""Addresses of databases."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from nerv_lab.core.errors import ValidationError

__all__ = ["SCHEMES", "Address"]

SCHEMES = {"spacetimedb": False, "spacetimedbs": True}
"""The schemes of addresses, and whether each means TLS."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FORM = "spacetimedb://HOST:PORT/DATABASE, or spacetimedbs:// for TLS"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is.

    Attributes
    ----------
    host : str
        Name or IP address of the server.
    port : int
        3000 by default, 443 with TLS.
    database : str
        Its name there, or its identity.
    tls : bool
        Whether the connection is encrypted and the server's certificate verified.
    ca_file : str or None
        Certificates, in PEM, of who may vouch for the server; by default whom the system trusts.
    """

    host: str
    port: int
    database: str
    tls: bool
    ca_file: str | None = None

    @classmethod
    def parse(
        cls,
        uri: str,
        *,
        database: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> Address:
        """Return the address that a URI names.

        Parameters
        ----------
        uri : str
            Of a database, or with `database` of a server.
        database : str, optional
            Its name, where the URI does not hold it.
        ca_file : path, optional
            Certificates, in PEM, of who may vouch for the server; only with TLS.

        Raises
        ------
        ValidationError
            When it is not one. The message does not repeat what may be a password.
        """
        try:
            parts = urlsplit(uri)
            port = parts.port
        except ValueError as error:
            raise ValidationError("uri", f"{error}; write {_FORM}") from None
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValidationError("uri", f"is not the address of a database; write {_FORM}")
        if parts.username is not None or parts.password is not None or parts.query:
            raise ValidationError(
                "uri", "must not hold a user, password or token; set NERV_TOKEN instead"
            )
        name = parts.path.strip("/") if database is None else database
        if parts.fragment or not _NAME.fullmatch(name):
            raise ValidationError("uri", f"does not name one database; write {_FORM}")
        tls = SCHEMES[parts.scheme]
        trusted = None if ca_file is None or not tls else os.fspath(ca_file)
        return cls(parts.hostname, port or (443 if tls else 3000), name, tls, trusted)

    @property
    def server(self) -> str:
        """The server's own address, without a database."""
        return f"{'https' if self.tls else 'http'}://{self._netloc}"

    @property
    def uri(self) -> str:
        """The address in one canonical form."""
        scheme = "spacetimedbs" if self.tls else "spacetimedb"
        return f"{scheme}://{self._netloc}/{self.database}"

    def socket(self, *, light: bool = True) -> str:
        """Return where to open the WebSocket, uncompressed.

        Parameters
        ----------
        light : bool
            Whether to hear of others' transactions only what they did to the rows.
        """
        scheme = "wss" if self.tls else "ws"
        path = f"/v1/database/{quote(self.database)}/subscribe?compression=None"
        return f"{scheme}://{self._netloc}{path}" + ("&light=true" if light else "")

    @property
    def is_local(self) -> bool:
        """Whether what is sent there stays on this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def _netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"
