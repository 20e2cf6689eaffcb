"""What a client reads from its server."""

from __future__ import annotations

from collections.abc import Sequence

from nerv_lab.core.errors import HistoryPrunedError, ProtocolError, VersionNotFoundError
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.permissions import Permissions
from nerv_lab.core.history.audit import Leftovers
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.checking.verifying import check_store
from nerv_lab.inner_universe.contract.client import Branch, Problem, Snapshot
from nerv_lab.inner_universe.contract.retention import POLICY, TOP_ROWS, policy_from_text
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.linking import LinkedUniverse
from nerv_lab.inner_universe.spacetime.following.queries import quoted
from nerv_lab.inner_universe.spacetime.following.reading import (
    read_branches,
    read_bridge,
    read_delta,
    read_deltas,
    read_events,
    read_item,
    read_retention,
    read_snapshot,
    read_stored_events,
    read_tags,
    read_top,
    read_versions,
    read_whole,
)

__all__ = ["ReadableUniverse"]


class ReadableUniverse(LinkedUniverse):
    """The part of a client that reads."""

    async def branch_head(self, branch: str = DEFAULT_BRANCH) -> str | None:
        """Return the id of the version a branch is at, or None."""
        where = f"name = {quoted(branch)}"
        rows = await self._ask("branch_head", lambda c: c.select("branch", where))
        return rows[0].version_id if rows else None

    async def branches(self) -> dict[str, Branch]:
        """Return every branch by name; the main one is always there."""
        return await self._ask("branches", read_branches)

    async def versions(self) -> list[Version]:
        """Return all versions of all branches, in log order."""
        return await self._ask("versions", read_versions)

    async def version(self, version_id: str) -> Version:
        """Return a version."""
        where = f"version_id = {quoted(version_id)}"
        found = await self._ask("version", lambda c: read_versions(c, where))
        if not found:
            raise VersionNotFoundError(version_id)
        return found[0]

    async def delta(self, version_id: str) -> bytes:
        """Return the delta a version was committed with."""
        found = await self._ask("delta", lambda c: read_delta(c, version_id))
        if found is None:
            await self.version(version_id)
            raise HistoryPrunedError(f"version {version_id!r}", "the log says which are kept")
        return found

    async def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of many versions by their ids; those that were pruned are left out."""
        found = await self._ask("deltas", lambda c: read_deltas(c, version_ids))
        for version_id in version_ids:
            if version_id not in found:
                await self.version(version_id)
        return found

    async def retention(self) -> Retention:
        """Return what was pruned."""
        return (await self._ask("retention", read_retention))[0]

    async def bridge(self, version_id: str) -> Bridge:
        """Return what leads to a version whose parent was pruned."""
        found = await self._ask("bridge", lambda c: read_bridge(c, version_id))
        if found is None:
            raise VersionNotFoundError(version_id, "no bridge leads to it")
        return found

    async def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""
        return await self._ask("top", read_top)

    async def retention_policy(self) -> RetentionPolicy | None:
        """Return the policy that is applied after commits, or None."""
        where = f"name = {quoted(POLICY)}"
        rows = await self._ask("retention_policy", lambda c: c.select("config", where))
        return policy_from_text(rows[0].value if rows else None)

    async def permissions(self) -> Permissions:
        """Return all that was granted."""
        rows = await self._ask("permissions", lambda c: c.select("permission"))
        return Permissions.from_records((*row[1:], row.id) for row in rows)

    async def snapshot(self, branch: str = DEFAULT_BRANCH) -> Snapshot:
        """Return the working rows of a branch, its head and the log position, all of one moment."""
        return await self._ask("snapshot", lambda c: read_snapshot(c, branch))

    async def _item(self, key: str, branch: str) -> Item | None:
        connection = self._open("get")
        if found := self._items.get((branch, key)):
            return found[0]
        with self._items.reading() as mark:
            item = await self._portal.hop(read_item(connection, key, branch))
            self._items.put((branch, key), item, mark)
        return item

    async def events(
        self, after: int = 0, limit: int | None = None, until: int | None = None
    ) -> list[Event]:
        """Return events with ``after < seq <= until``, ascending, at most ``limit`` of them."""
        return await self._ask("events", lambda c: read_events(c, after, limit, until))

    async def stored_events(self, after: int, until: int) -> list[Event]:
        """Return events with ``after < seq <= until`` as the server has them at this moment."""
        return await self._ask("events", lambda c: read_stored_events(c, after, until))

    async def last_seq(self) -> int:
        """Return the position of the newest event, 0 for an empty log."""
        return await self._ask("last_seq", lambda c: c.refresh("last_seq"))

    async def tags(self) -> dict[str, str]:
        """Return the version id of each tag."""
        return await self._ask("tags", read_tags)

    async def verify(self) -> list[Problem]:
        """Check the whole database against itself and return what is wrong; [] when all is well."""
        return await self._ask("verify", self._verify)

    async def _verify(self, connection: Connection) -> list[Problem]:
        try:
            whole = await read_whole(connection)
        except ProtocolError as error:
            return [Problem("server", str(error))]

        def delta_of(version_id: str) -> bytes:
            found = self._portal.run(read_delta(connection, version_id))
            if found is None:
                raise VersionNotFoundError(version_id)
            return found

        def bridge_of(version_id: str) -> Bridge:
            found = self._portal.run(read_bridge(connection, version_id))
            if found is None:
                raise VersionNotFoundError(version_id, "no bridge leads to it")
            return found

        rows = {branch: items for branch, items in whole.rows.items() if branch != TOP_ROWS}
        leftovers = Leftovers(
            whole.retention,
            whole.seals.__getitem__,
            bridge_of,
            lambda: whole.rows.get(TOP_ROWS, ()),
        )
        misplaced = [Problem(w, "its row has the key of another") for w in whole.misplaced]
        return misplaced + await self._portal.aside(
            lambda: list(
                check_store(
                    whole.events,
                    whole.versions,
                    delta_of,
                    rows,
                    whole.heads,
                    whole.tags,
                    leftovers,
                )
            )
        )
