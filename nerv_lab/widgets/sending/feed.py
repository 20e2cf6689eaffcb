"""The feed: follows a Lab and keeps the views of one widget up to date.

Confirmed batches arrive from any thread, are queued, and are taken up on the kernel's loop.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Relation, entity_key
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import LTHASH
from nerv_lab.inner_universe.contract.client import Status
from nerv_lab.inner_universe.outbox import Queues
from nerv_lab.lab.announcing import ConfirmedBatch
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.lab import Lab
from nerv_lab.widgets.hop import Hop
from nerv_lab.widgets.sending.frames import CHUNK_BYTES
from nerv_lab.widgets.sending.viewers import Send, Viewers
from nerv_lab.widgets.shown.arrangement import Arranger
from nerv_lab.widgets.shown.board import GRAPH, HISTORY, Board
from nerv_lab.widgets.shown.history import (
    Uncommitted,
    count_past_events,
    event_row,
    version_row,
    version_rows,
)
from nerv_lab.widgets.shown.lens import Lens
from nerv_lab.widgets.shown.sight import Sight
from nerv_lab.widgets.styling import Styler

__all__ = ["Feed"]

_SENT_BY_CHANGES: Final = 4_000


def _nothing() -> None:
    pass


def _status(status: Status, queues: Queues | None) -> dict[str, Any]:
    return {
        "backend": status.backend,
        "state": status.state,
        "identity": status.identity,
        "lag": status.lag,
        "queued": None if queues is None else _queued(status, queues),
    }


def _queued(status: Status, queues: Queues) -> dict[str, int]:
    # While the server is there, what is open is under way, and would be gone when it is read.
    there = status.state == "connected"
    return {"open": 0 if there else queues.open, "aside": queues.aside}


def _told_lens(board: Board) -> dict[str, Any] | None:
    lens = board.lens
    if not lens:
        return None
    return {
        "filter": lens.query,
        "around": list(lens.around),
        "collapsed": sorted(lens.collapsed),
        "total": len(board.state.entities),
    }


def _touched_ends(changes: Iterable[ItemChange], scene: GraphState) -> list[ItemChange]:
    """Return the entities that have more or fewer relations, as if they had changed."""
    known = {change.key for change in changes}
    ends = {
        end
        for change in changes
        for item in (change.old, change.new)
        if isinstance(item, Relation)
        for end in (item.from_entity, item.to_entity)
    }
    found = [scene.entity(id) for id in sorted(ends) if entity_key(id) not in known]
    return [ItemChange(entity.key, entity, entity) for entity in found if entity]


class Feed:
    """Brings confirmed changes of a Lab to the views of one widget.

    Parameters
    ----------
    source : Lab
        The Lab.
    parts : iterable of str
        What the views need: ``"graph"``, ``"history"``.
    send : callable
        Takes a message and its buffers to the browser; called on the kernel's loop.
    on_change : callable
        Called, on the loop, after the board changed.
    hop, clock
        How to get to the loop, and seconds that only grow; for tests.
    chunk_bytes : int
        Most bytes of payload in one frame.
    """

    def __init__(
        self,
        source: Lab,
        parts: Iterable[str],
        send: Send,
        *,
        on_change: Callable[[], None] = _nothing,
        hop: Hop | None = None,
        clock: Callable[[], float] = time.monotonic,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        self._source = source
        self._on_change = on_change
        self._hop = hop or Hop()
        self._batches: deque[ConfirmedBatch] = deque()
        self._closed = False
        # Watch first, then read: a batch in between is applied twice, which does no harm.
        self._unwatch = source.watch(self._receive)
        self._forget_status = source.client.on_status(lambda: self._hop.call(self._changed))
        self._forget_tags = _nothing
        self.shown: View | None = None
        self._shown_row: dict[str, Any] | None = None
        self._seq = source.seq
        self._live = source.state
        self._read_until = source.seq  # batches up to here may be in that state already
        self._sight = Sight(Lens(), self._live)
        self.board = Board(frozenset(parts), self._live, self._live)
        self.viewers = Viewers(self.board, send, self._hop, clock, chunk_bytes)
        versions = source.versions
        self.board.add_versions(version_rows(versions))
        if HISTORY in self.board.parts:
            count_past_events(self.board.density, source, versions)
            self._forget_tags = source.client.on_tags(
                lambda tags: self._hop.call(lambda: self._retag(tags))
            )
            self.board.tags = source.tags
        self._uncommitted = Uncommitted(source)
        self._refresh_meta()

    # -- from the Lab ------------------------------------------------------------------------

    def _receive(self, batch: ConfirmedBatch) -> None:
        self._batches.append(batch)
        self._hop.call(self._drain)

    def _drain(self) -> None:
        if self._closed or not self._batches:
            return
        while self._batches:
            self._take_up(self._batches.popleft())
        self._changed()

    def _retag(self, tags: Mapping[str, str]) -> None:
        if self._closed or tags == self.board.tags:
            return
        self.board.tags = dict(tags)
        self._changed()

    def _take_up(self, batch: ConfirmedBatch) -> None:
        # A batch without events is the Lab going to another branch or naming a version.
        if batch.events and batch.seq <= self._seq and not batch.versions:
            return
        self._seq = max(self._seq, batch.seq)
        self._live = batch.state
        self._uncommitted.follow(batch)
        self.board.add_versions(
            version_row(self._source.version_label(v), v)
            for v in batch.versions
            if v.algorithm == LTHASH  # others are versions of plain states, not of the graph
        )
        for event in batch.events:
            self.board.density.add(int(event.timestamp * 1_000_000))
        if self.shown is None:
            certain = batch.seq > self._read_until
            self._move_to(batch.state, batch.changes if certain else None)

    def source_closed(self) -> None:
        """Tell the views that the Lab is closed; what they show stays."""
        self._hop.call(self._changed)

    # -- from the widget -----------------------------------------------------------------------

    def show(self, view: View | None) -> None:
        """Show a look at the past, or the live graph for None."""
        state = self._live if view is None else view.state
        self.shown = view
        self._shown_row = None if view is None else self._row_of(view)
        self._move_to(state, self.board.state.diff(state, exact=True))
        self._changed()

    def _row_of(self, view: View) -> dict[str, Any]:
        # A position may be that of a version, and was still asked for as a position.
        row = self.board.row(view.version.id) if view.version else None
        return row if row and row["label"] == view.label else event_row(self._source, view)

    def close(self) -> None:
        """Stop following; nothing is sent any more."""
        self._closed = True
        self._unwatch()
        self._forget_status()
        self._forget_tags()
        self.viewers.close()

    # -- from the browser ------------------------------------------------------------------------

    def hear(self, view: str, kind: str, seq: int) -> None:
        """Take a view's word; see `Viewers.hear`."""
        if not self._closed:
            self.viewers.hear(view, kind, seq)

    # -- out -------------------------------------------------------------------------------------

    def _move_to(self, state: GraphState, changes: Iterable[ItemChange] | None) -> None:
        """Show another state, to which these changes lead; None where that is not certain."""
        board = self.board
        if changes is None:
            self._sight = Sight(board.lens, state)
            seen = board.scene.diff(self._sight.scene, exact=True)
        else:
            seen = self._sight.follow(state, changes)
        board.move_to(state, self._sight.scene, (change.key for change in seen))
        if GRAPH in board.parts:
            self._offer(seen)

    def _offer(self, changes: tuple[ItemChange, ...]) -> None:
        """Owe the views what changed, or everything where it changes how the rest looks."""
        if self.board.by_degree:
            changes = (*changes, *_touched_ends(changes, self.board.scene))
        moved = self.board.learn([c.new for c in changes if c.new is not None])
        if moved:
            self.viewers.resync()
        else:
            self.viewers.offer(changes)

    def restyle(self, *, styler: Styler | None = None, arranger: Arranger | None = None) -> None:
        """Give other looks, or other places by data, to everything that is shown."""
        if styler is not None:
            self.board.styler = styler
        if arranger is not None:
            self.board.arranger = arranger
        self.viewers.resync()
        self._changed()

    @collector_paused()
    def look_through(self, lens: Lens) -> None:
        """Show another part of the graph."""
        board = self.board
        self._sight = Sight(lens, board.state)
        before, scene = board.scene, self._sight.scene
        board.lens = lens
        if len(before) + len(scene) <= _SENT_BY_CHANGES:
            seen = before.diff(scene, exact=True)
            board.move_to(board.state, scene, (change.key for change in seen))
            self._offer(seen)
        else:  # most of it comes or goes, and telling it anew is less than telling each
            board.look_at(scene)
            board.learn(list(scene.items()))
            self.viewers.resync()
        self._changed()

    def pinned(self) -> None:
        """Tell the views that other nodes are held."""
        self._changed()

    def _changed(self) -> None:
        self._refresh_meta()
        self.viewers.flush()
        self._on_change()

    def _refresh_meta(self) -> None:
        source, scene = self._source, self.board.scene
        head = source.head
        row = self.board.row(head.id) if head else None
        self.board.meta = {
            "seq": self._seq,
            "branch": source.branch_name,
            "head": row["id"] if row else None,
            "head_label": row["label"] if row else "",
            "uncommitted": len(self._uncommitted),
            "shown": self._shown_row,
            "first": 0 if source.closed else source.first_seq,
            "nodes": len(scene.entities),
            "edges": len(scene.relations),
            "lens": _told_lens(self.board),
            "trouble": self.board.styler.trouble,
            "closed": source.closed,
            "status": _status(source.status, source.client.outbox),
        }
