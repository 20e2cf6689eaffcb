"""Putting what does not fit any more on a branch of its own."""

from __future__ import annotations

import asyncio
import logging

from nerv_lab.core.graph.item_changes import decode_delta
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.outbox.forking import fork_name, forked
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.states import SENT, State
from nerv_lab.inner_universe.outbox.writes import QueuedWrite
from nerv_lab.inner_universe.spacetime.following.reading import read_branches, read_snapshot
from nerv_lab.inner_universe.spacetime.queueing.catching_up import CatchingUpUniverse
from nerv_lab.inner_universe.spacetime.sending import Clash

__all__ = ["ForkingUniverse"]

logger = logging.getLogger(__name__)


class ForkingUniverse(CatchingUpUniverse):
    """The part of a queueing client that makes a branch where others went on meanwhile."""

    async def _fork(self, journal: Journal, clash: Clash) -> None:
        """Put what does not fit any more on a branch of its own."""
        if clash.branch in journal.forks():
            for entry in journal.outbox.within(State.PENDING):
                if entry.branch == clash.branch:
                    journal.set_aside(entry.id, State.CONFLICT, clash.why)
            return
        connection, sender = self.remote.connection, self._sender(journal)
        async with self._writing:
            branches = await read_branches(connection)
            writes = journal.writes(State.PENDING)
            if journal.lost:
                # What the server lost is written again on what it has.
                snapshot = await read_snapshot(connection, clash.branch)
                base, head = GraphState.build(snapshot.items), snapshot.head
            else:
                base, head = await asyncio.to_thread(self._base_of, journal, clash.branch)
            if head not in {v.id for v in await self.remote.versions()}:
                head = None
            state = GraphState.empty() if head is None else await sender.states.state_of(head)
            name = fork_name(journal.origin_id, branches)
            instead = forked(writes, name, clash.branch, base, head, state)
            journal.rewrite([w.id for w in writes], instead)
            journal.fork(name, clash.branch)
            logger.warning(
                "%s: others went on meanwhile (%s); what was written offline goes to branch %s",
                self.uri,
                clash.why,
                name,
            )
            if await self._unless_gone(sender.send_all()) is None and self._local is not None:
                await self._leave_local()

    def _base_of(self, journal: Journal, branch: str) -> tuple[GraphState, str | None]:
        """Return what the writes that wait were made on: the rows of a branch, and its version."""
        found = journal.standing()
        if found is None:
            return GraphState.empty(), None
        behind, standing = found
        rows, heads = dict(standing.rows), dict(standing.heads)
        for entry in journal.outbox.within(*SENT):
            if entry.number > behind and entry.kind in ("apply", "move"):
                _follow(journal.write(entry.id), rows, heads)
        return rows.get(branch, GraphState.empty()), heads.get(branch)

    async def _offer_forks(self) -> None:
        for fork in self.queues.forks:
            for watcher in self._fork_watchers:
                await self._portal.aside(watcher, fork.name, fork.branch)
        for back in self._back_watchers:
            await self._portal.aside(back)


def _follow(write: QueuedWrite, rows: dict[str, GraphState], heads: dict[str, str]) -> None:
    """Do with the branches what a write did with them here."""
    move, branch = write.move, write.branch
    if move is None:
        state = rows.get(branch, GraphState.empty())
        rows[branch] = state.apply(plan(state, write.changes, now_us()))
        if write.version is not None:
            heads[branch] = write.version.id
    elif move.to is None:
        rows.pop(branch, None)
        heads.pop(branch, None)
    else:
        before = rows.get(move.rows_of, GraphState.empty())
        rows[branch], heads[branch] = before.apply(decode_delta(write.delta)), move.to
