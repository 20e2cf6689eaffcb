"""The client of a database on a SpacetimeDB server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from nerv_lab.core.checks import checked_name
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.permissions import Grant
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.versions import Version, from_micros, version_digest
from nerv_lab.inner_universe.contract.checked_events import checked_events
from nerv_lab.inner_universe.contract.client import BranchMove, Receipt, Seal, StoredHistory
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.contract.retention import POLICY, policy_text
from nerv_lab.inner_universe.contract.writing import (
    check_place,
    checked_batch,
    checked_move,
    checked_version,
)
from nerv_lab.inner_universe.spacetime.following.asking import ReadableUniverse
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.receipts import receipt_of
from nerv_lab.inner_universe.spacetime.loading import send_history
from nerv_lab.inner_universe.spacetime.module.arguments import CLAIM, REVOKE, Claim, Revoke
from nerv_lab.inner_universe.spacetime.module.calls import (
    apply_and_commit_args,
    apply_args,
    check_sent,
    commit_args,
    config_args,
    grant_args,
    move_args,
    prune_args,
    publish_args,
    tag_args,
)
from nerv_lab.inner_universe.spacetime.module.rows import own_event
from nerv_lab.inner_universe.spacetime.planning import read_touched
from nerv_lab.inner_universe.spacetime.tokens.identity import tokens_of
from nerv_lab.inner_universe.spacetime.wire.limits import Limits

if TYPE_CHECKING:
    from nerv_lab.inner_universe.settings import Settings

__all__ = ["SpacetimeInnerUniverse", "client_with"]


class SpacetimeInnerUniverse(ReadableUniverse):
    """An Inner Universe on a SpacetimeDB server.

    All clients of one database in a process share one connection. It lives in the process's
    portal, so that the client may be used from any event loop, and from none. When the connection
    is lost it comes back by itself, and what was under way goes on; nothing is written twice.

    Parameters
    ----------
    uri : str
        ``spacetimedb://HOST:PORT/DATABASE``, or ``spacetimedbs://`` for TLS.
    tokens : Tokens, optional
        Where the token is kept that says who we are; by default a file of the user's own.
    limits : Limits, optional
        How long things may take.
    cache_seconds : float
        How long a row that was read is remembered; it is forgotten at once when it changes.
    ca_file : path, optional
        Certificates, in PEM, of who may vouch for the server; by default whom the system trusts.
    """

    async def apply(
        self,
        changes: Sequence[Change],
        *,
        reason: str | None = None,
        source: str | None = None,
        branch: str = DEFAULT_BRANCH,
        batch_id: str | None = None,
    ) -> Receipt:
        """Make all of the changes durable as one batch, or none of them."""
        batch = checked_batch(
            changes,
            batch_id,
            reason=reason,
            source=source,
            branch=branch,
        )
        args = apply_args(batch, self.origin_id)

        async def call(connection: Connection) -> Receipt:
            places = await connection.call("apply_batch", args)
            return await receipt_of(connection, batch.id, places)

        receipt = await self._ask("apply", call)
        self.deliver()
        return receipt

    async def apply_and_commit(
        self,
        changes: Sequence[Change],
        seal: Seal,
        *,
        reason: str | None = None,
        source: str | None = None,
        branch: str = DEFAULT_BRANCH,
    ) -> tuple[Receipt, Version]:
        """Make all of the changes durable and commit the state they lead to, or do neither.

        The server takes the version only if the log is still where the plan was made.
        """
        batch = checked_batch(changes, reason=reason, source=source, branch=branch)
        check_sent("changes", batch.changes)

        async def call(connection: Connection) -> tuple[Receipt, Version]:
            reader, expected = await read_touched(connection, batch.changes, branch)
            moment = now_us()
            planned = tuple(plan(reader, batch.changes, moment))
            # What seals may itself ask this client, so it must not hold up the portal.
            version, delta = await self._portal.aside(seal, planned, expected + len(planned))
            checked_version(version, delta)
            if planned:
                # The server makes the changes at the version's moment, as the delta has them.
                version = replace(version, timestamp=from_micros(moment))
                version = replace(version, digest=version_digest(version, delta))
            if not planned:
                await connection.call("commit_version", commit_args(version, delta, self.origin_id))
                return Receipt(batch.id, expected + 1, expected, ()), version
            args = apply_and_commit_args(batch, self.origin_id, expected, version, delta)
            places = await connection.call("apply_and_commit", args)
            return await receipt_of(connection, batch.id, places), version

        done = await self._ask("apply_and_commit", call)
        self.deliver()
        return done

    async def publish(self, events: Sequence[Event]) -> list[str]:
        """Make events of the user's own durable as one batch, or one for each branch in turn."""
        checked = checked_events(events)
        pairs = zip(checked, checked.payloads, strict=True)
        batches = [
            publish_args(new_id(), branch, [own_event(*pair) for pair in listed], self.origin_id)
            for branch, listed in groupby(pairs, key=lambda pair: pair[0].branch)
        ]

        async def call(connection: Connection) -> None:
            for args in batches:
                await connection.call("publish_events", args)

        await self._ask("publish", call)
        self.deliver()
        return [event.id for event in checked]

    async def commit_version(self, version: Version, delta: bytes) -> Version:
        """Add a version and move its branch to it, if the branch is still at its parent."""
        checked_version(version, delta)

        async def call(connection: Connection) -> None:
            # The log only grows, so a look before the call is enough.
            last = connection.tail.last
            if version.event_seq > last:
                last = await connection.refresh("commit_version")
            check_place(version, last)
            await connection.call("commit_version", commit_args(version, delta, self.origin_id))

        await self._ask("commit_version", call)
        self.deliver()
        return version

    async def move_branch(self, move: BranchMove) -> None:
        """Make, move or delete a branch with its working rows, in one transaction."""
        args = move_args(checked_move(move), self.origin_id)
        await self._ask("move_branch", lambda c: c.call("move_branch_as_read", args))
        self._items.forget()
        self.deliver()

    def forget_items(self) -> None:
        """Forget the rows that are at hand, since others are in their places now."""
        self._items.forget()

    async def load_history(self, history: StoredHistory) -> None:
        """Take in a history as it is, with its ids, places, times and authors, or none of it."""
        await self._ask("load_history", lambda c: send_history(c, history))
        self._items.forget()
        await self.refresh()

    async def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version; a name that is taken moves."""
        args = tag_args(checked_name(name, "tag"), version_id)
        await self._ask("set_tag", lambda c: c.call("set_tag", args))

    async def prune(self, step: PruneStep) -> None:
        """Make one step of pruning, in one transaction; only an owner of the database may."""
        args = prune_args(new_id(), step, self.origin_id)
        await self._ask("prune", lambda c: c.call("prune", args))
        self.deliver()

    async def set_retention_policy(self, policy: RetentionPolicy | None) -> None:
        """Let a policy be applied after commits, or none; only an owner of the database may."""
        args = config_args(POLICY, policy_text(policy))
        await self._ask("set_retention_policy", lambda c: c.call("set_config", args))

    async def claim(self) -> None:
        """Become the owner of a database that has none; nothing happens where we are one."""
        await self._ask("claim", lambda c: c.call("claim", CLAIM.encode(Claim())))

    async def grant(self, grant: Grant) -> None:
        """Let an identity do something; nothing happens where it may already."""
        args = grant_args(grant.checked())
        await self._ask("grant", lambda c: c.call("grant", args))

    async def revoke(self, grant_id: int) -> None:
        """Take a grant back."""
        args = REVOKE.encode(Revoke(grant_id))
        await self._ask("revoke", lambda c: c.call("revoke", args))

    async def release(self, *, wait: bool = True) -> None:
        """Do nothing: the server keeps the rows in memory, and its log on disk as it sees fit."""


def client_with(uri: str, config: Settings) -> SpacetimeInnerUniverse:
    """Return a client with the given settings, not yet connected."""
    return SpacetimeInnerUniverse(
        uri,
        tokens=tokens_of(config),
        limits=Limits(request=config.request_timeout, connect=config.connect_timeout),
        cache_seconds=config.cache_seconds,
        ca_file=config.ca_file,
    )
