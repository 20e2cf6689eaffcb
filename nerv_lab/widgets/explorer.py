"""Graph, timeline and inspector in one."""

from __future__ import annotations

from typing import ClassVar

import traitlets as t

from nerv_lab.widgets.base import with_signature
from nerv_lab.widgets.graph_view import GraphView
from nerv_lab.widgets.shown.board import GRAPH, HISTORY

__all__ = ["Explorer"]


@with_signature
class Explorer(GraphView):
    """A Lab to look around in: graph, timeline and inspector, with commit and rollback.

    It takes what `GraphView` takes.
    """

    _mode = t.Unicode("explorer").tag(sync=True)

    parts: ClassVar[tuple[str, ...]] = (GRAPH, HISTORY)
