"""Putting queued writes on a branch of their own, where others went on meanwhile; pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.item_changes import ItemChange, compact, restoring
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.resolutions import delta_with, resolutions_of
from nerv_lab.core.history.versions import Version, version_digest
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.contract.records import BranchMove
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, touched

__all__ = ["fork_name", "forked", "relocated"]

_BEFORE = "not committed yet when the server went away"
_AFTER = "changes made offline"


def fork_name(origin_id: str, taken: Collection[str]) -> str:
    """Return the name of a branch for the writes of an origin, which no branch has yet."""
    name = f"offline-{origin_id.replace('-', '')[-8:]}"
    number = 2
    found = name
    while found in taken:
        found = f"{name}-{number}"
        number += 1
    return found


def relocated(version: Version, delta: bytes, event_seq: int) -> Version:
    """Return a version at its place in the log; its id, state, time and words stay."""
    version = replace(version, event_seq=event_seq)
    return replace(version, digest=version_digest(version, delta))


def forked(
    writes: Iterable[QueuedWrite],
    name: str,
    branch: str,
    base: GraphState,
    head: str | None,
    head_state: GraphState,
) -> list[QueuedWrite]:
    """Return what to write instead, so that the writes of a branch come to be on one of their own.

    Parameters
    ----------
    writes : iterable of QueuedWrite
        All that wait; those that do not belong to the branch stay as they are.
    name : str
        The new branch.
    branch : str
        The one they were made on.
    base : GraphState
        What they were made on.
    head, head_state : str or None, GraphState
        The newest version of the branch then; the new one begins there.
    """
    fork = _Fork(name, base, head)
    if head is not None:
        move = BranchMove(new_id(), name, None, head, branch)
        fork.out.append(QueuedWrite(move.id, "move", name, move=move, count=1, added=True))
    fork.begin(head_state)
    moved = False
    for write in writes:
        if write.move is not None and write.branch == branch and not moved:
            # What comes after was made on something else, and waits for what becomes of the move.
            moved = True
            fork.end()
        if write.kind == "apply" and write.branch == branch and not moved:
            fork.add(write)
        else:
            fork.out.append(write)
    if not moved:
        fork.end()
    return fork.out


class _Fork:
    """The new branch as it grows."""

    def __init__(self, name: str, base: GraphState, head: str | None) -> None:
        self.out: list[QueuedWrite] = []
        self._name = name
        self._state = base
        self._head = head
        self._since: list[ItemChange] = []

    def begin(self, head_state: GraphState) -> None:
        """Bring the rows from those of the head to what the writes start from."""
        before = head_state.diff(self._state)
        if before:
            self._since += before
            self.out.append(
                QueuedWrite(
                    new_id(),
                    "apply",
                    self._name,
                    tuple(restoring(before)),
                    _BEFORE,
                    befores=touched(before),
                    count=len(before),
                    added=True,
                )
            )

    def add(self, write: QueuedWrite) -> None:
        """Do a write here."""
        write = replace(write, branch=self._name)
        try:
            done = tuple(plan(self._state, write.changes, now_us()))
        except NervError:
            self.out.append(replace(write, befores=None))  # the server says what is wrong
            return
        self._state = self._state.apply(done)
        self._since += done
        write = replace(write, befores=touched(done), count=len(done))
        if write.version is not None:
            version, delta = self._sealed(write.version, write.delta)
            write = replace(write, version=version, delta=delta, count=len(done) + 1)
            self._head, self._since = version.id, []
        self.out.append(write)

    def _sealed(self, version: Version, delta: bytes) -> tuple[Version, bytes]:
        parents = (self._head,) if self._head else ()
        moved = replace(version, branch=self._name, parents=(*parents, *version.parents[1:]))
        if (version.data_hash, version.parent) != (self._state.data_hash, self._head):
            changes = compact(self._since, exact=True)
            delta = delta_with(changes, resolutions_of(delta))
            moved = replace(moved, data_hash=self._state.data_hash)
        return moved, delta

    def end(self) -> None:
        """Commit what is not committed."""
        if not compact(self._since):
            return
        delta = delta_with(compact(self._since, exact=True), ())
        version = Version(
            new_id(),
            (self._head,) if self._head else (),
            self._name,
            timestamp=dt.datetime.now(dt.UTC),
            description=_AFTER,
            data_hash=self._state.data_hash,
        )
        self.out.append(
            QueuedWrite(
                new_id(),
                "apply",
                self._name,
                version=version,
                delta=delta,
                befores={},
                count=1,
                added=True,
            )
        )
