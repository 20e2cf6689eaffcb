"""Taking back what is not committed yet."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import groupby

from nerv_lab.core.errors import ConflictError, UsageError
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.item_changes import ItemChange, fold, restoring
from nerv_lab.core.graph.names import naming
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.contract.client import InnerUniverseClient, Receipt
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.past.diffs import Diff

__all__ = ["Undoer"]

Step = tuple[ItemChange, ...]
_DONE = {"undo": "undone", "redo": "redone"}


class Undoer:
    """Undo and redo of this Lab's own changes since the head."""

    _client: InnerUniverseClient
    _follower: Follower
    # What the batches that undo and redo wrote stand for, by their ids.
    _undoing: dict[str, str]

    @abstractmethod
    def _outside_transaction(self, doing: str) -> None: ...

    @abstractmethod
    def apply(
        self, changes: Sequence[Change], *, reason: str | None = None, commit: str | None = None
    ) -> Receipt:
        """Make all of the changes, or none of them, as one batch of events."""

    def undo(self) -> Diff:
        """Take back the last batch of changes that this Lab made and nobody committed.

        It is taken back by a new batch, so that the log tells of both.

        Returns
        -------
        Diff
            What was done to take it back.

        Raises
        ------
        UsageError
            There is nothing to undo since the head.
        ConflictError
            Somebody has changed the same items since.
        """
        done, _ = self._steps()
        return self._step("undo", done, lambda step: [c.inverse() for c in step[::-1]])

    def redo(self) -> Diff:
        """Do again what was undone last, unless something else was written since.

        Returns
        -------
        Diff
            What was done again.

        Raises
        ------
        UsageError
            There is nothing to redo.
        ConflictError
            Somebody has changed the same items since.
        """
        _, undone = self._steps()
        return self._step("redo", undone, list)

    def _steps(self) -> tuple[list[Step], list[Step]]:
        """Return what can be undone and what can be redone, the last of each at the end."""
        own = [p for p in self._follower.position().waiting if p.origin == self._client.origin_id]
        done: list[Step] = []
        undone: list[Step] = []
        for batch, changes in groupby(own, key=lambda p: p.batch):
            kind = self._undoing.get(batch)
            if kind == "undo" and done:
                undone.append(done.pop())
            elif kind == "redo" and undone:
                done.append(undone.pop())
            else:
                done.append(tuple(p.change for p in changes))
                undone.clear()
        return done, undone

    def _step(self, verb: str, steps: list[Step], turn: Callable[[Step], list[ItemChange]]) -> Diff:
        self._outside_transaction(verb)
        if not steps:
            raise UsageError(f"there is nothing to {verb} since the last commit")
        changes = fold(turn(steps[-1]))
        before = self._follower.state
        _check_unchanged(before, changes)
        receipt = self.apply(restoring(changes), reason=verb)
        self._undoing[receipt.batch_id] = verb
        return Diff(receipt.changes, "before", _DONE[verb], naming(self._follower.state, before))


def _check_unchanged(state: GraphState, changes: Sequence[ItemChange]) -> None:
    for change in changes:
        found, expected = state.get(change.key), change.old
        if (found and found.content) != (expected and expected.content):
            raise ConflictError(f"{change.key} was changed since by somebody else; see its history")
