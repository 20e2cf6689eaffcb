"""What an embedded store holds at one moment: its tables, and its journal over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nerv_lab.core.errors import CorruptStoreError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import Branch, Problem, Snapshot
from nerv_lab.inner_universe.contract.retention import TOP_ROWS, with_marks
from nerv_lab.inner_universe.embedded.checking import check
from nerv_lab.inner_universe.embedded.journal import read_records
from nerv_lab.inner_universe.embedded.pruning import (
    setting,
    stored_bridge,
    stored_marks,
    stored_retention,
)
from nerv_lab.inner_universe.embedded.queries import (
    all_branches,
    all_versions,
    events_between,
    head_of,
    items_of,
    known_version,
    last_seq,
    stored_delta,
    stored_deltas,
    transactions_behind,
)
from nerv_lab.inner_universe.embedded.reader import find_entity, find_relation
from nerv_lab.inner_universe.embedded.store_file import StoreFile

__all__ = ["StoreReader"]


class StoreReader(StoreFile):
    """Answers what a store is asked, at one moment each."""

    def branches(self) -> dict[str, Branch]:
        """Return every branch by name."""
        with self._looking("branches") as (connection, behind):
            found = all_branches(connection)
            for name, head in behind.heads.items():
                found[name] = replace(found.get(name, Branch(name, head)), head=head)
            return with_marks(dict(sorted(found.items())), stored_marks(connection))

    def branch_head(self, branch: str) -> str | None:
        """Return the head of a branch."""
        with self._looking("branch_head") as (connection, behind):
            return behind.heads.get(branch) or head_of(connection, branch)

    def versions(self) -> list[Version]:
        """Return all versions, in log order."""
        with self._looking("versions") as (connection, behind):
            late = [done.version for done in behind.versions.values() if done.version]
            return [*all_versions(connection), *late]

    def version(self, version_id: str) -> Version:
        """Return a version."""
        with self._looking("version") as (connection, behind):
            late = behind.versions.get(version_id)
            return (late and late.version) or known_version(connection, version_id)

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""
        with self._looking("delta") as (connection, behind):
            late = behind.versions.get(version_id)
            return stored_delta(connection, version_id) if late is None else late.delta

    def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of many versions; those that were pruned are left out."""
        with self._looking("deltas") as (connection, behind):
            late = {id: behind.versions[id].delta for id in version_ids if id in behind.versions}
            return late | stored_deltas(connection, [id for id in version_ids if id not in late])

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows of a branch."""
        with self._looking("snapshot") as (connection, behind):
            seq = last_seq(connection)
            head = behind.heads.get(branch) or head_of(connection, branch)
            items = behind.over(branch, items_of(connection, branch))
        # Remembering is a convenience, which is not worth waiting for a writer.
        if self._database.write_lock.acquire(blocking=False):
            try:
                self._tip.cache.advance(seq)
                self._tip.cache.add(branch, items)
            finally:
                self._database.write_lock.release()
        return Snapshot(seq, items, head)

    def item(self, key: str, branch: str) -> Item | None:
        """Return a working row, or None."""
        find = find_entity if key.startswith("e:") else find_relation
        with self._looking("get") as (connection, behind):
            if (branch, key) in behind.items:
                return behind.items[branch, key]
            return find(connection, branch, key[2:])

    def events(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        """Return a part of the log."""
        with self._database.one_moment("events") as connection:
            late = read_records(connection, after)
            found = events_between(connection, after, limit, until)
        end = until if until is not None else late[-1].last if late else 0
        found += (e for done in late for e in done.events if after < (e.seq or 0) <= end)
        return found if limit is None else found[:limit]

    def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a convenient number of them."""
        with self._database.one_moment("delivery") as connection:
            late = read_records(connection, after)
            if late and late[0].first <= after + 1:
                found: tuple[Event, ...] = ()
            else:
                found = transactions_behind(connection, after)
        # What comes before the journal may be more than is convenient at once.
        if not late or (found and found[-1].seq != late[0].first - 1):
            return found
        return (*found, *(e for done in late for e in done.events if (e.seq or 0) > after))

    def last_seq(self) -> int:
        """Return the position of the newest event."""
        with self._database.reading("last_seq") as connection:
            return last_seq(connection)

    def tags(self) -> dict[str, str]:
        """Return all tags."""
        with self._database.reading("tags") as connection:
            return dict(connection.execute("SELECT name, version FROM tag ORDER BY name"))

    def retention(self) -> Retention:
        """Return what was pruned."""
        with self._database.one_moment("retention") as connection:
            return stored_retention(connection)

    def bridge(self, version_id: str) -> Bridge:
        """Return the bridge to a version."""
        with self._database.reading("bridge") as connection:
            return stored_bridge(connection, version_id)

    def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""
        with self._database.one_moment("top") as connection:
            return stored_retention(connection).top, tuple(items_of(connection, TOP_ROWS))

    def setting(self, name: str) -> str | None:
        """Return a setting of the store."""
        with self._database.reading("setting") as connection:
            return setting(connection, name)

    def verify(self) -> list[Problem]:
        """Check the file, then what it says."""
        problems: list[Problem] = []
        try:
            with self._filled("verify") as connection:
                problems.extend(check(connection))
        except (CorruptStoreError, UnicodeDecodeError) as error:
            problems.append(Problem("file", str(error)))
        return problems
