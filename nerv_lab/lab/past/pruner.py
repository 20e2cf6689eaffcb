"""Bringing a store to what its retention policy keeps, a step at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from nerv_lab.core.errors import LogMovedError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES
from nerv_lab.core.history.pruning import PruneStep, prune_step
from nerv_lab.core.history.retention import Pruning, RetentionPolicy
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.thinning import Retention, marked
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.contract.ids import batch_of
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.event_log import EventLog

__all__ = ["Pruner"]

_ATTEMPTS = 20
_VERSIONS_AT_FIRST = 16
_VERSIONS_AT_MOST = 512
# A version comes with some events.
_EVENTS_PER_VERSION = 16


class Pruner:
    """Prunes what a policy does not keep.

    Parameters
    ----------
    client : InnerUniverseClient
        Where the history is kept.
    history, follower, events : TemporalStore, Follower and EventLog
        The history as it is known here.
    tags : callable
        Gives the version id of each tag.
    run : callable
        Runs a coroutine of the client and takes in the events it gives rise to.
    refresh : callable
        Takes in what others wrote.
    """

    def __init__(
        self,
        client: InnerUniverseClient,
        history: TemporalStore,
        follower: Follower,
        events: EventLog,
        tags: Callable[[], dict[str, str]],
        run: Callable[[Coroutine[Any, Any, Any]], Any],
        refresh: Callable[[], None],
    ) -> None:
        self._client = client
        self._history = history
        self._follower = follower
        self._events = events
        self._tags = tags
        self._run = run
        self._refresh = refresh
        self._now: Retention | None = None
        self._most = _VERSIONS_AT_FIRST
        self._deleted: dict[str, int] = {}

    def plan(self, policy: RetentionPolicy) -> Pruning:
        """Work out what a policy keeps."""
        return self._history.plan(policy, self._tags())

    def floor(self, policy: RetentionPolicy, grace: float) -> int:
        """Return the position up to which events would go; see `apply`."""
        pruning, now = self.plan(policy), self._known()
        while (step := self._with_events(_nothing(now, 0), pruning, grace)).floor > now.floor:
            now = step.after(now)
        return now.floor

    def apply(
        self, policy: RetentionPolicy, *, budget: float | None, grace: float
    ) -> tuple[Pruning, bool]:
        """Prune, each step a transaction of its own.

        Parameters
        ----------
        policy : RetentionPolicy
            What to keep.
        budget : float, optional
            Seconds after which to stop, and to go on the next time; no bound by default.
        grace : float
            Seconds for which events stay in the log in any case, for those who follow it.

        Returns
        -------
        pruning : Pruning
            What was to be done.
        done : bool
            Whether all of it surely was.
        """
        start = time.monotonic()
        pruning, known_at = self._planned(policy)
        attempts = 0
        began = time.monotonic()
        while step := self._step(pruning, known_at, grace):
            try:
                self._run(self._client.prune(step))
            except LogMovedError:
                attempts += 1
                if attempts == _ATTEMPTS:
                    raise
                self._now = None
                self._refresh()
                pruning, known_at = self._planned(policy)
                continue
            assert self._now is not None
            self._now = replace(step.after(self._now), pruned=frozenset(), bridges={})
            took = time.monotonic() - began
            self._adapt(took, budget)
            began = time.monotonic()
            if budget is not None and began - start + took > budget:
                return pruning, False
        return pruning, True

    def _planned(self, policy: RetentionPolicy) -> tuple[Pruning, int]:
        # What is committed meanwhile lies behind the position, so that the store sees it.
        known_at = self._follower.seq
        return self.plan(policy), known_at

    def _adapt(self, took: float, budget: float | None) -> None:
        """Let steps be as long as they may: a transaction has its price."""
        allowed = budget if budget is not None else 1.0
        most = _VERSIONS_AT_MOST if budget is None else _VERSIONS_AT_FIRST
        if took < allowed / 4:
            self._most = min(self._most * 2, most)
        elif took > allowed / 2:
            self._most = max(self._most // 2, 1)

    def _known(self) -> Retention:
        if self._now is None:
            found: Retention = self._run(self._client.retention())
            self._now = replace(found, pruned=frozenset(), bridges={})
        return self._now

    def _step(self, pruning: Pruning, known_at: int, grace: float) -> PruneStep | None:
        now = self._known()
        step = prune_step(self._history, pruning, now, self._most, known_at)
        full = self._with_events(step or _nothing(now, known_at), pruning, grace)
        return full if step is not None or full.floor > now.floor else None

    # The log

    def _with_events(self, step: PruneStep, pruning: Pruning, grace: float) -> PruneStep:
        """Return a step that drops events too, as far as nothing that is kept needs them."""
        target = self._target(pruning)
        until, found = step.floor, self._most * _EVENTS_PER_VERSION
        while until < target:
            until = min(step.floor + found, target)
            # One more, to see whether a batch ends here.
            events = list(self._events.between(step.floor, until + 1))
            end = self._end(events, until, time.time() - grace)
            if end is None:
                break
            if end > step.floor:
                gone = events[: end - step.floor]
                return replace(step, floor=end, marks=marked(step.marks, gone))
            found *= 2
        return step

    def _target(self, pruning: Pruning) -> int:
        """Return where the oldest version is from which on all are kept."""
        oldest = None
        for version in reversed(self._history.versions):
            if version.id not in pruning.kept:
                return 0 if oldest is None else oldest
            oldest = version.event_seq if oldest is None else min(oldest, version.event_seq)
        return 0

    def _end(self, events: list[Event], until: int, before: float) -> int | None:
        """Return the end of the last batch that may go whole; None where no more may.

        Zero stands for a batch that is not seen whole yet.
        """
        end = 0
        for event, following in pairwise(events):
            seq = event.seq or 0
            if seq > until or event.timestamp > before or self._is_pending(event):
                return end or None
            if batch_of(event.id) != batch_of(following.id) or not batch_of(event.id):
                end = seq
        return end

    def _is_pending(self, event: Event) -> bool:
        """Return whether an event is a change that no version of its branch includes."""
        if event.type not in CHANGE_EVENT_TYPES:
            return False
        seq, branch = event.seq or 0, event.branch
        head = self._history.head(branch)
        since = max(head.event_seq if head else 0, self._follower.moved_at(branch))
        if seq > since and head is None:
            since = self._deletion(branch, seq)
        return seq > since

    def _deletion(self, branch: str, after: int) -> int:
        """Return where a branch was deleted behind a position; 0 where it was not."""
        known = self._deleted.get(branch, 0)
        if known > after:
            return known
        moves = (e.seq or 0 for e in self._moves(after) if e.branch == branch)
        self._deleted[branch] = max(moves, default=0)
        return self._deleted[branch]

    def _moves(self, after: int) -> Iterator[Event]:
        events = self._events.between(after, self._follower.seq)
        return (event for event in events if event.type == EventType.BRANCH_MOVED)


def _nothing(now: Retention, known_at: int) -> PruneStep:
    return PruneStep(known_at, now.generation, top=now.top, floor=now.floor, marks=now.marks)
