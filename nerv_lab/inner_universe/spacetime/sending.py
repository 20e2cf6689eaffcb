"""Sending what is queued: in order, each once, and only where it still fits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from nerv_lab.core.errors import (
    ConflictError,
    IntegrityError,
    NervError,
    ServerError,
    StoreBusyError,
)
from nerv_lab.core.events import EventType
from nerv_lab.core.graph.item_changes import CHANGE_EVENT_TYPES
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.signatures import signed_heads
from nerv_lab.inner_universe.contract.log_events import now_us
from nerv_lab.inner_universe.outbox.forking import relocated
from nerv_lab.inner_universe.outbox.journal import Journal
from nerv_lab.inner_universe.outbox.rehearsing import Rehearsal, Step
from nerv_lab.inner_universe.outbox.standing import Standing
from nerv_lab.inner_universe.outbox.states import ASIDE, State
from nerv_lab.inner_universe.outbox.writes import QueuedWrite, TagMove
from nerv_lab.inner_universe.portal import Portal
from nerv_lab.inner_universe.spacetime.following.connection import Connection
from nerv_lab.inner_universe.spacetime.following.queries import quoted
from nerv_lab.inner_universe.spacetime.following.reading import (
    read_branches,
    read_snapshot,
    read_tags,
)
from nerv_lab.inner_universe.spacetime.module.calls import (
    apply_and_commit_args,
    commit_args,
    tag_args,
)
from nerv_lab.inner_universe.spacetime.module.requests import batch_of_write, request_of
from nerv_lab.inner_universe.spacetime.module.schema import CursorRow
from nerv_lab.inner_universe.spacetime.moving import move_to
from nerv_lab.inner_universe.spacetime.resealing import Resealer
from nerv_lab.inner_universe.spacetime.server_states import ServerStates

__all__ = ["Clash", "Sender"]

logger = logging.getLogger(__name__)

Stand: TypeAlias = Callable[[], Awaitable[Standing | None]]

# So many are under way at once; the server takes them in order, or refuses what follows a gap.
_WINDOW = 64
_ATTEMPTS = 100
_GRAPH = CHANGE_EVENT_TYPES | {EventType.STATE_VERSION_COMMITTED, EventType.BRANCH_MOVED}


@dataclass(frozen=True, slots=True)
class Clash:
    """Queued writes that do not fit any more, since others went on meanwhile.

    Attributes
    ----------
    branch : str
        Where.
    why : str
        What stands against the first of them.
    """

    branch: str
    why: str


class Sender:
    """Sends the writes of one journal.

    Parameters
    ----------
    connection : Connection
        Where to.
    journal : Journal
        What; nobody else sends from it.
    portal : Portal
        Where the connection lives.
    stand : callable, optional
        Gives where the server stands by now, where that is known without reading all its rows.
    deltas : dict of str to bytes, optional
        Deltas that were read before, by the digest of their version; those that are read now are
        added, so that who is cut off again and again gets further each time.

    Attributes
    ----------
    states : ServerStates
        Gives the states of the server's versions.
    """

    def __init__(
        self,
        connection: Connection,
        journal: Journal,
        portal: Portal,
        stand: Stand | None = None,
        deltas: dict[str, bytes] | None = None,
    ) -> None:
        self._stand = stand
        self.states = ServerStates(connection, portal, {} if deltas is None else deltas)
        self._connection = connection
        self._journal = journal

    async def send_all(self) -> Clash | None:
        """Send all that waits by now; what the server refuses is set aside.

        Returns
        -------
        Clash or None
            Where writes do not fit any more. Then none of them was sent.

        Raises
        ------
        ServerError
            The server went away; what was under way waits again.
        """
        last = self._journal.outbox.last
        for _ in range(_ATTEMPTS):
            try:
                await self.hear()
                writes = self._journal.writes(State.PENDING, until=last)
                if not writes:
                    return None
                steps, seq = await self._rehearsed(writes)
                clash = self._judged(steps)
                if clash is not None:
                    return clash
                await self._send(steps, seq)
            finally:
                self._journal.outbox.lost()
        raise StoreBusyError(
            f"{self._connection.address.uri} is written to all the time; what is queued waits on"
        )

    async def hear(self) -> None:
        """Learn from the server which of our writes it has.

        Writes that it has lost wait again.
        """
        journal = self._journal
        of_origin = f"origin_id = {quoted(journal.origin_id)}"
        rows: list[CursorRow] = await self._connection.select("origin_cursor", of_origin)
        cursor = rows[0].origin_seq if rows else 0
        if cursor > journal.cursor:
            await self._take_note(cursor)
        elif cursor < journal.cursor:
            known, lost = journal.cursor, journal.heard(cursor)
            logger.warning(
                "%s came back with %d of %d events of ours; %d writes are sent again",
                self._connection.address.uri,
                cursor,
                known,
                len(lost),
            )

    async def _take_note(self, cursor: int) -> None:
        """Accept what was sent before, and whose answer never came."""
        journal = self._journal
        where = f"origin_id = {quoted(journal.origin_id)} AND origin_seq > {journal.cursor}"
        reached: dict[str, int] = {}
        for row in await self._connection.select("event_log", where):
            reached[row.batch_id] = max(reached.get(row.batch_id, 0), row.origin_seq)
        taken = []
        for write in journal.writes(State.PENDING, State.IN_FLIGHT):
            ids = [write.id] + ([write.version.id] if write.version else [])
            found = [reached[id] for id in ids if id in reached]
            if found:
                taken.append((write.id, max(found)))
        journal.accept(taken)
        journal.heard(cursor)

    async def _rehearsed(self, writes: Sequence[QueuedWrite]) -> tuple[list[Step], int]:
        names = {w.branch for w in writes if w.kind in ("apply", "version")}
        known = None if self._stand is None else await self._stand()
        states: dict[str, GraphState] = {} if known is None else dict(known.rows)
        heads: dict[str, str | None]
        if known is not None:
            seq, heads = known.seq, dict(known.heads)
        else:
            heads = {n: b.head for n, b in (await read_branches(self._connection)).items()}
            seq = await self._connection.refresh("resync")
        for name in sorted(names - states.keys()):
            snapshot = await read_snapshot(self._connection, name)
            states[name] = GraphState.build(snapshot.items)
            heads[name] = snapshot.head
        targets = {w.move.to for w in writes if w.move is not None and w.move.to is not None}
        queued = {w.version.id for w in writes if w.version is not None}
        made = await self.states.known(targets - queued)
        has_tags = any(w.tag is not None for w in writes)
        tags = await read_tags(self._connection) if has_tags else {}
        aside = self._journal.writes(*ASIDE)
        rehearsal = Rehearsal(states, heads, made, now_us(), tags, aside)
        return await asyncio.to_thread(rehearsal.steps, writes), seq

    def _judged(self, steps: Sequence[Step]) -> Clash | None:
        """Set aside what cannot be sent, and return what has to go to a branch of its own."""
        for step in steps:
            taken_before = self._journal.outbox.entry(step.write.id).accepted_at
            if step.problem is not None and step.write.kind == "apply" and not step.held:
                if step.write.befores is not None or taken_before:
                    return Clash(step.write.branch, step.problem)
                # It was under way when the connection broke, so nobody was told that it is done.
                self._journal.set_aside(step.write.id, State.REJECTED, step.problem)
            elif step.problem is not None and step.write.tag is not None and taken_before:
                # It was there, and others have set it since.
                self._journal.accept([(step.write.id, self._journal.cursor)])
            elif step.problem is not None:
                self._journal.set_aside(step.write.id, State.CONFLICT, step.problem)
        return None

    async def _send(self, steps: Sequence[Step], seq: int) -> None:
        """Send, in order, until something comes in between."""
        window: list[Step] = []
        resealer = Resealer(self._connection, self._signed(steps))
        for step in steps:
            if step.problem is not None:
                continue
            alone = step.write.kind in ("move", "tag") or step.write.version is not None
            if window and (alone or len(window) == _WINDOW):
                if not await self._send_window(window):
                    return
                window = []
            if not alone:
                window.append(step)
            elif not await self._send_alone(step, seq, resealer):
                return
        if window:
            await self._send_window(window)

    @staticmethod
    def _signed(steps: Sequence[Step]) -> set[str]:
        """Return the versions that were signed before the server lost them."""
        events = (event for step in steps for event in step.write.events)
        return {head.version for _, head in signed_heads(events) if head is not None}

    async def _send_window(self, window: Sequence[Step]) -> bool:
        """Send several at once; False where others have to be asked again before going on."""
        journal, connection = self._journal, self._connection
        number = journal.cursor + 1
        requests: list[tuple[str, bytes]] = []
        for step in window:
            try:
                request = request_of(step.write, journal.origin_id, number)
            except NervError as error:  # such as one that was queued when more could be sent
                self._refused(step, error)
                return False
            requests.append(request)
            number += step.count
        calls = [connection.call(*request) for request in requests]
        journal.outbox.send([step.write.id for step in window])
        answers = await asyncio.gather(*calls, return_exceptions=True)
        taken: list[tuple[str, int]] = []
        reached, as_planned = journal.cursor, True
        for step, answer in zip(window, answers, strict=True):
            if not isinstance(answer, BaseException):
                reached += len(answer)
                as_planned = as_planned and len(answer) == step.count
                taken.append((step.write.id, reached))
        journal.accept(taken)
        for step, answer in zip(window, answers, strict=True):
            if isinstance(answer, BaseException):
                as_planned = False
                self._refused(step, answer)
        return as_planned

    async def _send_alone(self, step: Step, seq: int, resealer: Resealer) -> bool:
        journal, write = self._journal, step.write
        if write.tag is not None:
            return await self._send_tag(step, write.tag)
        last = await self._connection.refresh("resync")
        if await self._others_wrote(write.branch, seq, last):
            return False
        if write.kind == "apply":
            write = await resealer.resealed(write, last, step.count - 1)
        journal.outbox.send([write.id])
        try:
            places = await self._called(write, step.count, last)
        except NervError as error:
            self._refused(step, error)
            return False
        resealer.took(write)
        journal.accept([(write.id, journal.cursor + len(places))])
        return bool(places)  # else it was there already, and the server is asked what else is

    async def _send_tag(self, step: Step, tag: TagMove) -> bool:
        """Send a tag, which is no event of the log, unless others set it meanwhile."""
        journal, id = self._journal, step.write.id
        tags = await read_tags(self._connection)
        if tags.get(tag.name) not in (tag.expected, tag.to):
            return False  # and it is set aside when all is looked at again
        journal.outbox.send([id])
        try:
            await self._connection.call("set_tag", tag_args(tag.name, tag.to))
        except NervError as error:
            self._refused(step, error)
            return False
        journal.accept([(id, journal.cursor)])
        return True

    async def _called(self, write: QueuedWrite, count: int, last: int) -> Sequence[int]:
        origin, number = self._journal.origin_id, self._journal.cursor + 1
        if (move := write.move) is not None and move.to is not None:
            target = await self.states.state_of(move.to)
            return await move_to(self._connection, move, target, origin, number)
        return await self._connection.call(*self._request(write, count, last, number))

    def _request(self, write: QueuedWrite, count: int, last: int, number: int) -> tuple[str, bytes]:
        origin, version = self._journal.origin_id, write.version
        if version is None:
            return request_of(write, origin, number)
        if write.kind == "version":
            if version.event_seq > last:
                write = replace(write, version=relocated(version, write.delta, last))
            return request_of(write, origin, number)
        if count == 1:
            return "commit_version", commit_args(version, write.delta, origin, number)
        args = apply_and_commit_args(
            batch_of_write(write), origin, last, version, write.delta, number
        )
        return "apply_and_commit", args

    async def _others_wrote(self, branch: str, after: int, until: int) -> bool:
        """Whether somebody else changed a branch since it was looked at."""
        events = self._connection.tail.read(after, until)
        if events is None:
            events = tuple(e.event for e in await self._connection.page(after, until))
        own = self._journal.origin_id
        return any(e.branch == branch and e.type in _GRAPH and e.origin_id != own for e in events)

    def _refused(self, step: Step, error: BaseException) -> None:
        """Set a write aside that the server refused, or raise what is no refusal."""
        if isinstance(error, ConflictError):
            return  # something came in between, and it is looked at again
        if step.write.move is not None and isinstance(error, IntegrityError):
            return  # so did it here: the rows that it begins with are others by now
        if isinstance(error, ServerError) or not isinstance(error, NervError):
            raise error
        why = f"{type(error).__name__}: {error}"
        logger.warning("a queued write was refused: %s", why)
        self._journal.set_aside(step.write.id, State.REJECTED, why)
