"""Who may do what on the store of a Lab, to look at and to change."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.permissions import ACTIONS, EVERYBODY, OWNER, ROLES, Grant, Permissions
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.lab.asking.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Access"]


class Access:
    """Who may do what, asked anew each time.

    On a server the server itself tells people apart and refuses what was not granted. A file, or
    a graph in memory, believes whatever ``NERV_ACTOR`` says: there roles keep from mistakes, and
    the rights of the file from people.

    Parameters
    ----------
    client : InnerUniverseClient
        The store.
    run : callable
        Runs a coroutine of it.
    """

    def __init__(
        self, client: InnerUniverseClient, run: Callable[[Coroutine[Any, Any, Any]], Any]
    ) -> None:
        self._client = client
        self._run = run

    @property
    def _permissions(self) -> Permissions:
        found: Permissions = self._run(self._client.permissions())
        return found

    @property
    def identity(self) -> str | None:
        """Who the store takes us for; None where nobody has said so."""
        return self._client.identity

    @property
    def claimed(self) -> bool:
        """Whether it has an owner; before that everybody may write."""
        return self._permissions.claimed

    @property
    def grants(self) -> tuple[Grant, ...]:
        """All that was granted, in the order in which it was given."""
        return self._permissions.grants

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The roles of each identity, and of ``"*"``, which stands for everybody."""
        found: dict[str, tuple[str, ...]] = {}
        for grant in self.grants:
            if grant.role:
                found[grant.grantee] = (*found.get(grant.grantee, ()), grant.role)
        return found

    def can(self, action: str, entity_type: str | None = None) -> bool:
        """Whether we may do something.

        Parameters
        ----------
        action : str
            Such as ``"create_entity"``; or of an owner, such as ``"grant"`` and ``"prune"``.
        entity_type : str, optional
            The type of items, the branch for commits and moves, the type of event for events; by
            default whether we may for any of them.
        """
        return self._permissions.allows(self.identity, action, entity_type)

    def claim(self) -> None:
        """Become the owner of a store that has none; from then on others need a grant.

        Raises
        ------
        PermissionDeniedError
            Others own it.
        ValidationError
            Nobody has said who we are, in ``NERV_ACTOR``; not on a server.
        """
        self._run(self._client.claim())

    def grant(
        self, identity: str, what: str | Iterable[str], entity_type: str | None = None
    ) -> None:
        """Let somebody do something; only an owner may.

        Parameters
        ----------
        identity : str
            What `identity` is for them, or ``"*"`` for everybody.
        what : str or iterable of str
            A role (``"owner"``, ``"editor"``, ``"committer"``, ``"viewer"``), or actions such as
            ``"create_entity"``.
        entity_type : str, optional
            The type that actions are for; by default all.

        Raises
        ------
        PermissionDeniedError
            We are no owner.
        ValidationError
            It makes no sense; nothing was changed.
        """
        # All are checked before the first is given.
        grants = [_grant(identity, word, entity_type).checked() for word in _words(what)]
        for grant in grants:
            self._run(self._client.grant(grant))

    def revoke(
        self,
        identity: str,
        what: str | Iterable[str] | None = None,
        entity_type: str | None = None,
    ) -> None:
        """Take back what somebody was granted; only an owner may.

        Parameters
        ----------
        identity : str
            Whose.
        what : str or iterable of str, optional
            Roles and actions; by default all of them.
        entity_type : str, optional
            Only what was granted for this type.

        Raises
        ------
        PermissionDeniedError
            We are no owner.
        ValidationError
            There is no such grant, or it is that of the last owner; nothing was changed.
        """
        words = None if what is None else set(_words(what))
        found = [
            grant
            for grant in self.grants
            if grant.grantee == identity
            and (words is None or (grant.role or grant.action) in words)
            and entity_type in (None, grant.item_type)
        ]
        if not found:
            raise ValidationError("identity", f"{identity} was granted no such thing")
        # What may be refused comes first, so that then nothing was changed.
        for grant in sorted(found, key=lambda grant: grant.role != OWNER):
            self._run(self._client.revoke(grant.id))

    def __repr__(self) -> str:
        permissions = self._permissions
        lines = [f"you are {self._me}"]
        if not permissions.claimed:
            return f"{lines[0]}\nnobody owns it: everybody may write; lab.access.claim() changes it"
        lines += [f"{who}: {what}{note}" for who, what, note in self._rows(permissions)]
        return "\n".join(lines)

    @property
    def _me(self) -> str:
        return self.identity or "nobody (NERV_ACTOR says who you are)"

    def _rows(self, permissions: Permissions) -> list[tuple[str, str, str]]:
        return [
            (
                "everybody" if grant.grantee == EVERYBODY else grant.grantee,
                grant.what,
                " (you)" if grant.grantee == self.identity else "",
            )
            for grant in permissions.grants
        ]

    def _repr_html_(self) -> str:
        permissions = self._permissions
        if not permissions.claimed:
            caption = f"You are {self._me}. Nobody owns it: everybody may write."
        else:
            caption = f"You are {self._me}."
        rows = [
            (who + note, what, ROLES.get(what, "")) for who, what, note in self._rows(permissions)
        ]
        return html_table(caption, ("who", "may", "which is"), rows)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each grant."""
        columns = ["identity", "role", "action", "type", "you"]
        rows = [
            {
                "identity": grant.grantee,
                "role": grant.role or None,
                "action": grant.action or None,
                "type": grant.item_type or None,
                "you": grant.grantee in (self.identity, EVERYBODY),
            }
            for grant in self.grants
        ]
        return frame(rows, columns)


def _words(what: str | Iterable[str]) -> list[str]:
    words = [what] if isinstance(what, str) else list(what)
    if not words:
        raise ValidationError("what", f"give a role ({', '.join(ROLES)}) or actions")
    return words


def _grant(identity: str, word: str, entity_type: str | None) -> Grant:
    if word in ROLES:
        if entity_type is not None:
            raise ValidationError("entity_type", f"the role {word!r} is for all types")
        return Grant(identity, role=word)
    if word not in ACTIONS:
        known = ", ".join((*ROLES, *ACTIONS))
        raise ValidationError(
            "what", f"{word!r} is neither a role nor an action; use one of {known}"
        )
    return Grant(identity, action=word, item_type=entity_type or EVERYBODY)
