# ruff: noqa: D102 - the methods are described once, at Store
"""eventsourcing on SQLite: an aggregate for each item, an event for each change of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from workload import Commit, Workload, Write

__all__ = ["EventsourcingStore"]

_COMMITS = "commits"


class Item(Aggregate):
    """An item; its events carry the number of the version they belong to."""

    @event("Made")
    def __init__(
        self, name: str, number: int, ends: list[str] | None, properties: dict[str, Any]
    ) -> None:
        self.name, self.ends, self.properties = name, ends, properties
        self.gone = False

    @staticmethod
    def create_id(name: str) -> UUID:
        """Return the id of the item of a name."""
        return uuid5(NAMESPACE_OID, name)

    @event("Changed")
    def change(self, number: int, properties: dict[str, Any]) -> None:
        """Take other properties."""
        self.properties = properties

    @event("Removed")
    def remove(self, number: int) -> None:
        """Be no more."""
        self.gone = True


class Commits(Aggregate):
    """The versions: for each the position in the log that it ends at."""

    def __init__(self) -> None:
        self.ends: list[int] = []

    @staticmethod
    def create_id() -> UUID:
        """Return the one id."""
        return uuid5(NAMESPACE_OID, _COMMITS)

    @event("Committed")
    def commit(self, end: int) -> None:
        """Take note of the next version."""
        self.ends.append(end)


class EventsourcingStore:
    """A commit saves all its aggregates in one transaction; SQLite waits for the disk."""

    def __init__(self, path: Path, durability: str) -> None:
        found = path.exists()
        self._app: Application[UUID] = Application(
            {
                "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                "SQLITE_DBNAME": str(path),
                "AGGREGATE_CACHE_MAXSIZE": "0",
                "DEEPCOPY_FROM_AGGREGATE_CACHE": "n",
            }
        )
        self._commits = self._app.repository.get(Commits.create_id()) if found else Commits()

    def build(self, workload: Workload) -> None:
        items = [Item(id, 0, None, properties) for id, properties in workload.entities()]
        items += [
            Item(id, 0, [source, target], properties)
            for id, source, target, properties in workload.relations()
        ]
        self._save(items)

    def commit(self, changes: Commit) -> None:
        number = len(self._commits.ends)
        self._save([self._written(write, number) for write in changes])

    def _written(self, write: Write, number: int) -> Item:
        if write.action == "create":
            return Item(write.id, number, write.ends and list(write.ends), write.properties)
        item: Item = self._app.repository.get(Item.create_id(write.id))
        if write.action == "update":
            item.change(number, write.properties)
        else:
            item.remove(number)
        return item

    def _save(self, items: list[Item]) -> None:
        before = self._commits.ends[-1] if self._commits.ends else 0
        own = len(self._commits.pending_events) + 1
        self._commits.commit(before + len(items) + own)
        self._app.save(*items, self._commits)

    def read(self, version: int, ids: list[str]) -> int:
        return sum(self._item_at(id, version).properties["value"] for id in ids)

    def _item_at(self, id: str, version: int) -> Item:
        item: Any = None
        for happened in self._app.events.get(Item.create_id(id)):
            if happened.number > version:
                break
            item = happened.mutate(item)
        return item

    def diff(self, first: int, second: int) -> int:
        start, stop = self._commits.ends[first] + 1, self._commits.ends[second]
        new: set[UUID] = set()
        differ: set[UUID] = set()
        for stored in self._app.recorder.select_notifications(start, stop - start + 1, stop):
            happened = self._app.mapper.to_domain_event(stored)
            id = happened.originator_id
            if id == self._commits.id:
                continue
            differ.add(id)
            if isinstance(happened, Item.Made):
                new.add(id)
            elif isinstance(happened, Item.Removed) and id in new:
                differ.remove(id)
        return len(differ)

    def close(self) -> None:
        self._app.close()
