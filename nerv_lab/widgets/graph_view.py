"""The graph, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import traitlets as t

from nerv_lab.core.full_text import Hit
from nerv_lab.core.model import Entity, Relation
from nerv_lab.widgets.base import LabWidget
from nerv_lab.widgets.board import GRAPH
from nerv_lab.widgets.details import find

__all__ = ["GraphView"]


class GraphView(LabWidget):
    """The graph of a Lab, live.

    Parameters
    ----------
    lab : Lab
        Whose graph.
    height, theme, version
        See `LabWidget`.
    renderer : str
        ``"auto"`` paints with WebGL where there is any, else on a 2D canvas; ``"canvas"``
        always paints on a 2D canvas.
    seed : int
        The same graph and seed give the same layout.
    selection : iterable
        What to select: entities, relations or their ids.

    Attributes
    ----------
    selection : tuple of str
        Ids of what is selected, here or in the browser.

    Raises
    ------
    ValidationError
        When a keyword argument is not one of the above.
    """

    _mode = t.Unicode("graph").tag(sync=True)

    renderer = t.Enum(["auto", "canvas"], "auto").tag(sync=True)
    seed = t.Int(1).tag(sync=True)
    selection: Any = t.Any((), allow_none=False).tag(sync=True)

    parts: ClassVar[tuple[str, ...]] = (GRAPH,)

    def __init__(self, lab: Any, **kwargs: Any) -> None:
        selection = kwargs.pop("selection", ())
        super().__init__(lab, **kwargs)
        self.selection = selection

    @t.validate("selection")
    def _valid_selection(self, proposal: Any) -> tuple[str, ...]:
        chosen = proposal["value"]
        if isinstance(chosen, (str, Entity, Relation)):
            chosen = (chosen,)
        elif not isinstance(chosen, Iterable):
            chosen = ()
        items = (c.item if isinstance(c, Hit) else c for c in chosen)
        ids = dict.fromkeys(c if isinstance(c, str) else c.id for c in items)
        for id in ids:
            find(self.shown_state, id)
        return tuple(ids)

    def _board_changed(self) -> None:
        state = self.shown_state
        kept = tuple(
            id for id in self.selection if state.entity(id) or state.relation(id) is not None
        )
        if kept != self.selection:
            self.selection = kept
