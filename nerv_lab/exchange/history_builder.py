"""Histories of other systems as histories of a store, event by event, before any store has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version, to_micros
from nerv_lab.inner_universe.contract.client import BranchMove
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.log_events import (
    Origin,
    branch_event,
    change_events,
    placed,
    version_event,
)
from nerv_lab.inner_universe.contract.records import StoredHistory
from nerv_lab.inner_universe.contract.writing import checked_batch

__all__ = ["HistoryBuilder"]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class HistoryBuilder:
    """Writes the log of a store that never was, with ids and times that are given.

    Attributes
    ----------
    versions : int
        How many were committed.
    events : int
        How many were recorded.
    """

    def __init__(self) -> None:
        self._origin = Origin(new_id())
        self._moment = _EPOCH
        self._drafts = TemporalStore(clock=lambda: self._moment)
        self._log: list[Event] = []
        self._committed: list[tuple[int, Version]] = []
        self._deltas: dict[str, bytes] = {}
        self._states: dict[str, GraphState] = {}
        self._heads: dict[str, Version] = {}

    @property
    def versions(self) -> int:
        """How many were committed."""
        return len(self._committed)

    @property
    def events(self) -> int:
        """How many were recorded."""
        return len(self._log)

    def state(self, branch: str) -> GraphState:
        """Return the working rows of a branch, empty where it has none."""
        return self._states.get(branch, GraphState.empty())

    def commit(
        self,
        version_id: str,
        branch: str,
        changes: Sequence[Change],
        *,
        description: str,
        author: str | None,
        reason: str | None,
        moment: dt.datetime,
        merged: str | None = None,
    ) -> Version:
        """Change a branch, and make what comes out a version of the given id and time.

        Parameters
        ----------
        version_id : str
            Its id.
        branch : str
            Where; a branch that was not made begins empty.
        changes : sequence of Change
            What leads to it.
        description, author, reason : str or None
            Of the version, and the reason of its events.
        moment : datetime
            When; aware.
        merged : str, optional
            Id of the second parent.
        """
        self._moment = moment
        micros = to_micros(moment)
        batch = checked_batch(changes, reason=reason, source=author, branch=branch)
        done = plan(self.state(branch), batch.changes, micros)
        for event in change_events(batch, done, micros):
            self._record(event, batch.id)
        self._states[branch] = self.state(branch).apply(done)
        version, delta = self._drafts.draft(
            self._states[branch],
            description,
            changes=done,
            author=author,
            branch=branch,
            event_seq=len(self._log),
            version_id=version_id,
            head=self._heads.get(branch),
            merged=merged,
        )
        self._record(self._now(version_event(version, 0)), version.id)
        self._committed.append((len(self._log), version))
        self._deltas[version.id] = delta
        self._heads[branch] = version
        return version

    def create_branch(
        self, name: str, version: Version, state: GraphState, moment: dt.datetime
    ) -> None:
        """Let a branch begin at a version whose state is known."""
        self._move(BranchMove(new_id(), name, None, version.id, name, ()), moment)
        self._heads[name] = version
        self._states[name] = state

    def delete_branch(self, name: str, moment: dt.datetime) -> None:
        """Delete a branch; its versions stay."""
        head = self._heads.pop(name)
        self._move(BranchMove(new_id(), name, head.id, None, name, ()), moment)
        del self._states[name]

    def _move(self, move: BranchMove, moment: dt.datetime) -> None:
        self._moment = moment
        self._record(self._now(branch_event(move, 0)), move.id)

    def _now(self, event: Event) -> Event:
        return replace(event, timestamp=to_micros(self._moment) / 1_000_000)

    def _record(self, event: Event, batch_id: str) -> None:
        seq = len(self._log) + 1
        self._log.append(placed(event, seq, self._origin, seq, batch_id))

    def history(self, tags: Mapping[str, str]) -> StoredHistory:
        """Return the whole history, with tags by the ids of their versions."""
        heads = {name: version.id for name, version in self._heads.items()}
        return StoredHistory(
            0,
            len(self._log),
            lambda: iter(self._log),
            tuple(self._committed),
            self._deltas.__getitem__,
            dict(self._states),
            heads,
            dict(tags),
        )
