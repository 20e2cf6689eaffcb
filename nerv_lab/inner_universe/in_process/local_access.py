"""Who may do what on a store inside this process, which believes what it is told."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.permissions import EVERYBODY, OWNER, Grant, Permissions
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.contract.log_events import Origin
from nerv_lab.inner_universe.contract.permitting import (
    ACCESS,
    permissions_from_text,
    permissions_text,
    require,
)
from nerv_lab.inner_universe.in_process.local_store import OwnErrors, Store

__all__ = ["LocalAccess"]


class LocalAccess(InnerUniverseClient):
    """The part of a client that grants and asks for permissions."""

    _origin: Origin

    @abstractmethod
    def _store(self, doing: str) -> Store: ...

    @abstractmethod
    def _errors(self, doing: str) -> OwnErrors: ...

    @property
    def identity(self) -> str | None:
        """The actor of the settings: a store in this process believes what it is told."""
        return self._origin.actor

    async def permissions(self) -> Permissions:
        """Return all that was granted."""
        with self._errors("permissions"):
            return permissions_from_text(self._store("permissions").setting(ACCESS))

    async def _require(self, action: str, item_type: str = EVERYBODY) -> None:
        require(await self.permissions(), self.identity, action, item_type)

    async def claim(self) -> None:
        """Become the owner of a store that has none."""
        actor = self.identity
        if actor is None:
            raise ValidationError(
                "actor", "nobody would be the owner; say who you are in NERV_ACTOR or the settings"
            )

        def change(permissions: Permissions) -> Permissions:
            if permissions.claimed:
                require(permissions, actor, "claim", EVERYBODY)
            return permissions.with_grant(Grant(actor, OWNER))

        self._change_permissions("claim", change)

    async def grant(self, grant: Grant) -> None:
        """Let an identity do something; nothing happens where it may already."""

        def change(permissions: Permissions) -> Permissions:
            require(permissions, self.identity, "grant", EVERYBODY)
            return permissions.with_grant(grant)

        self._change_permissions("grant", change)

    async def revoke(self, grant_id: int) -> None:
        """Take a grant back."""

        def change(permissions: Permissions) -> Permissions:
            require(permissions, self.identity, "revoke", EVERYBODY)
            return permissions.without(grant_id)

        self._change_permissions("revoke", change)

    def _change_permissions(self, doing: str, change: Callable[[Permissions], Permissions]) -> None:
        def changed(text: str | None) -> str:
            return permissions_text(change(permissions_from_text(text)))

        with self._errors(doing):
            self._store(doing).change_setting(ACCESS, changed)
