"""What a store that is compared can do.

A store answers a look with the sum of the values it read, and a difference with the number of
items that differ, so that the run can tell whether all of them did the same work.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import orjson
from workload import Commit, Workload

__all__ = ["Store", "to_json", "values"]


class Store(Protocol):
    """A store with versions, numbered from 0."""

    def build(self, workload: Workload) -> None:
        """Write the first items as version 0."""

    def commit(self, changes: Commit) -> None:
        """Write changes as the next version, durably as far as the store was asked to."""

    def read(self, version: int, ids: list[str]) -> int:
        """Open a version and return the sum of the values of some entities in it."""

    def diff(self, first: int, second: int) -> int:
        """Return how many items differ between two versions, having read them all."""

    def close(self) -> None:
        """Close the store, leaving its files as small as closing makes them."""


def to_json(properties: dict[str, Any]) -> str:
    """Return properties as JSON."""
    return orjson.dumps(properties).decode()


def values(rows: Iterable[Any]) -> int:
    """Return the sum of the values in rows that begin with properties as JSON."""
    return sum(orjson.loads(row[0])["value"] for row in rows)
