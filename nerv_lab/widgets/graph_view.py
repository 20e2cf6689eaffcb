"""The graph, live."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import traitlets as t

from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.graph.full_text import Hit
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.widgets.base import with_signature
from nerv_lab.widgets.callbacks import Callbacks
from nerv_lab.widgets.commands.details import find
from nerv_lab.widgets.placed import Placed
from nerv_lab.widgets.shown.arrangement import Arranger, parse_layout
from nerv_lab.widgets.shown.board import GRAPH
from nerv_lab.widgets.stills.graph import graph_svg
from nerv_lab.widgets.styling import Styler

__all__ = ["GraphView"]

Unsubscribe = Callable[[], None]
# What is understood only when the graph is there, in this order.
_LATER = (
    *("around", "depth", "filter", "collapsed", "style", "arrangement"),
    *("positions", "pinned", "camera", "selection"),
)


@with_signature
class GraphView(Placed):
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
    style : mapping
        What looks mean: ``{"node": {"color": "type", "size": nl.by("degree"), …}, "edge":
        {"width": "strength", "dash": {"cites": "dashed"}}}``. Nodes have ``color``, ``size``,
        ``label``, ``icon`` and ``shape``, edges ``color``, ``width``, ``label`` and ``dash``.
        Each is the name of a field or property, `nl.by`, a dict from type to look, a
        function of the entity or relation, or a look for all.
    layout : str or dict
        ``"force"``, ``"layered"``, ``"circular"``, ``"grouped"``, ``"fixed"`` or ``{"name":
        "axes", "x": "born", "y": "degree"}``; kept in ``arrangement``. (The widget's own
        ``layout``, its box on the page, is still taken as a dict of CSS or a `Layout`.)
    filter : str
        Conditions, as in the search: ``"type:person born>=1815 degree>2"``; what does not meet
        them is not sent to the browser.
    around : Entity, str or iterable
        Entities whose neighbourhood alone is shown; a double click loads more.
    depth : int
        How many relations away from them, 0 to 10.
    collapsed : iterable of str or True
        Types that are shown as one node each, with its number; True for all.
    positions : mapping or DataFrame
        Where to hold nodes; see `positions`.
    pinned : iterable
        Nodes to hold where they are.

    Attributes
    ----------
    selection : tuple of str
        Ids of what is selected, here or in the browser.
    camera : dict or None
        ``{"x", "y", "ratio"}``: what is in the middle, and how much is seen, 1 for all of the
        graph and less when nearer; None while all of it is fitted in.
    arrangement : dict
        The layout, with its options.

    Raises
    ------
    ValidationError
        When a keyword argument is not one of the above, or makes no sense.
    """

    _mode = t.Unicode("graph").tag(sync=True)
    _events = t.List(t.Unicode(), []).tag(sync=True)

    renderer = t.Enum(["auto", "canvas"], "auto").tag(sync=True)
    seed = t.Int(1).tag(sync=True)
    selection: Any = t.Any((), allow_none=False).tag(sync=True)
    arrangement: Any = t.Any({"name": "force"}).tag(sync=True)
    style: Any = t.Any(None, allow_none=True)

    parts: ClassVar[tuple[str, ...]] = (GRAPH,)

    @classmethod
    def _options(cls) -> list[str]:
        return [*super()._options(), "pinned", "positions"]

    def __init__(self, lab: Any, **kwargs: Any) -> None:
        box = kwargs.get("layout")
        if isinstance(box, str) or (isinstance(box, Mapping) and "name" in box):
            kwargs["arrangement"] = kwargs.pop("layout")
        later = {name: kwargs.pop(name) for name in _LATER if name in kwargs}
        self._callbacks = Callbacks(self._want, self._tell_failure)
        with collector_paused():
            super().__init__(lab, **kwargs)
            try:
                for name, value in later.items():
                    setattr(self, name, value)
            except BaseException:
                self.close()  # or it would go on following the lab
                raise

    # -- looks and places ---------------------------------------------------------------------

    @t.validate("style")
    def _valid_style(self, proposal: Any) -> Any:
        styler = Styler(proposal["value"])
        styler.start(self.shown_state, self.scene)
        self._styler = styler
        return proposal["value"]

    @t.observe("style")
    def _restyle(self, change: Any) -> None:
        none = change["new"] is None  # which traitlets does not validate
        self._open_feed().restyle(styler=Styler() if none else self._styler)

    @t.validate("arrangement")
    def _valid_arrangement(self, proposal: Any) -> dict[str, Any]:
        return parse_layout(proposal["value"])

    @t.observe("arrangement")
    def _rearrange(self, change: Any) -> None:
        if self._feed is None:
            return
        arranger = Arranger(self.arrangement)
        arranger.learn(self.scene, list(self.scene.entities.values()))
        self._feed.restyle(arranger=arranger)

    # -- selection --------------------------------------------------------------------------------

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
            if self._item(id) is None:
                find(self.shown_state, id)
        return tuple(ids)

    @t.observe("selection")
    def _selected(self, change: Any) -> None:
        if self._feed is not None:
            found = [self._item(id) for id in change["new"]]
            self._callbacks.call("select", [[item for item in found if item is not None]])

    def _item(self, id: str) -> Item | None:
        for state in (self.shown_state, self.scene):
            if (item := state.entity(id) or state.relation(id)) is not None:
                return item
        return None

    def _board_changed(self) -> None:
        kept = tuple(id for id in self.selection if self._item(id) is not None)
        if kept != self.selection:
            self.selection = kept

    # -- callbacks --------------------------------------------------------------------------------

    def on_click(self, function: Callable[[Item], Any]) -> Unsubscribe:
        """Call a function with the entity or relation that is clicked.

        What goes wrong in it is shown in the view, and logged.

        Returns
        -------
        callable
            Takes the function away again.
        """
        return self._callbacks.add("click", function)

    def on_double_click(self, function: Callable[[Item], Any]) -> Unsubscribe:
        """Call a function with the entity that is clicked twice; see `on_click`."""
        return self._callbacks.add("double_click", function)

    def on_hover(self, function: Callable[[Item], Any]) -> Unsubscribe:
        """Call a function with the entity or relation the pointer comes to; see `on_click`."""
        return self._callbacks.add("hover", function)

    def on_select(self, function: Callable[[list[Item]], Any]) -> Unsubscribe:
        """Call a function with the list of what is selected, when that changes; see `on_click`."""
        return self._callbacks.add("select", function)

    def _want(self, events: list[str]) -> None:
        self._events = [event for event in events if event != "select"]

    def _hear(self, message: Any, buffers: Any = ()) -> None:
        if isinstance(message, dict) and message.get("type") == "event":
            item = self._item(message["id"]) if isinstance(message.get("id"), str) else None
            if item is not None:
                self._callbacks.call(str(message.get("event")), [item])
        else:
            super()._hear(message, buffers)

    # -- pictures ---------------------------------------------------------------------------------

    def to_svg(self, path: str | os.PathLike[str], *, title: str = "") -> Path:
        """Write a still picture of what is shown, or of its most connected entities, as SVG.

        It has the style of the view with its legend, its groups with their titles, and the places
        of nodes that are held.

        Parameters
        ----------
        path : str or path-like
            The file; what was there is replaced.
        title : str
            A line of text below it; by default, how much there is.

        Returns
        -------
        Path
            The file.
        """
        target = Path(path)
        target.write_text(self._picture(title or repr(self).strip("<>")), encoding="utf-8")
        return target

    def _picture(self, caption: str) -> str:
        board = self._open_feed().board
        return graph_svg(
            board.scene,
            caption,
            seed=self.seed,
            styler=board.styler,
            places=board.pins.places,
            groups=board.arranger.titles(board.scene, board.scene.entities.values()),
        )
