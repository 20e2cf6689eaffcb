"""A Lab whose server goes and comes back: what it goes on from, and how it catches up."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from nerv_lab.core.errors import ConflictError, NervError, ServerGoneError, ValidationError
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.lineage import ancestors
from nerv_lab.core.history.signatures import Chains
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.outbox import Fork, Standing
from nerv_lab.lab.branches.merging import MergeResult
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.outboxes import OutboxView
from nerv_lab.lab.position import Position

__all__ = ["Resyncer"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
# Whoever writes all the time makes each of them fail.
_ATTEMPTS = 10


class Resyncer:
    """The part of a Lab that stands between it and a server that may be away."""

    _client: InnerUniverseClient
    _history: TemporalStore
    _follower: Follower
    _chains: Chains

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @property
    @abstractmethod
    def branches(self) -> dict[str, Version | None]:
        """The newest version of every branch."""

    @abstractmethod
    def commit(self, description: str, *, author: str | None = None) -> Version:
        """Make the present state a version."""

    @abstractmethod
    def merge(self, source: str, *, description: str | None = None) -> MergeResult:
        """Bring another branch into the present one."""

    @abstractmethod
    def preview(self, source: str) -> MergeResult:
        """Work out what merging would do, without doing it."""

    @abstractmethod
    def _sign_what_was_queued(self, after: int) -> None:
        """Sign what was committed while the server was away."""

    @abstractmethod
    def delete_branch(self, name: str) -> None:
        """Delete a branch."""

    @property
    def outbox(self) -> OutboxView:
        """What was written here and waits for the server, or for you to decide."""
        return OutboxView(
            self._client.outbox, self._client.wait_sent, self._preview_fork, self._fork_is_merged
        )

    def _preview_fork(self, fork: Fork) -> MergeResult:
        if (present := self._follower.branch) != fork.branch:
            why = f"{fork.name!r} was made on {fork.branch!r}, and you are on {present!r}"
            raise ValidationError("fork", f"{why}; switch first")
        return self.preview(fork.name)

    def _fork_is_merged(self, name: str) -> None:
        try:
            self._finish_fork(name, self._follower.position())
        except ServerGoneError:
            logger.info("branch %s is deleted when the server is back", name)

    def _begin_resync(self) -> None:
        self._stood_at = 0
        if self._client.outbox is None:
            return
        self._client.on_reset(self._read_anew)
        self._client.on_fork(self._bring_in)
        self._client.on_back(self._catch_up_signing)
        self._client.lend(self._standing)

    def _standing(self) -> Standing:
        position, history = self._follower.position(), self._history
        self._stood_at = position.seq
        return Standing(
            position.seq,
            {position.branch: position.state},
            history.heads,
            self._follower.moves,
            history.versions,
            retention=replace(history.retention, floor=self._follower.floor),
            since=max(position.head.event_seq if position.head else 0, position.moved_at),
        )

    def _read_anew(self) -> int:
        """Take the store for what it is, whatever was made here while it was away."""
        branches = self._run(self._client.branches())
        branch = self._follower.branch if self._follower.branch in branches else DEFAULT_BRANCH
        snapshot = self._run(self._client.snapshot(branch))
        versions = self._run(self._client.versions())
        retention = self._run(self._client.retention())
        heads = {name: found.head for name, found in branches.items()} | {branch: snapshot.head}
        moves = {name: found.moved_at for name, found in branches.items()}
        head = next((v for v in versions if v.id == snapshot.head), None)
        since = max(head.event_seq if head else 0, moves[branch])
        events = self._run(self._client.events(since, None, snapshot.seq))
        known = set(self._history.versions)
        self._history.replace(versions, heads, retention)
        self._chains = Chains(self._history.get_version)
        self._follower.restart(
            branch,
            GraphState.build(snapshot.items),
            snapshot.seq,
            moves,
            retention.floor,
            events,
            [v for v in versions if v not in known],
        )
        return snapshot.seq

    def _bring_in(self, name: str, branch: str) -> None:
        """Merge what was written offline, and leave it where it is if that needs a decision."""
        try:
            self._merge_or_leave(name, branch)
        except NervError as error:
            logger.warning("branch %s waits to be merged into %s: %s", name, branch, error)

    def _catch_up_signing(self) -> None:
        try:
            self._sign_what_was_queued(self._stood_at)
        except NervError as error:
            logger.warning("what was committed offline is not signed yet: %s", error)

    def _merge_or_leave(self, name: str, branch: str) -> None:
        position, heads = self._follower.position(), self.branches
        theirs, ours = heads.get(name), heads.get(branch)
        if theirs is None:
            self._merged(name)
        elif ours is not None and self._holds(ours, theirs):
            self._finish_fork(name, position)
        elif position.branch == branch:
            result = self._merge_soon(name)
            if result.conflicts:
                logger.warning("branch %s waits: %s", name, result.summary)
            else:
                self._finish_fork(name, position)

    def _merge_soon(self, name: str) -> MergeResult:
        """Merge a branch, also while others go on writing here."""
        for left in reversed(range(_ATTEMPTS)):
            position = self._follower.position()
            if position.head is None or position.uncommitted:
                self.commit("what was there before the work done offline")
            try:
                return self.merge(name, description=f"work done offline ({name})")
            except ConflictError:
                if not left:
                    raise
        raise AssertionError

    def _holds(self, version: Version, other: Version) -> bool:
        return other.id in ancestors(version.id, lambda id: self._history.get_version(id).parents)

    def _finish_fork(self, name: str, position: Position) -> None:
        if position.branch != name:
            self.delete_branch(name)
        self._merged(name)

    def _merged(self, name: str) -> None:
        if self._client.outbox is not None:
            self._client.outbox.merged(name)
