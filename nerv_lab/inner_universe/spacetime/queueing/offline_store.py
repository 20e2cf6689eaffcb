"""A graph to work on while its server is away: what is known of it, and what is queued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nerv_lab.core.errors import DuplicateIdError, ServerGoneError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.thinning import Bridge, Retention, seal
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.ids import event_id
from nerv_lab.inner_universe.contract.log_events import Origin, now_us
from nerv_lab.inner_universe.contract.records import BranchMove, Receipt, Snapshot
from nerv_lab.inner_universe.contract.writing import Batch
from nerv_lab.inner_universe.in_process.memory_log import MemoryLog
from nerv_lab.inner_universe.in_process.memory_store import MemoryStore, Stored
from nerv_lab.inner_universe.outbox.standing import Standing

__all__ = ["OfflineStore", "Planned"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a batch will do, by the rules.

    Attributes
    ----------
    batch : Batch
    changes : tuple of ItemChange
    moment : int
        When, in microseconds since the epoch.
    seq : int
        The position that it ends at.
    """

    batch: Batch
    changes: tuple[ItemChange, ...]
    moment: int
    seq: int


class OfflineStore(MemoryStore):
    """A store in memory that begins where a Lab stood.

    What was not at hand then raises `ServerGoneError`, which says what it is.

    Parameters
    ----------
    standing : Standing
        Where.
    cursor : int
        How many events of the writer the server had by then.
    """

    def __init__(self, standing: Standing, origin: Origin, cursor: int) -> None:
        super().__init__()
        self._standing = standing
        self._states = dict(standing.rows)
        pruned = standing.retention.pruned
        self._versions = {
            v.id: Stored(v, None, seal(v) if v.id in pruned else None) for v in standing.versions
        }
        self._heads = dict(standing.heads)
        self._moved = dict(standing.moves)
        self._tags = dict(standing.tags)
        self._log = MemoryLog(standing.seq, {origin.id: cursor})

    @property
    def base(self) -> Standing:
        """Where it began."""
        return self._standing

    def standing(self) -> Standing:
        """Return where it stands by now, by the server's count of events."""
        with self._lock:
            return Standing(
                self._standing.seq,
                dict(self._states),
                dict(self._heads),
                dict(self._moved),
                tuple(stored.version for stored in self._versions.values()),
                dict(self._tags),
                self._standing.retention,
                self._standing.since,
                self._standing.recent,
            )

    @property
    def own(self) -> tuple[Event, ...]:
        """The events that came about here."""
        with self._lock:
            return tuple(self._log)

    def retention(self) -> Retention:
        """Return what was pruned."""
        return self._standing.retention

    def plan(self, batch: Batch) -> Planned:
        """Work out what a batch does.

        Raises
        ------
        NervError
            The rules refuse it, or its branch is not at hand.
        """
        with self._lock:
            self._at_hand(batch.branch)
            if self._log.has_batch(batch.id) or event_id(batch.id, 0) in self._log:
                raise DuplicateIdError("batch", batch.id)
            moment = now_us()
            changes = self._planned(batch, moment)
            return Planned(batch, changes, moment, self._log.last + len(changes))

    def write(self, planned: Planned, origin: Origin) -> Receipt:
        """Do what was planned, which nothing has come after."""
        with self._lock:
            receipt, _ = self._apply(planned.batch, planned.changes, planned.moment, origin)
            return receipt

    def check_version(self, version: Version) -> None:
        """Refuse a version that does not fit where its branch is.

        Raises
        ------
        HeadMovedError, VersionNotFoundError
            It does not.
        """
        with self._lock:
            self._check_new(version)

    def check_move(self, move: BranchMove) -> None:
        """Refuse a move of a branch that does not fit where it is.

        Raises
        ------
        HeadMovedError, LogMovedError, VersionNotFoundError, HistoryPrunedError
            It does not.
        """
        with self._lock:
            self._check_move(move)

    def check_kept(self, version_id: str) -> None:
        """Refuse a version that is not there any more.

        Raises
        ------
        VersionNotFoundError, HistoryPrunedError
            It is not.
        """
        with self._lock:
            self._kept(version_id)

    def receipt_of(self, batch_id: str) -> Receipt | None:
        """Return the receipt of a batch that was done here, or None."""
        with self._lock:
            return self._receipt(batch_id) if self._log.has_batch(batch_id) else None

    def _at_hand(self, branch: str) -> None:
        if branch in self._states:
            return
        if branch in self._standing.heads or not self._states:
            raise _not_at_hand(f"branch {branch!r}")

    def state(self, branch: str) -> Sequence[Item]:
        """Return the items of a branch."""
        return self.snapshot(branch).items

    def snapshot(self, branch: str) -> Snapshot:
        """Return the working rows of a branch."""
        self._at_hand(branch)
        return super().snapshot(branch)

    def item(self, key: str, branch: str) -> Item | None:
        """Return a working row."""
        self._at_hand(branch)
        return super().item(key, branch)

    def delta(self, version_id: str) -> bytes:
        """Return a delta."""
        found: bytes | None = self._kept(version_id).delta
        if found is None:
            raise _not_at_hand(f"what version {version_id!r} changed")
        return found

    def events(self, after: int, limit: int | None, until: int | None) -> list[Event]:
        """Return events of the log."""
        base = self._standing
        if after >= base.seq or (until is not None and until <= after):
            return super().events(after, limit, until)
        if base.recent is None or after < base.since:
            raise _not_at_hand(f"event {after + 1}")
        end = float("inf") if until is None else until
        kept = [e for e in base.recent if after < (e.seq or 0) <= end]
        return [*kept, *super().events(base.seq, None, until)][:limit]

    def bridge(self, version_id: str) -> Bridge:
        """Return the bridge to a version."""
        raise _not_at_hand(f"what leads to version {version_id!r}")

    def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with, and its items."""
        raise _not_at_hand("where the history begins")


def _not_at_hand(what: str) -> ServerGoneError:
    return ServerGoneError(
        f"{what} was not read before the server went away; it can be had when the server is back"
    )
