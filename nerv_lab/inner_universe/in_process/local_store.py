"""What a store inside this process can do, and whose errors come out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol

from nerv_lab.core.errors import NervError, NERVPersistenceError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.thinning import Bridge, Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import (
    Branch,
    BranchMove,
    Problem,
    Receipt,
    Seal,
    Snapshot,
    StoredHistory,
)
from nerv_lab.inner_universe.contract.log_events import Origin
from nerv_lab.inner_universe.contract.writing import Batch

__all__ = ["OwnErrors", "Store"]


class Store(Protocol):
    """What a store inside this process can do; safe to call from any thread.

    A write returns what it wrote, in log order, besides its result. The other methods answer as
    those of `InnerUniverseClient`.
    """

    def apply(self, batch: Batch, origin: Origin) -> tuple[Receipt, tuple[Event, ...]]:
        """Apply a batch."""

    def apply_and_commit(
        self, batch: Batch, seal: Seal, origin: Origin
    ) -> tuple[Receipt, Version, tuple[Event, ...]]:
        """Apply a batch and commit what it leads to."""

    def publish(self, events: Sequence[Event], origin: Origin) -> tuple[Event, ...]:
        """Append those of the events that the log does not hold."""

    def commit_version(
        self, version: Version, delta: bytes, origin: Origin
    ) -> tuple[Version, tuple[Event, ...]]:
        """Add a version by compare-and-set."""

    def branch_head(self, branch: str) -> str | None:
        """Return the head of a branch."""

    def branches(self) -> dict[str, Branch]:
        """Return every branch by name."""

    def move_branch(self, move: BranchMove, origin: Origin) -> tuple[Event, ...]:
        """Make, move or delete a branch."""

    def versions(self) -> list[Version]:
        """Return all versions, in log order."""

    def version(self, version_id: str) -> Version:
        """Return a version."""

    def delta(self, version_id: str) -> bytes:
        """Return the delta of a version."""

    def deltas(self, version_ids: Sequence[str]) -> dict[str, bytes]:
        """Return the deltas of many versions; those that were pruned are left out."""

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows of a branch."""

    def item(self, key: str, branch: str) -> Item | None:
        """Return a working row, or None."""

    def events(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        """Return a part of the log."""

    def last_seq(self) -> int:
        """Return the position of the newest event."""

    def set_tag(self, name: str, version_id: str) -> None:
        """Let a name stand for a version."""

    def tags(self) -> dict[str, str]:
        """Return all tags."""

    def load_history(self, history: StoredHistory) -> None:
        """Take in a history of another store."""

    def retention(self) -> Retention:
        """Return what was pruned."""

    def bridge(self, version_id: str) -> Bridge:
        """Return the bridge to a version."""

    def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""

    def prune(self, step: PruneStep, origin: Origin) -> tuple[Event, ...]:
        """Make one step of pruning."""

    def setting(self, name: str) -> str | None:
        """Return a setting, or None."""

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting."""

    def change_setting(self, name: str, change: Callable[[str | None], str]) -> None:
        """Make another setting of the one there is, in one transaction."""

    def release(self, *, wait: bool) -> None:
        """Give the space of what was pruned back."""

    def verify(self) -> list[Problem]:
        """Return what is wrong."""

    def transactions(self, after: int) -> tuple[Event, ...]:
        """Return events behind a position: whole transactions, a convenient number of them."""

    def close(self) -> None:
        """Give up what the store holds."""


class OwnErrors:
    """Lets errors of ours pass and turns any other into `NERVPersistenceError`."""

    __slots__ = ("_doing", "_uri")

    def __init__(self, uri: str, doing: str) -> None:
        self._uri = uri
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, NervError):
            raise NERVPersistenceError(
                f"{self._doing} failed on {self._uri}: {type(error).__name__}: {error}"
            ) from error
