"""Who may do what on a store: the contract, and how a store in this process keeps to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, Final

from nerv_lab.core.errors import PermissionDeniedError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES
from nerv_lab.core.graph.permissions import EVERYBODY, Grant, Permissions
from nerv_lab.core.values import decode, encode, freeze
from nerv_lab.inner_universe.contract.log_events import change_of

__all__ = [
    "ACCESS",
    "PermissionContract",
    "check_events",
    "permissions_from_text",
    "permissions_text",
    "require",
]

ACCESS: Final = "access"
"""The setting in which a store inside this process keeps what was granted."""

_NOBODY: Final = "(without NERV_ACTOR)"
_VERBS: Final = {"added": "create", "changed": "update", "removed": "delete"}


class PermissionContract(ABC):
    """Who we are, and who may do what."""

    @property
    @abstractmethod
    def identity(self) -> str | None:
        """Who the store takes us for; None where nobody has said so."""

    @abstractmethod
    async def permissions(self) -> Permissions:
        """Return all that was granted."""

    @abstractmethod
    async def claim(self) -> None:
        """Become the owner of a store that has none; nothing happens where we are one.

        Raises
        ------
        PermissionDeniedError
            When others own it.
        """

    @abstractmethod
    async def grant(self, grant: Grant) -> None:
        """Let an identity do something; nothing happens where it may already.

        Raises
        ------
        PermissionDeniedError
            When we are no owner.
        ValidationError
            When it makes no sense.
        """

    @abstractmethod
    async def revoke(self, grant_id: int) -> None:
        """Take a grant back.

        Raises
        ------
        PermissionDeniedError
            When we are no owner.
        ValidationError
            When there is none with this id, or it is that of the last owner.
        """


def permissions_text(permissions: Permissions) -> str:
    """Return permissions as a setting."""
    return encode(freeze([grant.record() for grant in permissions.grants])).decode()


def permissions_from_text(text: str | None) -> Permissions:
    """Return the permissions of a setting."""
    return Permissions.from_records(decode(text)) if text else Permissions()


def require(permissions: Permissions, actor: str | None, action: str, item_type: str) -> None:
    """Refuse an actor who may not do this.

    Raises
    ------
    PermissionDeniedError
        When that is so.
    """
    if not permissions.allows(actor, action, item_type):
        raise PermissionDeniedError(actor or _NOBODY, action, item_type)


def check_events(text: str | None, actor: str | None, events: Iterable[Event]) -> None:
    """Refuse to write events that record what the actor may not do.

    Parameters
    ----------
    text : str or None
        The setting.
    actor : str or None
        Who writes.
    events : iterable of Event
        What is about to go into the log.

    Raises
    ------
    PermissionDeniedError
        When one of them is not allowed.
    """
    if not text:
        return
    permissions = permissions_from_text(text)
    for event in events:
        for action, item_type in _wanted(event):
            require(permissions, actor, action, item_type)


def _wanted(event: Event) -> Iterator[tuple[str, str]]:
    if event.type in CHANGE_EVENT_TYPES:
        yield from _of_change(event)
    elif event.type == EventType.STATE_VERSION_COMMITTED:
        yield "commit_version", event.branch
    elif event.type == EventType.BRANCH_MOVED:
        yield "move_branch", event.branch
    elif event.type == EventType.HISTORY_PRUNED:
        yield "prune", EVERYBODY
    else:
        yield "publish_event", event.type


def _of_change(event: Event) -> Iterator[tuple[str, str]]:
    change: Any = change_of(event)
    kind = "entity" if change.key.startswith("e:") else "relation"
    # What changes its type must be allowed for both.
    types = dict.fromkeys(item.type for item in (change.old, change.new) if item is not None)
    for item_type in types:
        yield f"{_VERBS[change.kind]}_{kind}", item_type
