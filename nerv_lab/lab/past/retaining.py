"""Keeping a history within its retention policy."""

from __future__ import annotations

import logging
import threading
import time
from abc import abstractmethod
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from nerv_lab.core.errors import NervError, PermissionDeniedError, ValidationError
from nerv_lab.core.history.retention import Pruning, RetentionPolicy
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.text import counted
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.pruner import Pruner
from nerv_lab.lab.past.travel import Travel

__all__ = ["Keeper", "RetentionReport"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
_BUDGET = 0.05
# Longer than anybody who follows the log lags behind, unless it sleeps.
_GRACE = 10.0
_LOOK_AGAIN = 5.0
# Planning costs what is kept, so it waits until a small part of that is new.
_SLACK = 20
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What retention did, or would do.

    Attributes
    ----------
    kept : mapping of str to str
        Why each version that is kept is kept, by its label.
    pruned : tuple of str
        Labels of the versions that went.
    first_event : int
        Position of the first event that is still in the log.
    done : bool
        Whether all was done that was to be done.
    dry_run : bool
        Whether nothing was done at all.
    """

    kept: Mapping[str, str]
    pruned: tuple[str, ...]
    first_event: int
    done: bool
    dry_run: bool

    def __repr__(self) -> str:
        verb = "would prune" if self.dry_run else "pruned"
        shown = ", ".join(self.pruned[:_SHOWN])
        more = f" and {len(self.pruned) - _SHOWN} more" if len(self.pruned) > _SHOWN else ""
        lines = [
            f"{verb} {counted(len(self.pruned), 'version')}" + (f": {shown}{more}" if shown else "")
        ]
        lines.append(f"the log begins with event {self.first_event}")
        lines += [f"{label}: {why}" for label, why in list(self.kept.items())[:_SHOWN]]
        if len(self.kept) > _SHOWN:
            lines.append(f"… and {len(self.kept) - _SHOWN} more are kept")
        return "\n".join(lines)


class Keeper:
    """The retention of a Lab."""

    _client: InnerUniverseClient
    _history: TemporalStore
    _follower: Follower
    _travel: Travel
    _pruner: Pruner

    def _begin_retention(self) -> None:
        self._pruning = threading.Lock()
        self._policy: RetentionPolicy | None = None
        self._policy_read = float("-inf")
        self._may_prune = True
        self._unpruned_commits = 0
        self._plan_after = 1
        self._plan_at = 0.0

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @property
    def retention(self) -> RetentionPolicy | None:
        """The policy that is applied after each commit, by whoever commits; None keeps all.

        It is kept in the store. Setting it prunes nothing yet: the next commits do, a little each.
        """
        self._policy = self._run(self._client.retention_policy())
        self._policy_read = time.monotonic()
        return self._policy

    @retention.setter
    def retention(self, policy: RetentionPolicy | Mapping[str, Any] | None) -> None:
        checked = None if policy is None else _checked(policy)
        self._run(self._client.set_retention_policy(checked))
        self._policy, self._policy_read = checked, time.monotonic()
        self._plan_after = 1

    def retain(
        self,
        policy: RetentionPolicy | Mapping[str, Any] | None = None,
        *,
        dry_run: bool = False,
        budget: float | None = None,
    ) -> RetentionReport:
        """Prune, now, the versions and events that a policy does not keep.

        What is kept stays as it was: state, hashes, changes and labels. Asking for what was
        pruned raises `HistoryPrunedError`. Uncommitted changes are always kept.

        Parameters
        ----------
        policy : RetentionPolicy or mapping, optional
            What to keep; that of the store by default.
        dry_run : bool
            Only say what would be done.
        budget : float, optional
            Seconds after which to stop and leave the rest to the next time; no bound by default.

        Returns
        -------
        RetentionReport

        Raises
        ------
        ValidationError
            No policy is given, and the store has none.
        """
        chosen = self.retention if policy is None else _checked(policy)
        if chosen is None:
            raise ValidationError("policy", "give one, such as RetentionPolicy(keep_last=100)")
        with self._pruning:
            before = self._history.pruned
            if dry_run:
                floor, pruning = self._pruner.floor(chosen, 0.0), self._pruner.plan(chosen)
                return self._report(pruning, {*pruning.inner, *pruning.oldest}, floor, dry_run=True)
            pruning, done = self._pruner.apply(chosen, budget=budget, grace=0.0)
            self._run(self._client.release(wait=budget is None))
        went = self._history.pruned - before
        return self._report(pruning, went, self._follower.floor, done=done)

    def _report(
        self,
        pruning: Pruning,
        went: set[str] | frozenset[str],
        floor: int,
        *,
        done: bool = True,
        dry_run: bool = False,
    ) -> RetentionReport:
        labels = self._travel.labels()
        return RetentionReport(
            {labels[id]: pruning.kept[id] for id in labels if id in pruning.kept},
            tuple(label for id, label in labels.items() if id in went),
            floor + 1,
            done,
            dry_run,
        )

    def _keep_to_policy(self) -> None:
        """Prune a little after a commit, where a policy says so."""
        self._unpruned_commits += 1
        if self._unpruned_commits < self._plan_after or time.monotonic() < self._plan_at:
            return
        if not self._may_prune or not self._pruning.acquire(blocking=False):
            return
        try:
            self._prune_a_little()
        except PermissionDeniedError:
            self._may_prune = False  # whoever may will do it
        except NervError:
            logger.exception("history could not be pruned; it is tried again after a commit")
        finally:
            self._pruning.release()

    def _prune_a_little(self) -> None:
        if time.monotonic() > self._policy_read + _LOOK_AGAIN:
            self._policy = self.retention
        if self._policy is None:
            return
        began = time.monotonic()
        pruning, done = self._pruner.apply(self._policy, budget=_BUDGET, grace=_GRACE)
        self._run(self._client.release(wait=False))
        now = time.monotonic()
        self._unpruned_commits = 0
        self._plan_after = max(len(pruning.kept) // _SLACK, 1) if done else 1
        # What takes longer than it should is done the more rarely.
        took = now - began
        self._plan_at = now + took * _SLACK if done and took > _BUDGET else 0.0


def _checked(policy: RetentionPolicy | Mapping[str, Any]) -> RetentionPolicy:
    return policy if isinstance(policy, RetentionPolicy) else RetentionPolicy.from_record(policy)
