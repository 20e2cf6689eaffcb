"""One connection for all who use the same database in this process."""

from __future__ import annotations

from dataclasses import dataclass

from nerv_lab.inner_universe.portal import Portal
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.tokens import Tokens
from nerv_lab.inner_universe.spacetime.wire.address import Address
from nerv_lab.inner_universe.spacetime.wire.limits import Limits

__all__ = ["ConnectionPool", "pool_of"]

_Key = tuple[Address, Tokens, Limits]


@dataclass(slots=True)
class _Shared:
    connection: Connection
    users: int


class ConnectionPool:
    """Open connections, and how many use each; belongs to one portal's loop."""

    def __init__(self) -> None:
        self._open: dict[_Key, _Shared] = {}

    async def acquire(self, address: Address, tokens: Tokens, limits: Limits) -> Connection:
        """Return an open connection, shared with all who ask for the same.

        Raises
        ------
        ServerError
            When it cannot be opened.
        """
        key = (address, tokens, limits)
        shared = self._open.get(key)
        if shared is None or shared.connection.failed:
            shared = self._open[key] = _Shared(Connection(address, tokens, limits), 0)
        shared.users += 1
        try:
            await shared.connection.open()
        except BaseException:
            await self.release(shared.connection)
            raise
        return shared.connection

    async def release(self, connection: Connection) -> None:
        """Give a connection back; the last one closes it."""
        for key, shared in self._open.items():
            if shared.connection is connection:
                shared.users -= 1
                if shared.users == 0:
                    del self._open[key]
                    await connection.close()
                return


_pools: dict[Portal, ConnectionPool] = {}


def pool_of(portal: Portal) -> ConnectionPool:
    """Return the pool of a portal; to be called in its loop."""
    return _pools.setdefault(portal, ConnectionPool())
