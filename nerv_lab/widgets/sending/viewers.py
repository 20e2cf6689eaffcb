"""The views of one widget: what each is sent, when, and whether it is still there.

Each view has a stream of its own, which begins when the view says it is ready. Frames go out at
most 30 times a second, once a second to a view that does not keep up, and not at all to one that
has fallen silent, until it speaks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.widgets.hop import Hop
from nerv_lab.widgets.sending.stream import Stream
from nerv_lab.widgets.shown.board import Board

__all__ = ["Send", "Viewers"]

Send: TypeAlias = Callable[[dict[str, Any], list[bytes]], None]
_FRAME_SECONDS: Final = 1 / 30
_SLOW_SECONDS: Final = 1.0
_SLOW_FROM_UNACKED: Final = 30
_PING_SECONDS: Final = 2.0
_MAX_PINGS: Final = 5


def _nothing() -> None:
    pass


@dataclass
class _View:
    stream: Stream
    last_sent: float = float("-inf")
    pings: int = 0
    cancel_ping: Callable[[], None] = field(default=_nothing)

    def due(self) -> float:
        slow = self.stream.unacked >= _SLOW_FROM_UNACKED
        return self.last_sent + (_SLOW_SECONDS if slow else _FRAME_SECONDS)


class Viewers:
    """Sends each view of a widget what it lacks of a board, at its own pace.

    Parameters
    ----------
    board : Board
        What there is to see.
    send : callable
        Takes a message and its buffers to the browser; called on the kernel's loop.
    hop, clock
        How to get to the loop, and seconds that only grow.
    chunk_bytes : int
        Most bytes of payload in one frame.
    """

    def __init__(
        self, board: Board, send: Send, hop: Hop, clock: Callable[[], float], chunk_bytes: int
    ) -> None:
        self.send = send
        self._board = board
        self._hop = hop
        self._clock = clock
        self._chunk_bytes = chunk_bytes
        self._views: dict[str, _View] = {}
        self._cancel_flush: Callable[[], None] | None = None
        self._closed = False

    @property
    def newest(self) -> str | None:
        """The view that came last and is still there, or None."""
        return next(reversed(self._views), None)

    def hear(self, view: str, kind: str, seq: int) -> None:
        """Take a view's word: ``ready``, ``ack``, ``resync``, ``hello``, ``halt`` or ``bye``.

        Parameters
        ----------
        view : str
            The view's own id, which names its stream.
        kind : str
            What it says. Other words are ignored.
        seq : int
            Number of the last payload it has applied.
        """
        if kind == "bye":
            self._forget(view)
        elif view not in self._views:
            if kind in ("ready", "hello", "resync"):
                self._views[view] = _View(Stream(view, chunk_bytes=self._chunk_bytes))
        else:
            known = self._views[view]
            known.pings = 0
            known.stream.ack(seq)
            behind = seq != known.stream.seq and not known.stream.is_loading
            if kind in ("ready", "resync") or (kind == "hello" and behind):
                known.stream.resync(seq)
            elif kind == "hello":  # a sign of life for one
                self.send({"type": "ping", "stream": view, "seq": known.stream.seq}, [])
            elif kind == "halt":
                known.stream.halt()
        self.flush()

    def offer(self, changes: tuple[ItemChange, ...]) -> None:
        """Owe every view what changed."""
        for view in self._views.values():
            view.stream.offer(changes)

    def resync(self) -> None:
        """Owe every view everything."""
        for view in self._views.values():
            view.stream.resync(view.stream.acked)

    def flush(self) -> None:
        """Send what is due now, and come back for what is due later."""
        if self._cancel_flush:
            self._cancel_flush()
            self._cancel_flush = None
        if self._closed:
            return
        now, waiting = self._clock(), []
        for view in self._views.values():
            due = view.due()
            if due <= now or not self._hop.has_loop:
                self._send_to(view, now)
            else:
                waiting.append(due)
        if waiting:
            self._cancel_flush = self._hop.later(min(waiting) - now, self.flush)

    def _send_to(self, view: _View, now: float) -> None:
        while frames := view.stream.take(self._board):  # more than once for a large graph alone
            for frame in frames:
                self.send({"type": "frame", "stream": view.stream.id}, [frame])
            view.last_sent = now
            self._await_ack(view)

    def _await_ack(self, view: _View) -> None:
        view.cancel_ping()
        view.cancel_ping = self._hop.later(_PING_SECONDS * 2**view.pings, lambda: self._ping(view))

    def _ping(self, view: _View) -> None:
        """Ask a view that owes an answer; a lost last frame shows itself only this way."""
        if not view.stream.unacked:
            return
        if view.pings == _MAX_PINGS:
            self._forget(view.stream.id)
            return
        view.pings += 1
        self.send({"type": "ping", "stream": view.stream.id, "seq": view.stream.seq}, [])
        self._await_ack(view)

    def _forget(self, id: str) -> None:
        view = self._views.pop(id, None)
        if view:
            view.cancel_ping()

    def close(self) -> None:
        """Forget all views; nothing is sent any more."""
        self._closed = True
        for id in list(self._views):
            self._forget(id)
        if self._cancel_flush:
            self._cancel_flush()
