"""What a client of the Inner Universe does with a history that is pruned."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from nerv_lab.core.errors import IntegrityError, LogMovedError, ValidationError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.pruning import PruneStep
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.thinning import BranchMark, Bridge, Retention
from nerv_lab.core.values import ReadOnlyDict, decode, encode, freeze
from nerv_lab.inner_universe.contract.ids import event_id
from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.contract.records import Branch

__all__ = [
    "POLICY",
    "TOP_ROWS",
    "RetentionContract",
    "check_step",
    "check_unpruned",
    "policy_from_text",
    "policy_text",
    "prune_event",
    "thinned_by",
    "with_marks",
]

TOP_ROWS: Final = ""
"""In place of a branch's name, in the rows that the top of a pruned history stands on."""

POLICY: Final = "retention"
"""The setting that holds the policy."""


class RetentionContract(ABC):
    """Pruning, and reading what stands in for what was pruned."""

    @abstractmethod
    async def retention(self) -> Retention:
        """Return what was pruned."""

    @abstractmethod
    async def bridge(self, version_id: str) -> Bridge:
        """Return what leads to a version whose parent was pruned.

        Raises
        ------
        VersionNotFoundError
            When there is none.
        """

    @abstractmethod
    async def top(self) -> tuple[str | None, tuple[Item, ...]]:
        """Return the version that the main line begins with after pruning, and its items."""

    @abstractmethod
    async def prune(self, step: PruneStep) -> None:
        """Make one step of pruning, in one transaction.

        Raises
        ------
        LogMovedError
            When a version was committed, or others pruned, since the step was worked out;
            nothing was changed.
        IntegrityError
            When one of the versions is the head of a branch or tagged; nothing was changed.
        """

    @abstractmethod
    async def retention_policy(self) -> RetentionPolicy | None:
        """Return the policy that is applied after commits, or None."""

    @abstractmethod
    async def set_retention_policy(self, policy: RetentionPolicy | None) -> None:
        """Let a policy be applied after commits, by whoever commits, or none."""

    @abstractmethod
    async def release(self, *, wait: bool = True) -> None:
        """Give the space of what was pruned back, as far as the store can.

        Parameters
        ----------
        wait : bool
            All of it at once; else only as much as takes no more than a moment.
        """


def check_step(
    step: PruneStep, now: Retention, newest: int, pinned: Iterable[str], last: int
) -> None:
    """Refuse a step that was worked out for another history than the one there is.

    Parameters
    ----------
    step : PruneStep
        The step.
    now : Retention
        What went already.
    newest : int
        Position of the last commit in the log.
    pinned : iterable of str
        Versions that must stay.
    last : int
        Position of the last event.
    """
    if step.generation != now.generation or newest > step.seq:
        raise LogMovedError(step.seq, last)
    if not now.floor <= step.floor <= last:
        raise ValidationError("floor", f"must lie between {now.floor} and {last}")
    for id in sorted({*pinned} & {*step.versions}):
        raise IntegrityError(f"version {id!r} is the head of a branch or tagged, so it stays")


def check_unpruned(now: Retention) -> None:
    """Refuse to take in the history of another store where a part of the own one went."""
    if now.generation:
        raise IntegrityError("the history of this store was pruned; take it into another one")


def prune_event(step: PruneStep, batch_id: str, seq: int) -> Event:
    """Return the event that records a step, by which others learn of it."""
    data = {
        "versions": list(step.versions),
        "bridges": {bridge.version_id: bridge.base for bridge in step.bridges},
        "top": step.top,
        "floor": step.floor,
    }
    frozen = freeze(data, "data")
    assert isinstance(frozen, ReadOnlyDict)
    kind = EventType.HISTORY_PRUNED.value
    return Event(event_id(batch_id, 0), kind, frozen, now_us() / 1_000_000, seq=seq)


def thinned_by(data: Mapping[str, Any]) -> Retention:
    """Return what the event of a step says went, and what stands in for it.

    Raises
    ------
    ValidationError
        When the payload is not that of such an event.
    """
    try:
        return Retention(
            floor=data["floor"],
            top=data["top"],
            pruned=frozenset(data["versions"]),
            bridges=dict(data["bridges"]),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ValidationError("data", f"is not that of a step of pruning: {error}") from None


def policy_text(policy: RetentionPolicy | None) -> str:
    """Return a policy as a setting; an empty text for none."""
    return "" if policy is None else encode(policy.record()).decode()


def policy_from_text(text: str | None) -> RetentionPolicy | None:
    """Return the policy of a setting."""
    return RetentionPolicy.from_record(decode(text)) if text else None


def with_marks(
    branches: Mapping[str, Branch], marks: Mapping[str, BranchMark]
) -> dict[str, Branch]:
    """Return branches as the log has them, with the moves that went from the log."""
    nowhere = BranchMark()
    return {
        name: replace(branch, moved_at=max(branch.moved_at, marks.get(name, nowhere).moved_at))
        for name, branch in branches.items()
    }
