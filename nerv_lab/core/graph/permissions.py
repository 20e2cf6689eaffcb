"""Who may do what.

Until somebody claims a store everybody may write its graph. From then on nobody may do anything
but through a grant: a role, or an action on a type of items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError

__all__ = ["ACTIONS", "EVERYBODY", "OWNER", "ROLES", "SIGNED", "Grant", "Permissions"]

EVERYBODY: Final = "*"
OWNER: Final = "owner"
SIGNED: Final = "VERSION_SIGNED"
"""The type of the events that hold signatures; who may commit may publish them."""

_COMMITTING: Final = frozenset({"commit_version", "set_tag", "delete_tag"})
ACTIONS: Final = (
    "create_entity",
    "update_entity",
    "delete_entity",
    "create_relation",
    "update_relation",
    "delete_relation",
    "commit_version",
    "set_tag",
    "delete_tag",
    "publish_event",
    "move_branch",
)
"""What single grants can be given of."""

ROLES: Final[Mapping[str, str]] = {
    OWNER: "everything, also grant and revoke, settings, migrate and prune",
    "editor": "change items, publish events, commit, tag and move branches",
    "committer": "commit versions and sign them, set and delete tags",
    "viewer": "nothing but read",
}
"""The roles, and what each may do."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an identity may do: a role, or one action on one type.

    Attributes
    ----------
    grantee : str
        An identity, or ``"*"`` for everybody.
    role : str
        One of `ROLES`; empty where it is one action.
    action : str
        One of `ACTIONS`; empty where it is a role.
    item_type : str
        The type of items it holds for, or ``"*"`` for all; the branch for commits and moves, the
        type of event for events; empty where it is a role.
    id : int
        By which it is revoked; 0 before it is given.
    """

    grantee: str
    role: str = ""
    action: str = ""
    item_type: str = ""
    id: int = 0

    def allows(self, action: str, item_type: str | None) -> bool:
        """Whether it lets somebody do this to items of a type; None for some type."""
        if self.role == OWNER:
            return True
        if self.role == "editor":
            return action in ACTIONS
        if self.role == "committer":
            signs = action == "publish_event" and item_type == SIGNED
            return action in _COMMITTING or signs
        fits = item_type is None or self.item_type in (EVERYBODY, item_type)
        return self.action == action and fits

    @property
    def what(self) -> str:
        """What it allows, in a word or two."""
        return self.role or f"{self.action} {self.item_type}"

    def checked(self) -> Grant:
        """Return it, if it makes sense.

        Raises
        ------
        ValidationError
            When it does not; nothing was changed.
        """
        checked_name(self.grantee, "grantee")
        if not self.role:
            if self.action not in ACTIONS:
                raise ValidationError(
                    "action", f"{self.action!r} cannot be granted; use one of {', '.join(ACTIONS)}"
                )
            checked_name(self.item_type, "item_type")
        elif self.role not in ROLES:
            raise ValidationError("role", f"must be one of {', '.join(ROLES)}, not {self.role!r}")
        elif self.action or self.item_type:
            raise ValidationError(
                "action", "must be empty where a role is given, and so must item_type"
            )
        if self.role == OWNER and self.grantee == EVERYBODY:
            raise ValidationError("grantee", "an owner must be one identity")
        return self

    def record(self) -> list[Any]:
        """Return all fields as values."""
        return [self.grantee, self.role, self.action, self.item_type, self.id]


@dataclass(frozen=True, slots=True)
class Permissions:
    """All that was granted on a store.

    Attributes
    ----------
    grants : tuple of Grant
        In the order in which they were given.
    """

    grants: tuple[Grant, ...] = ()

    @property
    def claimed(self) -> bool:
        """Whether it has an owner."""
        return any(grant.role == OWNER for grant in self.grants)

    def of(self, identity: str | None) -> tuple[Grant, ...]:
        """Return what holds for somebody, what everybody may do included."""
        return tuple(g for g in self.grants if g.grantee in (EVERYBODY, identity))

    def allows(self, identity: str | None, action: str, item_type: str | None = None) -> bool:
        """Whether somebody may do this to items of a type; None for items of some type."""
        if not self.claimed:
            # Rights that outlast the claim cannot be given before it.
            return action not in ("grant", "revoke")
        return any(grant.allows(action, item_type) for grant in self.of(identity))

    def with_grant(self, grant: Grant) -> Permissions:
        """Return them with one more, unless it was given already."""
        new = grant.checked()
        if any(replace(known, id=0) == replace(new, id=0) for known in self.grants):
            return self
        newest = max((known.id for known in self.grants), default=0)
        return Permissions((*self.grants, replace(new, id=newest + 1)))

    def without(self, grant_id: int) -> Permissions:
        """Return them without one.

        Raises
        ------
        ValidationError
            When there is none with this id, or it is that of the last owner.
        """
        found = next((grant for grant in self.grants if grant.id == grant_id), None)
        if found is None:
            raise ValidationError("permission_id", f"there is no permission {grant_id}")
        owners = sum(grant.role == OWNER for grant in self.grants)
        if found.role == OWNER and owners == 1:
            raise ValidationError(
                "permission_id", "is that of the last owner; make another one first"
            )
        return Permissions(tuple(grant for grant in self.grants if grant is not found))

    @classmethod
    def from_records(cls, records: Iterable[Iterable[Any]]) -> Permissions:
        """Return the permissions that `Grant.record` wrote, in the order of their ids."""
        grants = [Grant(*record) for record in records]
        return cls(tuple(sorted(grants, key=lambda grant: grant.id)))
