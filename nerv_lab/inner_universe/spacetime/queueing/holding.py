"""What every part of a queueing client shares: the client beneath, the outbox, the log."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from nerv_lab.core.errors import StoreClosedError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.delivery import Delivery
from nerv_lab.inner_universe.contract.log_events import Origin
from nerv_lab.inner_universe.contract.watchers import Watchers
from nerv_lab.inner_universe.outbox.facade import Queues
from nerv_lab.inner_universe.outbox.folders import OutboxFolder
from nerv_lab.inner_universe.outbox.standing import Standing
from nerv_lab.inner_universe.spacetime.client import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.following.delivering import DeliveringUniverse
from nerv_lab.inner_universe.spacetime.following.pump import Pump
from nerv_lab.inner_universe.spacetime.queueing.offline_store import OfflineStore

__all__ = ["QueueHolder", "QueueLimits"]

_OTHERS_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How a queue behaves.

    Attributes
    ----------
    folder : Path or None
        Where outboxes lie; by default in the user's own folder for state.
    writes, size : int
        How many writes, and how many bytes of them, may wait at most.
    wait : float
        Seconds that a write waits for room in a full outbox before it is refused.
    patience : float
        Seconds that a lost connection may take to come back before the work goes on without it.
    """

    folder: Path | None = None
    writes: int = 100_000
    size: int = 256 * 1024 * 1024
    wait: float = 0.0
    patience: float = 2.0


class QueueHolder(DeliveringUniverse):
    """What a queueing client holds, and who is told of it.

    Parameters
    ----------
    remote : SpacetimeInnerUniverse
        The client that talks to the server.
    limits : QueueLimits, optional
        How the queue behaves.
    """

    def __init__(self, remote: SpacetimeInnerUniverse, limits: QueueLimits | None = None) -> None:
        self.remote = remote
        remote.leave_repeating(_OTHERS_PATIENCE)
        self.uri = remote.uri
        self.origin_id = remote.origin_id
        self._queue_limits = QueueLimits() if limits is None else limits
        self._delivery = Delivery(self._read_log, self._last_seq)
        self._local: OfflineStore | None = None
        self._queues: Queues | None = None
        self._folder: OutboxFolder | None = None
        self._lend: Callable[[], Standing] | None = None
        self._resets: list[Callable[[], int]] = []
        self._back_watchers: list[Callable[[], None]] = []
        self._fork_watchers: list[Callable[[str, str], None]] = []
        self._watchers: Watchers[[]] = Watchers()
        self._pump: Pump | None = None
        self._echoes: tuple[frozenset[str], int] = (frozenset(), 0)
        self._closed = threading.Event()
        self._settled = threading.Condition()
        self._busy = False
        # Where the server stands by now, and a store of that to read from while it is taken in.
        self._ahead: Standing | None = None
        self._basis: OfflineStore | None = None
        self._resetting = False
        # Rows have other times after what was queued is sent; when those of a branch were read.
        self._turn = 0
        self._read_in: dict[str, int] = {}
        # What was read while sending, until all is sent.
        self._deltas: dict[str, bytes] = {}
        # Tags as they were last seen, or set, while the server was there; no event tells of them.
        self._tags_seen: dict[str, str] = {}
        self._tag_turn = 0
        self._other_log = False
        # What belongs to the portal's loop.
        self._writing = asyncio.Lock()
        self._gone = asyncio.Event()
        self._wanted = asyncio.Event()
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._remembering: asyncio.Task[None] | None = None
        self._forget_status: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def origin(self) -> Origin:
        """Who writes."""
        return Origin(self.origin_id)

    @property
    def queues(self) -> Queues:
        """What waits for the server."""
        if self._queues is None:
            raise StoreClosedError(f"{self.uri} is not connected; connect it first")
        return self._queues

    @property
    def outbox(self) -> Queues | None:
        """What waits for the server."""
        return self._queues

    def _poke(self) -> None:
        """Try to send, now, what waits; from any thread."""
        self._portal.loop.call_soon_threadsafe(self._try_now)

    def _try_now(self) -> None:
        self._wanted.set()
        self.remote.hasten()

    # Who is told

    def on_reset(self, reset: Callable[[], int]) -> None:
        """Call a function when what was handed over since the server went away is void.

        It reads anew where the graph stands, and returns that position. It runs while nothing
        is delivered.
        """
        self._resets.append(reset)

    def on_fork(self, forked: Callable[[str, str], None]) -> None:
        """Call a function, in a thread of its own, with a branch to be merged, and into which."""
        self._fork_watchers.append(forked)

    def on_back(self, back: Callable[[], None]) -> None:
        """Call a function, in a thread of its own, when all is sent and the server is followed."""
        self._back_watchers.append(back)

    # The log

    def _lent(self) -> Standing | None:
        """Return the graph as who knows it has it, with the rest of the log and tags; or None."""
        if self._lend is None:
            return None
        standing = self._lend()
        recent = self._kept(standing.since, standing.seq)
        return replace(standing, recent=recent, tags=dict(self._tags_seen))

    def _kept(self, after: int, until: int) -> tuple[Event, ...] | None:
        """Return a part of the log that is in memory, or None."""
        return () if after >= until else self.remote.connection.tail.read(after, until)

    def _read_log(self, after: int) -> tuple[Event, ...]:
        local = self._local
        if local is not None:
            return local.transactions(after)
        connection = self.remote.connection
        kept = connection.tail.read(after)
        return self._portal.run(connection.transactions(after)) if kept is None else kept

    def _last_seq(self) -> int:
        local = self._local
        return self.remote.connection.tail.last if local is None else local.last_seq()

    def _without_echoes(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Leave out what was handed over before, while the server was away."""
        told, until = self._echoes
        if not told:
            return events
        if (events[-1].seq or 0) > until:
            self._echoes = frozenset(), 0
        return tuple(e for e in events if (e.seq or 0) > until or e.id not in told)
