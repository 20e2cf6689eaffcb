"""A stream: what one view has been sent, and what it is still owed.

Pure: it holds no clock, no thread and no comm. It builds a snapshot first, then deltas of
everything that changed since, and a snapshot again whenever the view says it missed something.
A large graph comes in parts, the next ones as the view has taken up those before; what changes
meanwhile comes after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item
from nerv_lab.widgets.sending.frames import CHUNK_BYTES, pack_frames
from nerv_lab.widgets.shown.board import GRAPH, HISTORY, Board
from nerv_lab.widgets.shown.columns import graph_delta, graph_parts
from nerv_lab.widgets.shown.history import version_columns

__all__ = ["Stream"]

_PARTS_UNDER_WAY: Final = 3


def _is_last(part: dict[str, Any]) -> bool:
    load = part.get("load")
    if load is None:
        return True
    here = load["nodes_here"], load["edges_here"]
    return here == (load["nodes"], load["edges"])


class Stream:
    """Numbers and builds the frames for one view.

    Parameters
    ----------
    id : str
        The view's name for the stream.
    chunk_bytes : int
        Most bytes of payload in one frame.

    Attributes
    ----------
    seq, acked : int
        Number of the last payload built, and of the last one the view has applied.
    """

    def __init__(self, id: str, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.id = id
        self.seq = 0
        self.acked = 0
        self._chunk_bytes = chunk_bytes
        self._whole_is_due = True
        self._parts: Iterator[dict[str, Any]] | None = None
        self._last_part = 0
        self._changed: dict[str, Item | None] = {}
        self._versions_sent = 0
        self._versions_by: dict[int, int] = {0: 0}
        self._tags_sent: dict[str, str] | None = None
        self._width_sent = 0
        self._counts_sent: dict[int, int] = {}
        self._meta_sent: dict[str, Any] = {}
        self._legend_sent: list[dict[str, Any]] = []
        self._colors_sent = 0
        self._pins_sent = 0

    @property
    def unacked(self) -> int:
        """Number of payloads under way."""
        return self.seq - self.acked

    @property
    def is_loading(self) -> bool:
        """Whether the view has yet to take up parts of a large graph."""
        return self._parts is not None or self.acked < self._last_part

    def offer(self, changes: Iterable[ItemChange]) -> None:
        """Note what changed; successive changes of one item count once."""
        if not self._whole_is_due:
            self._changed.update((change.key, change.new) for change in changes)

    def ack(self, seq: int) -> None:
        """Note that the view has applied everything up to ``seq``."""
        self.acked = max(self.acked, min(seq, self.seq))
        for known in [known for known in self._versions_by if 0 < known < self.acked]:
            del self._versions_by[known]

    def resync(self, seq: int = 0) -> None:
        """Owe the view the whole board, since it missed something after payload ``seq``.

        Versions only grow in number, so those it has up to there are not sent again.
        """
        self._whole_is_due = True
        self._parts = None
        self._changed.clear()
        self._versions_sent = self._versions_by.get(seq, 0)

    def halt(self) -> None:
        """Send no more parts of a large graph; the view goes on with what it has."""
        self._parts = None

    def take(self, board: Board) -> list[bytes]:
        """Return the frames that bring the view up to the board; none when it is there."""
        if self._whole_is_due:
            with collector_paused():
                return self._frames(board, "snapshot", 0, self._whole(board))
        if self._parts:
            return self._next_part(board)
        payload = self._since(board)
        return self._frames(board, "delta", self.seq, payload) if payload else []

    def _next_part(self, board: Board) -> list[bytes]:
        assert self._parts is not None
        if self.unacked >= _PARTS_UNDER_WAY:
            return []
        part = next(self._parts)
        if _is_last(part):
            self._parts, self._last_part = None, self.seq + 1
        if self._colors_sent != len(board.styler.colors):
            part["style"] = self._style(board)
        return self._frames(board, "delta", self.seq, part)

    def _frames(self, board: Board, kind: Any, base: int, payload: dict[str, Any]) -> list[bytes]:
        if GRAPH in board.parts and self._parts is None and not self._changed:
            payload["digest"] = board.digest.to_bytes(8, "little")
        if HISTORY in board.parts:
            payload["versions"] = len(board.versions)
        self.seq += 1
        self._versions_by[self.seq] = self._versions_sent
        return pack_frames(self.id, kind, base, self.seq, payload, self._chunk_bytes)

    def _whole(self, board: Board) -> dict[str, Any]:
        self._whole_is_due = False
        self._changed.clear()
        self._meta_sent = dict(board.meta)
        payload: dict[str, Any] = {"meta": self._meta_sent}
        if GRAPH in board.parts:
            parts = graph_parts(board)
            payload |= next(parts)
            self._parts = None if _is_last(payload) else parts
            payload["style"] = self._style(board)
            payload["pins"] = self._pins(board)
        if HISTORY in board.parts:
            self._width_sent, self._tags_sent = 0, None
            payload["history"] = self._history(board)
        return payload

    def _since(self, board: Board) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        if board.meta != self._meta_sent:
            payload["meta"] = self._meta_sent = dict(board.meta)
        if GRAPH in board.parts and self._changed:
            payload["graph"] = graph_delta(self._changed, board)
            if self._legend_sent != board.legend or self._colors_sent != len(board.styler.colors):
                payload["style"] = self._style(board)
        if GRAPH in board.parts and self._pins_sent != board.pins.revision:
            payload["pins"] = self._pins(board)
        self._changed.clear()
        if HISTORY in board.parts and (history := self._history(board)):
            payload["history"] = history
        return payload

    def _style(self, board: Board) -> dict[str, Any]:
        self._legend_sent = board.legend
        self._colors_sent = len(board.styler.colors)
        return {"colors": [list(c) for c in board.styler.colors], "legend": self._legend_sent}

    def _pins(self, board: Board) -> dict[str, Any]:
        self._pins_sent = board.pins.revision
        return board.pins.columns()

    def _history(self, board: Board) -> dict[str, Any]:
        history: dict[str, Any] = {}
        if rows := board.versions[self._versions_sent :]:
            history["versions"] = version_columns(rows, self._versions_sent, board.number)
            self._versions_sent = len(board.versions)
        if board.tags != self._tags_sent:
            self._tags_sent = dict(board.tags)
            # Pairs, since decoders refuse some names as keys.
            history["tags"] = [list(pair) for pair in board.tags.items()]
        density = board.density
        if density.width != self._width_sent:
            self._counts_sent = {}
        if density.counts != self._counts_sent:
            history["density"] = {
                "width": density.width,
                "whole": density.width != self._width_sent,
                "counts": [
                    [bucket, count]
                    for bucket, count in density.counts.items()
                    if self._counts_sent.get(bucket) != count
                ],
            }
            self._width_sent = density.width
            self._counts_sent = dict(density.counts)
        return history
